"""What somebody on stage sees of their own: the panel on `/me`, and the page where they confirm a session."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from msgspec import Meta, Struct

from plenaria.core.forms import Problem, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language, gettext
from plenaria.core.kernel.values import N_, EventView, LocalizedText
from plenaria.core.people.queries import person as person_by_id
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.web.shown import Showing

Anything = Request[Any, Any, Any]


class Participation(Struct, frozen=True, kw_only=True):
    """What a person may correct of their part in a session."""

    employer: Annotated[
        str, Meta(title=N_("Employer"), description=N_("As it is to be shown with this session."), max_length=200)
    ] = ""
    job_title: Annotated[LocalizedText, Meta(title=N_("Job title"), extra={"max_length": 200})] = {}


async def my_sessions(*, person: int, now: datetime, events: Sequence[EventView]) -> dict[str, Any] | None:
    """The panel of `/me`: my sessions in these events, as released."""
    me = await person_by_id(person)
    by_id = {event.id: event for event in events}
    parts = await queries.parts_of(me.email if me else "", list(by_id))
    if not parts:
        return None
    return {"parts": [await _shown(part, by_id[part.event], now) for part in parts]}


async def _shown(part: queries.MyPart, event: EventView, now: datetime) -> dict[str, Any]:
    known = await queries.known(event)
    released = known.schedule.released(part.session) if known.schedule else None
    showing = Showing(known.schedule, event, now=now) if known.schedule else None
    return {
        "part": part,
        "event": event,
        "role": gettext(rules.ROLES[part.role]),
        "released": released,
        "card": showing.card(released) if showing and released else None,
        "href": f"/{event.slug}/agenda/{part.session}/participation",
    }


@get("/{event_slug:str}/agenda/{session:str}/participation", permission="signed_in", include_in_schema=False)
async def participation(request: Anything, visit: Visit, event: EventView, session: str) -> Response[str]:
    """My part in a session, to confirm and correct."""
    part = await _mine(visit, event, session)
    value = Participation(employer=part.employer, job_title=part.job_title)
    return await _page(request, visit, event, part, value=value)


@post("/{event_slug:str}/agenda/{session:str}/participation", permission="signed_in", include_in_schema=False)
async def confirm(request: Anything, visit: Visit, event: EventView, session: str) -> Response[Any]:
    """Confirm it."""
    part = await _mine(visit, event, session)
    data = await request.form()
    checked = parse(Participation, data, zone=event.zone)
    if checked.value is None:
        return await _page(request, visit, event, part, raw=data, problems=checked.problems, status=422)
    await services.confirm_part(
        event,
        session,
        email=visit.person.email if visit.person else "",
        employer=checked.value.employer,
        job_title=checked.value.job_title,
        by=visit.by,
        now=visit.now,
    )
    words = gettext("Thank you. What you corrected becomes public with the next release of the agenda.")
    return see_other(request, "/me", ("success", words))


async def _mine(visit: Visit, event: EventView, session: str) -> queries.MyPart:
    """404 for a session that the caller is not part of: its name may not be public yet."""
    parts = await queries.parts_of(visit.person.email if visit.person else "", [event.id])
    part = next((part for part in parts if part.session == session), None)
    if part is None:
        raise NotFoundException
    return part


async def _page(
    request: Anything,
    visit: Visit,
    event: EventView,
    part: queries.MyPart,
    *,
    value: Participation | None = None,
    raw: Any = None,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> Response[str]:
    form = form_for(
        Participation, value=value, raw=raw, problems=problems, language=current_language(), zone=event.zone
    )
    shown = await _shown(part, event, visit.now)
    return page(request, "agenda/participation.html", status=status, form_tree=form, mine=shown)


ROUTES = [participation, confirm]
