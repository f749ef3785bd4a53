"""Ticket types: made, changed and removed by organisers or by an event's file."""

from datetime import datetime
from typing import Any

import msgspec

from plenaria.core.events.services import touch
from plenaria.core.forms import recorded
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.storage import audit
from plenaria.core.storage.database import repeatable, transaction
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.settings import RegistrationSection, TicketTypeDetails
from plenaria.plugins.registration.tables import TicketRow, TicketTypeRow, WaitingRow


@repeatable
async def create_ticket_type(event: EventView, details: TicketTypeDetails, *, by: str, now: datetime) -> None:
    """Add a ticket type. Raises `Refused(ticket_type_code_taken)`."""
    async with transaction():
        await _create(event, details, by=by, now=now)
        await touch(event, now=now)


async def _create(event: EventView, details: TicketTypeDetails, *, by: str, now: datetime) -> None:
    key = f"{event.id}/{details.code}"
    if await TicketTypeRow.exists().where(TicketTypeRow.key == key):
        raise Refused(Refusal("ticket_type_code_taken", {"code": details.code}, "/code"))
    await TicketTypeRow(event=event.id, code=details.code, key=key, taken=0, **_columns(details)).save()
    await _record("ticket_type.created", event, None, details, by=by, now=now)


@repeatable
async def change_ticket_type(event: EventView, details: TicketTypeDetails, *, by: str, now: datetime) -> None:
    """Change the ticket type of that code; orders keep the price they were placed at. Raises `Refused(size_below_taken)`."""
    async with transaction():
        await _change(event, details, by=by, now=now)
        await touch(event, now=now)


async def _change(event: EventView, details: TicketTypeDetails, *, by: str, now: datetime) -> None:
    before = (await queries.ticket_types(event.id)).get(details.code)
    where: Any = TicketTypeRow.key == f"{event.id}/{details.code}"
    if details.size is not None:
        where = where & (TicketTypeRow.taken <= details.size)
    changed = await TicketTypeRow.update(_columns(details)).where(where).returning(TicketTypeRow.id)
    if not changed:
        known = (await queries.ticket_types(event.id)).get(details.code)
        if known is None:
            raise Refused(Refusal("not_found", {"ticket_type": details.code}))
        raise Refused(Refusal("size_below_taken", {"name": known.name, "taken": known.taken}, "/size"))
    was = queries.details_of(before) if before is not None else None
    await _record("ticket_type.changed", event, was, details, by=by, now=now)


@repeatable
async def remove_ticket_type(event: EventView, code: str, *, by: str, now: datetime) -> None:
    """Remove a ticket type that nobody ever ordered. Raises `Refused(ticket_type_in_use)`."""
    async with transaction():
        await _remove(event, code, by=by, now=now)
        await touch(event, now=now)


async def _remove(event: EventView, code: str, *, by: str, now: datetime) -> None:
    kind = (await queries.ticket_types(event.id)).get(code)
    if kind is None:
        raise Refused(Refusal("not_found", {"ticket_type": code}))
    waits = await WaitingRow.exists().where(WaitingRow.ticket_type == kind.id)
    if waits or await TicketRow.exists().where(TicketRow.ticket_type == kind.id):
        raise Refused(Refusal("ticket_type_in_use", {"name": kind.name}))
    await TicketTypeRow.delete().where(TicketTypeRow.id == kind.id)
    await _record("ticket_type.removed", event, queries.details_of(kind), None, by=by, now=now)


async def apply_section(event: EventView, section: RegistrationSection, /, *, by: str, now: datetime) -> None:
    """Make the event's ticket types those of its file, in the caller's transaction. What is equal is left alone.

    Those that are there are changed in the order of their ids and the event is counted last, as orders lock them.
    """
    async with transaction():
        known = await queries.ticket_types(event.id)
        declared = {details.code: details for details in section.ticket_types}
        for code, kind in sorted(known.items(), key=lambda each: each[1].id):
            if code not in declared:
                await _remove(event, code, by=by, now=now)
            elif queries.details_of(kind) != declared[code]:
                await _change(event, declared[code], by=by, now=now)
        for details in section.ticket_types:
            if details.code not in known:
                await _create(event, details, by=by, now=now)
        if declared != {code: queries.details_of(kind) for code, kind in known.items()}:
            await touch(event, now=now)


async def _record(
    action: str,
    event: EventView,
    before: TicketTypeDetails | None,
    after: TicketTypeDetails | None,
    *,
    by: str,
    now: datetime,
) -> None:
    """Either may be None: it was made, or removed."""
    details = after or before
    if details is None:
        return
    await audit.record(
        action,
        by=by,
        subject=f"ticket_type:{details.code}",
        event=event.id,
        facts={"price_minor": details.price_minor, "size": details.size},
        changes=recorded(before, after, currency=event.currency),
        now=now,
    )


def _columns(details: TicketTypeDetails) -> dict[Any, Any]:
    return {
        "name": msgspec.json.encode(details.name).decode(),
        "description": msgspec.json.encode(details.description).decode(),
        "price_minor": details.price_minor,
        "size": details.size,
        "opens_at": details.sales.opens_at,
        "closes_at": details.sales.closes_at,
        "grace_s": details.sales.grace_s,
        "most_per_order": details.most_per_order,
        "is_visible": details.is_visible,
        "sort_order": details.sort_order,
    }
