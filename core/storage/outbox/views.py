"""The outbox as organisers see it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from plenaria.core.storage.outbox.claiming import Line
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.core.storage.outbox.waking import ring


class LineView(Struct, frozen=True):
    """A line of the outbox as the organiser sees it."""

    id: int
    kind: str
    name: str
    plugin: str
    state: str
    """`waiting`, `delivered`, `kept back`, `given up` or `dropped`."""
    attempts: int
    last_error: str
    created_at: datetime
    payload: str = ""
    to: str = ""
    why: str = ""
    """Why it was dropped: `late`, `over` or `discarded`."""
    not_after: datetime | None = None


async def lines(event_id: int | None, *, before: int | None = None, most: int = 50) -> list[LineView]:
    """The event's lines, the latest first, below the id `before`; one query. `to` is only known of mails."""
    query = OutboxLine.select().where(OutboxLine.event == event_id).order_by(OutboxLine.id, ascending=False).limit(most)
    if before is not None:
        query = query.where(OutboxLine.id < before)
    return [_view(row) for row in await query]


async def line(line_id: int, *, event_id: int | None) -> LineView | None:
    row = await OutboxLine.select().where((OutboxLine.id == line_id) & (OutboxLine.event == event_id)).first()
    return _view(row) if row else None


def _view(row: Line) -> LineView:
    return LineView(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        plugin=row["plugin"],
        state=_state(row),
        attempts=row["attempts"],
        last_error=row["last_error"],
        created_at=row["created_at"],
        payload=row["payload"],
        to=msgspec.json.decode(row["payload"]).get("to", "") if row["kind"] == "mail" else "",
        why=row["dropped_why"],
        not_after=row["not_after"],
    )


def _state(row: Line) -> str:
    if row["done_at"]:
        return "delivered"
    if row["given_up_at"]:
        return "given up"
    if row["dropped_at"]:
        return "dropped"
    return "kept back" if row["due_at"] is None else "waiting"


class Undelivered(NamedTuple):
    """How many lines of an event wait, are kept back (no mail server), were given up, were dropped unsent."""

    waiting: int
    kept_back: int
    given_up: int
    dropped: int


_UNDELIVERED: Final = """
SELECT coalesce(sum(CASE WHEN due_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS waiting,
    coalesce(sum(CASE WHEN due_at IS NULL AND given_up_at IS NULL AND dropped_at IS NULL THEN 1 ELSE 0 END), 0) AS kept_back,
    coalesce(sum(CASE WHEN given_up_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS given_up,
    coalesce(sum(CASE WHEN dropped_at IS NOT NULL THEN 1 ELSE 0 END), 0) AS dropped
FROM core_outbox_line WHERE event = {} AND done_at IS NULL
"""


async def undelivered(event_id: int) -> Undelivered:
    """One row from the database, whatever the number of lines."""
    (row,) = await OutboxLine.raw(_UNDELIVERED, event_id)
    return Undelivered(**row)


class FailedMail(Struct, frozen=True):
    """A mail that did not arrive and is not tried any more: what the server answered, or what went wrong last."""

    id: int
    to: str
    name: str
    reason: str
    at: datetime


async def failed_mails(event_id: int, addresses: Collection[str]) -> list[FailedMail]:
    """The event's mails to these addresses that were refused or given up, the latest of each address; one query."""
    wanted = sorted({address.lower() for address in addresses if address})
    if not wanted:
        return []
    columns = (OutboxLine.id, OutboxLine.recipient, OutboxLine.name, OutboxLine.last_error, OutboxLine.given_up_at)
    rows: list[dict[str, Any]] = await (
        OutboxLine.select(*columns)
        .where(
            OutboxLine.recipient.is_in(wanted) & (OutboxLine.event == event_id) & OutboxLine.given_up_at.is_not_null()
        )
        .order_by(OutboxLine.id)
    )
    latest = {row["recipient"]: row for row in rows}
    return [
        FailedMail(row["id"], row["recipient"], row["name"], row["last_error"], row["given_up_at"])
        for row in latest.values()
    ]


async def try_again(line_id: int, *, event_id: int, now: datetime) -> None:
    """Make an undelivered line of the event due at once."""
    await (
        OutboxLine.update({OutboxLine.due_at: now, OutboxLine.given_up_at: None, OutboxLine.attempts: 0})
        .where(OutboxLine.id == line_id)
        .where(OutboxLine.event == event_id)
        .where(OutboxLine.done_at.is_null() & OutboxLine.dropped_at.is_null())
    )
    ring()


async def forget_settled(*, before: datetime) -> None:
    """Remove the lines that were delivered, given up or dropped before that."""
    await OutboxLine.delete().where(
        (OutboxLine.done_at < before) | (OutboxLine.given_up_at < before) | (OutboxLine.dropped_at < before)
    )
