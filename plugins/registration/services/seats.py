"""Seats: taken and given back by the database, never counted in Python. A CHECK stands behind both statements."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from plenaria.core.events.services import touch
from plenaria.core.kernel.values import EventView, refuse
from plenaria.core.storage.database import Leading
from plenaria.plugins.registration import queries, rules
from plenaria.plugins.registration.queries import OrderView, TicketTypeView
from plenaria.plugins.registration.tables import TicketTypeRow

_TAKE: Final = (
    "UPDATE registration_ticket_type SET taken = taken + {} "
    "WHERE id = {} AND event = {} AND (size IS NULL OR taken + {} <= size) RETURNING size, taken"
)


async def take_seats(
    event: EventView, types: Mapping[str, TicketTypeView], wanted: Mapping[str, int], *, now: datetime
) -> None:
    """Take the seats or raise `Refused(sold_out)` for every type that has not enough left.

    Types are locked in the order of their ids, here and in `give_back_seats`, and the event after them, so that two orders
    never wait for each other.
    """
    refusals, sold_out = [], False
    for code, count in sorted(wanted.items(), key=lambda each: types[each[0]].id):
        kind = types[code]
        taken = await TicketTypeRow.raw(_TAKE, count, kind.id, event.id, count)
        if not taken:
            current = (await queries.ticket_types(event.id))[code]
            refusals.append(rules.sold_out(current, wanted=count))
        elif taken[0]["size"] is not None and taken[0]["taken"] >= taken[0]["size"]:
            sold_out = True
    refuse(refusals)
    if sold_out:
        await touch(event, now=now)  # the event's page now says so


def taking(event: EventView, kind: TicketTypeView, count: int) -> Leading:
    """Takes the seats of one type in the statement that stores the order; `took` has to look at its answer."""
    return Leading(_TAKE, [count, kind.id, event.id, count])


async def took(event: EventView, code: str, taken: Mapping[str, Any] | None, *, wanted: int, now: datetime) -> None:
    """Raises `Refused(sold_out)` when `taking` took nothing: the transaction then stores nothing."""
    if taken is None:
        refuse([rules.sold_out((await queries.ticket_types(event.id))[code], wanted=wanted)])
    elif taken["size"] is not None and taken["taken"] >= taken["size"]:
        await touch(event, now=now)  # the event's page now says "sold out"


async def give_back_seats(event: EventView, order: OrderView, *, now: datetime) -> None:
    types, free_again = await queries.ticket_types(event.id), False
    held = Counter(ticket.ticket_type for ticket in order.tickets)
    for code, count in sorted(held.items(), key=lambda each: types[each[0]].id):
        rows = await TicketTypeRow.raw(
            "UPDATE registration_ticket_type SET taken = taken - {} WHERE id = {} RETURNING size, taken",
            count,
            types[code].id,
        )
        if rows and rows[0]["size"] is not None and rows[0]["taken"] + count >= rows[0]["size"]:
            free_again = True
    if free_again:
        await touch(event, now=now)  # it was sold out and no longer is
