"""What other plugins and the mails are given of an order."""

from collections.abc import Mapping, Sequence
from typing import Any

from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import EventView
from plenaria.plugins.registration.queries import OrderView, TicketTypeView, TicketView
from plenaria.plugins.registration.tables import OrderRow, TicketRow


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


def facts_of_rows(order: OrderRow, tickets: Sequence[TicketRow], types: Mapping[str, TicketTypeView]) -> dict[str, Any]:
    """The same of an order that is about to be stored."""
    codes = {kind.id: code for code, kind in types.items()}
    return {
        "code": order.code,
        "state": order.state,
        "language": order.language,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "buyer_name": order.buyer_name,
        "buyer_email": order.buyer_email,
        "tickets": [_facts_of_row(ticket, codes[ticket.ticket_type]) for ticket in tickets],
    }


def _facts_of_row(ticket: TicketRow, ticket_type: str) -> dict[str, Any]:
    names = (ticket.given_names, ticket.first_surname, ticket.second_surname)
    return {
        "code": ticket.code,
        "ticket_type": ticket_type,
        "name": " ".join(name for name in names if name),
        "email": ticket.email,
        "employer": ticket.employer,
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
