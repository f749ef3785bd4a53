"""A mail into the outbox, rendered in the caller's transaction, so that it says what was true then."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from types import MappingProxyType

import msgspec
from msgspec import Struct

from plenaria.core.host import plugins
from plenaria.core.kernel.languages import spoken
from plenaria.core.kernel.values import ERASED_DOMAIN, Attachment, EventView, MailDraft, refuse
from plenaria.core.mail import checking, placeholders
from plenaria.core.mail.delivery import Mail
from plenaria.core.mail.filling import content_of, subject_of
from plenaria.core.mail.installation import server
from plenaria.core.mail.look import dressed, look_of
from plenaria.core.mail.markup import used_in
from plenaria.core.mail.texts import texts
from plenaria.core.mail.validity import end_of
from plenaria.core.mail.wording import sample_of, wording_in
from plenaria.core.storage import outbox
from plenaria.core.storage.database import savepoint

Wording = tuple[str, str, str]
"""Language, subject and body."""


class Letter(Struct, frozen=True, kw_only=True):
    """One of many mails that go out together: what `send` takes of each."""

    key: str
    to: str
    language: str
    facts: Mapping[str, str]
    attachments: Sequence[Attachment] = ()
    not_after: datetime | None = None
    """From then on it is dropped instead of sent; None: what its text says (`MailText.valid_for`)."""
    about: str = ""
    """What it speaks of, `order:M3TD9KQ2`: asked before it goes out whether it is still so (`register_mail_checks`)."""


async def send(
    key: str,
    *,
    to: str,
    language: str,
    facts: Mapping[str, str],
    now: datetime,
    event: EventView | None = None,
    attachments: Sequence[Attachment] = (),
    not_after: datetime | None = None,
    about: str = "",
) -> None:
    """Put a mail into the outbox, in the caller's transaction. `facts` fill the text's `{placeholders}`.

    A fact is shown as it is: what looks like Markdown or HTML in it has no effect. Its lines stay lines, those that begin with
    `- ` are a list, and an address of this installation becomes a link. `Markdown` facts are the exception.
    Nobody is written to whose data was erased. A mail that could not be sent by `not_after` (None: as long as its text's
    `valid_for` says) is dropped; so is one of which `register_mail_checks` says that what it is `about` is over.
    """
    letter = Letter(
        key=key, to=to, language=language, facts=facts, attachments=attachments, not_after=not_after, about=about
    )
    await _put([letter], event=event, now=now)


async def send_many(letters: Sequence[Letter], *, event: EventView, now: datetime) -> None:
    """Like `send` for each, in the caller's transaction: every wording is read once, and all mails are written together."""
    await _put(letters, event=event, now=now)


async def send_worded(letter: Letter, words: Wording, *, event: EventView, now: datetime) -> None:
    """Like `send`, in these words instead of the event's; the letter is in their language."""
    await _put([letter], event=event, now=now, wordings={(letter.key, letter.language): words})


async def _put(
    letters: Sequence[Letter],
    *,
    event: EventView | None,
    now: datetime,
    wordings: Mapping[tuple[str, str], Wording] = MappingProxyType({}),
) -> None:
    known = texts()
    wordings = dict(wordings)
    mails = []
    for letter in letters:
        if letter.to.endswith(f"@{ERASED_DOMAIN}"):
            continue
        plugin, text = known[letter.key]
        wanted = spoken(letter.language, event.language if event else "")
        if (letter.key, wanted) not in wordings:
            wordings[letter.key, wanted] = await wording_in(text, event, wanted)
        mail = await _mail_of(letter, wordings[letter.key, wanted], event=event, now=now)
        mails.append(
            outbox.QueuedMail(
                key=letter.key,
                plugin=plugin,
                mail=msgspec.to_builtins(mail),
                urgent=text.urgent,
                about=letter.about,
                not_after=letter.not_after or end_of(text, event, now=now),
            )
        )
    await outbox.put_mails(mails, event_id=event.id if event else None, now=now)


async def _mail_of(letter: Letter, wording: Wording, *, event: EventView | None, now: datetime) -> Mail:
    """The letter in the event's words, as plugins adjust it."""
    language, subject, body = wording
    facts = letter.facts
    draft = MailDraft(subject, body, attachments=list(letter.attachments))
    if event is not None:
        about = {"key": letter.key, "to": letter.to, "language": language}
        accept = _as_sound_as(draft, sample_of(texts()[letter.key][1], event))
        draft = await plugins.host().adjust_accepting(
            accept, "adjust_mail", draft, event=event, guard=savepoint, **about, now=now
        )
        if further := used_in(draft.subject, draft.body) - set(facts):
            more = await placeholders.values(further, event, to=letter.to, language=language, now=now)
            facts = {**facts, **more}
    look = look_of(event, language)
    content = dressed(content_of(draft.body, facts, language, accent=look.accent), look, language)
    return Mail(
        to=letter.to,
        subject=subject_of(draft.subject, facts),
        text=content.text,
        html=content.html,
        language=language,
        message_id=_message_id(),
        attachments=draft.attachments,
        reply_to=look.contact,
        reply_name=look.title if look.contact else "",
    )


def _as_sound_as(before: MailDraft, sample: Mapping[str, str]) -> Callable[[MailDraft], None]:
    """Refuses a plugin's answer that brings in what no mail may have, so that the mail goes out without its change."""
    known = checking.misplaced(before.subject, before.body, sample)

    def accept(answer: MailDraft) -> None:
        refuse(each for each in checking.misplaced(answer.subject, answer.body, sample) if each not in known)

    return accept


def _message_id() -> str:
    """Says neither when nor by which process it was made."""
    domain = parseaddr(server().sender)[1].rpartition("@")[2] or "localhost"
    return f"<{secrets.token_hex(16)}@{domain}>"
