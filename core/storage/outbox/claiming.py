"""Taking lines that are due, and writing down what became of them.

The lease is the token: `due_at` of a claimed line is the end of its lease, to the microsecond. Who finds another `due_at` no
longer holds the line, and only notes of it that it was delivered.
"""

from collections.abc import Iterable, Mapping, Sequence
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


async def give_back(lines: Iterable[Line]) -> None:
    """Lines that were not begun are due again from when they were claimed (`taken_at`), those whose lease still holds."""
    claims: dict[tuple[datetime, datetime], list[int]] = {}
    for line in lines:
        claims.setdefault((line["due_at"], line["taken_at"]), []).append(line["id"])
    for (until, taken_at), ids in claims.items():
        held = OutboxLine.id.is_in(ids) & (OutboxLine.due_at == until)
        await OutboxLine.update({OutboxLine.due_at: taken_at}).where(held)


async def settle(line: Line, **values: Any) -> None:
    """Write down what became of a claimed line; nothing where its lease was lost."""
    changed: dict[Column | str, Any] = {name: value for name, value in values.items()}  # noqa: C416 - dict() keeps the narrower key type
    await OutboxLine.update(changed).where((OutboxLine.id == line["id"]) & (OutboxLine.due_at == line["due_at"]))


_SETTLE: Final = {
    "sqlite": "UPDATE core_outbox_line SET {column} = {}, dropped_why = {}, due_at = NULL, payload = kept.value"
    " FROM json_each({}) AS kept WHERE core_outbox_line.id = CAST(kept.key AS INTEGER) AND done_at IS NULL",
    "postgres": "UPDATE core_outbox_line SET {column} = {}, dropped_why = {}, due_at = NULL, payload = kept.value"
    " FROM json_each_text({}::json) AS kept WHERE core_outbox_line.id = kept.key::integer AND done_at IS NULL",
}


async def settle_delivered(payloads: Mapping[int, str], *, now: datetime) -> None:
    """Note in one statement that lines were delivered; `payloads` says what is kept of each, by its id.

    Also of a line whose lease was lost: it did arrive, whatever another worker made of it.
    """
    await _settle_all("given_up_at = NULL, dropped_at = NULL, done_at", "", payloads, now)


async def drop(payloads: Mapping[int, str], why: Why, *, now: datetime) -> None:
    """Settle lines without delivering them, unless they were; `payloads` says what is kept of each, by its id."""
    await _settle_all("dropped_at", why, payloads, now)


async def _settle_all(column: str, why: str, payloads: Mapping[int, str], now: datetime) -> None:
    if payloads:
        sql = _SETTLE[current().dialect].replace("{column}", column)
        await OutboxLine.raw(sql, now, why, msgspec.json.encode(payloads).decode())
