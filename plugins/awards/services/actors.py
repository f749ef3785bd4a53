"""Who acts, and the line in the record of changes that every write leaves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from plenaria.core.forms import RecordedChange
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import audit


class Actor(Struct, frozen=True):
    """Who acts: the person's id, the name for the audit log, and whether they hold `awards.manage` here."""

    person: int
    by: str
    manages: bool = False

    @classmethod
    def of(cls, visit: Visit, event: EventView) -> "Actor":
        """The caller of a handler whose permission is at least `signed_in`."""
        assert visit.person is not None  # noqa: S101 - the guard lets nobody else in
        return cls(visit.person.id, visit.by, visit.may("awards.manage", event))


class Issuer(Struct, frozen=True):
    """Who issues receipts and mails links: the installation's outside address and its signing key."""

    address: str
    key: Ed25519PrivateKey


async def record(
    action: str,
    event: EventView,
    code: str,
    actor: Actor,
    facts: Mapping[str, Any],
    now: datetime,
    changes: Sequence[RecordedChange] = (),
) -> int:
    """The audit line of a write about a nomination; its index."""
    subject = f"nomination:{code}"
    return await audit.record(
        action, by=actor.by, subject=subject, event=event.id, facts=facts, changes=changes, now=now
    )


def jury_lock(event: EventView) -> str:
    return f"awards.jury.{event.id}"


def encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()
