"""A timetable in a real Chromium: asked for, watched, accepted, and on the board."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.services import searching
from tests.plugins.agenda.test_board_in_browser import address
from tests.plugins.agenda.test_proposals import DRAFT, Slow
from tests.plugins.agenda.test_services import declare
from tests.site import Site

__all__ = ["address"]

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest_asyncio.fixture
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def work(site: Site, solver: searching.Solver) -> None:
    """As the worker does, a little faster."""
    while True:
        await services.run_searches(now=site.now, solver=solver)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("with_script", [True, False])
async def test_a_timetable_is_asked_for_watched_accepted_and_on_the_board(
    site: Site, address: str, browser: Browser, with_script: bool
) -> None:
    event = await declare(site, DRAFT)
    client = await site.signed_in("programme")
    cookies = [{"name": each.name, "value": each.value or "", "url": address} for each in client.cookies.jar]
    slow = Slow()

    def after_a_while(*told: object) -> object:
        slow(*told)  # type: ignore[arg-type]
        return searching.solve(*told)  # type: ignore[arg-type]

    working = asyncio.create_task(work(site, after_a_while))  # type: ignore[arg-type]
    context = await browser.new_context(
        viewport={"width": 1280, "height": 1200}, locale="en", java_script_enabled=with_script
    )
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    faults: list[str] = []
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)

    await page.goto(f"{address}/{event.slug}/organise/agenda/proposals")
    await page.get_by_label("Maximum search time").fill("20")
    await page.get_by_role("button", name="Search for a timetable").click()
    await expect(page.get_by_role("strong").filter(has_text="3 of at most 20 s")).to_be_visible(timeout=15_000)
    slow.let_go.set()
    await page.get_by_role("button", name="Accept into the draft").click(timeout=30_000)
    if with_script:
        await page.get_by_role("dialog").locator("[data-yes]").click()
    await page.wait_for_url("**/board?day=2025-10-0*")

    draft = await queries.draft(event.id)
    for code in ("panel", "talk"):
        session = draft.session(code)
        assert session is not None
        assert session.starts_at is not None
        day = rules.day_of(session.starts_at, event.zone)
        await page.goto(f"{address}/{event.slug}/organise/agenda/board?day={day}")
        await expect(page.locator(f'td[data-room="{session.room}"] [data-code="{code}"]')).to_be_visible()
    assert faults == []
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
