"""What the rooms of the services share: finding an order, telling of it, its secret address."""

from datetime import datetime
from typing import Any

from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.queries import OrderView, TicketView
from plenaria.plugins.registration.tables import OrderLinkRow


async def required_order(event: EventView, code: str) -> OrderView:
    """The event's order of that code; another event's is not found."""
    found = await queries.order(event.id, code)
    if found is None:
        raise Refused(Refusal("not_found", {"order": code}))
    return found


def facts_of(order: OrderView) -> dict[str, Any]:
    """The order as other plugins are told of it (see `hookspecs`)."""
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


async def new_order_link(order_id: int, *, now: datetime) -> str:
    """A new secret for the order's page; the earlier ones stay good."""
    secret = new_secret()
    await OrderLinkRow(order=order_id, secret_hash=hashed(secret), made_at=now).save()
    return secret


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
