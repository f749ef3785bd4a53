"""The page of the door staff: one field, one answer."""

from typing import Any

from litestar import Request, Response, get, post

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.forms import Scan
from plenaria.plugins.registration.services import DoorResult

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/door", permission="registration.check_in", include_in_schema=False)
async def door_page(request: Anything, event: EventView) -> Response[str]:
    """Ready for the next code."""
    return await _door(request, event)


async def _door(
    request: Anything, event: EventView, *, result: DoorResult | None = None, status: int = 200, **more: Any
) -> Response[str]:
    inside, expected = await queries.inside(event.id)
    return page(
        request,
        "registration/door.html",
        status=status,
        result=result,
        inside=inside,
        expected=expected,
        sentences=more.get("sentences", ()),
        typed=more.get("typed", ""),
    )


@post("/{event_slug:str}/door", permission="registration.check_in", include_in_schema=False)
async def check_in(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """Answer a typed or scanned code. `scan` makes a form that is sent twice count once."""
    data = await request.form()
    typed = str(data.get("code", "")).strip()[:64]
    if not typed:
        words = gettext("Type or scan the code of a ticket.")
        return await _door(request, event, status=422, sentences=[words])
    scan = Scan(code=typed, id=str(data.get("scan", ""))[:80])
    (result,) = await services.check_in(event, [scan], by=visit.by, now=visit.now)
    return await _door(request, event, result=result, typed=typed if result.answer in ("unknown", "mistyped") else "")


@post("/{event_slug:str}/door/undo", permission="registration.check_in", include_in_schema=False)
async def undo(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    """Take back a check-in."""
    data = await request.form()
    try:
        ticket = await services.undo_check_in(event, str(data.get("code", ""))[:64], by=visit.by, now=visit.now)
    except Refused as refused:
        return await _door(request, event, status=409, sentences=[sentence(each, event) for each in refused.refusals])
    words = gettext("Check-in undone: %(name)s is not checked in.") % {"name": ticket.name}
    return see_other(request, f"/{event.slug}/door", ("info", words))


ROUTES = [door_page, check_in, undo]
