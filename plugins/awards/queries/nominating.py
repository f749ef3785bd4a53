"""Nominations: one with everything about it, and lists."""

from collections import Counter
from collections.abc import Collection, Sequence

from plenaria.core.kernel.values import EventView
from plenaria.core.people.queries import people, with_role
from plenaria.core.storage.files import views
from plenaria.plugins.awards.queries.rows import Row, decoded
from plenaria.plugins.awards.queries.views import (
    NominationLine,
    NominationView,
    NominatorView,
    ReceiptView,
    StoredAttachment,
    Submission,
)
from plenaria.plugins.awards.rules import Attachment, Candidate, Nomination, Seen
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile, Nominator, Receipt, Sheet

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
    files = (await files_of([row["id"]])).get(row["id"], ())
    nominators = (await nominators_of([row["id"]])).get(row["id"], ())
    return NominationView(
        id=row["id"],
        category_id=row["category"],
        nomination=_nomination(row, files, in_judging=await _in_judging(row["id"])),
        submission=submission_of(row),
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
    return holds and any(member.person == person for member in await with_role(event, "juror"))


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
    submission = submission_of(row)
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


def submission_of(row: Row) -> Submission | None:
    return decoded(row["submitted_form"], Submission) if row["submitted_form"] else None


async def files_of(nomination_ids: Sequence[int]) -> dict[int, tuple[StoredAttachment, ...]]:
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


async def nominators_of(nomination_ids: Sequence[int]) -> dict[int, tuple[NominatorView, ...]]:
    rows = await Nominator.select().where(Nominator.nomination.is_in(list(nomination_ids))).order_by(Nominator.id)
    known = await people(sorted({row["person"] for row in rows}))
    found: dict[int, tuple[NominatorView, ...]] = {}
    for row in rows:
        person = known[row["person"]]
        one = NominatorView(row["person"], person.name, person.email, row["role"])
        found[row["nomination"]] = (*found.get(row["nomination"], ()), one)
    return found
