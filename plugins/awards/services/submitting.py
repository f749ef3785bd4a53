"""Submitting a nomination, and its receipt."""

from collections.abc import Sequence
from datetime import datetime

from plenaria.core.forms import changed_value
from plenaria.core.host import plugins
from plenaria.core.kernel.ledger import canonical, digest
from plenaria.core.kernel.ledger.receipts import FileDigest, Receipt, key_id, receipt_file, sign
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.storage import outbox
from plenaria.core.storage.database import repeatable, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import NominationView, ReceiptView
from plenaria.plugins.awards.rules import (
    form,
    submit_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, Issuer, record
from plenaria.plugins.awards.services.held import facts_of, forget_file, held
from plenaria.plugins.awards.services.letters import mail_receipt
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile
from plenaria.plugins.awards.tables import Receipt as ReceiptTable
from plenaria.plugins.awards.words import STATES


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


@repeatable
async def _submit(event: EventView, code: str, *, actor: Actor, issuer: Issuer, now: datetime) -> ReceiptView:
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view, seen = await held(event, code, actor)
        nomination = view.nomination
        if seen.role and nomination.state == "submitted" and not nomination.has_unsubmitted_changes:
            return (await queries.receipts(view.id))[0]
        category = section.category(nomination.category)
        refuse(
            submit_refusals(
                nomination, category, settings.nominations, now, most_files=settings.most_attachments, seen=seen
            )
        )
        facts = facts_of(view)
        asked = await plugins.host().ask(
            "refuse_nomination", event=event, nomination={**facts, "answers": nomination.answers}, now=now
        )
        refuse(asked)
        receipt = await _issue_receipt(event, view, actor=actor, issuer=issuer, now=now)
        await _mark_submitted(view, receipt, now=now)
        await mail_receipt(event, view, receipt, issuer=issuer, now=now)
        submitted = {**facts, "submitted_at": now.isoformat()}
        await outbox.tell("nomination_submitted", event=event, nomination=submitted, now=now)
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
    changes = changed_value(N_("State"), nomination.state, "submitted", kind="choice", words=STATES)
    log_index = await record("nomination.submitted", event, nomination.code, actor, facts, now, changes)
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
    for stored in view.files:
        if not stored.in_draft:
            await forget_file(stored)


async def note_refused_submission(
    event: EventView, code: str, refusals: Sequence[Refusal], *, actor: Actor, now: datetime
) -> None:
    """Write an attempt that was refused to the audit log; only of nominations that the actor may see."""
    codes = [refusal.code for refusal in refusals]
    if "not_found" in codes:
        return
    async with transaction():
        await record("nomination.submission_refused", event, code, actor, {"codes": codes}, now)
