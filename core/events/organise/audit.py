"""The record of changes: who changed what and when."""

from typing import Any

from litestar import Request, Response, get

from plenaria.core.events.organise.parts import PER_PAGE, before_of
from plenaria.core.kernel.values import EventView
from plenaria.core.people import queries as people
from plenaria.core.storage import audit
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/audit", permission="event.audit", include_in_schema=False)
async def audit_page(request: Anything, event: EventView) -> Response[str]:
    """Who changed what and when, the latest first."""
    lines = await audit.lines(event=event.id, before=before_of(request), most=PER_PAGE)
    actors = await actors_of(lines)
    return page(
        request, "events/audit.html", lines=lines, actors=actors, action_label=audit_words.label, per_page=PER_PAGE
    )


async def actors_of(lines: list[audit.LineView]) -> dict[str, str]:
    """Names for the actors that are people; one query."""
    ids = {line.by: int(line.by.split(":")[1].split("/")[0]) for line in lines if line.by.startswith("person:")}
    known = await people.people(sorted(set(ids.values())))
    return {actor: known[person].name for actor, person in ids.items() if person in known}


ROUTES = [audit_page]
