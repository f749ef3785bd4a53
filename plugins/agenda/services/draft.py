"""What every write of the draft rests on: its lock, its rows by code and revision, its audit line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from piccolo.table import Table

from plenaria.core.forms import RecordedChange
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock
from plenaria.plugins.agenda.queries.catalogue import CATALOGUES, CatalogueTable
from plenaria.plugins.agenda.tables import Session

INSERTED_AT_ONCE: Final = 500

T = TypeVar("T", bound=Table)
DraftTable = CatalogueTable | type[Session]


class Ids(NamedTuple):
    """What a session may name: code → id."""

    rooms: dict[str, int]
    tracks: dict[str, int]
    types: dict[str, int]
    people: dict[str, int]


async def hold(event: EventView) -> None:
    """One writer of an event's agenda at a time, on all hosts: a release is of one draft, not of two halves."""
    await lock(f"agenda:{event.id}")


async def ids_of(event: EventView) -> Ids:
    """Four queries."""
    return Ids(*[await ids_in(each.table, event) for each in CATALOGUES])


async def ids_in(table: CatalogueTable, event: EventView) -> dict[str, int]:
    """Code → id, in the order of the organisers."""
    rows = await table.select(table.code, table.id).where(table.event == event.id).order_by(table.position, table.id)
    return {row["code"]: row["id"] for row in rows}


async def row_of(table: DraftTable, event: EventView, code: str, revision: int | None) -> dict[str, Any]:
    """The `id` and `revision` of that code.

    Raises `Refused`: not_found, changed_meanwhile when it is not of that revision any more.
    """
    row: Any = (
        await table.select(table.id, table.revision).where((table.event == event.id) & (table.code == code)).first()
    )
    if row is None:
        raise Refused(Refusal("not_found"))
    if revision is not None and row["revision"] != revision:
        raise Refused(Refusal("changed_meanwhile"))
    return dict(row)


async def refuse_taken(table: DraftTable, event: EventView, code: str) -> None:
    if await table.exists().where((table.event == event.id) & (table.code == code)):
        raise Refused(Refusal("code_taken", {"code": code}, "/code"))


async def insert(table: type[T], rows: Sequence[T]) -> None:
    """Many rows in few statements; engines bound how many values one may have."""
    for start in range(0, len(rows), INSERTED_AT_ONCE):
        await table.insert(*rows[start : start + INSERTED_AT_ONCE])


async def record(
    action: str, code: str, event: EventView, by: str, now: datetime, changes: Sequence[RecordedChange] = ()
) -> None:
    """The audit line of a write. Its subject is what the action is about: `room:12`, `session:opening`."""
    subject = f"{action.partition('.')[0]}:{code}"
    await audit.record(action, by=by, subject=subject, event=event.id, facts={}, changes=changes, now=now)


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
