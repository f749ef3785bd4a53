"""The one guard: a route's declared permission, its event, and whether its plugin is on there."""

import re
from typing import Any, Final, Protocol

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from plenaria.core.host.permissions import is_everybodys
from plenaria.core.host.visit import Visit, visit_of
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import EventView, Refusal, Refused

SAFE = {"GET", "HEAD", "OPTIONS"}
LARGEST_KEY: Final = 2**31 - 1
_CONTROL_IN_QUERY: Final = re.compile(rb"%(?:0[0-8BCEF]|1[0-9A-F]|7F)", re.IGNORECASE)
"""Percent-encoded control characters; tab and line break (%09 %0A %0D) may stand in a search."""


class FindEvent(Protocol):
    async def __call__(self, slug: str, *, fresh: bool) -> EventView | None:
        """The event with that slug. `fresh`: as it is stored now, for a write; else it may be a second old."""


class Guard:
    """Lets the caller through, or answers 401, 403 or 404. Puts the event into `connection.state.event`.

    What one may not know to exist answers 404: an unknown event, a hidden one, a plugin that is off.
    """

    def __init__(self, find_event: FindEvent) -> None:
        self._find_event = find_event

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        await _admit(connection, handler, self._find_event)


async def _admit(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler, find_event: FindEvent
) -> None:
    if _is_options(handler):
        return
    visit = visit_of(connection)
    opt = handler.opt
    if connection.scope["state"].get("refused_host") and not opt.get("any_host"):
        raise HTTPException(status_code=421, extra={"code": "wrong_host"})
    if visit.is_unidentified and opt["permission"] != "public":
        raise Unavailable("unreachable")
    if visit.has_bad_token:
        raise NotAuthorizedException(extra={"code": "bad_token"})
    _refuse_unprintable(connection)
    if connection.scope["state"].get("refused_origin"):
        raise PermissionDeniedException(extra={"code": "cross_site_request"})
    event = await _event_at(connection, visit, find_event)
    if event is not None and (plugin := opt.get("plugin")) and plugin not in event.plugins:
        raise NotFoundException
    if opt.get("development") and not connection.app.state.settings.development:
        raise NotFoundException
    _check(visit, opt["permission"], event, connection)


def _refuse_unprintable(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """No database is asked for a character that it cannot hold, or for a number larger than its keys.

    Such a path names nothing (404); such a query is refused (`control_characters`).
    """
    for part in connection.path_params.values():
        if isinstance(part, int) and abs(part) > LARGEST_KEY:
            raise NotFoundException
        if isinstance(part, str) and not part.isprintable():
            raise NotFoundException
    if _CONTROL_IN_QUERY.search(connection.scope.get("query_string", b"")):
        raise Refused(Refusal("control_characters"))


def _is_options(handler: BaseRouteHandler) -> bool:
    """The framework's own answer to OPTIONS: the allowed methods, nothing of ours."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}


async def _event_at(
    connection: ASGIConnection[Any, Any, Any, Any], visit: Visit, find_event: FindEvent
) -> EventView | None:
    slug = connection.path_params.get("event_slug")
    if slug is None:
        return None
    event = await find_event(slug, fresh=connection.scope.get("method") not in SAFE)
    if event is None or not (event.is_public or visit.roles_in(event)):
        raise NotFoundException
    connection.scope["state"]["event"] = event
    return event


def _check(
    visit: Visit, permission: str, event: EventView | None, connection: ASGIConnection[Any, Any, Any, Any]
) -> None:
    if visit.may(permission, event):
        if permission != "public" and _lacks_second_factor(visit, permission, event, connection):
            raise PermissionDeniedException(extra={"code": "second_factor_needed"})
        return
    if visit.person is None:
        raise NotAuthorizedException(extra={"code": "second_factor_pending"} if visit.pending else None)
    raise PermissionDeniedException


def _lacks_second_factor(
    visit: Visit, permission: str, event: EventView | None, connection: ASGIConnection[Any, Any, Any, Any]
) -> bool:
    """Organisers must have shown a second factor where the installation says so."""
    needed = connection.app.state.settings.second_factor_for_organisers and not is_everybodys(permission)
    organises = not {"owner", "organiser"}.isdisjoint(visit.roles_in(event))
    return bool(needed and organises and not visit.strong and visit.token is None)


def undeclared(app: Litestar) -> list[str]:
    """Paths whose handler declares no permission: `create_app` refuses to start with any."""
    return sorted(
        route.path
        for route in app.routes
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)])
        if handler is not None and not _is_options(handler) and "permission" not in handler.opt
    )
