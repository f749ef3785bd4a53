"""Mail: texts by plugin and language, reworded per event, sent through the outbox.

`send` renders the text inside the caller's transaction, so that the mail says what was true then; the worker hands it to
the SMTP server later (`deliver`).
"""

import html
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any, Final

import aiosmtplib
import msgspec
import nh3
from msgspec import Struct

from plenaria.core.forms import refuse_unseen
from plenaria.core.host import plugins
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import (
    ERASED_DOMAIN,
    LANGUAGES,
    N_,
    Attachment,
    EventView,
    MailDraft,
    MailText,
    Refusal,
    Refused,
    in_language,
)
from plenaria.core.mail import placeholders
from plenaria.core.mail.placeholders import PLACEHOLDER, used_in
from plenaria.core.mail.tables import MailOverride
from plenaria.core.storage import outbox
from plenaria.core.storage.database import lock, savepoint, transaction

_BARE_ADDRESS: Final = re.compile(r"(?<![<(\"])(https?://[^\s<>)]*[^\s<>).,;:!?])")
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9._~:/?#@!$&+,;=%-]+")

CORE_MAIL: Final = (
    MailText(
        key="core.sign_in",
        title=N_("Sign-in link"),
        subject={"es": "Su enlace para entrar a {site}", "en": "Your link to sign in to {site}"},
        body={
            "es": "Con este enlace entra a **{site}**. Sirve una sola vez y durante {minutes} minutos:\n\n{link}\n\n"
            "Si usted no lo pidió, no haga nada: sin este correo nadie puede entrar en su nombre.",
            "en": "This link signs you in to **{site}**. It works once, for {minutes} minutes:\n\n{link}\n\n"
            "If you did not ask for it, do nothing: without this mail nobody can sign in as you.",
        },
        sample={"site": "Plenaria", "minutes": "15", "link": "https://example.org/sign-in/…"},
    ),
    MailText(
        key="core.invitation",
        title=N_("Invitation to the team"),
        subject={"es": "Invitación al equipo de {event}", "en": "Invitation to the team of {event}"},
        body={
            "es": "Le damos la bienvenida al equipo de **{event}**, con la función: {role}.\n\nEntre con este enlace; "
            "sirve una sola vez y durante {days} días. Después puede pedir otro en {site_link}.\n\n{link}",
            "en": "Welcome to the team of **{event}** as: {role}.\n\nSign in with this link; it works once, for {days} days. "
            "Later you can ask for another one at {site_link}.\n\n{link}",
        },
        sample={
            "event": "Congreso",
            "role": "Programa",
            "days": "7",
            "link": "https://example.org/sign-in/…",
            "site_link": "https://example.org/sign-in",
        },
    ),
)


_EMPHASIS: Final = re.compile(r"(\*\*|(?<!\w)_)(\S(?:.*?\S)?)\1")


class Markdown(str):
    """A fact that is Markdown of the plugin's own making. Never from text that a visitor typed: that stays a plain str."""

    __slots__ = ()


class Mail(Struct, frozen=True):
    """A finished mail, as it waits in the outbox."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    attachments: list[Attachment] = []


_settings = Settings()


def use(settings: Settings) -> None:
    """Send with this installation's settings."""
    global _settings  # noqa: PLW0603 - one installation a process, set once at start
    _settings = settings


def address() -> str:
    """How the outside world calls this installation; links in mails start with it."""
    return _settings.address


def texts() -> dict[str, tuple[str, MailText]]:
    """Every mail of the house: key → (plugin, text)."""
    found = {text.key: ("core", text) for text in CORE_MAIL}
    for plugin, contributed in plugins.host().collect("register_mail"):
        found.update({text.key: (plugin, text) for text in contributed})
    return found


async def send(
    key: str,
    *,
    to: str,
    language: str,
    facts: Mapping[str, str],
    now: datetime,
    event: EventView | None = None,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Put a mail into the outbox, in the caller's transaction. `facts` fill the text's `{placeholders}`.
    Nobody is written to whose data was erased.

    A fact is shown as it is: what looks like Markdown or HTML in it has no effect. Its lines stay lines, those that begin with
    `- ` are a list, and an address of this installation becomes a link. `Markdown` facts are the exception.
    """
    if to.endswith(f"@{ERASED_DOMAIN}"):
        return
    plugin, text = texts()[key]
    language = language or (event.language if event else LANGUAGES[0])
    draft = MailDraft(*await wording(text, event, language), attachments=list(attachments))
    if event is not None:
        draft = await plugins.host().adjust(
            "adjust_mail", draft, event=event, guard=savepoint, key=key, to=to, language=language, now=now
        )
        further = used_in(draft.subject, draft.body) - set(facts)
        if further:
            facts = {**facts, **await placeholders.values(further, event, to=to, language=language, now=now)}
    domain = parseaddr(_settings.mail.sender)[1].rpartition("@")[2] or "localhost"
    mail = Mail(
        to=to,
        subject=fill(draft.subject, facts),
        text=fill(
            _as_plain(draft.body),
            {name: _as_plain(fact) if isinstance(fact, Markdown) else fact for name, fact in facts.items()},
        ),
        html=as_html(draft.body, facts, language),
        language=language,
        message_id=make_msgid(domain=domain),
        attachments=draft.attachments,
    )
    await outbox.put_mail(
        key, plugin=plugin, event_id=event.id if event else None, mail=msgspec.to_builtins(mail), now=now
    )


def _as_plain(markdown: str) -> str:
    """The Markdown without its marks of emphasis: the text part is read as it is."""
    return _EMPHASIS.sub(r"\2", markdown)


async def wording(text: MailText, event: EventView | None, language: str) -> tuple[str, str]:
    """Subject and body as this event words them, else as the plugin does."""
    if event is not None:
        row = await MailOverride.select().where(MailOverride.key == f"{event.id}/{text.key}/{language}").first()
        if row is not None:
            return row["subject"], row["body"]
    return in_language(text.subject, language), in_language(text.body, language)


async def reworded(event: EventView) -> set[tuple[str, str]]:
    """`(key, language)` of the mails that the event words itself."""
    rows = await MailOverride.select(MailOverride.mail_key, MailOverride.language).where(MailOverride.event == event.id)
    return {(row["mail_key"], row["language"]) for row in rows}


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
    """Store the event's own wording; an unknown placeholder is refused, and so is undoing unseen what somebody else wrote
    (`seen` is the fingerprint of the wording that the writer had before their eyes)."""
    refuse_unknown_placeholders(text, event, subject, body)
    key = f"{event.id}/{text.key}/{language}"
    async with transaction():
        from plenaria.core.storage import audit

        await lock(f"wording {key}")
        refuse_unseen(seen, await wording(text, event, language))
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
            now=now,
        )


async def restore(text: MailText, event: EventView, language: str, *, by: str, now: datetime) -> None:
    """Go back to the plugin's own wording."""
    from plenaria.core.storage import audit

    async with transaction():
        await MailOverride.delete().where(MailOverride.key == f"{event.id}/{text.key}/{language}")
        await audit.record(
            "mail.restored", by=by, subject=f"mail:{text.key}", event=event.id, facts={"language": language}, now=now
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


def refuse_unknown_placeholders(text: MailText, event: EventView, *parts: str) -> None:
    sample = sample_of(text, event)
    unknown = sorted(used_in(*parts) - set(sample))
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in sample)
        raise Refused(*(Refusal("unknown_placeholder", {"name": name, "known": known}, "/body") for name in unknown))


def fill(text: str, facts: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: str(facts.get(found[1], found[0])), text)


def as_html(body: str, facts: Mapping[str, str], language: str) -> str:
    """The Markdown body as a small HTML mail; addresses in it are made clickable.

    A fact goes through Markdown as a mark and is put in afterwards, escaped, so that nobody's name becomes a link or a tag.
    """
    quoted: list[str] = []
    filled = PLACEHOLDER.sub(
        lambda found: _for_markdown(facts[found[1]], quoted) if found[1] in facts else found[0], body
    )
    with using(language):
        marked = str(shown.markdown(_BARE_ADDRESS.sub(r"<\1>", filled)))
    put_in = _MARK.sub(lambda found: html.escape(quoted[int(found[1])]), marked)
    # Cleaned again: a fact may stand where an address does, [here]({website}).
    clean = nh3.clean(put_in, link_rel="noopener nofollow")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
        '<body style="font:16px/1.5 system-ui,sans-serif;color:#1b2430;max-width:40em;margin:0 auto;padding:24px">'
        f"{clean}</body></html>"
    )


_MARK: Final = re.compile(r"factmark(\d+)end")


def _for_markdown(fact: str, quoted: list[str]) -> str:
    if isinstance(fact, Markdown) or _is_ours(fact):
        return fact
    return "  \n".join(_quoted_line(line, quoted) for line in str(fact).splitlines())


def _quoted_line(line: str, quoted: list[str]) -> str:
    bullet = "- " if line.startswith("- ") else ""
    words = line[len(bullet) :].strip()
    if not words:
        return ""
    quoted.append(words)
    return f"{bullet}factmark{len(quoted) - 1}end"


def _is_ours(fact: str) -> bool:
    """Whether the fact is an address of this installation, and nothing else."""
    ours = _settings.address
    return (fact == ours or fact.startswith(ours.rstrip("/") + "/")) and bool(_PLAIN_ADDRESS.fullmatch(fact))


def has_server() -> bool:
    """Whether mail can leave the house; otherwise it is kept back."""
    return bool(_settings.mail.host)


def without_content(payload: str) -> str:
    """A delivered mail as it is kept: to whom and about what, without text and files."""
    mail = msgspec.json.decode(payload, type=Mail)
    return msgspec.json.encode(msgspec.structs.replace(mail, text="", html="", attachments=[])).decode()


async def deliver(line: outbox.Line, *, now: datetime) -> dict[str, Any]:
    """Hand the mail of an outbox line to the SMTP server; its content is not kept afterwards (it may hold a sign-in link).

    Raises what goes wrong; without a server it is kept back (`outbox.KeptBack`).
    """
    await hand_over(msgspec.json.decode(line["payload"]), sent_at=now)
    return {"payload": without_content(line["payload"])}


async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
    """Give a mail to the SMTP server."""
    server = _settings.mail
    if not has_server():
        raise outbox.KeptBack
    mail = msgspec.convert(stored, Mail)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        start_tls=server.security == "starttls",
        use_tls=server.security == "tls",
        timeout=server.timeout_s,
    )
    try:
        await client.connect()
        await client.send_message(
            message_of(mail, server.sender, sent_at=sent_at),
            sender=parseaddr(server.sender)[1],
            recipients=[mail.to],
        )
        with suppress(aiosmtplib.SMTPException):  # it has the mail: a bad farewell must not send it twice
            await client.quit()
    finally:
        client.close()  # at once, also when the delivery was cut off: the library would wait for a hanging server's farewell


def message_of(mail: Mail, sender: str, *, sent_at: datetime) -> EmailMessage:
    """RFC 5322 message with a text and an HTML part."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        main, _, sub = attachment.media_type.partition(";")[0].partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    message["Content-Language"] = mail.language  # last: whatever sets the content takes the headers about it away
    return message


__all__ = ["Attachment", "Mail", "Markdown", "deliver", "send", "texts"]
