"""Rooms, tracks, session types and people on stage: added, changed, ordered, removed, or set as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from plenaria.core.forms import changed_value, recorded
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused
from plenaria.core.people.queries import normal_email
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import queries
from plenaria.plugins.agenda.queries import Catalogue, I, Item
from plenaria.plugins.agenda.services.draft import as_json, hold, ids_in, insert, record, refuse_taken, row_of


async def store(
    event: EventView,
    catalogue: Catalogue[I],
    item: I,
    *,
    code: str | None,
    revision: int | None,
    by: str,
    now: datetime,
) -> None:
    """Add an item to a catalogue (`code` None), or change the one of that code.

    `revision` is what the form was made from (None: whatever is there). Raises `Refused`: changed_meanwhile, code_taken,
    not_found.
    """
    async with transaction():
        await hold(event)
        stored = await queries.item(event.id, catalogue, code) if code is not None else None
        if code is None:
            await _add(event, catalogue, item)
        else:
            await _change(event, catalogue, item, code, revision)
        subject = str((await row_of(catalogue.table, event, item.code, None))["id"])
        changes = recorded(stored.item if stored else None, item)
        await record(f"{catalogue.singular}.{'added' if code is None else 'changed'}", subject, event, by, now, changes)


async def _add(event: EventView, catalogue: Catalogue[I], item: I) -> None:
    table = catalogue.table
    await refuse_taken(table, event, item.code)
    position = await table.count().where(table.event == event.id)
    await table(event=event.id, code=item.code, position=position, **_columns(item)).save()


async def _change(event: EventView, catalogue: Catalogue[I], item: I, code: str, revision: int | None) -> None:
    table = catalogue.table
    row = await row_of(table, event, code, revision)
    if item.code != code:
        await refuse_taken(table, event, item.code)
    await table.update(code=item.code, revision=row["revision"] + 1, **_columns(item)).where(table.id == row["id"])


async def remove(event: EventView, catalogue: Catalogue[I], code: str, *, by: str, now: datetime) -> None:
    """Take an item out of the draft. Raises `Refused`: not_found, in_use while sessions name it."""
    async with transaction():
        await hold(event)
        table = catalogue.table
        row = await row_of(table, event, code, None)
        uses = await catalogue.used_in.count().where(catalogue.used_as == row["id"])
        if uses:
            raise Refused(Refusal("in_use", {"count": uses}))
        stored = await queries.item(event.id, catalogue, code)
        await table.delete().where(table.id == row["id"])
        changes = recorded(stored.item if stored else None, None)
        await record(f"{catalogue.singular}.removed", str(row["id"]), event, by, now, changes)


async def move(event: EventView, catalogue: Catalogue[I], code: str, *, up: bool, by: str, now: datetime) -> None:
    """Put an item one place earlier or later in its catalogue. Raises `Refused`: not_found."""
    async with transaction():
        await hold(event)
        ids = await ids_in(catalogue.table, event)
        if code not in ids:
            raise Refused(Refusal("not_found"))
        order = list(ids)
        place = order.index(code)
        other = max(0, place - 1) if up else min(len(order) - 1, place + 1)
        order[place], order[other] = order[other], order[place]
        for position, each in enumerate(order):
            await catalogue.table.update(position=position).where(catalogue.table.id == ids[each])
        changes = changed_value(N_("Place in the list"), place + 1, other + 1, kind="int")
        await record(f"{catalogue.singular}.moved", str(ids[code]), event, by, now, changes)


def _columns(item: Item) -> dict[str, Any]:
    """The item's fields as the table holds them, the code aside."""
    values: dict[str, Any] = msgspec.to_builtins(item)
    del values["code"]
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            values[name] = as_json(value)
        elif value is None:
            values[name] = ""
    if "email" in values:
        values["email"] = normal_email(values["email"])
    return values


# ----------------------------------------------------------------------------------------------- set as a whole


async def add_and_change(event: EventView, catalogue: Catalogue[I], items: Sequence[I]) -> None:
    """Make the catalogue hold these items in this order; others stay. Inside the caller's transaction and hold."""
    table = catalogue.table
    stored = {each.item.code: each.item for each in await queries.items(event.id, catalogue)}
    rows = await table.select(table.id, table.code, table.position).where(table.event == event.id)
    places = {row["code"]: (row["id"], row["position"]) for row in rows}
    added = []
    for position, item in enumerate(items):
        if item.code not in stored:
            added.append(table(event=event.id, code=item.code, position=position, **_columns(item)))
            continue
        row_id, was_at = places[item.code]
        values: dict[str, Any] = {"position": position} if was_at != position else {}
        if stored[item.code] != item:
            values |= {**_columns(item), "revision": table.revision + 1}
        if values:
            await table.update(**values).where(table.id == row_id)
    await insert(table, added)


async def drop_others(event: EventView, catalogue: Catalogue[I], items: Sequence[I]) -> None:
    """Delete what is none of these items; nothing may use it any more. Inside the caller's transaction and hold."""
    table = catalogue.table
    wanted = {item.code for item in items}
    gone = [row_id for code, row_id in (await ids_in(table, event)).items() if code not in wanted]
    if gone:
        await table.delete().where(table.id.is_in(gone))
