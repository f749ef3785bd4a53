"""Timetable proposals: asked for, watched, looked at, accepted or put aside."""

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import Problem, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language, gettext, ngettext, pgettext
from plenaria.core.kernel.shown import clock_time, localized, number, short_day
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.queries import ProposalState, ProposalView
from plenaria.plugins.agenda.settings import AgendaSettings, NewProposal
from plenaria.plugins.agenda.solver.problem import GRID_MIN, Cost, Proposal
from plenaria.plugins.agenda.web.editing import conflict_words
from plenaria.plugins.agenda.web.shown import Showing
from plenaria.plugins.agenda.web.wishes import wish_lines

Anything = Request[Any, Any, Any]

TONES: Final[dict[ProposalState, str]] = {
    "waiting": "neutral",
    "solving": "info",
    "solved": "success",
    "contradicted": "warning",
    "gave_up": "warning",
    "failed": "danger",
    "accepted": "success",
    "discarded": "neutral",
}


MOST_TITLES: Final = 5
"""So many changed sessions are named on the page of a proposal that is out of date."""


def state_words(state: ProposalState) -> str:
    """What became of a proposal; with a context, because a proposal is female in Spanish."""
    return {
        "waiting": pgettext("proposal", "Waiting"),
        "solving": pgettext("proposal", "Searching"),
        "solved": pgettext("proposal", "Ready"),
        "contradicted": pgettext("proposal", "Impossible"),
        "gave_up": pgettext("proposal", "Nothing found"),
        "failed": pgettext("proposal", "Failed"),
        "accepted": pgettext("proposal", "Accepted"),
        "discarded": pgettext("proposal", "Put aside"),
    }[state]


# ----------------------------------------------------------------------------------------- asking, and the list


@get("/{event_slug:str}/organise/agenda/proposals", permission="agenda.edit", include_in_schema=False)
async def proposals(request: Anything, visit: Visit, event: EventView) -> Response[str]:
    """What was asked for, and the form for another."""
    return await _list(request, visit, event)


@post("/{event_slug:str}/organise/agenda/proposals", permission="agenda.edit", include_in_schema=False)
async def ask(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Queue a search and show how it goes."""
    data = await request.form()
    checked = parse(NewProposal, data, zone=event.zone)
    if checked.value is None:
        return await _list(request, visit, event, raw=data, problems=checked.problems, status=422)
    try:
        asked = await services.ask_for_proposal(event, checked.value, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _list(request, visit, event, raw=data, refused=refused, status=409)
    return see_other(request, _address(event, asked))


def _address(event: EventView, asked: int) -> str:
    return f"/{event.slug}/organise/agenda/proposals/{asked}"


async def _list(
    request: Anything,
    visit: Visit,
    event: EventView,
    *,
    raw: Any = None,
    problems: tuple[Problem, ...] = (),
    refused: Refused | None = None,
    status: int = 200,
) -> Response[str]:
    draft = await queries.draft(event.id)
    settings = await settings_of(event, "agenda", AgendaSettings)
    found = await queries.proposals(event)
    form = form_for(
        NewProposal,
        value=_likely(draft),
        raw=raw,
        problems=problems,
        language=current_language(),
        zone=event.zone,
    )
    form.problems += [sentence(refusal, event) for refusal in refused.refusals] if refused else []
    return page(
        request,
        "agenda/console/proposals.html",
        status=status,
        form_tree=form,
        rows=[_row(each, event) for each in found],
        under_way=next((_address(event, each.number) for each in found if each.is_under_way), ""),
        is_installed=services.solver_is_installed(),
        hours=_hours_words(settings),
        settings_href=settings_address(event) if visit.may("event.configure", event) else "",
        unplaced=len(rules.spots(draft, "unplaced")),
        rooms=len(draft.rooms),
        holds_nothing=not draft.fixed and any(each.starts_at for each in rules.spots(draft, "all")),
    )


def _likely(draft: rules.Draft) -> NewProposal:
    """The least that leaves something to be placed."""
    likely = [each for each in rules.MAY_MOVE if rules.spots(draft, each)]
    return NewProposal(may_move=likely[0]) if likely else NewProposal()


def settings_address(event: EventView) -> str:
    """Where the hours, the meal and the weights are changed."""
    return f"/{event.slug}/organise/plugins/agenda"


def _hours_words(settings: AgendaSettings) -> str:
    asked = settings.timetable
    words = gettext("Sessions are placed between {opens} and {closes}.")
    found = words.format(opens=f"{asked.opens:%H:%M}", closes=f"{asked.closes:%H:%M}")
    if not asked.meal_min:
        return found
    meal = gettext("Everybody on stage has {minutes} minutes to eat between {start} and {end}.")
    times = {"start": f"{asked.meal_from:%H:%M}", "end": f"{asked.meal_until:%H:%M}"}
    return f"{found} {meal.format(minutes=asked.meal_min, **times)}"


def _row(found: ProposalView, event: EventView) -> dict[str, Any]:
    return {
        "number": found.number,
        "href": _address(event, found.number),
        "asked_at": found.asked_at,
        "asked": _asked_words(found.asked),
        "state": state_words(found.state),
        "tone": TONES[found.state],
        "result": _result_words(found),
    }


def _asked_words(asked: NewProposal) -> str:
    parts = [gettext(rules.MAY_MOVE[asked.may_move])]
    parts += [gettext("Rooms stay")] if asked.keeps_rooms else []
    parts += [gettext("As few moves as possible")] if asked.few_moves else []
    return " · ".join(parts)


def _result_words(found: ProposalView) -> str:
    if found.answer.proposal:
        changes = len(found.moves)
        return ngettext("{count} session placed", "{count} sessions placed", changes).format(count=changes)
    if found.answer.contradiction:
        wishes = len(found.answer.contradiction.wishes)
        return ngettext("{count} wish cannot be kept", "{count} wishes contradict each other", wishes).format(
            count=wishes
        )
    return ""


# ----------------------------------------------------------------------------------------------- one proposal


@get("/{event_slug:str}/organise/agenda/proposals/{number:int}", permission="agenda.edit", include_in_schema=False)
async def proposal(request: Anything, visit: Visit, event: EventView, number: int) -> Response[str]:
    """How the search goes, or its answer; `?day=` of the timetable, else the first."""
    return await _show(request, visit, event, number)


async def _show(
    request: Anything, visit: Visit, event: EventView, number: int, *, refused: Refused | None = None, status: int = 200
) -> Response[str]:
    found = await queries.proposal(event, number)
    if found is None:
        raise NotFoundException
    draft = await queries.draft(event.id)
    changed = await services.changed_since(event, found) if found.state == "solved" else None
    return page(
        request,
        "agenda/console/proposal.html",
        status=status,
        proposal=found,
        state=state_words(found.state),
        tone=TONES[found.state],
        asked=_asked_words(found.asked),
        base=_address(event, number),
        list_href=f"/{event.slug}/organise/agenda/proposals",
        progress=_progress(found) if found.is_under_way else None,
        failure=_failure_words(found.answer.failure),
        nothing_found=_nothing_found_words(found),
        refused=[sentence(refusal, event) for refusal in refused.refusals] if refused else [],
        changed=None if changed is None else [_title(code, draft) for code in changed[:MOST_TITLES]],
        changed_more=max(0, len(changed or ()) - MOST_TITLES),
        timetable=await _timetable(request, event, visit, found, draft),
        contradiction=_contradiction(found, draft, event, visit),
    )


def _title(code: str, draft: rules.Draft) -> str:
    session = draft.session(code)
    return localized(session.title) if session else code


def _progress(found: ProposalView) -> dict[str, Any]:
    """Seconds that have passed of those there are, and the best so far."""
    told = found.progress
    seconds = min(int(told.seconds), found.asked.limit_s) if told else 0
    return {
        "seconds": seconds,
        "limit": found.asked.limit_s,
        "words": gettext("{seconds} of at most {limit} s").format(seconds=seconds, limit=found.asked.limit_s),
        "phase": _phase_words(found),
        "best": _best_words(told.cost, told.bound) if told and told.cost is not None else "",
    }


def _phase_words(found: ProposalView) -> str:
    if found.state == "waiting":
        return gettext("Waiting for its turn.")
    has_timetable = found.progress is not None and found.progress.cost is not None
    if found.is_stopping:
        if has_timetable:
            return gettext("Stopping; the best timetable so far will be the answer.")
        return gettext("Stopping; no timetable has been found so far.")
    phase = found.progress.phase if found.progress else "start"
    if has_timetable and phase in ("start", "search"):
        phase = "cost"
    return {
        "start": gettext("Looking for a first timetable."),
        "search": gettext("Looking for a first timetable."),
        "moves": gettext("Looking for fewer moves."),
        "cost": gettext("Looking for a better timetable."),
        "explain": gettext("Impossible so far: looking for the wishes that contradict each other."),
    }[phase]


def _best_words(cost: int, bound: int | None) -> str:
    if bound is None:
        return gettext("Best so far: {cost} points.").format(cost=number(cost))
    words = gettext("Best so far: {cost} points; fewer than {bound} cannot be had.")
    return words.format(cost=number(cost), bound=number(bound))


def _failure_words(code: str) -> str:
    return {
        "": "",
        "solver_missing": gettext("The worker does not have the extra “timetable” that this needs."),
        "search_killed": gettext("The search was broken off several times. Perhaps there is too little memory for it."),
    }.get(code, gettext("The search went wrong; that was noted. The draft is as it was."))


def _contradiction(found: ProposalView, draft: rules.Draft, event: EventView, visit: Visit) -> dict[str, Any] | None:
    told = found.answer.contradiction
    if told is None:
        return None
    settings = settings_address(event) if visit.may("event.configure", event) else ""
    return {
        "lines": wish_lines(found, draft, event, settings_href=settings),
        "is_minimal": told.is_minimal,
        "summary": _contradiction_words(found, told.is_minimal),
    }


def _contradiction_words(found: ProposalView, is_minimal: bool) -> str:
    if is_minimal:
        return gettext("Change any one of them, and the others can be kept together.")
    if found.is_stopping:
        return gettext("The search was stopped before the fewest were found.")
    return gettext("The time ran out before the fewest were found.")


def _nothing_found_words(found: ProposalView) -> str:
    if found.is_stopping:
        return gettext("The search was stopped before a timetable was found. Whether there is one is not known.")
    if found.asked.may_move == "all":
        return gettext(
            "No timetable was found in the time there was, and no proof that there is none. Ask again with more time."
        )
    return gettext(
        "No timetable was found in the time there was, and no proof that there is none. "
        "Ask again with more time, or let more sessions move."
    )


# -- its timetable


class _Proposed(Showing):
    """The draft as it would be, drawn like the public agenda, with links into the console."""

    def __init__(self, draft: rules.Draft, event: EventView, found: ProposalView, *, now: datetime) -> None:
        self.moves = {each.session: each for each in found.moves}
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


async def _timetable(
    request: Anything, event: EventView, visit: Visit, found: ProposalView, draft: rules.Draft
) -> dict[str, Any] | None:
    answer = found.answer.proposal
    if answer is None:
        return None
    afterwards = rules.moved(draft, found.moves)
    showing = _Proposed(afterwards, event, found, now=visit.now)
    asked = str(request.query_params.get("day", ""))
    shown = next((each for each in showing.days if each.isoformat() == asked), _first_day(found, showing, event))
    settings = await settings_of(event, "agenda", AgendaSettings)
    return {
        "moves": [_move(each, draft, event) for each in found.moves],
        "new": sum(each.is_new for each in found.moves),
        "moved": sum(not each.is_new for each in found.moves),
        "cost": number(answer.cost),
        "quality": _quality(answer, was_stopped=found.is_stopping),
        "costs": [_cost(each) for each in answer.costs if each.amount and each.cost],
        "day": shown,
        "days": [
            {
                "label": short_day(each),
                "href": f"{_address(event, found.number)}?day={each.isoformat()}#timetable",
                "current": each == shown,
            }
            for each in showing.days
        ],
        "grid": showing.grid(showing.of_day(shown)) if shown else None,
        "conflicts": [
            _conflict(each, afterwards, event) for each in services.conflicts_of(afterwards, event, settings)
        ],
        "board": f"/{event.slug}/organise/agenda/board" + (f"?day={shown.isoformat()}" if shown else ""),
    }


def _first_day(found: ProposalView, showing: Showing, event: EventView) -> date | None:
    """The first on which something would change."""
    changed = [rules.day_of(each.starts_at, event.zone) for each in found.moves]
    return min(changed, default=None) or next(iter(showing.days), None)


def _move(move: rules.Move, draft: rules.Draft, event: EventView) -> dict[str, Any]:
    rooms = {each.code: localized(each.name) for each in draft.rooms}
    return {
        "session": move.session,
        "title": _title(move.session, draft),
        "is_new": move.is_new,
        "before": _where(move.from_start, rooms.get(move.from_room, ""), event),
        "after": _where(move.starts_at, rooms.get(move.room, move.room), event),
    }


def _where(at: datetime | None, room: str, event: EventView) -> str:
    when = f"{short_day(at, event.zone)}, {clock_time(at, event.zone)}" if at else ""
    return " · ".join(part for part in (when, room) if part) or "–"


def _quality(answer: Proposal, *, was_stopped: bool) -> list[str]:
    """How good it is, in sentences. What is said of a repair's cost is said of timetables with as few moves."""
    found = []
    is_repair = answer.fewest_moves_proven is not None
    if answer.moved and is_repair:
        found.append(_fewest_words(bool(answer.fewest_moves_proven), was_stopped))
    if answer.is_proven and is_repair:
        found.append(gettext("No timetable with so few moves costs less: that is proven."))
    elif answer.is_proven:
        found.append(gettext("No timetable that keeps every wish costs less: that is proven."))
    else:
        words = gettext("It costs {cost} points; at best there could be one of {bound}. A longer search may find it.")
        found.append(words.format(cost=number(answer.cost), bound=number(answer.bound)))
    return found


def _fewest_words(is_proven: bool, was_stopped: bool) -> str:
    if is_proven:
        return gettext("Fewer moves cannot do it: that is proven.")
    if was_stopped:
        return gettext("Perhaps it can be done with fewer moves; the search was stopped.")
    return gettext("Perhaps it can be done with fewer moves; the time ran out.")


def _cost(cost: Cost) -> dict[str, Any]:
    minutes = gettext("{minutes} minutes").format(minutes=number(cost.amount * GRID_MIN))
    words, amount = {
        "clash": (gettext("People who want two sessions that overlap"), number(cost.amount)),
        "overflow": (gettext("Guests beyond a room’s seats"), number(cost.amount)),
        "track_room": (gettext("Rooms of a track beyond its first"), number(cost.amount)),
        "track_parallel": (gettext("Pairs of sessions of one track at the same time"), number(cost.amount)),
        "idle": (gettext("People on stage waiting between their sessions"), minutes),
        "balance": (gettext("Sessions on a day beyond its share"), minutes),
    }[cost.term]
    return {"words": words, "amount": amount, "cost": number(cost.cost)}


def _conflict(conflict: rules.Conflict, draft: rules.Draft, event: EventView) -> dict[str, Any]:
    return {
        "session": conflict.sessions[0],
        "title": _title(conflict.sessions[0], draft),
        "words": conflict_words(conflict, event),
        "is_hard": conflict.is_hard,
    }


# ------------------------------------------------------------------------------------------------- decisions


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/accept", permission="agenda.edit", include_in_schema=False
)
async def accept(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """Move the draft's sessions, and show the board."""
    try:
        changes = await services.accept_proposal(event, number, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _refused(request, visit, event, number, refused)
    words = ngettext(
        "{count} session was placed in the draft. Nothing is public before a release.",
        "{count} sessions were placed in the draft. Nothing is public before a release.",
        changes,
    )
    return see_other(request, await _board(event, number), ("success", words.format(count=changes)))


async def _board(event: EventView, number: int) -> str:
    """The board on the first day on which something was moved."""
    found = await queries.proposal(event, number)
    days = [rules.day_of(each.starts_at, event.zone) for each in found.moves] if found else []
    return f"/{event.slug}/organise/agenda/board" + (f"?day={min(days).isoformat()}" if days else "")


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/stop", permission="agenda.edit", include_in_schema=False
)
async def stop(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """End the search with what there is."""
    return await _decide(
        request, visit, event, number, services.stop_proposal(event, number, by=visit.by, now=visit.now)
    )


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/discard",
    permission="agenda.edit",
    include_in_schema=False,
)
async def discard(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """Put it aside."""
    return await _decide(
        request, visit, event, number, services.discard_proposal(event, number, by=visit.by, now=visit.now)
    )


async def _decide(
    request: Anything, visit: Visit, event: EventView, number: int, decision: Awaitable[None]
) -> Response[Any]:
    try:
        await decision
    except Refused as refused:
        return await _refused(request, visit, event, number, refused)
    return see_other(request, _address(event, number))


async def _refused(request: Anything, visit: Visit, event: EventView, number: int, refused: Refused) -> Response[str]:
    """The page again with the reasons; 404 where there is no such proposal. A changed draft has words of its own there."""
    others = [each for each in refused.refusals if each.code not in ("draft_changed_since", "needs_changed_since")]
    return await _show(request, visit, event, number, refused=Refused(*others), status=409)


ROUTES = [proposals, ask, proposal, accept, stop, discard]
