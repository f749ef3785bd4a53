"""Writing what the jury does: invitations, assignments, conflicts, scores, seals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import structs

from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
from plenaria.core.people import queries as people
from plenaria.core.people.services import ensure_person, grant, revoke
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import lock, lock_row, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.matching import Assigned, Impossible, Pair, Problem, Reason, assign
from plenaria.plugins.awards.queries import NominationLine, SheetView
from plenaria.plugins.awards.rules import (
    Criterion,
    ScoreSheet,
    clean_answer,
    conflict_refusals,
    may_judge,
    reopen_refusals,
    scoring_refusals,
    seal_refusals,
    seat_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, Issuer, encoded, jury_lock, record
from plenaria.plugins.awards.services.letters import mail_way_in
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.tables import Conflict, Sheet
from plenaria.plugins.awards.tables import Nomination as NominationTable


async def invite_juror(event: EventView, email: str, *, actor: Actor, issuer: Issuer, now: datetime) -> int:
    """Give somebody the role juror and mail them a way in; the person's id."""
    async with transaction():
        person = await ensure_person(email, now=now)
        await grant(person, "juror", event=event, by=actor.by, now=now, granted_by=actor.person)
        await mail_way_in(
            "awards.juror_invited", person, event, f"/{event.slug}/jury", facts={}, issuer=issuer, now=now
        )
        return person.id


async def remove_juror(event: EventView, person: int, *, actor: Actor, now: datetime) -> None:
    """Take the role away, and the sheets that are not sealed with it. Sealed ones count on."""
    async with transaction():
        await lock(jury_lock(event))
        await revoke(person, "juror", event=event, by=actor.by, may_grant_owner=False, now=now)
        gone = (
            await Sheet.delete()
            .where((Sheet.event == event.id) & (Sheet.juror == person) & Sheet.state.is_in(["assigned", "ready"]))
            .returning(Sheet.id)
        )
        await audit.record(
            "jury.left",
            by=actor.by,
            subject=f"person:{person}",
            event=event.id,
            facts={"sheets": len(gone)},
            now=now,
        )
        if gone:
            await _tell_if_ready(event, now=now)


async def assign_juror(event: EventView, code: str, juror: int, *, actor: Actor, now: datetime) -> int:
    """Give one nomination to one juror by hand; the sheet's id. Giving it twice is giving it once."""
    async with transaction():
        await lock(jury_lock(event))
        view = await queries.nomination(event, code)
        if view is None or juror not in {line.person for line in await queries.jurors(event)}:
            raise Refused(Refusal("not_found"))
        known = await Sheet.select(Sheet.id).where((Sheet.nomination == view.id) & (Sheet.juror == juror)).first()
        if known:
            return int(known["id"])
        refuse(seat_refusals(await queries.seat(view.id, juror), nomination_state=view.nomination.state))
        return await _new_sheet(event, view.id, code, juror, actor=actor, now=now)


async def assign_evenly(event: EventView, *, seed: int, actor: Actor, now: datetime) -> int:
    """Give every submitted nomination its number of jurors, loads as even as conflicts allow; how many sheets are new.

    What is assigned already stays. Raises Refused with a refusal `assignment_…` for each reason why it cannot be.
    """
    settings = await queries.award_settings(event)
    async with transaction():
        await lock(jury_lock(event))
        lines = {str(line.id): line for line in await queries.nominations(event, state="submitted")}
        entries = {entry: line.code for entry, line in lines.items()}
        jurors = {str(line.person): line.name for line in await queries.jurors(event)}
        if not jurors:
            raise Refused(Refusal("no_jurors"))
        answer, fixed = await _even_answer(event, entries, jurors, settings, seed=seed)
        if isinstance(answer, Impossible):
            raise Refused(*_why_not(answer, lines, jurors))
        pairs = answer.pairs
        new = [pair for pair in pairs if pair not in fixed]
        for entry, juror in new:
            await _new_sheet(event, int(entry), entries[entry], int(juror), actor=actor, now=now)
        await audit.record(
            "jury.assigned_evenly",
            by=actor.by,
            subject="award",
            event=event.id,
            facts={"seed": seed, "per_entry": settings.judges_per_entry, "new": len(new)},
            now=now,
        )
        return len(new)


async def _even_answer(
    event: EventView, entries: Mapping[str, str], jurors: Mapping[str, str], settings: AwardsSettings, *, seed: int
) -> tuple[Assigned | Impossible, set[Pair]]:
    """The assignment, and the pairs that were there before. Former jurors keep their sheets and get no new ones."""
    rows = [row for row in await queries.sheets(event) if str(row.nomination_id) in entries]
    fixed = {(str(row.nomination_id), str(row.juror)) for row in rows if row.state != "recused"}
    former = {judge for _, judge in fixed} - set(jurors)
    barred = {(str(entry), str(person)) for entry, person in await queries.barred_pairs(event)}
    barred |= {(str(row.nomination_id), str(row.juror)) for row in rows if row.state == "recused"}
    barred |= {(entry, judge) for entry in entries for judge in former}
    judges = [*jurors, *sorted(former)]
    answer = assign(
        Problem(
            entries=list(entries),
            judges=judges,
            per_entry=settings.judges_per_entry,
            least=settings.least_per_juror,
            least_of=dict.fromkeys(former, 0),
            most=settings.most_per_juror,
            conflicts={pair for pair in barred - fixed if pair[0] in entries and pair[1] in judges},
            fixed=fixed,
            seed=seed,
        )
    )
    return answer, fixed


MOST_NAMES: Final = 5
"""How many names a sentence lists."""


def _why_not(answer: Impossible, lines: Mapping[str, NominationLine], jurors: Mapping[str, str]) -> list[Refusal]:
    """A refusal for each reason; nominations that lack jurors in the same way are one."""
    alike: dict[Reason, list[str]] = {}
    for reason in answer.reasons:
        is_of_one = reason.code == "too_few_judges" and len(reason.entries) == 1
        key = structs.replace(reason, entries=(), conflicts=()) if is_of_one else reason
        alike.setdefault(key, []).extend(reason.entries)
    return [
        Refusal(
            f"assignment_{reason.code}",
            {
                "nominations": [lines[entry].code for entry in entries],
                "candidates": _some([lines[entry].candidate.name or lines[entry].code for entry in entries]),
                "jurors": _some([jurors[judge] for judge in reason.judges if judge in jurors]),
                "full": _some([jurors[judge] for judge in reason.bounded if judge in jurors]),
                "needed": reason.needed,
                "available": reason.available,
            },
        )
        for reason, entries in alike.items()
    ]


def _some(names: Sequence[str]) -> list[str]:
    """The names, or the first ones and how many more there are."""
    return [*names] if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], f"+{len(names) - MOST_NAMES}"]


async def _new_sheet(
    event: EventView, nomination_id: int, code: str, juror: int, *, actor: Actor, now: datetime
) -> int:
    row = Sheet(event=event.id, nomination=nomination_id, juror=juror, assigned_at=now)
    await row.save()
    await record("sheet.assigned", event, code, actor, {"juror": f"person:{juror}", "sheet": row.id}, now)
    return row.id


async def unassign(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an assignment back. Sealed sheets stay."""
    async with transaction():
        await lock(jury_lock(event))
        found = next((line for line in await queries.sheets(event) if line.id == sheet_id), None)
        if found is None:
            raise Refused(Refusal("not_found"))
        refuse(reopen_refusals(ScoreSheet(state=found.state)))
        await Sheet.delete().where(Sheet.id == sheet_id)
        facts = {"juror": f"person:{found.juror}", "sheet": sheet_id}
        await record("sheet.unassigned", event, found.nomination, actor, facts, now)
        await _tell_if_ready(event, now=now)


async def record_conflict(event: EventView, code: str, juror: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say for a juror that they must not judge a nomination; an open sheet of theirs is recused."""
    async with transaction():
        await lock(jury_lock(event))
        view = await queries.nomination(event, code)
        if view is None or juror not in {line.person for line in await queries.jurors(event)}:
            raise Refused(Refusal("not_found"))
        if not (reason := clean_answer(reason)):
            raise Refused(Refusal("reason_missing", {}, "/reason"))
        row = await Sheet.select(Sheet.state).where((Sheet.nomination == view.id) & (Sheet.juror == juror)).first()
        if row:
            refuse(reopen_refusals(ScoreSheet(state=row["state"])))
        await _store_conflict(view.id, juror, reason, by=actor.person, now=now)
        await Sheet.update({Sheet.state: "recused"}).where((Sheet.nomination == view.id) & (Sheet.juror == juror))
        await record("jury.conflict_recorded", event, code, actor, {"juror": f"person:{juror}"}, now)
        if row:
            await _tell_if_ready(event, now=now)


async def tell_jurors(event: EventView, *, actor: Actor, issuer: Issuer, now: datetime) -> int:
    """Mail every juror with open sheets how many they are and until when; how many were mailed."""
    settings = await queries.award_settings(event)
    async with transaction():
        waiting = [line for line in await queries.jurors(event) if line.open]
        known = await people.people([line.person for line in waiting])
        for line in waiting:
            person = known[line.person]
            language = person.language or event.language
            with using(language):
                until = shown.instant(settings.judging_until, event.zone) if settings.judging_until else "—"
            await mail_way_in(
                "awards.sheets_waiting",
                person,
                event,
                f"/{event.slug}/jury",
                facts={"count": str(line.open), "until": until},
                issuer=issuer,
                now=now,
            )
        await audit.record(
            "jury.told", by=actor.by, subject="award", event=event.id, facts={"jurors": len(waiting)}, now=now
        )
        return len(waiting)


async def declare_no_conflict(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> SheetView:
    """The juror's word that nothing ties them to the nomination: they may score from now on."""
    settings = await queries.award_settings(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        await lock_row(NominationTable, view.nomination_id)  # from here on it stands as it was submitted
        refuse(conflict_refusals(view.sheet, settings.judging, now, conflict=False, reason=""))
        if view.sheet.state == "assigned":
            await Sheet.update({Sheet.state: "ready"}).where(Sheet.id == sheet_id)
            await record("sheet.no_conflict", event, view.nomination, actor, {"sheet": sheet_id}, now)
        return await _reload_sheet(event, sheet_id, actor)


async def recuse(event: EventView, sheet_id: int, reason: str, *, actor: Actor, now: datetime) -> SheetView:
    """The juror steps back from this nomination for good."""
    settings = await queries.award_settings(event)
    reason = clean_answer(reason)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        refuse(conflict_refusals(view.sheet, settings.judging, now, conflict=True, reason=reason))
        await Sheet.update({Sheet.state: "recused"}).where(Sheet.id == sheet_id)
        await _store_conflict(view.nomination_id, actor.person, reason, by=actor.person, now=now)
        await record("sheet.recused", event, view.nomination, actor, {"sheet": sheet_id}, now)
        await _tell_if_ready(event, now=now)
        return await _reload_sheet(event, sheet_id, actor)


async def save_scores(
    event: EventView,
    sheet_id: int,
    *,
    scores: Mapping[str, int],
    abstained: Sequence[str],
    comment: str,
    revision: int | None,
    actor: Actor,
    now: datetime,
) -> SheetView:
    """Keep a juror's scores, complete or not. Nothing happens when nothing changed."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        new = structs.replace(
            view.sheet, scores=dict(scores), abstained=frozenset(abstained), comment=clean_answer(comment)
        )
        criteria = section.rubric(view.category)
        refuse(
            [
                *_seat_refusals(view),
                *scoring_refusals(view.sheet, new, criteria, settings.judging, now, revision=revision),
            ]
        )
        if new == view.sheet:
            return view
        await _store_scores(sheet_id, new)
        facts = {"sheet": sheet_id, "revision": view.sheet.revision + 1}
        await record("sheet.scored", event, view.nomination, actor, facts, now)
        return await _reload_sheet(event, sheet_id, actor)


async def seal(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> SheetView:
    """Make the scores final. The digest in the audit log proves them later, with the sheet's salt."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        criteria: tuple[Criterion, ...] = section.rubric(view.category)
        refuse([*_seat_refusals(view), *seal_refusals(view.sheet, criteria, settings.judging, now)])
        sealed = {
            "nomination": view.nomination,
            "juror": f"person:{actor.person}",
            "scores": view.sheet.scores,
            "abstained": sorted(view.sheet.abstained),
            "comment": view.sheet.comment,
            "salt": new_secret(),
        }
        await Sheet.update(
            {
                Sheet.state: "sealed",
                Sheet.sealed_at: now,
                Sheet.digest: digest(sealed),
                Sheet.salt: sealed["salt"],
            }
        ).where(Sheet.id == sheet_id)
        facts = {"sheet": sheet_id, "digest": digest(sealed)}
        await record("sheet.sealed", event, view.nomination, actor, facts, now)
        await _tell_if_ready(event, now=now)
        return await _reload_sheet(event, sheet_id, actor)


async def _held_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    """One's own sheet. The jury's lock is taken: seals and assignments wait for each other."""
    await lock(jury_lock(event))
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    if view is None:
        raise Refused(Refusal("not_found"))
    return view


async def _reload_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def _store_scores(sheet_id: int, new: ScoreSheet) -> None:
    await Sheet.update(
        {
            Sheet.scores: encoded(new.scores),
            Sheet.abstained: encoded(sorted(new.abstained)),
            Sheet.comment: new.comment,
            Sheet.revision: new.revision + 1,
        }
    ).where(Sheet.id == sheet_id)


async def _store_conflict(nomination_id: int, juror: int, reason: str, *, by: int, now: datetime) -> None:
    if await Conflict.exists().where((Conflict.nomination == nomination_id) & (Conflict.juror == juror)):
        return
    await Conflict(nomination=nomination_id, juror=juror, reason=reason, declared_by=by, declared_at=now).save()


def _seat_refusals(view: SheetView) -> Sequence[Refusal]:
    if may_judge(view.seat, view.sheet, nomination_state=view.nomination_state) or view.sheet.state == "recused":
        return ()
    return seat_refusals(view.seat, nomination_state=view.nomination_state)


async def _tell_if_ready(event: EventView, *, now: datetime) -> None:
    shown_now = await queries.results(event, may_see_early=False)
    if not shown_now.refusals:
        await outbox.tell("results_ready", event=event, now=now)
