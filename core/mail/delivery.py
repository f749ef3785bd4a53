"""A finished mail, and handing it to the SMTP server."""

from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

import aiosmtplib
import msgspec
from msgspec import Struct

from plenaria.core.kernel.values import Attachment
from plenaria.core.mail import headers
from plenaria.core.mail.installation import has_server, server
from plenaria.core.storage import outbox


class Mail(Struct, frozen=True):
    """A finished mail, as it waits in the outbox."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    attachments: list[Attachment] = []
    reply_to: str = ""
    """Who reads the answers: the event's contact, called `reply_name`."""
    reply_name: str = ""


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
    """Give a mail to the SMTP settings."""
    settings = server()
    if not has_server():
        raise outbox.KeptBack
    mail = msgspec.convert(stored, Mail)
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        username=settings.username or None,
        password=settings.password or None,
        start_tls=settings.security == "starttls",
        use_tls=settings.security == "tls",
        timeout=settings.timeout_s,
    )
    try:
        await client.connect()
        await client.send_message(
            message_of(mail, settings.sender, sent_at=sent_at),
            sender=parseaddr(settings.sender)[1],
            recipients=[mail.to],
        )
        with suppress(aiosmtplib.SMTPException):  # it has the mail: a bad farewell must not send it twice
            await client.quit()
    finally:
        client.close()  # at once, also when the delivery was cut off: the library would wait for a hanging server's farewell


def message_of(mail: Mail, sender: str, *, sent_at: datetime) -> EmailMessage:
    """RFC 5322 message with a text and an HTML part. Texts in headers are written by `headers`, and left as they are."""
    message = EmailMessage()
    message.set_raw("From", headers.mailbox(*parseaddr(sender), after=len("From: ")))
    message.set_raw("To", mail.to)
    if mail.reply_to:
        message.set_raw("Reply-To", headers.mailbox(mail.reply_name, mail.reply_to, after=len("Reply-To: ")))
    message.set_raw("Subject", headers.text(mail.subject, after=len("Subject: ")))
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = (
        "OOF, AutoReply"  # what Exchange heeds instead: no absence notes to the contact
    )
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        main, _, sub = attachment.media_type.partition(";")[0].partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    message["Content-Language"] = mail.language  # last: what sets the content takes the headers about it away
    return message
