"""Registration's parts of shared pages: prices on the event's page, tickets on `/me`, figures in the console."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plenaria.core.kernel.values import EventView, Money
from plenaria.core.people import queries as people
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.tickets import qr_data_uri
from plenaria.plugins.registration.web.register import offers


async def price_panel(event: EventView, now: datetime, person: int | None) -> dict[str, Any] | None:
    """The tickets as price cards; nothing when none is on sale."""
    types = await queries.ticket_types(event.id)
    shown = offers(types, event, now=now)
    if not shown:
        return None
    settings = await queries.settings(event)
    return {"offers": shown, "settings": settings, "slug": event.slug}


async def my_tickets_panel(person: int, events: Sequence[EventView], now: datetime) -> dict[str, Any] | None:
    """Everything that a person bought or is to attend, by event; nothing when there is none."""
    known = await people.person(person)
    if known is None:
        return None
    by_id = {event.id: event for event in events}
    found = await queries.tickets_of_person(known.email, list(by_id))
    if not found:
        return None
    return {
        "tickets": [
            {
                "event": by_id[event_id],
                "ticket": ticket,
                "qr": qr_data_uri(ticket.code) if ticket.state == "confirmed" else "",
                "base": f"/{by_id[event_id].slug}/orders/{ticket.order_code}/mine",
            }
            for event_id, ticket in found
        ]
    }


async def figures_panel(*, event: EventView, now: datetime) -> dict[str, Any]:
    """Tickets and money for the console's overview."""
    numbers = await queries.numbers(event.id)
    return {
        "numbers": numbers,
        "revenue": Money(numbers.revenue_minor, event.currency),
        "outstanding": Money(numbers.outstanding_minor, event.currency),
        "home": f"/{event.slug}/organise/registration",
    }


async def ticket_part(
    *, event: EventView, now: datetime, person: int | None, subject: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Where to get a ticket, on pages about sessions and people; nothing when none can be had now."""
    shown = offers(await queries.ticket_types(event.id), event, now=now)
    return {"href": f"/{event.slug}/register"} if any(offer.state == "open" for offer in shown) else None
