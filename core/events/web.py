"""The public HTML doors of events: the front page, an event's page, its colours."""

from typing import Any

from litestar import MediaType, Request, Response, get

from core import plugins
from core.events import queries
from core.events.theme import stylesheet
from core.security.visit import Visit
from core.templating import page
from core.values import EventView

Anything = Request[Any, Any, Any]


@get("/", permission="public", include_in_schema=False)
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


@get("/{event_slug:str}", permission="public", include_in_schema=False)
async def event_page(request: Anything, visit: Visit, event: EventView) -> Response[str]:
    """What, when, where, and a part from each plugin."""
    panels = []
    for name, contributed in plugins.host().collect("register_event_panels"):
        for panel in contributed if name in event.plugins else ():
            person = visit.person.id if visit.person else None
            context = await panel.context(event=event, now=visit.now, person=person)
            if context is not None:
                panels.append((panel.order, panel.template, context))
    return page(request, "events/event.html", panels=sorted(panels, key=lambda each: each[0]))


@get("/{event_slug:str}/theme.css", permission="public", include_in_schema=False)
async def theme(event: EventView) -> Response[str]:
    """The event's accent colour; a stylesheet of its own because pages carry no inline style."""
    return Response(
        stylesheet(event.accent),
        media_type=MediaType.CSS,
        headers={"Cache-Control": "public, max-age=300"},
    )


ROUTES = [front_page, event_page, theme]
