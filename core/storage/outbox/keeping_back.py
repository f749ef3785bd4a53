"""Lines that wait for a decision of the installation's owner: mail of a time without a mail server, and what was restored."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from piccolo.columns.combination import And

from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.core.storage.outbox.carriers import carrier
from plenaria.core.storage.outbox.claiming import Line, drop
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.core.storage.outbox.waking import announce

DROPPED_AT_ONCE: Final = 500

_KEPT_BACK: Final = """
SELECT kind, count(*) AS number, min(id) AS first, coalesce(sum(CASE WHEN not_after <= {} THEN 1 ELSE 0 END), 0) AS late
FROM core_outbox_line
WHERE due_at IS NULL AND done_at IS NULL AND given_up_at IS NULL AND dropped_at IS NULL GROUP BY kind
"""

KEEP_BACK_EVERYTHING: Final = {"core_outbox_line": "UPDATE core_outbox_line SET due_at = NULL WHERE due_at IS NOT NULL"}
"""Nothing leaves the outbox until an owner decides: after a restore, what waits in it may have been sent long ago.

By table; works on any version's schema: a backup may be older.
"""


class KeptBackLines(Struct, frozen=True):
    """What is kept back: mails and facts, since when, and how many of the mails are out of date by now."""

    mails: int = 0
    facts: int = 0
    late: int = 0
    since: datetime | None = None


async def kept_back(*, now: datetime) -> KeptBackLines:
    """Two queries, whatever the number of lines."""
    of = {row["kind"]: row for row in await OutboxLine.raw(_KEPT_BACK, now)}
    if not of:
        return KeptBackLines()
    first = min(row["first"] for row in of.values())
    oldest = await OutboxLine.select(OutboxLine.created_at).where(OutboxLine.id == first).first()
    number = {kind: row["number"] for kind, row in of.items()}
    late = of["mail"]["late"] if "mail" in of else 0
    return KeptBackLines(number.get("mail", 0), number.get("fact", 0), late, oldest["created_at"] if oldest else None)


async def release(*, by: str, now: datetime) -> int:
    """Make everything due that was kept back, and return how many lines; what is out of date is dropped on its way."""
    async with transaction() as running:
        released = await OutboxLine.update({OutboxLine.due_at: now}).where(_is_kept_back()).returning(OutboxLine.id)
        await _record("mail.released", len(released), by=by, now=now)
        await announce(running)
    return len(released)


async def discard(*, by: str, now: datetime) -> int:
    """Drop the mails that were kept back, without their content, and return how many. Facts are delivered: plugins need them."""
    dropped = 0
    async with transaction() as running:
        while rows := await _kept_back_mails():
            kept = carrier("mail").kept
            await drop({row["id"]: kept(row["payload"]) for row in rows}, "discarded", now=now)
            dropped += len(rows)
        await OutboxLine.update({OutboxLine.due_at: now}).where(_is_kept_back())
        await _record("mail.discarded", dropped, by=by, now=now)
        await announce(running)
    return dropped


async def _kept_back_mails() -> list[Line]:
    mails = _is_kept_back() & (OutboxLine.kind == "mail")
    rows: list[Line] = await OutboxLine.select(OutboxLine.id, OutboxLine.payload).where(mails).limit(DROPPED_AT_ONCE)
    return rows


def _is_kept_back() -> And:
    return (
        OutboxLine.due_at.is_null()
        & OutboxLine.done_at.is_null()
        & OutboxLine.given_up_at.is_null()
        & OutboxLine.dropped_at.is_null()
    )


async def _record(action: str, count: int, *, by: str, now: datetime) -> None:
    if count:
        await audit.record(action, by=by, subject="mail:outbox", facts={"count": count}, now=now)
