"""Writing nominations: drafts, files, submissions with their receipt, withdrawals, collaborators."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from plenaria.core.host import plugins
from plenaria.core.kernel.ledger import canonical, digest
from plenaria.core.kernel.ledger.receipts import FileDigest, Receipt, key_id, receipt_file, sign
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
from plenaria.core.people import queries as people
from plenaria.core.people.services import ensure_person
from plenaria.core.storage import files, outbox
from plenaria.core.storage.database import lock, locked, transaction
from plenaria.core.storage.files import Upload
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import NominationView, ReceiptView
from plenaria.plugins.awards.rules import (
    Attachment,
    Candidate,
    Seen,
    admission_refusals,
    attachment_refusals,
    clean_answer,
    collaboration_refusals,
    creation_refusals,
    draft_refusals,
    edit_refusals,
    form,
    may_see,
    submit_refusals,
    withdraw_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, Issuer, encoded, record
from plenaria.plugins.awards.services.letters import mail_receipt, mail_way_in
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile, Nominator
from plenaria.plugins.awards.tables import Receipt as ReceiptTable

MOST_COLLABORATORS: Final = 10


class Draft(Struct, frozen=True):
    """What a nominator typed: the candidate, and answers by question code, in words."""

    candidate: Candidate = Candidate()
    answers: dict[str, str] = {}

    def cleaned(self) -> "Draft":
        names = ("name", "company", "place", "position")
        told = {name: " ".join(clean_answer(getattr(self.candidate, name)).split()) for name in names}
        answers = {code: clean_answer(text) for code, text in self.answers.items()}
        return Draft(Candidate(self.candidate.kind, **told), {code: text for code, text in answers.items() if text})


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
            code=_new_code(),
            candidate=encoded(draft.candidate),
            answers=encoded(draft.answers),
            created_at=now,
            changed_at=now,
        )
        await row.save()
        await Nominator(nomination=row.id, person=actor.person, role="owner", added_at=now).save()
        await record("nomination.started", event, row.code, actor, {"category": category}, now)
        return await _reload(event, row.code)


def _new_code() -> str:
    """78 random bits in letters and digits that are not mistaken for each other; it cannot be guessed."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(16))


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
        await _change(view, {"candidate": encoded(draft.candidate), "answers": encoded(draft.answers)}, now=now)
        await record("nomination.saved", event, code, actor, {"revision": view.nomination.revision + 1}, now)
        return await _reload(event, code)


async def attach(
    event: EventView, code: str, question: str, upload: Upload, *, actor: Actor, now: datetime
) -> NominationView:
    """Add a file to the working copy; `plenaria.core.storage.files` checks size and content."""
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
        await record("nomination.file_added", event, code, actor, facts, now)
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
        await record("nomination.file_removed", event, code, actor, {"sha256": found.attachment.sha256}, now)
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
        await mail_receipt(event, view, receipt, issuer=issuer, now=now)
        told = {**facts, "submitted_at": now.isoformat()}
        await outbox.tell("nomination_submitted", event=event, nomination=told, now=now)
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
    log_index = await record("nomination.submitted", event, nomination.code, actor, facts, now)
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


async def note_refused_submission(
    event: EventView, code: str, refusals: Sequence[Refusal], *, actor: Actor, now: datetime
) -> None:
    """Write an attempt that was refused to the audit log; only of nominations that the actor may see."""
    codes = [refusal.code for refusal in refusals]
    if "not_found" in codes:
        return
    async with transaction():
        await record("nomination.submission_refused", event, code, actor, {"codes": codes}, now)


async def withdraw_nomination(event: EventView, code: str, *, actor: Actor, now: datetime) -> NominationView:
    """Take a nomination back. Its owner may until a juror begins with it, an organiser at any time."""
    async with transaction():
        view, seen = await _held(event, code, actor)
        refuse(withdraw_refusals(view.nomination, seen=seen))
        await _change(view, {"state": "withdrawn"}, now=now)
        await record("nomination.withdrawn", event, code, actor, {"was": view.nomination.state}, now)
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
        await record(action, event, code, actor, {}, now)
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
        await record("nomination.collaborator_added", event, code, actor, {"person": f"person:{person.id}"}, now)
        inviter = next(each.name for each in view.nominators if each.person == actor.person)
        await mail_way_in(
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
        await record("nomination.collaborator_removed", event, code, actor, {"person": f"person:{person}"}, now)
        return await _reload(event, code)


async def _held(event: EventView, code: str, actor: Actor) -> tuple[NominationView, Seen]:
    """The nomination, its row held until the transaction ends. `not_found` for whoever may not know of it."""
    query = NominationTable.select(NominationTable.id).where(
        (NominationTable.code == code) & (NominationTable.event == event.id)
    )
    await locked(query)
    view = await queries.nomination(event, code)
    if view is None:
        raise Refused(Refusal("not_found"))
    seen = await queries.seen_as(event, view, actor.person, manages=actor.manages)
    if not may_see(view.nomination, seen):
        raise Refused(Refusal("not_found"))
    return view, seen


async def _reload(event: EventView, code: str) -> NominationView:
    view = await queries.nomination(event, code)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def _change(view: NominationView, values: Mapping[str, Any], *, now: datetime) -> None:
    counted: dict[Any, Any] = {**values, "revision": view.nomination.revision + 1, "changed_at": now}
    await NominationTable.update(counted).where(NominationTable.id == view.id)


async def _forget_file(found: queries.StoredAttachment) -> None:
    await NominationFile.delete().where(NominationFile.code == found.attachment.code)
    await files.remove(found.file.id)


def _told(view: NominationView) -> dict[str, Any]:
    nomination = view.nomination
    return {
        "code": nomination.code,
        "category": nomination.category,
        "candidate": msgspec.to_builtins(nomination.candidate),
    }


def _at(pointer: str, refusals: Sequence[Refusal]) -> list[Refusal]:
    return [structs.replace(refusal, pointer=pointer) for refusal in refusals]
