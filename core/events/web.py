"""The public pages of events: the front page, an event's page, its colours."""

from typing import Any

from litestar import MediaType, Request, Response, get, post

from plenaria.core.events import copying, queries, services
from plenaria.core.events.copying import CopyOfEvent, EventCopy
from plenaria.core.events.details import NewEvent
from plenaria.core.events.theme import stylesheet
from plenaria.core.forms import Checked, Problem, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.web.panels import panels_of
from plenaria.core.web.refusals import CORE_REFUSALS, sentence
from plenaria.core.web.templating import page, see_other

Anything = Request[Any, Any, Any]


@get("/", permission="public", kept_while_away=(), include_in_schema=False)
async def front_page(request: Anything, visit: Visit) -> Response[str]:
    """All events that are public, and those that the reader works for."""
    known = await queries.events(public_only=False)
    shown = [event for event in known if event.is_public or visit.roles_in(event)]
    today = visit.now.date()
    return page(
        request,
        "events/front.html",
        coming=sorted((each for each in shown if each.ends_on >= today), key=lambda each: each.starts_on),
        past=[each for each in shown if each.ends_on < today],
    )


@get("/new-event", permission="installation.own", include_in_schema=False)
async def new_event_page(request: Anything, visit: Visit) -> Response[str]:
    return page(request, "events/new.html", form=form_for(NewEvent, language=visit.language, zone="UTC"))


@post("/new-event", permission="installation.own", include_in_schema=False)
async def open_event(request: Anything, visit: Visit) -> Response[Any]:
    """Open an event, its opener being its owner; no plugin is on yet."""
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    data = await request.form()
    checked: Checked[NewEvent] = parse(NewEvent, data, zone="UTC")
    problems, value = checked.problems, checked.value
    if value is not None:
        try:
            event = await services.open_event(value, owner=visit.person, by=visit.by, now=visit.now)
        except Refused as refused:
            problems = tuple(
                Problem(each.pointer, each.code, each.facts, CORE_REFUSALS[each.code]) for each in refused.refusals
            )
        else:
            return see_other(
                request,
                f"/{event.slug}/organise/plugins",
                ("success", gettext("The event was created. Switch on the plugins that it needs.")),
            )
    form = form_for(NewEvent, raw=data, problems=problems, language=visit.language, zone="UTC")
    return page(request, "events/new.html", status=409 if value is not None else 422, form=form)


@get("/new-event/copy", permission="installation.own", include_in_schema=False)
async def copy_event_page(request: Anything, visit: Visit) -> Response[str]:
    """Which event to copy, to which address, beginning when."""
    form = form_for(CopyOfEvent, language=visit.language, zone="UTC", known=await _known_events())
    return page(request, "events/copy.html", form=form)


async def _known_events() -> dict[str, dict[str, str]]:
    return {"events": {event.slug: localized(event.name) for event in await queries.events(public_only=False)}}


@post("/new-event/copy", permission="installation.own", include_in_schema=False)
async def copy_event(request: Anything, visit: Visit) -> Response[Any]:
    """Open an event as a copy of another one, its opener being its owner."""
    data, known = await request.form(), await _known_events()
    checked: Checked[CopyOfEvent] = parse(CopyOfEvent, data, zone="UTC", known=known)
    problems, asked = checked.problems, checked.value
    if asked is not None:
        copy = EventCopy(slug=asked.slug, starts_on=asked.starts_on)
        source = await queries.event_by_slug(asked.source)
        assert source is not None  # noqa: S101 - it was known a moment ago, and events are never deleted
        try:
            event = await copying.copy_event(source, copy, owner=visit.person, by=visit.by, now=visit.now)
        except Refused as refused:
            problems = tuple(_as_problem(each) for each in refused.refusals)
        else:
            words = gettext("The copy is made. It is not public yet; look at what is still missing.")
            return see_other(request, f"/{event.slug}/organise", ("success", words))
    form = form_for(CopyOfEvent, raw=data, problems=problems, language=visit.language, zone="UTC", known=known)
    return page(request, "events/copy.html", status=409 if asked is not None else 422, form=form)


def _as_problem(refusal: Refusal) -> Problem:
    words = sentence(refusal).replace("{", "(").replace("}", ")")
    return Problem(refusal.pointer.removeprefix("/event"), refusal.code, {}, words)


@get("/{event_slug:str}", permission="public", kept_while_away=(), include_in_schema=False)
async def event_page(request: Anything, visit: Visit, event: EventView) -> Response[str]:
    """What, when, where, and a part from each plugin."""
    person = visit.person.id if visit.person else None
    facts = {"event": event, "now": visit.now, "person": person}
    panels = await panels_of(request, "register_event_panels", lambda _: facts, event=event)
    return page(request, "events/event.html", panels=panels)


@get("/{event_slug:str}/theme.css", permission="public", kept_while_away=(), include_in_schema=False)
async def theme(event: EventView) -> Response[str]:
    """The event's accent colour; a stylesheet of its own because pages carry no inline style."""
    return Response(
        stylesheet(event.accent),
        media_type=MediaType.CSS,
        headers={"Cache-Control": "public, max-age=300"},
    )


ROUTES = [front_page, new_event_page, open_event, copy_event_page, copy_event, event_page, theme]
