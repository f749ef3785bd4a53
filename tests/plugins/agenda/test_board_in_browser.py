"""The day board in a real Chromium: a session is dragged to another room and hour."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import async_playwright

from plenaria.plugins.agenda import queries
from tests.plugins.agenda.test_services import declare
from tests.site import Site

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@pytest_asyncio.fixture
async def address(site: Site) -> AsyncIterator[str]:
    """The site on a port of its own, in this loop: its database belongs to it."""
    config = uvicorn.Config(site.app, port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, not an event
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def test_a_session_is_dragged_to_another_room_and_hour(site: Site, address: str, chromium_path: str) -> None:
    event = await declare(site)
    client = await site.signed_in("programme")
    cookies = [{"name": each.name, "value": each.value or "", "url": address} for each in client.cookies.jar]
    target = 'td[data-room="side"][data-at="2025-10-01T10:30"]'

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 1200})
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{address}/{event.slug}/organise/agenda/board")
        await page.drag_and_drop('[data-code="opening"]', target)
        await page.locator(f'{target} [data-code="opening"]').wait_for()
        await browser.close()

    moved = (await queries.draft(event.id)).session("opening")
    assert moved is not None
    assert (moved.room, moved.starts_at and moved.starts_at.hour, moved.starts_at and moved.starts_at.minute) == (
        "side",
        16,
        30,
    )
