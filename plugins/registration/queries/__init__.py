"""Reads of registration: each returns structs."""

from plenaria.plugins.registration.queries.attending import (
    attendee_pages,
    attendees,
    inside,
    ticket,
    tickets_by_id,
    tickets_of_person,
)
from plenaria.plugins.registration.queries.counting import numbers
from plenaria.plugins.registration.queries.ordering import (
    link_confirms,
    not_awaiting_payment,
    not_confirmed,
    not_unconfirmed,
    order,
    order_of_submission,
    order_pages,
    order_with_secret,
    orders,
    orders_due,
    states_of_orders,
)
from plenaria.plugins.registration.queries.personal import personal_data
from plenaria.plugins.registration.queries.rows import PAGE
from plenaria.plugins.registration.queries.selling import details_of, section_of, settings, ticket_types
from plenaria.plugins.registration.queries.views import (
    AttendeeTicket,
    Numbers,
    OrderDocument,
    OrderLine,
    OrderSummary,
    OrderView,
    TicketTypeView,
    TicketView,
    TypeNumbers,
    WaitingView,
)
from plenaria.plugins.registration.queries.waiting_list import waiting

__all__ = [
    "PAGE",
    "AttendeeTicket",
    "Numbers",
    "OrderDocument",
    "OrderLine",
    "OrderSummary",
    "OrderView",
    "TicketTypeView",
    "TicketView",
    "TypeNumbers",
    "WaitingView",
    "attendee_pages",
    "attendees",
    "details_of",
    "inside",
    "link_confirms",
    "not_awaiting_payment",
    "not_confirmed",
    "not_unconfirmed",
    "numbers",
    "order",
    "order_of_submission",
    "order_pages",
    "order_with_secret",
    "orders",
    "orders_due",
    "personal_data",
    "section_of",
    "settings",
    "states_of_orders",
    "ticket",
    "ticket_types",
    "tickets_by_id",
    "tickets_of_person",
    "waiting",
]
