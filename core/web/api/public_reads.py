"""What a visitor may read of the API: with an entity tag, and readable by the scripts of other sites (CORS).

An association's own website asks for the programme from its readers' browsers. It gets what everybody gets: nothing is
shared with other sites that was answered to a token or a cookie, and no request with credentials is allowed.
"""

from typing import Any, Final

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from plenaria.core.web.conditional import etag_of, is_fresh
from plenaria.core.web.security.headers import API

_CORS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"etag, link, retry-after, x-request-id"),
)
_PREFLIGHT: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"accept-language, if-none-match"),
    (b"access-control-max-age", b"86400"),
)
_REVALIDATED: Final = (b"cache-control", b"public, no-cache")
"""Caches may keep it, and ask before every use."""


class PublicReads:
    """Stands inside the visit middleware, around the framework."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(API):
            if scope["method"] == "OPTIONS":
                send = _with_preflight(send)
            elif scope["method"] == "GET" and not _has_credentials(scope):
                send = _Answer(scope, send)
        await self._app(scope, receive, send)


def _has_credentials(scope: Scope) -> bool:
    visit = scope["state"]["visit"]
    return visit.person is not None or visit.pending is not None or visit.has_bad_token or visit.is_unidentified


def _with_preflight(send: Send) -> Send:
    """Any address may be asked for: a script still reads only those answers that say so themselves."""

    async def send_preflight(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_PREFLIGHT]
        await send(message)

    return send_preflight


class _Answer:
    """Holds an answer's head back until its body is complete; the head then says the tag, or becomes a 304."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_for_everybody(message):
            message["headers"] = [*message.get("headers", ()), *_CORS]
            if message["status"] == 200:
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            message = await self._head_first(message)
        await self._send(message)

    def _is_for_everybody(self, start: Any) -> bool:
        handler: Any = self._scope.get("route_handler")
        own = dict(start.get("headers", ())).get(b"cache-control", b"public")
        return handler is not None and handler.opt.get("permission") == "public" and own.startswith(b"public")

    async def _head_first(self, message: Any) -> Any:
        start, self._start = self._start, None
        named = {name.lower() for name, _ in start["headers"]}
        if not message.get("more_body") and not named & {b"etag", b"set-cookie"}:
            body = message.get("body", b"")
            etag = etag_of(body)
            start["headers"] += [(b"etag", etag.encode()), *([] if b"cache-control" in named else [_REVALIDATED])]
            if is_fresh(Headers.from_scope(self._scope).get("if-none-match", ""), etag):
                start["status"] = 304
                start["headers"] = [line for line in start["headers"] if line[0].lower() not in _OF_THE_BODY]
                message = {**message, "body": b""}
        await self._send(start)
        return message


_OF_THE_BODY: Final = frozenset({b"content-length", b"content-type"})
