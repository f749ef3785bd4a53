"""What is to happen after a commit, as stored."""

from typing import Any

from piccolo.columns import Boolean, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from plenaria.core.storage.database.references import EVENT


class OutboxLine(Table, tablename="core_outbox_line"):
    """One delivery: a fact to one plugin, or one mail. Kept after delivery until it is cleaned away."""

    id: Serial
    kind = Varchar(length=10)
    """`fact` or `mail`."""
    urgent = Boolean(default=False)
    """Goes out beside the others and never waits behind them (a sign-in link)."""
    lane = Varchar(length=254, default="")
    """Lines that may keep one another waiting: the plugin of a fact, the domain that a mail goes to."""
    name = Varchar(length=100)
    """The hook's name, or the mail's key."""
    plugin = Varchar(length=50)
    event: ForeignKey[Any] = ForeignKey(references=EVENT, null=True)
    payload = Text()
    """Canonical JSON: the hook's keyword arguments, or the mail itself."""
    recipient = Varchar(length=254, default="", index=True)
    """The address that a mail goes to, in lower case."""
    about = Varchar(length=200, default="")
    """What a mail speaks of, as its plugin names it: asked before the mail goes out whether it is still so."""
    not_after = Timestamptz(default=None, null=True)
    """From then on the line is dropped instead of delivered."""
    due_at = Timestamptz(default=None, null=True, index=True)
    """When to try next; null when it is settled, or kept back."""
    attempts = Integer(default=0)
    last_error = Varchar(length=500, default="")
    created_at = Timestamptz(default=None)
    done_at = Timestamptz(default=None, null=True)
    given_up_at = Timestamptz(default=None, null=True)
    dropped_at = Timestamptz(default=None, null=True)
    dropped_why = Varchar(length=20, default="")
    """`late`: past its `not_after`; `over`: no longer true; `discarded`: by the installation's owner."""

    # An event's lines, the newest first: the index gives them in this order.
    core_outbox_line_event_id_key = Unique([event, "id"])
