"""What other plugins and the mails are given of an order."""

from typing import Any

from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import EventView
from plenaria.plugins.registration.queries import OrderView, TicketView


def facts_of(order: OrderView) -> dict[str, Any]:
    """The order as the hooks hand it to other plugins (see `hookspecs`)."""
    return {
        "code": order.code,
        "state": order.state,
        "language": order.language,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "buyer_name": order.buyer_name,
        "buyer_email": order.buyer_email,
        "tickets": [ticket_facts(ticket) for ticket in order.tickets],
    }


def ticket_facts(ticket: TicketView) -> dict[str, Any]:
    return {
        "code": ticket.code,
        "ticket_type": ticket.ticket_type,
        "name": ticket.name,
        "email": ticket.email,
        "employer": ticket.employer,
    }


def place_of(event: EventView) -> str:
    return ", ".join(part for part in (event.venue, event.city) if part)


def mail_facts(event: EventView, order: OrderView) -> dict[str, str]:
    with using(order.language):
        return {
            "name": order.buyer_name,
            "order": order.shown_code,
            "event": shown.localized(event.name),
            "dates": shown.days(event.starts_on, event.ends_on),
            "place": place_of(event),
        }
