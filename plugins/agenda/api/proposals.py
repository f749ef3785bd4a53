"""Timetable proposals: requested, watched, decided."""

from datetime import datetime

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.web.api import After, Anything, Limit, Page, once, paged_whole
from plenaria.plugins.agenda import queries, services
from plenaria.plugins.agenda.settings import NewProposal
from plenaria.plugins.agenda.solver.problem import Contradiction, Cost, Progress, Proposal


class ProposalSummary(Struct, frozen=True):
    """A timetable that was requested; `cost` once there is one."""

    number: int
    state: queries.ProposalState
    asked: NewProposal
    asked_at: datetime
    ended_at: datetime | None
    cost: int | None


class MoveView(Struct, frozen=True):
    """What a proposal does to a session, which had no start (null) or no room ("") where it is new in the timetable."""

    session: str
    from_room: str
    from_start: datetime | None
    room: str
    starts_at: datetime


class TimetableView(Struct, frozen=True):
    """A timetable that keeps every hard wish. `cost` is in points; no timetable has fewer than `bound`."""

    moves: list[MoveView]
    cost: int
    bound: int
    is_proven: bool
    fewest_moves_proven: bool | None
    costs: list[Cost]
    seconds: float


class ProposalView(Struct, frozen=True):
    """A timetable that was requested, how its search goes, and what came out."""

    number: int
    state: queries.ProposalState
    asked: NewProposal
    asked_at: datetime
    is_stopping: bool
    progress: Progress | None
    ended_at: datetime | None
    decided_at: datetime | None
    timetable: TimetableView | None
    contradiction: Contradiction | None
    failure: str


def _proposal(found: queries.ProposalView) -> ProposalView:
    answer = found.answer
    return ProposalView(
        number=found.number,
        state=found.state,
        asked=found.asked,
        asked_at=found.asked_at,
        is_stopping=found.is_stopping,
        progress=found.progress,
        ended_at=found.ended_at,
        decided_at=found.decided_at,
        timetable=_timetable(found, answer.proposal) if answer.proposal else None,
        contradiction=answer.contradiction,
        failure=answer.failure,
    )


def _timetable(found: queries.ProposalView, proposal: Proposal) -> TimetableView:
    moves = [MoveView(each.session, each.from_room, each.from_start, each.room, each.starts_at) for each in found.moves]
    return TimetableView(
        moves,
        proposal.cost,
        proposal.bound,
        proposal.is_proven,
        proposal.fewest_moves_proven,
        list(proposal.costs),
        proposal.seconds,
    )


async def _proposal_now(event: EventView, number: int) -> ProposalView:
    found = await queries.proposal(event, number)
    if found is None:
        raise NotFoundException
    return _proposal(found)


@get("/api/v1/events/{event_slug:str}/schedule/proposals", permission="agenda.edit", operation_id="listProposals")
async def list_proposals(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[ProposalSummary]]:
    """The timetables that were requested, the newest first."""
    found = [
        ProposalSummary(
            each.number,
            each.state,
            each.asked,
            each.asked_at,
            each.ended_at,
            each.answer.proposal.cost if each.answer.proposal else None,
        )
        for each in await queries.proposals(event)
    ]
    return paged_whole(request, found, key=lambda each: each.number, after=after, limit=limit)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals",
    permission="agenda.edit",
    operation_id="askForProposal",
    status_code=202,
    idempotent=True,
)
async def ask_for_proposal(
    request: Anything, event: EventView, visit: Visit, data: NewProposal
) -> Response[ProposalView]:
    """Queue the search for a timetable. Refused while another of this event is searched, or the installation cannot search."""

    async def ask() -> ProposalView:
        return await _proposal_now(event, await services.ask_for_proposal(event, data, by=visit.by, now=visit.now))

    return await once(request, data, ask)


@get(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}",
    permission="agenda.edit",
    operation_id="getProposal",
)
async def get_proposal(event: EventView, number: int) -> ProposalView:
    """How its search goes, or its answer."""
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/accept",
    permission="agenda.edit",
    operation_id="acceptProposal",
    status_code=200,
)
async def accept_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """Place the draft's sessions as proposed; nothing is released. Refused once the draft has changed in what matters."""
    await services.accept_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/stop",
    permission="agenda.edit",
    operation_id="stopProposal",
    status_code=200,
)
async def stop_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """End the search soon, with the best timetable so far."""
    await services.stop_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/discard",
    permission="agenda.edit",
    operation_id="discardProposal",
    status_code=200,
)
async def discard_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """Discard it. Refused while it is searched, and once it was accepted."""
    await services.discard_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


ROUTES = [list_proposals, ask_for_proposal, get_proposal, accept_proposal, stop_proposal, discard_proposal]
