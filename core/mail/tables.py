"""An event's own wording of mails, as stored."""

from typing import Any

from piccolo.columns import ForeignKey, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT, PERSON


class MailOverride(Table, tablename="core_mail_override"):
    """An event's own wording of a plugin's mail in one language."""

    id: Serial
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=False, index=True)
    mail_key = Varchar(length=100)
    language = Varchar(length=8)
    subject = Varchar(length=300)
    body = Text()
    changed_at = Timestamptz(default=None)
    changed_by: ForeignKey[Any] = ForeignKey(references=PERSON, null=True, index=True)
    key = Varchar(length=160, unique=True)
    """`{event id}/{mail key}/{language}`."""
