"""Timetables that were asked for, and what became of them."""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.settings import NewProposal
from plenaria.plugins.agenda.solver.problem import Contradiction, Placement, Problem, Progress, Proposal
from plenaria.plugins.agenda.tables import TimetableProposal

ProposalState = Literal["waiting", "solving", "solved", "contradicted", "gave_up", "failed", "accepted", "discarded"]

UNDER_WAY: Final = ("waiting", "solving")


class Answered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came out of a search: one of the two, a code of what went wrong, or nothing in the time there was."""

    proposal: Proposal | None = None
    contradiction: Contradiction | None = None
    failure: str = ""


class ProposalView(Struct, frozen=True, kw_only=True):
    """A timetable that was asked for. `spots` and `answer` speak of the draft as it was then."""

    number: int
    state: ProposalState
    asked: NewProposal
    asked_at: datetime
    asked_by: str
    wishes: rules.Wishes
    spots: tuple[rules.Spot, ...]
    revisions: dict[str, int]
    is_stopping: bool
    progress: Progress | None
    answer: Answered
    ended_at: datetime | None
    decided_at: datetime | None
    decided_by: str

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def moves(self) -> tuple[rules.Move, ...]:
        """What it would change, or has changed, of the draft as it was when it was asked for."""
        found = self.answer.proposal
        return rules.moves(self.spots, found.placements, self.wishes) if found else ()


class SearchInput(Struct, frozen=True, kw_only=True):
    """What a search needs."""

    id: int
    event: int
    number: int
    problem: Problem
    before: tuple[Placement, ...]
    asked: NewProposal


_COLUMNS: Final = (
    TimetableProposal.number,
    TimetableProposal.state,
    TimetableProposal.asked,
    TimetableProposal.asked_at,
    TimetableProposal.asked_by,
    TimetableProposal.wishes,
    TimetableProposal.spots,
    TimetableProposal.revisions,
    TimetableProposal.is_stopping,
    TimetableProposal.progress,
    TimetableProposal.answer,
    TimetableProposal.ended_at,
    TimetableProposal.decided_at,
    TimetableProposal.decided_by,
)


async def proposals(event: EventView) -> list[ProposalView]:
    """All of an event, the newest first; one query."""
    rows = (
        await TimetableProposal.select(*_COLUMNS)
        .where(TimetableProposal.event == event.id)
        .order_by(TimetableProposal.number, ascending=False)
    )
    return [_view(row) for row in rows]


async def proposal(event: EventView, number: int) -> ProposalView | None:
    """The one of that number."""
    row = (
        await TimetableProposal.select(*_COLUMNS)
        .where((TimetableProposal.event == event.id) & (TimetableProposal.number == number))
        .first()
    )
    return _view(row) if row else None


def _view(row: dict[str, Any]) -> ProposalView:
    return ProposalView(
        number=row["number"],
        state=row["state"],
        asked=msgspec.json.decode(row["asked"], type=NewProposal),
        asked_at=row["asked_at"],
        asked_by=row["asked_by"],
        wishes=msgspec.json.decode(row["wishes"], type=rules.Wishes),
        spots=msgspec.json.decode(row["spots"], type=tuple[rules.Spot, ...]),
        revisions=msgspec.json.decode(row["revisions"], type=dict[str, int]),
        is_stopping=row["is_stopping"],
        progress=msgspec.json.decode(row["progress"], type=Progress) if row["progress"] else None,
        answer=msgspec.json.decode(row["answer"], type=Answered) if row["answer"] else Answered(),
        ended_at=row["ended_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
    )


async def due_search(now: datetime) -> tuple[int, int] | None:
    """`(id, attempts)` of the search that is next: the longest waiting, or one whose searcher is not heard of any more."""
    row = (
        await TimetableProposal.select(TimetableProposal.id, TimetableProposal.attempts)
        .where(
            (TimetableProposal.state == "waiting")
            | ((TimetableProposal.state == "solving") & (TimetableProposal.lease_until < now))
        )
        .order_by(TimetableProposal.asked_at, TimetableProposal.id)
        .first()
    )
    return (row["id"], row["attempts"]) if row else None


async def search_input(proposal_id: int) -> SearchInput:
    """The problem of a proposal that is there, as it was asked."""
    row: Any = (
        await TimetableProposal.select(
            TimetableProposal.id,
            TimetableProposal.event,
            TimetableProposal.number,
            TimetableProposal.problem,
            TimetableProposal.before,
            TimetableProposal.asked,
        )
        .where(TimetableProposal.id == proposal_id)
        .first()
    )
    return SearchInput(
        id=row["id"],
        event=row["event"],
        number=row["number"],
        problem=msgspec.json.decode(row["problem"], type=Problem),
        before=msgspec.json.decode(row["before"], type=tuple[Placement, ...]),
        asked=msgspec.json.decode(row["asked"], type=NewProposal),
    )


async def problem_asked(event: EventView, number: int) -> Problem:
    """The problem that a proposal that is there was asked to solve."""
    row: Any = (
        await TimetableProposal.select(TimetableProposal.problem)
        .where((TimetableProposal.event == event.id) & (TimetableProposal.number == number))
        .first()
    )
    return msgspec.json.decode(row["problem"], type=Problem)
