"""Bodies that were sent to freeze the process: every handler that anybody may write to, found from the routes themselves.

What is measured is CPU time of the event loop's thread, as a ratio to an ordinary page of the same run.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from plenaria.core.kernel.settings import IdentityProvider
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.requests import limits
from plenaria.core.web.form_request import MOST_FORM_BYTES, MOST_PUBLIC_FIELDS, most_upload_bytes
from tests.attack.wire import PIECE, Seen, ask
from tests.plugins.registration.orders import sell
from tests.site import Site

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])

MOST_TIMES: float = 12.0
"""An ordinary page costs some 5 ms here, so this is about the 50 ms that nothing anonymous may cost."""
MOST_ANSWER: int = 250_000
"""Bytes: the form of the fifty attendees that one order can have, with an error at each of their fields."""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=abc"


def parts(count: int, *, name: str = "a") -> bytes:
    head = b'--abc\r\nContent-Disposition: form-data; name="%s%d"\r\n\r\n1\r\n'
    return b"".join(head % (name.encode(), place) for place in range(count)) + b"--abc--\r\n"


HOSTILE: dict[str, tuple[str, bytes]] = {
    "10,000 attendees": (FORM, "&".join(f"attendees-{i}-email=x" for i in range(10_000)).encode()),
    "100,000 attendees": (FORM, "&".join(f"attendees-{i}-email=x" for i in range(100_000)).encode()),
    "as many attendees as fields": (
        FORM,
        "&".join(f"attendees-{i}-email=x" for i in range(MOST_PUBLIC_FIELDS)).encode(),
    ),
    "500,000 small fields": (FORM, b"a=1&" * 500_000),
    "2,000,000 small fields": (FORM, b"a=1&" * 2_000_000),
    "as many small fields as fit": (FORM, b"&".join(b"f%d=1" % i for i in range(MOST_PUBLIC_FIELDS))),
    "one value of 54 MB": (FORM, b"email=" + b"x" * 54_000_000),
    "one value as long as fits": (FORM, b"email=" + b"x" * (MOST_FORM_BYTES - 10)),
    "a name of many steps": (FORM, b"attendees" + b"-0" * 190_000 + b"=1"),
    "many languages": (FORM, "&".join(f"name.x{i}=1" for i in range(MOST_PUBLIC_FIELDS)).encode()),
    "many choices": (FORM, "&".join(f"purposes=p{i}" for i in range(MOST_PUBLIC_FIELDS)).encode()),
    "many parts": (MULTIPART, parts(6_000)[:MOST_FORM_BYTES]),
    "a part as long as fits": (
        MULTIPART,
        b'--abc\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + b"x" * 399_000 + b"\r\n--abc--\r\n",
    ),
    "a file of 54 MB": (
        MULTIPART,
        b'--abc\r\nContent-Disposition: form-data; name="email"; filename="a.pdf"\r\n\r\n' + b"x" * 54_000_000,
    ),
    "brackets without end": (JSON, b"[" * (MOST_FORM_BYTES - 10)),
    "objects in objects": (JSON, b'{"attendees":' * 30_000),
    "unknown members": (JSON, b"{" + b",".join(b'"a%d":1' % i for i in range(30_000)) + b"}"),
    "40,000 attendees as JSON": (JSON, b'{"attendees":[' + b",".join([b'{"x":1}'] * 40_000) + b"]}"),
    "a number of many digits": (JSON, b'{"seats":' + b"9" * 390_000 + b"}"),
    "50 MB of JSON": (JSON, b" " * 50_000_000),
}


def public_writes(site: Site) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """`(method, path, handler)` of everything that anybody may send something to."""
    for route in site.app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}):
                if handler.opt["permission"] == "public":
                    yield str(method), _filled(route.path, site), handler


def _filled(path: str, site: Site) -> str:
    """The path with the event's slug and with something for whatever else it names."""
    path = path.replace("{event_slug:str}", site.event.slug)
    return re.sub(r"\{\w+:(\w+)\}", lambda found: "1" if found[1] == "int" else "x", path)


async def sent(site: Site, method: str, path: str, kind: str, body: bytes) -> Seen:
    return await ask(site.app, method, path, body, headers={"content-type": kind, "idempotency-key": "k"})


async def ordinary(site: Site) -> float:
    """CPU of an ordinary page of the dearest of these handlers: the form of an order, shown again with one attendee."""
    path, body = f"/{site.event.slug}/register", b"attendees-0-email=x"
    tries = [await sent(site, "POST", path, FORM, body) for _ in range(5)]
    assert tries[0].status == 422
    return sorted(each.cpu_s for each in tries)[2]


@pytest.fixture
async def unlimited(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Without rate limits: each body must be cheap by itself."""

    async def count(*_: object, **__: object) -> None:
        """Nothing is counted."""

    monkeypatch.setattr(limits, "count", count)
    await sell(site.event)
    return site


async def test_the_walk_finds_the_handlers_that_anybody_may_write_to(site: Site) -> None:
    paths = {path for _, path, _ in public_writes(site)}

    assert {"/sign-in", "/congress/register", "/api/v1/events/congress/orders"} <= paths


@pytest.mark.parametrize("what", HOSTILE)
async def test_no_body_costs_much_or_is_given_back(unlimited: Site, what: str) -> None:
    site = unlimited
    kind, body = HOSTILE[what]
    page = await ordinary(site)

    for method, path, _ in public_writes(site):
        tries = [await sent(site, method, path, kind, body)]
        if tries[0].cpu_s > MOST_TIMES * page:  # the first may have read templates
            tries += [await sent(site, method, path, kind, body) for _ in range(2)]
        seen = min(tries, key=lambda each: each.cpu_s)

        assert seen.cpu_s <= MOST_TIMES * page, (path, what, seen.cpu_s / page)
        assert 300 <= seen.status < 500, (path, seen.status)
        assert len(seen.body) <= MOST_ANSWER, (path, len(seen.body))
        assert seen.taken <= MOST_FORM_BYTES + PIECE, (path, seen.taken)


@pytest.mark.parametrize("language", ["es", "en"])
async def test_too_large_a_form_is_refused_in_words(site: Site, language: str) -> None:
    kind, body = HOSTILE["500,000 small fields"]

    page = await ask(site.app, "POST", f"/sign-in?lang={language}", body, headers={"content-type": kind})

    assert page.status == 413
    words = {"es": "Es demasiado grande", "en": "That is too large"}[language]
    assert words in page.body.decode()


async def test_too_large_a_json_body_is_a_problem_document(site: Site) -> None:
    path = f"/api/v1/events/{site.event.slug}/orders"

    answer = await sent(site, "POST", path, JSON, b" " * (MOST_FORM_BYTES + 1))

    assert (answer.status, answer.taken) == (413, 0)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert b'"code":"body_too_large"' in answer.body


async def test_a_body_without_a_length_ends_at_the_limit(site: Site) -> None:
    headers = {"content-type": FORM, "content-length": ""}

    answer = await ask(site.app, "POST", "/sign-in", b"x" * 5_000_000, headers=headers)

    assert answer.status == 413
    assert answer.taken <= MOST_FORM_BYTES + PIECE


async def test_only_who_holds_something_may_send_files(site: Site) -> None:
    """A handler with `uploads=True` takes tens of megabytes."""
    takes_files = [
        handler.opt["permission"]
        for route in site.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get("uploads")
    ]

    assert takes_files
    assert "public" not in takes_files
    assert most_upload_bytes(25) == 55_000_000


FREE: frozenset[str] = frozenset({"/sign-out", "/sign-in/code"})
"""Without a session these do nothing: one signs nobody out, one sends everybody to the sign-in."""
BY_ACCOUNT: frozenset[str] = frozenset({"/sign-in", "/sign-in/password"})
"""Counted by the account, which only the body names (decision 0018)."""
SPENDING: frozenset[str] = frozenset({"/sign-in/x", "/sign-in/confirm/x", "/sign-in/passkey", "/sign-in/code/passkey"})
"""They spend a secret that was counted when it was made, and that nobody guesses."""


async def test_attempts_are_counted_before_the_body_is_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(what: str, who: str, *, most: int, span: timedelta, now: datetime) -> None:
        raise Refused(Refusal("too_many_requests", {"seconds": 60, "retry_after_s": 60}))

    monkeypatch.setattr(limits, "count", full)
    provider = IdentityProvider(name="X", issuer="https://x.example", client_id="x", client_secret="x")
    offers = {"address": "http://localhost:8000", "identity_providers": {"x": provider}}  # and passkeys
    site.app.state.settings = msgspec.structs.replace(site.settings, **offers)
    found: dict[str, Any] = {}
    for method, path, _ in public_writes(site):
        kind = JSON if path.startswith("/api/") else FORM
        answer = await sent(site, method, path, kind, b"a=1&" * 50)
        found[path] = (answer.status, answer.taken)

    assert {path: seen for path, seen in found.items() if seen != (429, 0)}.keys() == FREE | BY_ACCOUNT | SPENDING
