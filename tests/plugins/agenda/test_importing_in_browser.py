"""A schedule is imported in a real Chromium: chosen, looked at, brought in, and seen among the sessions and on the day board."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.async_api import async_playwright

from plenaria.plugins.agenda import queries
from tests.browser.accessibility import TAGS
from tests.plugins.agenda.interchange_files import schedule_file
from tests.plugins.agenda.test_board_in_browser import address
from tests.plugins.agenda.test_importing import moved_to
from tests.site import Site

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

__all__ = ["address"]


async def test_a_real_schedule_is_chosen_looked_at_and_imported(
    site: Site, address: str, chromium_path: str, tmp_path: Path
) -> None:
    content = schedule_file("moca24-schedule.ics")
    chosen = tmp_path / "moca24.ics"
    chosen.write_bytes(content)
    event = await moved_to(site, content)
    client = await site.signed_in("programme")
    cookies = [{"name": each.name, "value": each.value or "", "url": address} for each in client.cookies.jar]
    base = f"{address}/{event.slug}/organise/agenda"

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="es-MX")
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{base}/import")
        await page.set_input_files("#field-file", chosen)
        await page.get_by_role("button", name="Revisar").click()
        await page.get_by_role("heading", name="Qué cambiaría").wait_for()
        assert (await queries.draft(event.id)).sessions == ()
        await page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.evaluate(Axe().axe_script)
        run = "tags => axe.run({runOnly: {type: 'tag', values: tags}}).then(found => found.violations.map(each => each.id))"
        assert await page.evaluate(run, TAGS) == []

        await page.get_by_role("button", name="Importar", exact=True).click()
        await page.wait_for_url(f"{base}/sessions")
        draft = await queries.draft(event.id)
        title = draft.sessions[0].title["es"]
        assert await page.get_by_text(title, exact=True).count()
        await page.goto(f"{base}/board")
        assert await page.get_by_text(title).count()
        await browser.close()

    assert len(draft.sessions) > 50
