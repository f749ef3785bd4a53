"""What the service notes of every request: one log line and two metrics, by the route's template, never by the path."""

import logging
import re
import time
from functools import cache
from secrets import token_hex
from typing import Any, Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from plenaria.core.kernel import logs

logger = logging.getLogger("plenaria.access")

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{8,64}")
"""What is accepted as X-Request-ID from a proxy; anything else is replaced."""
NO_ROUTE: Final = "(none)"
_UNOBSERVED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Answered every few seconds to machines: counted, but not logged."""
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

REQUESTS: Final = Counter("plenaria_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS: Final = Histogram(
    "plenaria_http_request_duration_seconds",
    "From the head of the request to the last byte of the answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class Access:
    """Wraps everything, the visit middleware included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        if is_head:  # answered as GET is, without the body (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}
        started = time.perf_counter()
        identity = _request_id(scope)
        logs.request_id.set(identity)
        logs.scope.set(scope)
        answered = {"status": 499}  # the caller went away before the answer (nginx's number for it)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                MutableScopeHeaders.from_message(message).setdefault("X-Request-ID", identity)
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _note(scope, answered["status"], time.perf_counter() - started)


def _request_id(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return token_hex(8)


@cache
def _metrics_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The two metrics of such requests, looked up once: `labels` takes longer than counting."""
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


def _note(scope: Any, status: int, duration_s: float) -> None:
    route = scope.get("path_template") or NO_ROUTE
    method = scope["method"] if scope["method"] in _METHODS else "other"
    counted, timed = _metrics_of(method, route, status)
    counted.inc()
    timed.observe(duration_s)
    if route not in _UNOBSERVED:
        logger.info("request", extra={"method": method, "status": status, "duration_ms": round(duration_s * 1000, 1)})
