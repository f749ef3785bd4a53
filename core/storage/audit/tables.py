"""The audit log and its seals, as stored."""

from typing import Any

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT


class AuditLine(Table, tablename="core_audit_line"):
    """Who did what to what, when. Never updated, never deleted; the database refuses both."""

    id: Serial
    at = Timestamptz(default=None)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True, on_delete=OnDelete.restrict)
    """Null for what concerns the installation."""
    actor = Varchar(length=100)
    """`person:12`, `token:3`, `system`."""
    action = Varchar(length=100, index=True)
    subject = Varchar(length=200, index=True)
    """`nomination:NOM-7Q2K`."""
    facts = Text()
    """Canonical JSON (RFC 8785): ids and figures, no personal data beyond ids."""
    hash = Varchar(length=64)
    """SHA-256 over all of the above except the id, which the seal adds."""

    # An event's lines, the newest first: the index gives them in this order.
    core_audit_line_event_id_key = Unique([event, "id"])


class AuditHead(Table, tablename="core_audit_head"):
    """The signed head of the tree over the seals (RFC 6962) as it was one day. Never updated, never deleted."""

    id: Serial
    size = Integer(unique=True)
    """How many seals it covers: those from 1 to this."""
    root = Varchar(length=64)
    peaks = Text()
    """Hashes of the perfect subtrees, the largest first, in one text: what the next head is made from."""
    chain_hash = Varchar(length=64)
    """Of the last seal that it covers."""
    made_at = Timestamptz(default=None)
    key = Varchar(length=100)
    public_key = Text()
    """PEM."""
    signature = Varchar(length=200)


class AuditSeal(Table, tablename="core_audit_seal"):
    """The place of a line in the chain (`plenaria.core.kernel.ledger.chain`)."""

    id: Serial
    no = Integer(unique=True)
    """1, 2, 3, … without gaps."""
    line = ForeignKey(references=AuditLine, null=False, unique=True, on_delete=OnDelete.restrict)
    line_hash = Varchar(length=64)
    chain_hash = Varchar(length=64)
    sealed_at = Timestamptz(default=None)
