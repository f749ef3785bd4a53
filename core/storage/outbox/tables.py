"""What is to happen after a commit, as stored."""

from typing import Any

from piccolo.columns import ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT


class OutboxLine(Table, tablename="core_outbox_line"):
    """One delivery: a fact to one plugin, or one mail. Kept after delivery until it is cleaned away."""

    id: Serial
    kind = Varchar(length=10)
    """`fact` or `mail`."""
    name = Varchar(length=100)
    """The hook's name, or the mail's key."""
    plugin = Varchar(length=50)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True)
    payload = Text()
    """Canonical JSON: the hook's keyword arguments, or the mail itself."""
    due_at = Timestamptz(default=None, null=True, index=True)
    """When to try next; null when it was delivered or given up."""
    attempts = Integer(default=0)
    last_error = Varchar(length=500, default="")
    created_at = Timestamptz(default=None)
    done_at = Timestamptz(default=None, null=True)
    given_up_at = Timestamptz(default=None, null=True)

    # An event's lines, the newest first: the index gives them in this order.
    core_outbox_line_event_id_key = Unique([event, "id"])
