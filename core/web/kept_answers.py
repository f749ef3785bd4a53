"""Public pages as they were answered last, shown for a while when the database is away.

A route takes part with `kept_while_away=(…)`: the names of the query parameters that its page knows. Only what a visitor without
a session got is kept, and everybody gets it: a page with a form's one-time token or with anybody's data must not take part.
"""

import re
import time
from collections import OrderedDict
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response
from litestar.types import Message, Scope

from plenaria.core.host.visit import Visit
from plenaria.core.kernel import i18n
from plenaria.core.kernel.values import N_
from plenaria.core.web.security.cookies import NOTICE_COOKIE, SESSION_COOKIE

KEEP_S: Final = 3600.0
"""An older answer is not shown any more."""
MOST_BYTES: Final = 32_000_000
"""Of answers with their addresses, in one process; the least recently answered go first."""
LONGEST_QUERY: Final = 300
OPTION: Final = "kept_while_away"

NOTICE: Final = N_(
    "We cannot reach our data at the moment. This page is as it was {minutes} min ago; something may have changed since."
)
_OURS: Final = tuple(f"{name}=".encode() for name in (SESSION_COOKIE, NOTICE_COOKIE))
_NOT_AGAIN: Final = frozenset({b"content-length", b"etag", b"cache-control", b"set-cookie", b"age"})
_PART: Final = '<div class="notice notice-warning"><div class="notice-body"><p>{}</p></div></div>'
_MAIN: Final = re.compile(rb"<main\b[^>]*>")

Key = tuple[str, str, str]
"""Path, query, language."""


class _Kept(NamedTuple):
    answered_s: float
    slug: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class KeptAnswers:
    """The store of one process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    async def note(self, message: Message, scope: Scope) -> None:
        """Litestar's `before_send`: keep, renew or drop what is being answered."""
        found: Any = scope
        if message["type"] == "http.response.start":
            found["state"]["answering"] = message
        elif message["type"] == "http.response.body" and (start := found["state"].pop("answering", None)):
            self._note(found, start, message)

    def _note(self, scope: Any, start: Any, last: Any) -> None:
        key = _key_of(scope)
        if key is None or not _is_nobodys(scope):
            return
        status = start["status"]
        if status == 304 and key in self._kept:
            self._put(key, self._kept[key]._replace(answered_s=time.monotonic()))
        elif status == 200 and not last.get("more_body"):
            slug = scope.get("path_params", {}).get("event_slug", "")
            self._put(key, _Kept(time.monotonic(), slug, tuple(start["headers"]), last["body"]))
        elif status in (401, 403, 404, 410):
            self._drop_with(key, scope)

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """The page as it was, marked by `Age`, `Warning`, `Plenaria-Stale` and, on a page, by a sentence."""
        key = _key_of(request.scope)
        kept = self._kept.get(key) if key is not None else None
        if kept is None:
            return None
        age_s = int(time.monotonic() - kept.answered_s)
        if age_s > KEEP_S:
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in kept.headers if _again(name)}
        media_type = headers.pop("content-type", "application/octet-stream")
        body = _with_notice(kept.body, age_s) if media_type.startswith("text/html") else kept.body
        marks = {
            "Age": str(age_s),
            "Warning": '110 - "Response is Stale"',
            "Plenaria-Stale": "database",
            "Cache-Control": "private, no-cache",
        }
        return Response(body, media_type=media_type, headers={**headers, **marks})

    def _put(self, key: Key, kept: _Kept) -> None:
        self._remove(key)
        self._kept[key] = kept
        self._bytes += _weight(key, kept)
        while self._bytes > MOST_BYTES:
            self._remove(next(iter(self._kept)))

    def _drop_with(self, key: Key, scope: Any) -> None:
        """What is not to be seen any more; with an event that is hidden by now, all of its pages."""
        self._remove(key)
        slug = scope.get("path_params", {}).get("event_slug", "")
        if slug and "event" not in scope["state"]:
            for other in [each for each, kept in self._kept.items() if kept.slug == slug]:
                self._remove(other)

    def _remove(self, key: Key) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= _weight(key, kept)


def _weight(key: Key, kept: _Kept) -> int:
    return sum(map(len, key)) + sum(len(name) + len(value) for name, value in kept.headers) + len(kept.body)


def _key_of(scope: Any) -> Key | None:
    handler = scope.get("route_handler")
    if handler is None or scope.get("method") != "GET" or OPTION not in handler.opt:
        return None
    query = scope.get("query_string", b"").decode("latin-1")
    if len(query) > LONGEST_QUERY:
        return None
    asked = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    if not {name for name, _ in asked} <= {*handler.opt[OPTION]}:
        return None
    visit: Visit = scope["state"]["visit"]
    return scope["path"], urlencode(asked), visit.language


def _is_nobodys(scope: Any) -> bool:
    """Whether the answer was made for a visitor without a session, a token or sentences to be shown once."""
    if any(name == b"authorization" for name, _ in scope["headers"]):
        return False
    cookies = [value for name, value in scope["headers"] if name == b"cookie"]
    return not any(ours in value for value in cookies for ours in _OURS)


def _again(name: bytes) -> bool:
    return name.lower() not in _NOT_AGAIN


def _with_notice(body: bytes, age_s: int) -> bytes:
    sentence = i18n.gettext(NOTICE).format(minutes=max(1, round(age_s / 60)))
    shown = f'<div class="notices" role="status">{_PART.format(sentence)}</div>'.encode()
    return _MAIN.sub(lambda found: found[0] + shown, body, count=1)
