"""Attempts counted before anything else is done for them: before the body is read, checked or drawn again."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Protocol

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from plenaria.core.host.visit import visit_of


class Count(Protocol):
    def __call__(self, client: str, /, *, now: datetime) -> Awaitable[None]:
        """Count an attempt of this client; raises `Refused(too_many_requests)` when there were too many."""


class Counted:
    """A guard for a route handler that anybody may call: `@post(…, guards=[Counted(count_attempt)])`."""

    def __init__(self, count: Count) -> None:
        self._count = count

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        visit = visit_of(connection)
        await self._count(visit.client, now=visit.now)
