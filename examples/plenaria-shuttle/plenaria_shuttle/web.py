"""The HTML handlers: the timetable, and its page in the console."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post

from plenaria.plugin import (
    AnyRequest,
    EventView,
    Problem,
    Refused,
    Visit,
    as_problems,
    form_for,
    gettext,
    page,
    parse,
    see_other,
)
from plenaria_shuttle import queries, services
from plenaria_shuttle.services import NewDeparture


@get("/{event_slug:str}/shuttle", permission="public", include_in_schema=False)
async def timetable(request: AnyRequest, event: EventView) -> Response[str]:
    departures = await queries.departures(event)
    return page(request, "shuttle/timetable.html", departures=departures, settings=await queries.settings(event))


@get("/{event_slug:str}/organise/shuttle", permission="shuttle.edit", include_in_schema=False)
async def console(request: AnyRequest, event: EventView, visit: Visit) -> Response[str]:
    return await _console(request, event, visit)


async def _console(
    request: AnyRequest,
    event: EventView,
    visit: Visit,
    typed: Any = None,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
) -> Response[str]:
    form = form_for(NewDeparture, raw=typed, problems=problems, language=visit.language, zone=event.zone)
    departures = await queries.departures(event)
    return page(request, "shuttle/console.html", status=status, form=form, departures=departures)


@post("/{event_slug:str}/organise/shuttle", permission="shuttle.edit", include_in_schema=False)
async def add(request: AnyRequest, event: EventView, visit: Visit) -> Response[Any]:
    typed = await request.form()
    checked = parse(NewDeparture, typed, zone=event.zone)
    if checked.value is None:
        return await _console(request, event, visit, typed, checked.problems, status=422)
    try:
        await services.add_departure(event, checked.value, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _console(request, event, visit, typed, as_problems(refused.refusals, event), status=409)
    return see_other(request, f"/{event.slug}/organise/shuttle", ("success", gettext("The departure was added.")))


@post("/{event_slug:str}/organise/shuttle/{departure:int}/remove", permission="shuttle.edit", include_in_schema=False)
async def remove(request: AnyRequest, event: EventView, visit: Visit, departure: int) -> Response[Any]:
    await services.remove_departure(event, departure, by=visit.by, now=visit.now)
    return see_other(request, f"/{event.slug}/organise/shuttle", ("success", gettext("The departure was removed.")))


ROUTES = [timetable, console, add, remove]
