"""The HTML doors: the timetable, and its page in the console."""

from typing import Any

from litestar import Response, get, post

from plenaria.plugin import (
    AnyRequest,
    EventView,
    Form,
    Refused,
    Visit,
    form_for,
    gettext,
    page,
    parse,
    see_other,
    sentence,
)
from plenaria_shuttle import queries, services
from plenaria_shuttle.services import NewDeparture


@get("/{event_slug:str}/shuttle", permission="public", include_in_schema=False)
async def timetable(request: AnyRequest, event: EventView) -> Response[str]:
    departures = await queries.departures(event)
    return page(request, "shuttle/timetable.html", departures=departures, settings=await queries.settings(event))


@get("/{event_slug:str}/organise/shuttle", permission="shuttle.edit", include_in_schema=False)
async def console(request: AnyRequest, event: EventView, visit: Visit) -> Response[str]:
    return await _console(request, event, form_for(NewDeparture, language=visit.language, zone=event.zone))


async def _console(request: AnyRequest, event: EventView, form: Form, *, status: int = 200) -> Response[str]:
    departures = await queries.departures(event)
    return page(request, "shuttle/console.html", status=status, form=form, departures=departures)


@post("/{event_slug:str}/organise/shuttle", permission="shuttle.edit", include_in_schema=False)
async def add(request: AnyRequest, event: EventView, visit: Visit) -> Response[Any]:
    data = await request.form()
    checked = parse(NewDeparture, data, zone=event.zone)
    form = form_for(NewDeparture, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
    if checked.value is None:
        return await _console(request, event, form, status=422)
    try:
        await services.add_departure(event, checked.value, by=visit.by, now=visit.now)
    except Refused as refused:
        form.problems += [sentence(refusal, event) for refusal in refused.refusals]
        return await _console(request, event, form, status=409)
    return see_other(request, f"/{event.slug}/organise/shuttle", ("success", gettext("The departure was added.")))


@post("/{event_slug:str}/organise/shuttle/{departure:int}/remove", permission="shuttle.edit", include_in_schema=False)
async def remove(request: AnyRequest, event: EventView, visit: Visit, departure: int) -> Response[Any]:
    await services.remove_departure(event, departure, by=visit.by, now=visit.now)
    return see_other(request, f"/{event.slug}/organise/shuttle", ("success", gettext("The departure was removed.")))


ROUTES = [timetable, console, add, remove]
