"""Working on nominations: drafts, files, withdrawing, admission."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from plenaria.core.forms import RecordedChange, changed_value
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.storage import files, outbox
from plenaria.core.storage.database import lock, repeatable, transaction
from plenaria.core.storage.files import Upload
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import (
    Attachment,
    Candidate,
    admission_refusals,
    attachment_refusals,
    clean_answer,
    creation_refusals,
    draft_refusals,
    edit_refusals,
    withdraw_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, encoded, record
from plenaria.plugins.awards.services.held import change, facts_of, forget_file, held, reloaded
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile, Nominator
from plenaria.plugins.awards.words import STATES


class Draft(Struct, frozen=True):
    """What a nominator typed: the candidate, and answers by question code, in words."""

    candidate: Candidate = Candidate()
    answers: dict[str, str] = {}

    def cleaned(self) -> "Draft":
        names = ("name", "company", "place", "position")
        texts = {name: " ".join(clean_answer(getattr(self.candidate, name)).split()) for name in names}
        answers = {code: clean_answer(text) for code, text in self.answers.items()}
        return Draft(Candidate(self.candidate.kind, **texts), {code: text for code, text in answers.items() if text})


@repeatable
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
        await record(
            "nomination.started", event, row.code, actor, {"category": category}, now, _state_changed(None, "draft")
        )
        return await reloaded(event, row.code)


def _state_changed(before: str | None, after: str) -> list[RecordedChange]:
    return changed_value(N_("State"), before, after, kind="choice", words=STATES)


def _new_code() -> str:
    """78 random bits in letters and digits that are not mistaken for each other; it cannot be guessed."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(16))


@repeatable
async def save_draft(
    event: EventView, code: str, draft: Draft, *, revision: int | None, actor: Actor, now: datetime
) -> NominationView:
    """Keep what was typed, complete or not. Nothing happens when nothing changed.

    Raises Refused(draft_changed) when somebody else saved since `revision`.
    """
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    draft = draft.cleaned()
    async with transaction():
        view, seen = await held(event, code, actor)
        category = section.category(view.nomination.category)
        refuse(
            [
                *edit_refusals(view.nomination, settings.nominations, now, revision=revision, seen=seen),
                *(draft_refusals(draft.answers, draft.candidate, category) if category else ()),
            ]
        )
        if (draft.candidate, draft.answers) == (view.nomination.candidate, view.nomination.answers):
            return view
        await change(view, {"candidate": encoded(draft.candidate), "answers": encoded(draft.answers)}, now=now)
        await record("nomination.saved", event, code, actor, {"revision": view.nomination.revision + 1}, now)
        return await reloaded(event, code)


@repeatable
async def attach(
    event: EventView, code: str, question: str, upload: Upload, *, actor: Actor, now: datetime
) -> NominationView:
    """Add a file to the working copy; `plenaria.core.storage.files` checks size and content."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    unfit = await asyncio.to_thread(files.refusals, upload, limit_mb=settings.attachment_size_mb)
    async with transaction():
        view, seen = await held(event, code, actor)
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
                *_at(f"/attachments/{question}", unfit),
            ]
        )
        stored = await files.store(
            upload, event=event.id, owner=actor.person, limit_mb=settings.attachment_size_mb, now=now
        )
        await NominationFile(
            nomination=view.id, question=question, code=secrets.token_urlsafe(12), file=stored.id
        ).save()
        await change(view, {}, now=now)
        facts = {"question": question, "sha256": stored.sha256, "size": stored.size}
        await record("nomination.file_added", event, code, actor, facts, now)
        return await reloaded(event, code)


def _at(pointer: str, refusals: Sequence[Refusal]) -> list[Refusal]:
    return [structs.replace(refusal, pointer=pointer) for refusal in refusals]


@repeatable
async def detach(event: EventView, code: str, file_code: str, *, actor: Actor, now: datetime) -> NominationView:
    """Take a file out of the working copy. What was submitted keeps it."""
    settings = await queries.award_settings(event)
    async with transaction():
        view, seen = await held(event, code, actor)
        refuse(edit_refusals(view.nomination, settings.nominations, now, revision=None, seen=seen))
        found = view.file(file_code)
        if found is None or not found.in_draft:
            raise Refused(Refusal("not_found"))
        if found.in_submission:
            await NominationFile.update({NominationFile.in_draft: False}).where(NominationFile.code == file_code)
        else:
            await forget_file(found)
        await change(view, {}, now=now)
        await record("nomination.file_removed", event, code, actor, {"sha256": found.attachment.sha256}, now)
        return await reloaded(event, code)


@repeatable
async def withdraw_nomination(event: EventView, code: str, *, actor: Actor, now: datetime) -> NominationView:
    """Take a nomination back. Its owner may until a juror begins with it, an organiser at any time."""
    async with transaction():
        view, seen = await held(event, code, actor)
        refuse(withdraw_refusals(view.nomination, seen=seen))
        await change(view, {"state": "withdrawn"}, now=now)
        was = view.nomination.state
        await record("nomination.withdrawn", event, code, actor, {"was": was}, now, _state_changed(was, "withdrawn"))
        await outbox.tell("nomination_withdrawn", event=event, nomination=facts_of(view), now=now)
        return await reloaded(event, code)


@repeatable
async def admit(
    event: EventView, code: str, *, admitted: bool, reason: str, actor: Actor, now: datetime
) -> NominationView:
    """Take a submitted nomination out of the competition, with a reason, or back in."""
    reason = clean_answer(reason)
    async with transaction():
        view, _ = await held(event, code, actor)
        refuse(admission_refusals(view.nomination, admit=admitted, reason=reason))
        state = "submitted" if admitted else "not_admitted"
        await NominationTable.update(
            {NominationTable.state: state, NominationTable.reason: reason, NominationTable.changed_at: now}
        ).where(NominationTable.id == view.id)
        action = "nomination.admitted" if admitted else "nomination.not_admitted"
        await record(action, event, code, actor, {}, now, _state_changed(view.nomination.state, state))
        return await reloaded(event, code)
