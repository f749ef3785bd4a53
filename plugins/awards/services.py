"""Writes of the awards: load, decide by the rules, store, record. Each is one transaction, or joins the caller's."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct, structs

from core import audit, files, mail, outbox, plugins, shown
from core.database import lock, lock_row, locked, transaction
from core.events.services import touch
from core.files import Upload
from core.i18n import using
from core.ledger import canonical, digest
from core.ledger.receipts import FileDigest, Receipt, key_id, receipt_file, sign
from core.people import queries as people
from core.people.services import INVITATION_DAYS, ensure_person, grant, new_link, revoke
from core.values import EventView, Refusal, Refused, in_language, refuse
from plugins.awards import queries
from plugins.awards.matching import Assigned, Pair, assign
from plugins.awards.queries import NominationView, ReceiptView, SheetView
from plugins.awards.rules import (
    Attachment,
    Candidate,
    Criterion,
    ScoreSheet,
    Seen,
    admission_refusals,
    attachment_refusals,
    clean_answer,
    collaboration_refusals,
    conflict_refusals,
    creation_refusals,
    draft_refusals,
    edit_refusals,
    form,
    may_judge,
    may_see,
    reopen_refusals,
    scoring_refusals,
    seal_refusals,
    seat_refusals,
    submit_refusals,
    withdraw_refusals,
)
from plugins.awards.settings import AwardsSection
from plugins.awards.tables import AwardCategory, AwardRubric, Conflict, NominationFile, Nominator, Sheet
from plugins.awards.tables import Nomination as NominationTable
from plugins.awards.tables import Receipt as ReceiptTable

MOST_COLLABORATORS: Final = 10


class Actor(Struct, frozen=True):
    """Who acts: the person's id, the name for the audit log, and whether they hold `awards.manage` here."""

    person: int
    by: str
    manages: bool = False


class Issuer(Struct, frozen=True):
    """Who issues receipts and mails links: the installation's outside address and its signing key."""

    address: str
    key: Ed25519PrivateKey


class Draft(Struct, frozen=True):
    """What a nominator typed: the candidate, and answers by question code, in words."""

    candidate: Candidate = Candidate()
    answers: dict[str, str] = {}

    def cleaned(self) -> "Draft":
        names = ("name", "company", "place", "position")
        told = {name: " ".join(clean_answer(getattr(self.candidate, name)).split()) for name in names}
        answers = {code: clean_answer(text) for code, text in self.answers.items()}
        return Draft(Candidate(self.candidate.kind, **told), {code: text for code, text in answers.items() if text})


# -- what the organiser declares -----------------------------------------------------------------------------------


async def apply_section(event: EventView, section: AwardsSection, /, *, by: str, now: datetime) -> None:
    """Make the event's categories and rubric equal to the section.

    Raises Refused(category_has_nominations, rubric_in_use): a category with nominations stays, and what scores mean does
    not change once a sheet is sealed. Wording may change at any time.
    """
    async with transaction():
        await lock(_jury_lock(event))
        known = await AwardCategory.select(AwardCategory.id, AwardCategory.code).where(AwardCategory.event == event.id)
        refuse([*await _removal_refusals(known, section), *await _rubric_refusals(event, section)])
        await _store_categories(event, section, {row["code"]: row["id"] for row in known})
        await AwardRubric.delete().where(AwardRubric.event == event.id)
        await AwardRubric(
            event=event.id, criteria=_encoded(section.criteria), tie_break=_encoded(section.tie_break)
        ).save()
        await touch(event, now=now)
        facts = {
            "categories": [category.code for category in section.categories],
            "criteria": {criterion.code: criterion.weight for criterion in section.criteria},
            "digest": digest(msgspec.to_builtins(section)),
        }
        await audit.record("award.declared", by=by, subject="award", event=event.id, facts=facts, now=now)


async def _removal_refusals(known: Sequence[Mapping[str, Any]], section: AwardsSection) -> list[Refusal]:
    gone = [row for row in known if section.category(row["code"]) is None]
    refusals = []
    for row in gone:
        if count := await NominationTable.count().where(NominationTable.category == row["id"]):
            refusals.append(
                Refusal("category_has_nominations", {"category": row["code"], "count": count}, "/categories")
            )
    return refusals


async def _rubric_refusals(event: EventView, section: AwardsSection) -> list[Refusal]:
    before = await queries.section_of(event)
    if _meaning(before) == _meaning(section):
        return []
    count = await Sheet.count().where((Sheet.event == event.id) & (Sheet.state == "sealed"))
    return [Refusal("rubric_in_use", {"count": count}, "/criteria")] if count else []


def _meaning(section: AwardsSection) -> tuple[Any, ...]:
    """What decides about places; the words may change."""
    criteria = sorted((c.code, c.weight, c.scores, tuple(sorted(c.categories))) for c in section.criteria)
    return criteria, section.tie_break


async def _store_categories(event: EventView, section: AwardsSection, known: Mapping[str, int]) -> None:
    for position, category in enumerate(section.categories):
        definition = _encoded(category)
        if category.code in known:
            await AwardCategory.update({AwardCategory.position: position, AwardCategory.definition: definition}).where(
                AwardCategory.id == known[category.code]
            )
        else:
            await AwardCategory(event=event.id, code=category.code, position=position, definition=definition).save()
    gone = [row_id for code, row_id in known.items() if section.category(code) is None]
    if gone:
        await AwardCategory.delete().where(AwardCategory.id.is_in(gone))


# -- nominating ----------------------------------------------------------------------------------------------------


async def start_nomination(
    event: EventView, category: str, *, draft: Draft | None = None, actor: Actor, now: datetime
) -> NominationView:
    """A new draft, owned by the actor. Its code cannot be guessed."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    declared = section.category(category)
    if declared is None:
        raise Refused(Refusal("unknown_category", {"category": category}, "/category"))
    draft = (draft or Draft(Candidate(declared.candidates[0]))).cleaned()
    async with transaction():
        await lock(f"awards.drafts.{event.id}.{actor.person}")
        drafts = await queries.drafts_of(actor.person, event)
        refuse(
            [
                *creation_refusals(settings.nominations, now, drafts=drafts, most_drafts=settings.most_drafts),
                *draft_refusals(draft.answers, draft.candidate, declared),
            ]
        )
        row = NominationTable(
            event=event.id,
            category=await queries.category_id(event, category),
            code=secrets.token_urlsafe(12),
            candidate=_encoded(draft.candidate),
            answers=_encoded(draft.answers),
            created_at=now,
            changed_at=now,
        )
        await row.save()
        await Nominator(nomination=row.id, person=actor.person, role="owner", added_at=now).save()
        await _record("nomination.started", event, row.code, actor, {"category": category}, now)
        return await _reload(event, row.code)


async def save_draft(
    event: EventView, code: str, draft: Draft, *, revision: int | None, actor: Actor, now: datetime
) -> NominationView:
    """Keep what was typed, complete or not. Nothing happens when nothing changed.

    Raises Refused(draft_changed) when somebody else saved since `revision`.
    """
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    draft = draft.cleaned()
    async with transaction():
        view, seen = await _held(event, code, actor)
        category = section.category(view.nomination.category)
        refuse(
            [
                *edit_refusals(view.nomination, settings.nominations, now, revision=revision, seen=seen),
                *(draft_refusals(draft.answers, draft.candidate, category) if category else ()),
            ]
        )
        if (draft.candidate, draft.answers) == (view.nomination.candidate, view.nomination.answers):
            return view
        await _change(view, {"candidate": _encoded(draft.candidate), "answers": _encoded(draft.answers)}, now=now)
        await _record("nomination.saved", event, code, actor, {"revision": view.nomination.revision + 1}, now)
        return await _reload(event, code)


async def attach(
    event: EventView, code: str, question: str, upload: Upload, *, actor: Actor, now: datetime
) -> NominationView:
    """Add a file to the working copy; `core.files` checks size and content."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view, seen = await _held(event, code, actor)
        category = section.category(view.nomination.category)
        new = Attachment("", question, upload.name, len(upload.content), "")
        refuse(
            [
                *edit_refusals(view.nomination, settings.nominations, now, revision=None, seen=seen),
                *(
                    attachment_refusals(new, view.nomination.attachments, category, settings.most_attachments)
                    if category
                    else ()
                ),
                *_at(
                    f"/attachments/{question}",
                    files.refusals(upload, limit_mb=settings.attachment_size_mb),
                ),
            ]
        )
        stored = await files.store(
            upload, event=event.id, owner=actor.person, limit_mb=settings.attachment_size_mb, now=now
        )
        await NominationFile(
            nomination=view.id, question=question, code=secrets.token_urlsafe(12), file=stored.id
        ).save()
        await _change(view, {}, now=now)
        facts = {"question": question, "sha256": stored.sha256, "size": stored.size}
        await _record("nomination.file_added", event, code, actor, facts, now)
        return await _reload(event, code)


async def detach(event: EventView, code: str, file_code: str, *, actor: Actor, now: datetime) -> NominationView:
    """Take a file out of the working copy. What was submitted keeps it."""
    settings = await queries.award_settings(event)
    async with transaction():
        view, seen = await _held(event, code, actor)
        refuse(edit_refusals(view.nomination, settings.nominations, now, revision=None, seen=seen))
        found = view.file(file_code)
        if found is None or not found.in_draft:
            raise Refused(Refusal("not_found"))
        if found.in_submission:
            await NominationFile.update({NominationFile.in_draft: False}).where(NominationFile.code == file_code)
        else:
            await _forget_file(found)
        await _change(view, {}, now=now)
        await _record("nomination.file_removed", event, code, actor, {"sha256": found.attachment.sha256}, now)
        return await _reload(event, code)


async def submit_nomination(event: EventView, code: str, *, actor: Actor, issuer: Issuer, now: datetime) -> ReceiptView:
    """Submit the working copy and give the receipt; submitting the same revision again gives the same receipt.

    `now` is the instant at which the request arrived: it alone is compared with the window. An attempt that the rules
    refuse is written to the audit log.
    """
    try:
        return await _submit(event, code, actor=actor, issuer=issuer, now=now)
    except Refused as refused:
        await note_refused_submission(event, code, refused.refusals, actor=actor, now=now)
        raise


async def _submit(event: EventView, code: str, *, actor: Actor, issuer: Issuer, now: datetime) -> ReceiptView:
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view, seen = await _held(event, code, actor)
        nomination = view.nomination
        if seen.role and nomination.state == "submitted" and not nomination.has_unsubmitted_changes:
            return (await queries.receipts(view.id))[0]
        category = section.category(nomination.category)
        refuse(
            submit_refusals(
                nomination, category, settings.nominations, now, most_files=settings.most_attachments, seen=seen
            )
        )
        facts = _told(view)
        asked = await plugins.host().ask(
            "refuse_nomination", event=event, nomination={**facts, "answers": nomination.answers}, now=now
        )
        refuse(asked)
        receipt = await _issue_receipt(event, view, actor=actor, issuer=issuer, now=now)
        await _mark_submitted(view, receipt, now=now)
        await _mail_receipt(event, view, receipt, issuer=issuer, now=now)
        await outbox.tell("nomination_submitted", event=event, nomination=facts, now=now)
        return receipt


async def _issue_receipt(
    event: EventView, view: NominationView, *, actor: Actor, issuer: Issuer, now: datetime
) -> ReceiptView:
    nomination = view.nomination
    submitted = form(nomination)
    form_sha256 = digest(submitted)
    facts = {
        "revision": nomination.revision,
        "form_sha256": form_sha256,
        "files": [attachment.sha256 for attachment in nomination.attachments],
    }
    log_index = await _record("nomination.submitted", event, nomination.code, actor, facts, now)
    signed = sign(
        Receipt(
            code=nomination.code,
            subject=f"{event.slug}/awards/{nomination.category}",
            received_at=now,
            zone=event.zone,
            form_sha256=form_sha256,
            files=tuple(FileDigest(a.name, a.size, a.sha256) for a in nomination.attachments),
            log_index=log_index,
            issuer=issuer.address,
            key_id=key_id(issuer.key.public_key()),
        ),
        issuer.key,
    )
    row = ReceiptTable(
        nomination=view.id,
        revision=nomination.revision,
        form=canonical(submitted).decode(),
        form_sha256=form_sha256,
        document=receipt_file(signed).decode(),
        log_index=log_index,
        received_at=now,
    )
    await row.save()
    return ReceiptView(
        revision=row.revision,
        received_at=now,
        form_sha256=form_sha256,
        log_index=log_index,
        document=row.document,
        form=row.form,
    )


async def _mark_submitted(view: NominationView, receipt: ReceiptView, *, now: datetime) -> None:
    await NominationTable.update(
        {
            NominationTable.state: "submitted",
            NominationTable.submitted_revision: receipt.revision,
            NominationTable.submitted_form: receipt.form,
            NominationTable.submitted_at: now,
            NominationTable.changed_at: now,
        }
    ).where(NominationTable.id == view.id)
    await NominationFile.update({NominationFile.in_submission: NominationFile.in_draft}).where(
        NominationFile.nomination == view.id
    )
    for found in view.files:
        if not found.in_draft:
            await _forget_file(found)


async def withdraw_nomination(event: EventView, code: str, *, actor: Actor, now: datetime) -> NominationView:
    """Take a nomination back. Its owner may until a juror begins with it, an organiser at any time."""
    async with transaction():
        view, seen = await _held(event, code, actor)
        refuse(withdraw_refusals(view.nomination, seen=seen))
        await _change(view, {"state": "withdrawn"}, now=now)
        await _record("nomination.withdrawn", event, code, actor, {"was": view.nomination.state}, now)
        await outbox.tell("nomination_withdrawn", event=event, nomination=_told(view), now=now)
        return await _reload(event, code)


async def admit(
    event: EventView, code: str, *, admitted: bool, reason: str, actor: Actor, now: datetime
) -> NominationView:
    """Take a submitted nomination out of the competition, with a reason, or back in."""
    reason = clean_answer(reason)
    async with transaction():
        view, _ = await _held(event, code, actor)
        refuse(admission_refusals(view.nomination, admit=admitted, reason=reason))
        state = "submitted" if admitted else "not_admitted"
        await NominationTable.update(
            {NominationTable.state: state, NominationTable.reason: reason, NominationTable.changed_at: now}
        ).where(NominationTable.id == view.id)
        action = "nomination.admitted" if admitted else "nomination.not_admitted"
        await _record(action, event, code, actor, {}, now)
        return await _reload(event, code)


async def invite_collaborator(
    event: EventView, code: str, email: str, *, actor: Actor, issuer: Issuer, now: datetime
) -> NominationView:
    """Let a colleague work on the nomination, and mail them a way in."""
    settings = await queries.award_settings(event)
    async with transaction():
        view, seen = await _held(event, code, actor)
        address = people.normal_email(email)
        present = [each.email for each in view.nominators]
        refuse(
            collaboration_refusals(
                view.nomination,
                settings.nominations,
                now,
                seen=seen,
                email=address,
                present=present,
                most=MOST_COLLABORATORS,
            )
        )
        person = await ensure_person(address, now=now)
        await Nominator(nomination=view.id, person=person.id, role="collaborator", added_at=now).save()
        await _record("nomination.collaborator_added", event, code, actor, {"person": f"person:{person.id}"}, now)
        inviter = next(each.name for each in view.nominators if each.person == actor.person)
        await _mail_way_in(
            "awards.collaborator",
            person,
            event,
            f"/{event.slug}/awards/nominations/{code}",
            facts={"inviter": inviter, "candidate": view.nomination.candidate.name or "—"},
            issuer=issuer,
            now=now,
        )
        return await _reload(event, code)


async def remove_collaborator(
    event: EventView, code: str, person: int, *, actor: Actor, now: datetime
) -> NominationView:
    """End a collaboration: the owner's right, and everybody's own. The owner stays."""
    async with transaction():
        view, seen = await _held(event, code, actor)
        role = view.role_of(person)
        if role is None:
            raise Refused(Refusal("not_found"))
        if role == "owner" or (seen.role != "owner" and person != actor.person):
            raise Refused(Refusal("not_the_owner"))
        await Nominator.delete().where((Nominator.nomination == view.id) & (Nominator.person == person))
        await _record("nomination.collaborator_removed", event, code, actor, {"person": f"person:{person}"}, now)
        return await _reload(event, code)


# -- the jury ------------------------------------------------------------------------------------------------------


async def invite_juror(event: EventView, email: str, *, actor: Actor, issuer: Issuer, now: datetime) -> int:
    """Give somebody the role juror and mail them a way in; the person's id."""
    async with transaction():
        person = await ensure_person(email, now=now)
        await grant(person, "juror", event=event, by=actor.by, now=now, granted_by=actor.person)
        await _mail_way_in(
            "awards.juror_invited", person, event, f"/{event.slug}/jury", facts={}, issuer=issuer, now=now
        )
        return person.id


async def remove_juror(event: EventView, person: int, *, actor: Actor, now: datetime) -> None:
    """Take the role away, and the sheets that are not sealed with it. Sealed ones count on."""
    async with transaction():
        await lock(_jury_lock(event))
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


async def assign_juror(event: EventView, code: str, juror: int, *, actor: Actor, now: datetime) -> int:
    """Give one nomination to one juror by hand; the sheet's id. Giving it twice is giving it once."""
    async with transaction():
        await lock(_jury_lock(event))
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

    What is assigned already stays. Raises Refused(assignment_impossible) with the reason.
    """
    settings = await queries.award_settings(event)
    async with transaction():
        await lock(_jury_lock(event))
        entries = {str(line.id): line.code for line in await queries.nominations(event, state="submitted")}
        jurors = {str(line.person): line.name for line in await queries.jurors(event)}
        if not jurors:
            raise Refused(Refusal("no_jurors"))
        pairs, fixed = await _even_pairs(event, entries, jurors, per_entry=settings.judges_per_entry, seed=seed)
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


async def _even_pairs(
    event: EventView, entries: Mapping[str, str], jurors: Mapping[str, str], *, per_entry: int, seed: int
) -> tuple[Sequence[Pair], set[Pair]]:
    """All pairs, and those of them that were there before. Former jurors keep their sheets and get no new ones."""
    rows = [row for row in await queries.sheets(event) if str(row.nomination_id) in entries]
    fixed = {(str(row.nomination_id), str(row.juror)) for row in rows if row.state != "recused"}
    former = {judge for _, judge in fixed} - set(jurors)
    barred = {(str(entry), str(person)) for entry, person in await queries.barred_pairs(event)}
    barred |= {(str(row.nomination_id), str(row.juror)) for row in rows if row.state == "recused"}
    barred |= {(entry, judge) for entry in entries for judge in former}
    answer = assign(
        list(entries),
        [*jurors, *sorted(former)],
        per_entry=per_entry,
        conflicts=barred - fixed,
        fixed=fixed,
        seed=seed,
    )
    if isinstance(answer, Assigned):
        return answer.pairs, fixed
    facts = {
        "nominations": [entries[entry] for entry in answer.entries],
        "jurors": [jurors[judge] for judge in answer.judges if judge in jurors],
        "needed": answer.needed,
        "available": answer.available,
    }
    raise Refused(Refusal("assignment_impossible", facts))


async def _new_sheet(
    event: EventView, nomination_id: int, code: str, juror: int, *, actor: Actor, now: datetime
) -> int:
    row = Sheet(event=event.id, nomination=nomination_id, juror=juror, assigned_at=now)
    await row.save()
    await _record("sheet.assigned", event, code, actor, {"juror": f"person:{juror}", "sheet": row.id}, now)
    return row.id


async def unassign(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an assignment back. Sealed sheets stay."""
    async with transaction():
        await lock(_jury_lock(event))
        found = next((line for line in await queries.sheets(event) if line.id == sheet_id), None)
        if found is None:
            raise Refused(Refusal("not_found"))
        refuse(reopen_refusals(ScoreSheet(state=found.state)))
        await Sheet.delete().where(Sheet.id == sheet_id)
        facts = {"juror": f"person:{found.juror}", "sheet": sheet_id}
        await _record("sheet.unassigned", event, found.nomination, actor, facts, now)


async def record_conflict(event: EventView, code: str, juror: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say for a juror that they must not judge a nomination; an open sheet of theirs is recused."""
    async with transaction():
        await lock(_jury_lock(event))
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
        await _record("jury.conflict_recorded", event, code, actor, {"juror": f"person:{juror}"}, now)


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
            await _mail_way_in(
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
            await _record("sheet.no_conflict", event, view.nomination, actor, {"sheet": sheet_id}, now)
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
        await _record("sheet.recused", event, view.nomination, actor, {"sheet": sheet_id}, now)
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
        await _record("sheet.scored", event, view.nomination, actor, facts, now)
        return await _reload_sheet(event, sheet_id, actor)


async def seal(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> SheetView:
    """Make the scores final. The digest in the audit log proves them later."""
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
        }
        await Sheet.update({Sheet.state: "sealed", Sheet.sealed_at: now, Sheet.digest: digest(sealed)}).where(
            Sheet.id == sheet_id
        )
        facts = {"sheet": sheet_id, "digest": digest(sealed)}
        await _record("sheet.sealed", event, view.nomination, actor, facts, now)
        await _tell_if_ready(event, now=now)
        return await _reload_sheet(event, sheet_id, actor)


# -- parts ---------------------------------------------------------------------------------------------------------


def _jury_lock(event: EventView) -> str:
    return f"awards.jury.{event.id}"


async def _held(event: EventView, code: str, actor: Actor) -> tuple[NominationView, Seen]:
    """The nomination, its row held until the transaction ends. `not_found` for whoever may not know of it."""
    query = NominationTable.select(NominationTable.id).where(
        (NominationTable.code == code) & (NominationTable.event == event.id)
    )
    await locked(query)
    view = await queries.nomination(event, code)
    if view is None:
        raise Refused(Refusal("not_found"))
    seen = await queries.seen_as(view, actor.person, manages=actor.manages)
    if not may_see(view.nomination, seen):
        raise Refused(Refusal("not_found"))
    return view, seen


async def _held_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    """One's own sheet. The jury's lock is taken: seals and assignments wait for each other."""
    await lock(_jury_lock(event))
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    if view is None:
        raise Refused(Refusal("not_found"))
    return view


async def _reload(event: EventView, code: str) -> NominationView:
    view = await queries.nomination(event, code)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def _reload_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def _change(view: NominationView, values: Mapping[str, Any], *, now: datetime) -> None:
    counted: dict[Any, Any] = {**values, "revision": view.nomination.revision + 1, "changed_at": now}
    await NominationTable.update(counted).where(NominationTable.id == view.id)


async def _forget_file(found: queries.StoredAttachment) -> None:
    await NominationFile.delete().where(NominationFile.code == found.attachment.code)
    await files.remove(found.file.id)


async def _store_scores(sheet_id: int, new: ScoreSheet) -> None:
    await Sheet.update(
        {
            Sheet.scores: _encoded(new.scores),
            Sheet.abstained: _encoded(sorted(new.abstained)),
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


async def _record(
    action: str, event: EventView, code: str, actor: Actor, facts: Mapping[str, Any], now: datetime
) -> int:
    return await audit.record(action, by=actor.by, subject=f"nomination:{code}", event=event.id, facts=facts, now=now)


async def note_refused_submission(
    event: EventView, code: str, refusals: Sequence[Refusal], *, actor: Actor, now: datetime
) -> None:
    """Write an attempt that was refused to the audit log; only of nominations that the actor may see."""
    codes = [refusal.code for refusal in refusals]
    if "not_found" in codes:
        return
    async with transaction():
        await _record("nomination.submission_refused", event, code, actor, {"codes": codes}, now)


def _told(view: NominationView) -> dict[str, Any]:
    nomination = view.nomination
    return {
        "code": nomination.code,
        "category": nomination.category,
        "candidate": msgspec.to_builtins(nomination.candidate),
    }


def _at(pointer: str, refusals: Sequence[Refusal]) -> list[Refusal]:
    return [structs.replace(refusal, pointer=pointer) for refusal in refusals]


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _mail_receipt(
    event: EventView, view: NominationView, receipt: ReceiptView, *, issuer: Issuer, now: datetime
) -> None:
    attachment = mail.Attachment(f"{view.nomination.code}.receipt.json", "application/json", receipt.document.encode())
    known = await people.people([each.person for each in view.nominators])
    for each in view.nominators:
        language = known[each.person].language or event.language
        with using(language):
            received = shown.instant(receipt.received_at, event.zone)
        await mail.send(
            "awards.submitted",
            to=each.email,
            language=language,
            event=event,
            facts={
                "event": in_language(event.name, language),
                "candidate": view.nomination.candidate.name,
                "code": view.nomination.code,
                "received": received,
                "form_sha256": receipt.form_sha256,
                "link": f"{issuer.address}/{event.slug}/awards/nominations/{view.nomination.code}",
            },
            now=now,
            attachments=[attachment],
        )


async def _mail_way_in(
    key: str,
    person: Any,
    event: EventView,
    next_page: str,
    *,
    facts: Mapping[str, str],
    issuer: Issuer,
    now: datetime,
) -> None:
    """A mail with a link that signs its reader in, once, within a week."""
    language = person.language or event.language
    secret = await new_link(person.email, next_page=next_page, valid_for=timedelta(days=INVITATION_DAYS), now=now)
    await mail.send(
        key,
        to=person.email,
        language=language,
        event=event,
        facts={
            "event": in_language(event.name, language),
            "days": str(INVITATION_DAYS),
            "link": f"{issuer.address}/sign-in/{secret}",
            "page": f"{issuer.address}{next_page}",
            **facts,
        },
        now=now,
    )
