"""The timetable of a proposal: what would change, the days as they would be, and what would not fit."""

from datetime import date, datetime
from typing import Any

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.i18n import pgettext
from plenaria.core.kernel.shown import clock_time, localized, number, short_day
from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import rules, services
from plenaria.plugins.agenda.queries import ProposalView
from plenaria.plugins.agenda.settings import AgendaSettings
from plenaria.plugins.agenda.web.editing import conflict_line
from plenaria.plugins.agenda.web.proposals.addresses import proposal_address
from plenaria.plugins.agenda.web.proposals.words import cost_line, quality_words
from plenaria.plugins.agenda.web.shown import Showing


async def timetable(
    event: EventView, view: ProposalView, draft: rules.Draft, *, asked_day: str, now: datetime
) -> dict[str, Any] | None:
    """What the page shows of it, on the day asked for, else on the first on which something changes."""
    answer = view.answer.proposal
    if answer is None:
        return None
    afterwards = rules.moved(draft, view.moves)
    showing = _Proposed(afterwards, event, view, now=now)
    shown = next((each for each in showing.days if each.isoformat() == asked_day), _first_day(view, showing, event))
    settings = await settings_of(event, "agenda", AgendaSettings)
    return {
        "moves": [_move(each, draft, event) for each in view.moves],
        "new": sum(each.is_new for each in view.moves),
        "moved": sum(not each.is_new for each in view.moves),
        "cost": number(answer.cost),
        "quality": quality_words(answer, was_stopped=view.is_stopping),
        "costs": [cost_line(each) for each in answer.costs if each.amount and each.cost],
        "day": shown,
        "days": [
            {
                "label": short_day(each),
                "href": f"{proposal_address(event, view.number)}?day={each.isoformat()}#timetable",
                "current": each == shown,
            }
            for each in showing.days
        ],
        "grid": showing.grid(showing.of_day(shown)) if shown else None,
        "conflicts": [
            conflict_line(each, afterwards, event) for each in services.conflicts_of(afterwards, event, settings)
        ],
        "board": f"/{event.slug}/organise/agenda/board" + (f"?day={shown.isoformat()}" if shown else ""),
    }


def _first_day(view: ProposalView, showing: Showing, event: EventView) -> date | None:
    """The first on which something would change."""
    changed = [rules.day_of(each.starts_at, event.zone) for each in view.moves]
    return min(changed, default=None) or next(iter(showing.days), None)


class _Proposed(Showing):
    """The draft as it would be, drawn like the public agenda, with links into the console."""

    def __init__(self, draft: rules.Draft, event: EventView, view: ProposalView, *, now: datetime) -> None:
        self.moves = {each.session: each for each in view.moves}
        super().__init__(_as_schedule(draft, now), event, now=now)

    def href(self, session: rules.Session) -> str:
        return f"/{self.event.slug}/organise/agenda/sessions/{session.code}"

    def stage(self, session: rules.Session) -> list[dict[str, Any]]:
        return [{"name": each["name"]} for each in super().stage(session)]

    def status(self, released: rules.ReleasedSession) -> tuple[str, str]:
        move = self.moves.get(released.session.code)
        if move is None:
            return "", ""
        return (pgettext("session", "New"), "success") if move.is_new else (pgettext("session", "Moved"), "warning")


def _as_schedule(draft: rules.Draft, now: datetime) -> rules.Schedule:
    """Every session that has a start, cancelled ones left out."""
    placed = [
        rules.ReleasedSession(session=each, starts_at=each.starts_at, ends_at=each.ends_at, revision=0, changed_at=now)
        for each in draft.sessions
        if each.starts_at is not None and each.ends_at is not None and each.state != "cancelled"
    ]
    return rules.Schedule(
        number=0,
        released_at=now,
        rooms=draft.rooms,
        tracks=draft.tracks,
        types=draft.types,
        people=draft.people,
        sessions=tuple(sorted(placed, key=lambda each: (each.starts_at, each.session.room, each.session.code))),
    )


def _move(move: rules.Move, draft: rules.Draft, event: EventView) -> dict[str, Any]:
    rooms = {each.code: localized(each.name) for each in draft.rooms}
    return {
        "session": move.session,
        "title": session_title(move.session, draft),
        "is_new": move.is_new,
        "before": _where(move.from_start, rooms.get(move.from_room, ""), event),
        "after": _where(move.starts_at, rooms.get(move.room, move.room), event),
    }


def _where(at: datetime | None, room: str, event: EventView) -> str:
    when = f"{short_day(at, event.zone)}, {clock_time(at, event.zone)}" if at else ""
    return " · ".join(part for part in (when, room) if part) or "–"


def session_title(code: str, draft: rules.Draft) -> str:
    session = draft.session(code)
    return localized(session.title) if session else code
