"""The day board: sessions in their rooms and hours, moved by dragging, or by a small form without JavaScript."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from msgspec import Meta, Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import parse, words
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language, gettext
from plenaria.core.kernel.shown import clock_time, localized
from plenaria.core.kernel.shown import day as day_words
from plenaria.core.kernel.values import N_, EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings
from plenaria.plugins.agenda.web.console import conflicts_by_session
from plenaria.plugins.agenda.web.shown import state_words

Anything = Request[Any, Any, Any]

Cards = dict[tuple[datetime | None, str], list[dict[str, Any]]]
"""The day's cards by start and room."""
STEP = timedelta(minutes=30)
DAY_BEGINS_H, DAY_ENDS_H = 8, 19


class Move(Struct, frozen=True, kw_only=True):
    """Where a session is to go. A blank start takes it off the board."""

    code: Annotated[str, Meta(min_length=1, max_length=50)]
    room: Annotated[str, Meta(title=N_("Room"), max_length=50)] = ""
    starts_at: Annotated[datetime | None, Meta(title=N_("Starts"), tz=True)] = None
    revision: Annotated[int | None, Meta(ge=0)] = None


@get("/{event_slug:str}/organise/agenda/board", permission="agenda.edit", include_in_schema=False)
async def board(request: Anything, event: EventView) -> Response[str]:
    """One day; `?day=`, else the first."""
    days = _days(event)
    asked = str(request.query_params.get("day", ""))
    day = next((each for each in days if each.isoformat() == asked), days[0])
    draft = await queries.draft(event.id)
    settings = await settings_of(event, "agenda", AgendaSettings)
    conflicts = conflicts_by_session(services.conflicts_of(draft, event, settings), draft, event)
    revisions = await queries.session_revisions(event.id)
    here = [each for each in draft.sessions if each.starts_at and rules.day_of(each.starts_at, event.zone) == day]
    unplaced = [each for each in draft.sessions if each.starts_at is None]
    cards: Cards = {}
    for each in here:
        cards.setdefault((each.starts_at, each.room), []).append(_card(each, event, conflicts, revisions))
    rooms = [(each.code, localized(each.name)) for each in draft.rooms] + [("", gettext("No room"))]
    return page(
        request,
        "agenda/console/board.html",
        day=day,
        days=[
            {
                "label": day_words(each),
                "href": f"/{event.slug}/organise/agenda/board?day={each.isoformat()}",
                "current": each == day,
            }
            for each in days
        ],
        rooms=rooms,
        rows=[_row(at, event, rooms, cards) for at in _hours(day, here, event)],
        unplaced=[_card(each, event, conflicts, revisions) for each in unplaced],
    )


def _days(event: EventView) -> list[date]:
    return [event.starts_on + timedelta(days=each) for each in range((event.ends_on - event.starts_on).days + 1)]


def _hours(day: date, here: list[rules.Session], event: EventView) -> list[datetime]:
    """Every half hour of the working day, and every start besides."""
    zone = ZoneInfo(event.zone)
    first = datetime(day.year, day.month, day.day, DAY_BEGINS_H, tzinfo=zone)
    steps = [first + STEP * each for each in range((DAY_ENDS_H - DAY_BEGINS_H) * 2)]
    starts = [each.starts_at.astimezone(zone) for each in here if each.starts_at]
    return sorted({*steps, *starts})


def _row(at: datetime, event: EventView, rooms: list[tuple[str, str]], cards: Cards) -> dict[str, Any]:
    cells = [{"room": code, "room_name": name, "cards": cards.get((at, code), [])} for code, name in rooms]
    return {"label": clock_time(at, event.zone), "at": f"{at:%Y-%m-%dT%H:%M}", "cells": cells}


def _card(
    session: rules.Session, event: EventView, conflicts: dict[str, list[dict[str, Any]]], revisions: dict[str, int]
) -> dict[str, Any]:
    starts = session.starts_at.astimezone(ZoneInfo(event.zone)) if session.starts_at else None
    return {
        "code": session.code,
        "title": localized(session.title),
        "room": session.room,
        "at": f"{starts:%Y-%m-%dT%H:%M}" if starts else "",
        "ends": clock_time(session.ends_at, event.zone) if session.ends_at else "",
        "starts": clock_time(session.starts_at, event.zone) if session.starts_at else "",
        "minutes": session.duration_min,
        "state": session.state,
        "state_words": state_words(session.state),
        "revision": revisions.get(session.code, 0),
        "conflicts": conflicts.get(session.code, []),
    }


@post("/{event_slug:str}/organise/agenda/board", permission="agenda.edit", include_in_schema=False)
async def move(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Put a session where it was dropped."""
    data = await request.form()
    checked = parse(Move, data, zone=event.zone)
    typed_day = str(data.get("starts_at") or data.get("day") or "")[:10]
    back = f"/{event.slug}/organise/agenda/board" + (f"?day={typed_day}" if _is_day(typed_day) else "")
    if checked.value is None:
        problems = [("danger", words(problem, current_language())) for problem in checked.problems]
        return see_other(request, back, *problems)
    wanted = checked.value
    try:
        await services.move_session(
            event,
            wanted.code,
            room=wanted.room,
            starts_at=wanted.starts_at,
            revision=wanted.revision,
            by=visit.by,
            now=visit.now,
        )
    except Refused as refused:
        return see_other(request, back, *(("danger", sentence(refusal, event)) for refusal in refused.refusals))
    return see_other(request, back, ("success", gettext("The session was moved in the draft.")))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


ROUTES = [board, move]
