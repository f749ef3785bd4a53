"""How an event words its mails: its own text by language, else the plugin's."""

from datetime import datetime

from msgspec import Struct

from plenaria.core.forms import RecordedChange, changed_text, refuse_unseen
from plenaria.core.kernel.values import N_, EventView, MailText, in_language, language_of, refuse
from plenaria.core.mail import checking, placeholders
from plenaria.core.mail.tables import MailOverride
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction


async def wording(text: MailText, event: EventView | None, language: str) -> tuple[str, str]:
    """Subject and body as this event words them, else as the plugin does."""
    _, subject, body = await wording_in(text, event, language)
    return subject, body


async def wording_in(text: MailText, event: EventView | None, language: str) -> tuple[str, str, str]:
    """Language, subject and body: in the language asked for, else in the one that the plugin wrote it in."""
    written = language_of(text.body, language)
    if event is not None:
        for code in dict.fromkeys((language, written)):
            row = await MailOverride.select().where(MailOverride.key == f"{event.id}/{text.key}/{code}").first()
            if row is not None:
                return code, row["subject"], row["body"]
    return written, in_language(text.subject, language), in_language(text.body, language)


class Rewording(Struct, frozen=True):
    """When an event worded a mail itself, and which person did; None where that was a copy or a command."""

    changed_at: datetime
    changed_by: int | None


async def reworded(event: EventView) -> dict[tuple[str, str], Rewording]:
    """The mails that the event words itself, by `(key, language)`."""
    columns = (MailOverride.mail_key, MailOverride.language, MailOverride.changed_at, MailOverride.changed_by)
    rows = await MailOverride.select(*columns).where(MailOverride.event == event.id)
    return {(row["mail_key"], row["language"]): Rewording(row["changed_at"], row["changed_by"]) for row in rows}


async def reword(
    text: MailText,
    event: EventView,
    language: str,
    *,
    subject: str,
    body: str,
    by: int | None,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Store the event's own wording. Raises `Refused` for what a mail cannot have (`checking`), and for undoing unseen what
    somebody else wrote (`seen` is the fingerprint of the wording that the writer had before their eyes)."""
    refuse(checking.refusals(subject, body, sample_of(text, event)))
    key = f"{event.id}/{text.key}/{language}"
    async with transaction():
        await lock(f"wording {key}")
        before = await wording(text, event, language)
        refuse_unseen(seen, before)
        await MailOverride.delete().where(MailOverride.key == key)
        await MailOverride(
            event=event.id,
            mail_key=text.key,
            language=language,
            subject=subject,
            body=body,
            changed_at=now,
            changed_by=by,
            key=key,
        ).save()
        await audit.record(
            "mail.reworded",
            by=f"person:{by}" if by else "system",
            subject=f"mail:{text.key}",
            event=event.id,
            facts={"language": language},
            changes=_changes(before, (subject, body)),
            now=now,
        )


def _changes(before: tuple[str, str], after: tuple[str, str]) -> list[RecordedChange]:
    return [*changed_text(N_("Subject"), before[0], after[0]), *changed_text(N_("Text"), before[1], after[1])]


async def restore(text: MailText, event: EventView, language: str, *, by: str, now: datetime) -> None:
    """Go back to the plugin's own wording; nothing happens where the event has none of its own."""
    async with transaction():
        before = await wording(text, event, language)
        key = f"{event.id}/{text.key}/{language}"
        if not await MailOverride.delete().where(MailOverride.key == key).returning(MailOverride.id):
            return
        await audit.record(
            "mail.restored",
            by=by,
            subject=f"mail:{text.key}",
            event=event.id,
            facts={"language": language},
            changes=_changes(before, await wording(text, event, language)),
            now=now,
        )


async def copy_wordings(source: EventView, target: EventView, *, by: int | None, now: datetime) -> None:
    """Give an event the wordings of another one. Joins the caller's transaction."""
    rows = await MailOverride.select().where(MailOverride.event == source.id).order_by(MailOverride.id)
    copies = [
        MailOverride(
            event=target.id,
            mail_key=row["mail_key"],
            language=row["language"],
            subject=row["subject"],
            body=row["body"],
            changed_at=now,
            changed_by=by,
            key=f"{target.id}/{row['mail_key']}/{row['language']}",
        )
        for row in rows
    ]
    if copies:
        await MailOverride.insert(*copies)


def sample_of(text: MailText, event: EventView) -> dict[str, str]:
    """A value for each placeholder that this mail may have in the event: its own, and what plugins offer."""
    return {**placeholders.samples(event), **text.sample}
