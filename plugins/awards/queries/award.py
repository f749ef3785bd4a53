"""What was declared, nominations, the jury, and parts of shared pages."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.values import EventView
from plenaria.core.people.queries import people, team
from plenaria.core.storage.files import FileView, views
from plenaria.plugins.awards.rules import (
    Attachment,
    Candidate,
    Category,
    Criterion,
    JurorSeat,
    Nomination,
    NominationState,
    NominatorRole,
    ScoreSheet,
    Seen,
    SheetState,
)
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings
from plenaria.plugins.awards.tables import (
    AwardCategory,
    AwardRubric,
    Conflict,
    NominationFile,
    Nominator,
    Receipt,
    Sheet,
)
from plenaria.plugins.awards.tables import Nomination as NominationTable

T = TypeVar("T")
Row = dict[str, Any]


class NominatorView(Struct, frozen=True):
    """Somebody who works on a nomination."""

    person: int
    name: str
    email: str
    role: NominatorRole


class StoredAttachment(Struct, frozen=True, kw_only=True):
    """A file of a nomination, and where its content lies."""

    attachment: Attachment
    file: FileView
    in_draft: bool
    in_submission: bool


class Submission(Struct, frozen=True):
    """What was submitted last, as jurors see it."""

    candidate: Candidate
    answers: dict[str, str]
    category: str = ""


class NominationView(Struct, frozen=True, kw_only=True):
    """A nomination with everything about it: `nomination` is the working copy, `submission` what was submitted."""

    id: int
    category_id: int
    nomination: Nomination
    submission: Submission | None
    files: tuple[StoredAttachment, ...]
    nominators: tuple[NominatorView, ...]
    reason: str
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None

    def role_of(self, person: int | None) -> NominatorRole | None:
        return next((each.role for each in self.nominators if each.person == person), None)

    def file(self, code: str) -> StoredAttachment | None:
        return next((each for each in self.files if each.attachment.code == code), None)


class NominationLine(Struct, frozen=True, kw_only=True):
    """A nomination in a list: the candidate as submitted, else as drafted."""

    id: int
    code: str
    category: str
    state: NominationState
    candidate: Candidate
    has_unsubmitted_changes: bool
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    assigned: int = 0
    sealed: int = 0
    event: int = 0


class ReceiptView(Struct, frozen=True, kw_only=True):
    """Proof of one submission; `document` is the signed file to keep, `form` the canonical JSON that was hashed."""

    revision: int
    received_at: datetime
    form_sha256: str
    log_index: int
    document: str
    form: str


class JurorLine(Struct, frozen=True, kw_only=True):
    """A juror and how far they have come."""

    person: int
    name: str
    email: str
    assigned: int = 0
    sealed: int = 0
    recused: int = 0

    @property
    def open(self) -> int:
        return self.assigned - self.sealed


class SheetLine(Struct, frozen=True, kw_only=True):
    """A score sheet in a list, without its scores."""

    id: int
    state: SheetState
    juror: int
    nomination: str
    nomination_id: int
    nomination_state: NominationState
    category: str
    candidate: Candidate
    decided: int = 0
    event: int = 0


class SheetView(Struct, frozen=True, kw_only=True):
    """A juror's own score sheet with the nomination that it is about."""

    id: int
    juror: int
    nomination_id: int
    nomination: str
    nomination_state: NominationState
    category: str
    submission: Submission
    files: tuple[StoredAttachment, ...]
    sheet: ScoreSheet
    seat: JurorSeat
    nominators: tuple[NominatorView, ...]
    sealed_at: datetime | None
    digest: str


class ConflictLine(Struct, frozen=True, kw_only=True):
    """A conflict of interest."""

    nomination: str
    juror: int
    juror_name: str
    reason: str
    by_juror: bool
    declared_at: datetime


# -- what the organiser declared -----------------------------------------------------------------------------------


async def award_settings(event: EventView) -> AwardsSettings:
    return await settings_of(event, "awards", AwardsSettings)


async def section_of(event: EventView) -> AwardsSection:
    """Categories in their order, rubric and tie rule; two queries."""
    rows = (
        await AwardCategory.select(AwardCategory.definition)
        .where(AwardCategory.event == event.id)
        .order_by(AwardCategory.position, AwardCategory.id)
    )
    rubric = await AwardRubric.select().where(AwardRubric.event == event.id).first()
    return AwardsSection(
        categories=tuple(decoded(row["definition"], Category) for row in rows),
        criteria=decoded(rubric["criteria"], tuple[Criterion, ...]) if rubric else (),
        tie_break=decoded(rubric["tie_break"], tuple[str, ...]) if rubric else (),
    )


# -- nominations ---------------------------------------------------------------------------------------------------

_NOMINATION = (*NominationTable.all_columns(), NominationTable.category.code)


async def nomination(event: EventView, code: str) -> NominationView | None:
    """The nomination with that code in that event; who may see it is `rules.may_see`."""
    row = (
        await NominationTable.select(*_NOMINATION)
        .where((NominationTable.code == code) & (NominationTable.event == event.id))
        .first()
    )
    if row is None:
        return None
    files = (await _files([row["id"]])).get(row["id"], ())
    nominators = (await _nominators([row["id"]])).get(row["id"], ())
    return NominationView(
        id=row["id"],
        category_id=row["category"],
        nomination=_nomination(row, files, in_judging=await _in_judging(row["id"])),
        submission=_submission(row),
        files=files,
        nominators=nominators,
        reason=row["reason"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        submitted_at=row["submitted_at"],
    )


async def seen_as(event: EventView, view: NominationView, person: int | None, *, manages: bool) -> Seen:
    """As whom this person looks at the nomination."""
    role = view.role_of(person)
    judges = role is None and not manages and person is not None and await _judges(event, view.id, person)
    return Seen(role=role, manages=manages, judges=judges)


async def _judges(event: EventView, nomination_id: int, person: int) -> bool:
    """Whether they hold a sheet of it and are still of the jury: who has left keeps sealed sheets, and sees nothing more."""
    holds = await Sheet.exists().where(
        (Sheet.nomination == nomination_id) & (Sheet.juror == person) & (Sheet.state != "recused")
    )
    return holds and any(member.person == person and member.role == "juror" for member in await team(event))


async def _in_judging(nomination_id: int) -> bool:
    return await Sheet.exists().where((Sheet.nomination == nomination_id) & Sheet.state.is_in(["ready", "sealed"]))


async def nominations(
    event: EventView,
    *,
    category: str = "",
    state: str = "",
    after: int = 0,
    limit: int | None = None,
) -> list[NominationLine]:
    """The event's nominations, oldest first, with their numbers of score sheets; two queries."""
    query = NominationTable.select(*_NOMINATION).where(
        (NominationTable.event == event.id) & (NominationTable.id > after)
    )
    if category:
        query = query.where(NominationTable.category.code == category)
    if state:
        query = query.where(NominationTable.state == state)
    query = query.order_by(NominationTable.id)
    rows = await (query.limit(limit) if limit else query)
    states = await Sheet.select(Sheet.nomination, Sheet.state).where(
        (Sheet.event == event.id) & (Sheet.state != "recused")
    )
    assigned = Counter(row["nomination"] for row in states)
    sealed = Counter(row["nomination"] for row in states if row["state"] == "sealed")
    return [_line(row, assigned=assigned[row["id"]], sealed=sealed[row["id"]]) for row in rows]


async def nominations_of(person: int, events: Collection[int]) -> list[NominationLine]:
    """What this person nominates in these events, latest first; one query."""
    if not events:
        return []
    mine = Nominator.select(Nominator.nomination).where(Nominator.person == person)
    rows = (
        await NominationTable.select(*_NOMINATION)
        .where(NominationTable.event.is_in(list(events)) & NominationTable.id.is_in(mine))
        .order_by(NominationTable.id, ascending=False)
    )
    return [_line(row) for row in rows]


async def receipts(nomination_id: int) -> list[ReceiptView]:
    """Every receipt of a nomination, the last submission first."""
    rows = await Receipt.select().where(Receipt.nomination == nomination_id).order_by(Receipt.revision, ascending=False)
    return [_receipt(row) for row in rows]


async def category_id(event: EventView, code: str) -> int | None:
    row = (
        await AwardCategory.select(AwardCategory.id)
        .where((AwardCategory.event == event.id) & (AwardCategory.code == code))
        .first()
    )
    return int(row["id"]) if row else None


async def drafts_of(person: int, event: EventView) -> int:
    """How many nominations this person has started here, withdrawn ones left out."""
    return int(
        await Nominator.count().where(
            (Nominator.person == person)
            & (Nominator.role == "owner")
            & (Nominator.nomination.event == event.id)
            & (Nominator.nomination.state != "withdrawn")
        )
    )


# -- the jury ------------------------------------------------------------------------------------------------------


async def jurors(event: EventView) -> list[JurorLine]:
    """Everybody with the role juror, by name; three queries."""
    members = {member.person: member for member in await team(event) if member.role == "juror"}
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
    submission = _submission({"submitted_form": row["nomination.submitted_form"]})
    files = (await _files([row["nomination"]])).get(row["nomination"], ())
    nominators = (await _nominators([row["nomination"]])).get(row["nomination"], ())
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


# -- rows into structs ---------------------------------------------------------------------------------------------


def decoded(stored: Any, shape: type[T]) -> T:
    """A JSON column as a struct, whichever way the engine hands it over."""
    return msgspec.json.decode(stored, type=shape) if isinstance(stored, str) else msgspec.convert(stored, shape)


def _submission(row: Row) -> Submission | None:
    return decoded(row["submitted_form"], Submission) if row["submitted_form"] else None


def _nomination(row: Row, files: Sequence[StoredAttachment], *, in_judging: bool) -> Nomination:
    return Nomination(
        code=row["code"],
        category=row["category.code"],
        state=row["state"],
        candidate=decoded(row["candidate"], Candidate),
        answers=decoded(row["answers"], dict[str, str]),
        attachments=tuple(each.attachment for each in files if each.in_draft),
        revision=row["revision"],
        submitted_revision=row["submitted_revision"],
        in_judging=in_judging,
    )


def _line(row: Row, *, assigned: int = 0, sealed: int = 0) -> NominationLine:
    submission = _submission(row)
    return NominationLine(
        id=row["id"],
        code=row["code"],
        category=row["category.code"],
        state=row["state"],
        candidate=submission.candidate if submission else decoded(row["candidate"], Candidate),
        has_unsubmitted_changes=row["state"] == "submitted" and row["revision"] != row["submitted_revision"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        submitted_at=row["submitted_at"],
        assigned=assigned,
        sealed=sealed,
        event=row["event"],
    )


def _receipt(row: Row) -> ReceiptView:
    names = ("revision", "received_at", "form_sha256", "log_index", "document", "form")
    return ReceiptView(**{name: row[name] for name in names})


def _score_sheet(row: Row) -> ScoreSheet:
    return ScoreSheet(
        state=row["state"],
        scores=decoded(row["scores"], dict[str, int]),
        abstained=decoded(row["abstained"], frozenset[str]),
        comment=row["comment"],
        revision=row["revision"],
    )


def _sheet_line(row: Row) -> SheetLine:
    submission = _submission({"submitted_form": row["nomination.submitted_form"]})
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


async def _files(nomination_ids: Sequence[int]) -> dict[int, tuple[StoredAttachment, ...]]:
    rows = (
        await NominationFile.select()
        .where(NominationFile.nomination.is_in(list(nomination_ids)))
        .order_by(NominationFile.id)
    )
    stored = {file.id: file for file in await views([row["file"] for row in rows])}
    found: dict[int, tuple[StoredAttachment, ...]] = {}
    for row in rows:
        file = stored[row["file"]]
        attachment = Attachment(row["code"], row["question"], file.name, file.size, file.sha256, file.media_type)
        one = StoredAttachment(
            attachment=attachment, file=file, in_draft=row["in_draft"], in_submission=row["in_submission"]
        )
        found[row["nomination"]] = (*found.get(row["nomination"], ()), one)
    return found


async def _nominators(nomination_ids: Sequence[int]) -> dict[int, tuple[NominatorView, ...]]:
    rows = await Nominator.select().where(Nominator.nomination.is_in(list(nomination_ids))).order_by(Nominator.id)
    known = await people(sorted({row["person"] for row in rows}))
    found: dict[int, tuple[NominatorView, ...]] = {}
    for row in rows:
        person = known[row["person"]]
        one = NominatorView(row["person"], person.name, person.email, row["role"])
        found[row["nomination"]] = (*found.get(row["nomination"], ()), one)
    return found


# -- parts of shared pages -----------------------------------------------------------------------------------------


async def event_panel(*, event: EventView, now: datetime, person: int | None) -> dict[str, Any] | None:
    """The award on the event's front page; left out until something is declared."""
    settings, section = await award_settings(event), await section_of(event)
    if not section.categories:
        return None
    return {
        "cycle": settings.cycle,
        "introduction": settings.introduction,
        "until": settings.nominations_until,
        "is_open": settings.nominations.contains(now),
        "is_before": settings.nominations.is_before(now),
        "opens_at": settings.nominations.opens_at,
        "categories": len(section.categories),
    }


async def my_panel(*, person: int, events: Sequence[EventView], now: datetime) -> dict[str, Any] | None:
    """One's own nominations, what one has still to judge and how much is sealed, over all events; two queries."""
    by_id = {event.id: event for event in events}
    mine = await nominations_of(person, list(by_id))
    sheets = await sheets_of(person, list(by_id))
    if not mine and not sheets:
        return None
    sealed = Counter(line.event for line in sheets if line.state == "sealed")
    return {
        "nominations": [(by_id[line.event], line) for line in mine],
        "sheets": [(by_id[line.event], line) for line in sheets if line.state != "sealed"],
        "sealed": [(by_id[event], count) for event, count in sealed.items()],
    }


async def personal_data(person: int, /) -> dict[str, Any]:
    """One's own nominations, score sheets and declared conflicts, as builtins; three queries."""
    nomination: Any = Nominator.nomination
    conflicting: Any = Conflict.nomination
    nominations = (
        await Nominator.select(
            nomination.event.slug.as_alias("event"),
            nomination.code.as_alias("code"),
            nomination.state.as_alias("state"),
            nomination.candidate.as_alias("candidate"),
            nomination.answers.as_alias("answers"),
            nomination.submitted_at.as_alias("submitted_at"),
            *(Nominator.role, Nominator.added_at),
        )
        .where(Nominator.person == person)
        .order_by(Nominator.id)
    )
    sheets = (
        await Sheet.select(
            Sheet.event.slug.as_alias("event"),
            Sheet.nomination.code.as_alias("nomination"),
            *(Sheet.state, Sheet.scores, Sheet.abstained, Sheet.comment, Sheet.assigned_at, Sheet.sealed_at),
        )
        .where(Sheet.juror == person)
        .order_by(Sheet.id)
    )
    conflicts = (
        await Conflict.select(
            conflicting.event.slug.as_alias("event"),
            conflicting.code.as_alias("nomination"),
            *(Conflict.reason, Conflict.declared_at),
        )
        .where(Conflict.juror == person)
        .order_by(Conflict.id)
    )
    return {
        "nominations": [_loaded(row, "candidate", "answers") for row in nominations],
        "sheets": [_loaded(row, "scores", "abstained") for row in sheets],
        "conflicts": conflicts,
    }


def _loaded(row: Row, *names: str) -> Row:
    loaded = {name: msgspec.json.decode(row[name]) for name in names if isinstance(row[name], str)}
    return {**row, **loaded}
