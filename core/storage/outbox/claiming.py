"""Taking lines that are due, and writing down what became of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec
from piccolo.columns import Column

from plenaria.core.storage.database import current
from plenaria.core.storage.outbox.tables import OutboxLine

Line = dict[str, Any]
"""A row of `core_outbox_line`."""

Why = Literal["late", "over", "discarded"]
"""Why a line was dropped: past its time, no longer true, thrown away by the installation's owner."""

LEASE_S: Final = 120
"""A claimed line that was not settled (a killed worker) is due again after this long."""


class Stream(NamedTuple):
    """Lines that are claimed together and never wait for those of another stream."""

    kind: str
    urgent: bool


STREAMS: Final = (Stream("mail", True), Stream("mail", False), Stream("fact", False))

_OLDEST: Final = (
    "SELECT id FROM core_outbox_line WHERE due_at <= {} AND kind = {} AND urgent = {}{busy}"
    " ORDER BY due_at, id LIMIT {}"
)
_CLAIM: Final = {
    "sqlite": "UPDATE core_outbox_line SET due_at = {} WHERE id IN ({oldest}) RETURNING id",
    # An array: joined as a set, the planner may run the SELECT several times and lock more than the limit.
    "postgres": "UPDATE core_outbox_line SET due_at = {}"
    " WHERE id = ANY(ARRAY({oldest} FOR UPDATE SKIP LOCKED)) RETURNING id",
}


async def claim(stream: Stream, *, now: datetime, most: int, lease_s: float, but: Sequence[str] = ()) -> list[Line]:
    """Take due lines by moving their `due_at` ahead: two workers never hold the same line at once. Not of the lanes `but`."""
    busy = f" AND lane NOT IN ({', '.join('{}' for _ in but)})" if but else ""
    sql = _CLAIM[current().dialect].replace("{oldest}", _OLDEST).replace("{busy}", busy)
    until = now + timedelta(seconds=lease_s)
    taken = await OutboxLine.raw(sql, until, now, stream.kind, stream.urgent, *but, most)
    ids = [row["id"] for row in taken]
    if not ids:
        return []
    lines: list[Line] = await OutboxLine.select().where(OutboxLine.id.is_in(ids)).order_by(OutboxLine.id)
    return lines


async def give_back(ids: Collection[int], *, now: datetime) -> None:
    """Lines that were not begun are due at once."""
    if ids:
        await OutboxLine.update({OutboxLine.due_at: now}).where(OutboxLine.id.is_in(list(ids)))


async def settle(line: Line, **values: Any) -> None:
    changed: dict[Column | str, Any] = {name: value for name, value in values.items()}  # noqa: C416 - dict() keeps the narrower key type
    await OutboxLine.update(changed).where(OutboxLine.id == line["id"])


_SETTLE: Final = {
    "sqlite": "UPDATE core_outbox_line SET {column} = {}, dropped_why = {}, due_at = NULL, payload = kept.value"
    " FROM json_each({}) AS kept WHERE core_outbox_line.id = CAST(kept.key AS INTEGER)",
    "postgres": "UPDATE core_outbox_line SET {column} = {}, dropped_why = {}, due_at = NULL, payload = kept.value"
    " FROM json_each_text({}::json) AS kept WHERE core_outbox_line.id = kept.key::integer",
}


async def settle_delivered(payloads: Mapping[int, str], *, now: datetime) -> None:
    """Note in one statement that lines were delivered; `payloads` says what is kept of each, by its id."""
    await _settle_all("done_at", "", payloads, now)


async def drop(payloads: Mapping[int, str], why: Why, *, now: datetime) -> None:
    """Settle lines without delivering them; `payloads` says what is kept of each, by its id."""
    await _settle_all("dropped_at", why, payloads, now)


async def _settle_all(column: str, why: str, payloads: Mapping[int, str], now: datetime) -> None:
    if payloads:
        sql = _SETTLE[current().dialect].replace("{column}", column)
        await OutboxLine.raw(sql, now, why, msgspec.json.encode(payloads).decode())
