"""Every page that the routes name, at the width of a phone: readable for all, whole, quiet, and ours alone.

The list is not written down: it is asked of the application. A route with parameters is visited at the first address of
its shape that some other page leads to. `PLENARIA_SCREENSHOTS=folder` keeps a picture of each page, at 390 and at 1280.
"""

import html
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from litestar.routes import HTTPRoute
from playwright.sync_api import Page

from plenaria.core.app import create_app
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Settings
from tests.browser.accessibility import faults_of
from tests.browser.congress import DESK, PHONE, Congress

SLUG = "ciiam-2025"
ROLES = ("", "attendee", "nominator", "juror", "door", "owner", "installation")
"""Who walks, one after the other, at last the owner of the installation.

Each route is looked at by the first who reaches it, and by nobody twice.
"""
BEGINNINGS = ("/", "/me", f"/{SLUG}", f"/{SLUG}/organise")
UNLINKED = (
    "/api",
    "/api/docs",
    "/api/openapi.json",
    "/audit/head",
    "/new-event",
    "/patterns",
    "/me/account",
    "/sign-in",
    "/sign-in/code",
    f"/{SLUG}/door",
    f"/{SLUG}/register?q=1&q-member=2",
    f"/{SLUG}/register/waiting-list?ticket_type=member",
    f"/{SLUG}/schedule.json",
    f"/{SLUG}/schedule.xml",
    f"/{SLUG}/organise/agenda",
    f"/{SLUG}/organise/agenda/new/rooms",
    f"/{SLUG}/organise/awards",
    f"/{SLUG}/organise/registration",
)
NO_LINK_LEADS_THERE = {
    "/sign-in/{secret:str}",
    "/sign-in/code",
    "/sign-in/code/passkey",
    "/sign-in/confirm/{secret:str}",
    "/sign-in/with/{provider:str}/callback",
    "/{event_slug:str}/agenda/{session:str}/participation",
}
"""Reached by a mailed link, from a provider, in the middle of signing in, and by a speaker alone: other tests look at them."""
NOT_PAGES = ("/static", "/api/v1", "/healthz", "/readyz", "/metrics")
MOST_ADDRESSES = 4
"""How many addresses of one shape are asked for links: a draft leads to no receipt, another nomination does."""


@dataclass
class Walk:
    """Which address stands for which route, and which are still to be looked at."""

    patterns: dict[str, re.Pattern[str]]
    seen: dict[str, str] = field(default_factory=dict)

    def route_of(self, address: str) -> str | None:
        """The route with the fewest parameters that answers this address."""
        path = urlsplit(address).path
        fitting = [route for route, pattern in self.patterns.items() if pattern.fullmatch(path)]
        return min(fitting, key=lambda route: route.count("{"), default=None)

    @property
    def missing(self) -> set[str]:
        return set(self.patterns) - set(self.seen)


def _page_routes(folder: Path) -> list[str]:
    """The GET routes that somebody may look at."""
    settings = Settings(
        database=f"sqlite:///{folder}/unused.sqlite3", key_file=str(folder / "key.pem"), development=True
    )
    app = create_app(settings, host=PluginHost.discover())
    routes = [route.path for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods]
    return [route for route in routes if not route.startswith(NOT_PAGES)]


def _pattern(route: str) -> re.Pattern[str]:
    parts = [("[^/]+" if part.startswith("{") else re.escape(part)) for part in route.strip("/").split("/")]
    return re.compile("/" + "/".join(parts) + "/?")


@pytest.fixture(scope="module")
def walked(served: Congress, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Route of a page → (role, address), found by following links as each role in turn."""
    walk = Walk({route: _pattern(route) for route in _page_routes(tmp_path_factory.mktemp("app"))})
    found: dict[str, tuple[str, str]] = {}
    invitation = served.plenaria("person", "invite", "duena@casa.example", "--role", "owner", "--show-link")
    served.links["installation"] = re.findall(r"http://\S+/sign-in/\S+", invitation)[0]
    _ask_for_a_timetable(served)
    for role in ROLES:
        for route, address, is_page in _reached(served, walk, role):
            if is_page:
                found[route] = (role, address)
    served.close_visitors()
    assert walk.missing == NO_LINK_LEADS_THERE
    return found


def _ask_for_a_timetable(served: Congress) -> None:
    """The sample has no proposal yet; it is looked at when it is ready."""
    page = served.visitor("organiser")
    page.goto(f"/{SLUG}/organise/agenda/proposals")
    page.locator("main form").get_by_role("button").last.click()
    page.locator('form[action$="/discard"]').wait_for(timeout=60_000)


def _reached(served: Congress, walk: Walk, role: str) -> Iterator[tuple[str, str, bool]]:
    """New routes whose page or file this role may open, in the order of the links; whether it is a page of HTML."""
    client = served.visitor(role).context.request
    queue = [urljoin(served.address, path) for path in (*BEGINNINGS, *UNLINKED)]
    asked: Counter[str] = Counter()
    known: set[str] = set()
    while queue:
        address = queue.pop(0)
        route = walk.route_of(address)
        if route is None or address in known or asked[route] >= MOST_ADDRESSES:
            continue
        known.add(address)
        answer = client.get(address)
        if not answer.ok or urlsplit(answer.url).path != urlsplit(address).path:
            continue
        asked[route] += 1
        is_page = "text/html" in answer.headers["content-type"]
        if route not in walk.seen:
            walk.seen[route] = address
            yield route, address, is_page
        if is_page:
            links = re.findall(r'(?:href|src)="([^"#]+)', answer.text())
            queue += [urljoin(address, html.unescape(each)) for each in links]


def test_every_page_is_accessible_whole_and_quiet(site: Congress, walked: dict[str, tuple[str, str]]) -> None:
    faults: dict[str, Any] = {}
    visitors: dict[str, Page] = {}

    for route, (role, address) in walked.items():
        if role not in visitors:
            visitors[role] = site.visitor(role, size=PHONE, locale="es-MX")
        page = visitors[role]
        page.goto(address)
        if found := faults_of(page):
            faults[f"{route} as {role or 'anybody'}"] = found
        _keep_pictures(page, route)

    assert faults == {}


def _keep_pictures(page: Page, route: str) -> None:
    folder = os.environ.get("PLENARIA_SCREENSHOTS")
    if folder:
        name = re.sub(r"\W+", "-", route.replace(":str", "").replace(":int", "")).strip("-") or "front"
        page.emulate_media(color_scheme="light")
        for size in (PHONE, DESK):
            page.set_viewport_size({"width": size["width"], "height": size["height"]})
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True, timeout=60_000)
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
