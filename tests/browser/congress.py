"""The sample congress served for browser tests, and the people who visit it in Chromium.

One server and one browser for each test module; every visitor has a context of their own. Whatever a page logs as an
error, asks of another host, or has refused by the content security policy is kept in `Congress.faults`.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
SAMPLE = REPOSITORY / "config" / "events" / "ciiam-2025.toml"
PLENARIA = str(Path(sys.executable).with_name("plenaria"))
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
START_LIMIT_S = 60
WAIT_LIMIT_MS = 15_000
MAIL_PAUSE_MS = 250
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# The browser notes every answer of 4xx; these two are how a page with problems, or a refusal, is answered.
_ANSWERED_PAGE = re.compile(r"responded with a status of (409|422)")


@dataclass
class Congress:
    """A running `plenaria demo` and the browser that looks at it."""

    address: str
    slug: str
    folder: Path
    links: dict[str, str]
    browser: Browser
    faults: list[str] = field(default_factory=list)
    _signed_in: dict[str, Any] = field(default_factory=dict)
    _contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def event(self) -> str:
        return f"{self.address}/{self.slug}"

    def visitor(self, role: str = "", *, size: dict[str, int] = DESK, locale: str = "es-MX", **options: Any) -> Page:
        """A page of a browser of its own, signed in as the sample person of that role (none: nobody)."""
        state = self._state(role) if role else None
        page = self._context(viewport=size, locale=locale, storage_state=state, **options).new_page()
        page.set_default_timeout(WAIT_LIMIT_MS)
        return page

    def mail(self, to: str, about: str) -> Page:
        """The page of a mail in the outbox, once the worker has written it: `about` is part of its name there."""
        page = self.visitor("owner")
        row = page.get_by_role("row").filter(has_text=to).filter(has_text=about)
        for _ in range(WAIT_LIMIT_MS // MAIL_PAUSE_MS):
            page.goto(f"/{self.slug}/organise/outbox")
            if row.count():
                break
            page.wait_for_timeout(MAIL_PAUSE_MS)
        row.first.get_by_role("link").click()
        return page

    def plenaria(self, *arguments: str) -> str:
        """What a command says about the running installation."""
        environment = os.environ | {
            "PLENARIA_DATABASE": f"sqlite:///{self.folder}/demo.sqlite3",
            "PLENARIA_KEY_FILE": str(self.folder / "signing-key.pem"),
            "PLENARIA_ADDRESS": self.address,
        }
        done = subprocess.run([PLENARIA, *arguments], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close_visitors(self) -> None:
        while self._contexts:
            self._contexts.pop().close()

    def _context(self, **options: Any) -> BrowserContext:
        # Colours that are still changing would be measured on their way.
        calm = {"base_url": self.address, "timezone_id": "America/Mexico_City", "reduced_motion": "reduce"}
        context = self.browser.new_context(**(calm | options))
        self._contexts.append(context)
        context.on("console", lambda message: self._note(message.type, message.text, message.location.get("url", "")))
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._note_request(request.url))
        return context

    def _note(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not _ANSWERED_PAGE.search(text):
            self.faults.append(f"console: {text} ({url})")

    def _note_request(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:", "blob:")):
            self.faults.append(f"request to another host: {url}")

    def _state(self, role: str) -> Any:
        """Cookies of the role's person: a printed link works once, so they are kept."""
        if role not in self._signed_in:
            page = self._context(locale="es-MX").new_page()
            sign_in(page, self.links[role])
            self._signed_in[role] = page.context.storage_state()
        return self._signed_in[role]


def sign_in(page: Page, link: str) -> None:
    """Follow a mailed or printed link and press its button."""
    page.goto(link)
    with page.expect_navigation():
        page.locator("main form button").click()


@contextlib.contextmanager
def congress(chromium: str, folder: Path, declared: Path = SAMPLE) -> Iterator[Congress]:
    """Serve the declared event, the data lying in `folder`, and open a browser, until the block ends."""
    slug = tomllib.loads(declared.read_text(encoding="utf-8"))["event"]["slug"]
    with _served(folder, declared) as (address, links), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        served = Congress(address, slug, folder, links, browser)
        try:
            yield served
        finally:
            served.close_visitors()
            browser.close()


@contextlib.contextmanager
def _served(folder: Path, declared: Path) -> Iterator[tuple[str, dict[str, str]]]:
    port = _free_port()
    command = [PLENARIA, "demo", "--port", str(port), "--folder", str(folder), "--event", str(declared)]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PLENARIA_")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as server:
        impatience = threading.Timer(START_LIMIT_S, server.kill)
        impatience.start()
        try:
            links, drain = _printed_links(server)
        finally:
            impatience.cancel()
        try:
            yield f"http://127.0.0.1:{port}", links
        finally:
            server.terminate()
            server.wait(START_LIMIT_S)
            drain.join(START_LIMIT_S)


def _printed_links(server: "subprocess.Popen[str]") -> tuple[dict[str, str], threading.Thread]:
    """The sign-in links by role, once the server takes requests; a thread goes on reading, so that its pipe never fills."""
    assert server.stdout is not None
    links: dict[str, str] = {}
    seen: list[str] = []
    for line in server.stdout:
        seen.append(line)
        if found := re.match(r"\s+(\w+)\s+(http://\S+/sign-in/\S+)", line):
            links[found[1]] = found[2]
        if "startup complete" in line:
            # Printed, so that pytest shows it with a test that failed.
            drain = threading.Thread(
                target=lambda out=server.stdout: [print(line, end="") for line in out], daemon=True
            )
            drain.start()
            return links, drain
    raise AssertionError("the demo did not start:\n" + "".join(seen[-40:]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
