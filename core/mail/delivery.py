"""A finished mail, and handing it to the SMTP server."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.kernel.values import Attachment
from plenaria.core.mail import headers, smtp
from plenaria.core.mail.installation import has_server, server
from plenaria.core.mail.messages import Message
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


async def deliver(line: outbox.Line, *, now: datetime) -> None:
    """Hand the mail of an outbox line to the SMTP server.

    Raises what goes wrong (`outbox.Rejected` where the answer is final); without a server it is kept back (`outbox.KeptBack`).
    """
    await hand_over(msgspec.json.decode(line["payload"]), sent_at=now)


async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
    """Give a mail to the SMTP settings."""
    if not has_server():
        raise outbox.KeptBack
    mail = msgspec.convert(stored, Mail)
    await smtp.hand_to_server(message_of(mail, server().sender, sent_at=sent_at), to=mail.to)


CARRIER: Final = outbox.Carrier(
    deliver,
    at_once=smtp.at_once,
    in_lane=smtp.in_lane,
    ready_in_s=smtp.PACE.ready_in_s,
    kept=without_content,
    rest=smtp.rest,
)
"""How mail leaves the outbox. Its content is not kept afterwards: it may hold a sign-in link."""


def message_of(mail: Mail, sender: str, *, sent_at: datetime) -> EmailMessage:
    """RFC 5322 message with a text and an HTML part. Texts in headers are written by `headers`, and left as they are."""
    message = Message()
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
