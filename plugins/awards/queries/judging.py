"""The jury: jurors, score sheets, conflicts of interest."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from plenaria.core.kernel.values import EventView
from plenaria.core.people.queries import people, with_role
from plenaria.plugins.awards.queries.nominating import files_of, nominators_of, submission_of
from plenaria.plugins.awards.queries.rows import Row, decoded
from plenaria.plugins.awards.queries.views import ConflictLine, JurorLine, SheetLine, SheetView, Submission
from plenaria.plugins.awards.rules import Candidate, JurorSeat, ScoreSheet
from plenaria.plugins.awards.tables import Conflict, Nominator, Sheet


async def jurors(event: EventView) -> list[JurorLine]:
    """Everybody with the role juror, by name; three queries."""
    members = {member.person: member for member in await with_role(event, "juror")}
    rows = await Sheet.select(Sheet.juror, Sheet.state).where(
        (Sheet.event == event.id) & (Sheet.nomination.state == "submitted")
    )
    counted = Counter((row["juror"], row["state"]) for row in rows)
    lines = [
        JurorLine(
            person=member.person,
            name=member.name,
            email=member.email,
            assigned=sum(counted[member.person, state] for state in ("assigned", "ready", "sealed")),
            sealed=counted[member.person, "sealed"],
            recused=counted[member.person, "recused"],
        )
        for member in members.values()
    ]
    return sorted(lines, key=lambda line: (line.name.casefold(), line.person))


_ITS_NOMINATION: Any = Sheet.nomination


_SHEET = (
    *Sheet.all_columns(),
    _ITS_NOMINATION.code,
    _ITS_NOMINATION.state,
    _ITS_NOMINATION.submitted_form,
    _ITS_NOMINATION.category.code,
)


async def sheets(event: EventView, *, juror: int | None = None) -> list[SheetLine]:
    """Score sheets (of one juror) in the order of their nominations; withdrawn nominations only if sealed before."""
    query = Sheet.select(*_SHEET).where(Sheet.event == event.id)
    if juror is not None:
        query = query.where(Sheet.juror == juror)
    return [_sheet_line(row) for row in await query.order_by(Sheet.nomination, Sheet.id)]


async def sheets_of(person: int, events: Collection[int]) -> list[SheetLine]:
    """This juror's sheets in these events, those they stepped back from left out; one query."""
    if not events:
        return []
    rows = (
        await Sheet.select(*_SHEET)
        .where(
            (Sheet.juror == person)
            & Sheet.event.is_in(list(events))
            & Sheet.state.is_in(["assigned", "ready", "sealed"])
            & (Sheet.nomination.state == "submitted")
        )
        .order_by(Sheet.id)
    )
    return [_sheet_line(row) for row in rows]


async def sheet(event: EventView, sheet_id: int, *, juror: int) -> SheetView | None:
    """One's own score sheet; a sheet of somebody else is as if it did not exist."""
    row = (
        await Sheet.select(*_SHEET)
        .where((Sheet.id == sheet_id) & (Sheet.event == event.id) & (Sheet.juror == juror))
        .first()
    )
    if row is None:
        return None
    submission = submission_of({"submitted_form": row["nomination.submitted_form"]})
    files = (await files_of([row["nomination"]])).get(row["nomination"], ())
    nominators = (await nominators_of([row["nomination"]])).get(row["nomination"], ())
    conflict = await Conflict.exists().where((Conflict.nomination == row["nomination"]) & (Conflict.juror == juror))
    return SheetView(
        id=row["id"],
        juror=row["juror"],
        nomination_id=row["nomination"],
        nomination=row["nomination.code"],
        nomination_state=row["nomination.state"],
        category=row["nomination.category.code"],
        submission=submission or Submission(Candidate(), {}),
        files=tuple(each for each in files if each.in_submission),
        sheet=_score_sheet(row),
        seat=JurorSeat(nominated_it=any(each.person == juror for each in nominators), declared_conflict=bool(conflict)),
        nominators=nominators,
        sealed_at=row["sealed_at"],
        digest=row["digest"],
    )


async def barred_pairs(event: EventView) -> set[tuple[int, int]]:
    """(nomination id, person) that must not meet: declared conflicts, and nominators with their own; two queries."""
    declared = await Conflict.select(Conflict.nomination, Conflict.juror).where(Conflict.nomination.event == event.id)
    own = await Nominator.select(Nominator.nomination, Nominator.person).where(Nominator.nomination.event == event.id)
    return {(row["nomination"], row["juror"]) for row in declared} | {(row["nomination"], row["person"]) for row in own}


async def seat(nomination_id: int, person: int) -> JurorSeat:
    return JurorSeat(
        nominated_it=await Nominator.exists().where(
            (Nominator.nomination == nomination_id) & (Nominator.person == person)
        ),
        declared_conflict=await Conflict.exists().where(
            (Conflict.nomination == nomination_id) & (Conflict.juror == person)
        ),
    )


async def conflicts(event: EventView) -> list[ConflictLine]:
    """Every declared conflict, latest first; two queries."""
    rows = (
        await Conflict.select(*Conflict.all_columns(), Conflict.nomination.code)
        .where(Conflict.nomination.event == event.id)
        .order_by(Conflict.id, ascending=False)
    )
    known = await people(sorted({row["juror"] for row in rows}))
    return [
        ConflictLine(
            nomination=row["nomination.code"],
            juror=row["juror"],
            juror_name=known[row["juror"]].name,
            reason=row["reason"],
            by_juror=row["declared_by"] == row["juror"],
            declared_at=row["declared_at"],
        )
        for row in rows
    ]


def _score_sheet(row: Row) -> ScoreSheet:
    return ScoreSheet(
        state=row["state"],
        scores=decoded(row["scores"], dict[str, int]),
        abstained=decoded(row["abstained"], frozenset[str]),
        comment=row["comment"],
        revision=row["revision"],
    )


def _sheet_line(row: Row) -> SheetLine:
    submission = submission_of({"submitted_form": row["nomination.submitted_form"]})
    found = _score_sheet(row)
    return SheetLine(
        id=row["id"],
        state=row["state"],
        juror=row["juror"],
        nomination=row["nomination.code"],
        nomination_id=row["nomination"],
        nomination_state=row["nomination.state"],
        category=row["nomination.category.code"],
        candidate=submission.candidate if submission else Candidate(),
        decided=len(found.scores) + len(found.abstained),
        event=row["event"],
    )
