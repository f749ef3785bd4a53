"""What registration holds about one person."""

from typing import Any

from plenaria.core.people import queries as people
from plenaria.plugins.registration.tables import OrderRow, TicketRow, WaitingRow


async def personal_data(person: int, /) -> dict[str, Any]:
    """Orders, tickets and places on waiting lists under this person's address, as builtins; four queries."""
    known = await people.person(person)
    if known is None:
        return {}
    orders = (
        await OrderRow.select(
            OrderRow.event.slug.as_alias("event"),
            *(OrderRow.code, OrderRow.state, OrderRow.buyer_name, OrderRow.buyer_email, OrderRow.total_minor),
            *(OrderRow.lines, OrderRow.currency, OrderRow.invoice),
            *(OrderRow.notice_version, OrderRow.purposes, OrderRow.consented_at),
            *(OrderRow.placed_at, OrderRow.paid_on, OrderRow.cancelled_at, OrderRow.cancel_reason),
        )
        .where(OrderRow.buyer_email == known.email)
        .order_by(OrderRow.id)
        .output(load_json=True)
    )
    tickets = (
        await TicketRow.select(
            TicketRow.event.slug.as_alias("event"),
            *(
                TicketRow.code,
                TicketRow.given_names,
                TicketRow.first_surname,
                TicketRow.second_surname,
                TicketRow.email,
            ),
            *(TicketRow.employer, TicketRow.job_title, TicketRow.checked_in_at),
        )
        .where(TicketRow.email == known.email)
        .order_by(TicketRow.id)
    )
    waiting = (
        await WaitingRow.select(
            WaitingRow.event.slug.as_alias("event"),
            *(WaitingRow.name, WaitingRow.email, WaitingRow.seats, WaitingRow.note, WaitingRow.joined_at),
        )
        .where(WaitingRow.email == known.email)
        .order_by(WaitingRow.id)
    )
    return {"orders": orders, "tickets": tickets, "waiting": waiting}
