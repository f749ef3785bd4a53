"""A timetable requested, stopped, accepted or discarded. The search itself is in `searching`."""

from datetime import datetime
from importlib.util import find_spec
from typing import Any, Final

import msgspec

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import recorded
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import queries, rules
from plenaria.plugins.agenda.queries import Answered
from plenaria.plugins.agenda.services.draft import as_json, hold, ids_in
from plenaria.plugins.agenda.settings import AgendaSettings, NewProposal, TimetableSettings
from plenaria.plugins.agenda.solver.problem import Weights
from plenaria.plugins.agenda.tables import Session, TimetableProposal

DISCARDABLE: Final = ("solved", "contradicted", "gave_up", "failed")

MOST_NAMED: Final = 3
"""So many of the sessions that have changed are named in a sentence."""


def solver_is_installed() -> bool:
    """Whether the extra `timetable` is there."""
    return find_spec("ortools") is not None


def wishes_of(event: EventView, settings: AgendaSettings, asked: NewProposal) -> rules.Wishes:
    """What is asked, and the event's days and settings."""
    return rules.Wishes(
        first_day=event.starts_on,
        last_day=event.ends_on,
        zone=event.zone,
        hours=settings.timetable.hours,
        may_move=asked.may_move,
        keeps_rooms=asked.keeps_rooms,
        changeover_min=settings.changeover_min,
        weights=_weights(settings.timetable),
    )


def _weights(settings: TimetableSettings) -> Weights:
    usual = Weights()
    names = ("track_parallel", "track_room", "idle", "balance")
    return msgspec.structs.replace(
        usual, **{name: getattr(usual, name) * rules.IMPORTANCE[getattr(settings, name)] for name in names}
    )


async def ask_for_proposal(event: EventView, asked: NewProposal, *, by: str, now: datetime) -> int:
    """Queue the search for a timetable and return the proposal's number; a worker takes it up.

    Raises `Refused`: solver_missing, search_under_way, no_rooms, nothing_to_place, longer_than_a_day.
    """
    if not solver_is_installed():
        raise Refused(Refusal("solver_missing"))
    async with transaction():
        await hold(event)
        if await TimetableProposal.exists().where(TimetableProposal.busy == event.id):
            raise Refused(Refusal("search_under_way"))
        draft = await queries.draft(event.id)
        if not draft.rooms:
            raise Refused(Refusal("no_rooms"))
        if not rules.spots(draft, asked.may_move):
            raise Refused(Refusal("nothing_to_place"))
        settings = await settings_of(event, "agenda", AgendaSettings)
        wishes = wishes_of(event, settings, asked)
        refuse(_longer_than_a_day(draft, wishes))
        number = await _next_number(event)
        await TimetableProposal(
            event=event.id,
            number=number,
            busy=event.id,
            asked_at=now,
            asked_by=by,
            **await _made_from(event, draft, wishes, asked),
        ).save()
        await _record("proposal.asked", number, event, by, now)
        return number


def _longer_than_a_day(draft: rules.Draft, wishes: rules.Wishes) -> list[Refusal]:
    """Refused at once, by name: a search could only find that the days are too short."""
    titles = [each.title for each in rules.too_long(draft, wishes)]
    return [Refusal("longer_than_a_day", {"sessions": titles})] if titles else []


async def _made_from(event: EventView, draft: rules.Draft, wishes: rules.Wishes, asked: NewProposal) -> dict[str, Any]:
    return {
        "asked": as_json(asked),
        "wishes": as_json(wishes),
        "problem": as_json(rules.problem_of(draft, wishes)),
        "before": as_json(rules.before(draft, wishes) if asked.few_moves else ()),
        "spots": as_json(rules.spots(draft, asked.may_move)),
        "revisions": as_json(await queries.session_revisions(event.id)),
    }


async def _next_number(event: EventView) -> int:
    last = (
        await TimetableProposal.select(TimetableProposal.number)
        .where(TimetableProposal.event == event.id)
        .order_by(TimetableProposal.number, ascending=False)
        .first()
    )
    return last["number"] + 1 if last else 1


async def stop_proposal(event: EventView, number: int, *, by: str, now: datetime) -> None:
    """End a search: at once while it waits; else its worker is asked, and the best timetable so far is the answer.

    Raises `Refused`: not_found, search_is_over.
    """
    async with transaction():
        await hold(event)
        found = await _found(event, number)
        if not found.is_under_way:
            raise Refused(Refusal("search_is_over"))
        this = _this(event, number)
        ended: dict[Any, Any] = {
            "state": "gave_up",
            "busy": None,
            "is_stopping": True,
            "answer": as_json(Answered()),
            "ended_at": now,
        }
        waiting = this & (TimetableProposal.state == "waiting")
        if not await TimetableProposal.update(ended).where(waiting).returning(TimetableProposal.id):
            await TimetableProposal.update({TimetableProposal.is_stopping: True}).where(this)
        await _record("proposal.stopped", number, event, by, now)


async def accept_proposal(event: EventView, number: int, *, by: str, now: datetime) -> int:
    """Move the draft's sessions as proposed and return how many; nothing is released.

    Raises `Refused`: not_found, not_solved, already_accepted; draft_changed_since (with the sessions) or, where it is not
    sessions that differ, needs_changed_since, when the draft, the settings or somebody's absences would by now give another
    problem. A change that no timetable depends on, say of a title, does no harm.
    """
    async with transaction():
        await hold(event)
        found = await _found(event, number)
        if found.state == "accepted":
            raise Refused(Refusal("already_accepted"))
        if found.state != "solved" or found.answer.proposal is None:
            raise Refused(Refusal("not_solved"))
        if (changed := await changed_since(event, found)) is not None:
            raise Refused(await _out_of_date(event, changed))
        changes = found.moves
        before = await queries.section_of(event)
        await _move(event, changes, now)
        await _decide(event, number, "accepted", by, now)
        moved = recorded(before, await queries.section_of(event))
        facts = {"number": number, "sessions": len(changes)}
        await audit.record(
            "proposal.accepted",
            by=by,
            subject=f"proposal:{number}",
            event=event.id,
            facts=facts,
            changes=moved,
            now=now,
        )
        return len(changes)


async def _out_of_date(event: EventView, changed: list[str]) -> Refusal:
    """Names the first few of the sessions; one that is gone by its code."""
    if not changed:
        return Refusal("needs_changed_since")
    draft = await queries.draft(event.id)
    named = [session.title if (session := draft.session(code)) else code for code in changed[:MOST_NAMED]]
    more = ["…"] if len(changed) > MOST_NAMED else []
    return Refusal("draft_changed_since", {"count": len(changed), "sessions": [*named, *more]})


async def changed_since(event: EventView, found: queries.ProposalView) -> list[str] | None:
    """None while the draft and the settings still make the problem that was solved; else codes of sessions that differ.

    The list is empty when it is not sessions that differ, but rooms, absences, or the settings.
    """
    settings = await settings_of(event, "agenda", AgendaSettings)
    draft = await queries.draft(event.id)
    problem = rules.problem_of(draft, wishes_of(event, settings, found.asked))
    is_same = problem == await queries.problem_asked(event, found.number)
    if is_same and rules.spots(draft, found.asked.may_move) == found.spots:
        return None
    differ = (await queries.session_revisions(event.id)).items() ^ found.revisions.items()
    return sorted({code for code, _ in differ})


async def _move(event: EventView, changes: tuple[rules.Move, ...], now: datetime) -> None:
    rooms = await ids_in(queries.ROOMS.table, event)
    for each in changes:
        values: dict[Any, Any] = {
            Session.room: rooms[each.room],
            Session.starts_at: each.starts_at,
            Session.revision: Session.revision + 1,
            Session.changed_at: now,
        }
        await Session.update(values).where((Session.event == event.id) & (Session.code == each.session))


async def discard_proposal(event: EventView, number: int, *, by: str, now: datetime) -> None:
    """Discard a proposal. Raises `Refused`: not_found, not_decidable while it is searched or once it was accepted."""
    async with transaction():
        await hold(event)
        found = await _found(event, number)
        if found.state not in DISCARDABLE:
            raise Refused(Refusal("not_decidable"))
        await _decide(event, number, "discarded", by, now)
        await _record("proposal.discarded", number, event, by, now)


async def _decide(event: EventView, number: int, state: str, by: str, now: datetime) -> None:
    values: dict[Any, Any] = {"state": state, "decided_at": now, "decided_by": by}
    await TimetableProposal.update(values).where(_this(event, number))


async def _found(event: EventView, number: int) -> queries.ProposalView:
    found = await queries.proposal(event, number)
    if found is None:
        raise Refused(Refusal("not_found"))
    return found


def _this(event: EventView, number: int) -> Any:
    return (TimetableProposal.event == event.id) & (TimetableProposal.number == number)


async def _record(action: str, number: int, event: EventView, by: str, now: datetime) -> None:
    await audit.record(action, by=by, subject=f"proposal:{number}", event=event.id, facts={"number": number}, now=now)
