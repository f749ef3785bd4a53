"""Tickets and the people who come with them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

from plenaria.core.people.queries import normal_email
from plenaria.core.storage.database import statement
from plenaria.plugins.registration.queries.rows import PAGE, Row, decoded, matches
from plenaria.plugins.registration.queries.views import TicketView
from plenaria.plugins.registration.rules import typed_code
from plenaria.plugins.registration.tables import OrderRow, TicketRow

EXPORT_PAGE: Final = 500
"""Orders whose tickets one query of an export reads."""

_TICKET = (
    TicketRow.id,
    TicketRow.code,
    TicketRow.order,
    TicketRow.order.code.as_alias("order_code"),
    TicketRow.order.state.as_alias("state"),
    TicketRow.ticket_type.code.as_alias("ticket_type"),
    TicketRow.ticket_type.name.as_alias("ticket_type_name"),
    TicketRow.given_names,
    TicketRow.first_surname,
    TicketRow.second_surname,
    TicketRow.email,
    TicketRow.employer,
    TicketRow.job_title,
    TicketRow.price_minor,
    TicketRow.checked_in_at,
)


async def tickets_where(where: Any) -> list[TicketView]:
    """The tickets that a condition on their rows chooses, order by order; one query."""
    rows = await TicketRow.select(*_TICKET).where(where).order_by(TicketRow.order, TicketRow.place)
    return [_ticket(row) for row in rows]


async def tickets_of_order(order_id: int) -> list[TicketView]:
    """The tickets of one order, in their places; one query."""
    return [_ticket(row) for row in await _of_order(order_id)]


@statement
def _of_order(order: int) -> Any:
    return TicketRow.select(*_TICKET).where(TicketRow.order == order).order_by(TicketRow.place)


def _ticket(row: Row) -> TicketView:
    values = {**row, "ticket_type_name": decoded(row["ticket_type_name"]), "order_id": row["order"]}
    del values["order"]
    return TicketView(**values)


async def ticket(event_id: int, code: str) -> TicketView | None:
    """A ticket of that event and no other."""
    rows = await tickets_where((TicketRow.event == event_id) & (TicketRow.code == typed_code(code)))
    return rows[0] if rows else None


async def tickets_by_id(ids: Iterable[int]) -> dict[int, TicketView]:
    wanted = sorted(set(ids))
    return {each.id: each for each in await tickets_where(TicketRow.id.is_in(wanted))} if wanted else {}


async def attendees(
    event_id: int,
    *,
    state: str = "confirmed",
    search: str = "",
    ticket_type: str = "",
    after: int = 0,
    most: int = PAGE + 1,
) -> list[TicketView]:
    """Attendees after the cursor (an id), the newest first; one query. `state` "": all, "inside": those who were let in."""
    query = TicketRow.select(*_TICKET).where(TicketRow.event == event_id).order_by(TicketRow.id, ascending=False)
    if state == "inside":
        query = query.where(TicketRow.checked_in_at.is_not_null() & (TicketRow.order.state == "confirmed"))
    elif state:
        query = query.where(TicketRow.order.state == state)
    if search:
        query = query.where(matches(TicketRow, search))
    if ticket_type:
        query = query.where(TicketRow.ticket_type.code == ticket_type)
    if after:
        query = query.where(TicketRow.id < after)
    return [_ticket(row) for row in await query.limit(most)]


async def attendee_pages(event_id: int) -> AsyncIterator[list[TicketView]]:
    """Every ticket of the event, order by order, for an export, some orders at a time; two queries for each page."""
    after = 0
    while orders := await _orders_after(event_id, after):
        yield await tickets_where(
            (TicketRow.order > after) & (TicketRow.order <= orders[-1]) & (TicketRow.event == event_id)
        )
        after = orders[-1]


async def _orders_after(event_id: int, after: int) -> list[int]:
    rows = (
        await OrderRow.select(OrderRow.id)
        .where((OrderRow.event == event_id) & (OrderRow.id > after))
        .order_by(OrderRow.id)
        .limit(EXPORT_PAGE)
    )
    return [row["id"] for row in rows]


async def tickets_of_person(email: str, event_ids: Sequence[int]) -> list[tuple[int, TicketView]]:
    """`(event id, ticket)` of everything that this address bought or is to attend with; one query.

    Of what nobody has confirmed yet only the buyer knows.
    """
    if not event_ids:
        return []
    address = normal_email(email)
    rows = (
        await TicketRow.select(*_TICKET, TicketRow.event.as_alias("event"))
        .where(TicketRow.event.is_in(list(event_ids)))
        .where((TicketRow.email == address) | (TicketRow.order.buyer_email == address))
        .where(
            TicketRow.order.state.is_in(["awaiting_payment", "confirmed"])
            | ((TicketRow.order.state == "unconfirmed") & (TicketRow.order.buyer_email == address))
        )
        .order_by(TicketRow.id)
    )
    return [(row.pop("event"), _ticket(row)) for row in rows]


async def inside(event_id: int) -> tuple[int, int]:
    """How many are checked in, and how many confirmed tickets there are; one query."""
    rows = await TicketRow.raw(
        "SELECT COUNT(*) AS tickets, COUNT(t.checked_in_at) AS inside "
        'FROM registration_ticket t JOIN registration_order o ON o.id = t."order" WHERE t.event = {} AND o.state = {}',
        event_id,
        "confirmed",
    )
    return int(rows[0]["inside"]), int(rows[0]["tickets"])
