"""Sheets of what registration knows, with what other plugins add to them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext, pgettext
from plenaria.core.kernel.money import typed_amount
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import N_, Column, EventView, Sheet
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.queries import OrderLine, TicketView

STATE_WORDS: Final = {
    "unconfirmed": N_("Address not confirmed"),
    "awaiting_payment": N_("Waiting for payment"),
    "confirmed": N_("Confirmed"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Expired"),
}


async def attendee_sheet(event: EventView, /, *, now: datetime) -> Sheet:
    """Every attendee in the order of registration, headed in the reader's language."""
    rows: list[list[str | int | None]] = []
    async for page in queries.attendee_pages(event.id):
        rows += _attendee_rows(page, event)
    sheet = Sheet(_attendee_columns(), rows)
    return await plugins.host().adjust("adjust_export", sheet, event=event, export="attendees", now=now)


def _attendee_columns() -> list[Column]:
    return [
        Column("code", pgettext("ticket", "Code")),
        Column("order", gettext("Order")),
        Column("state", gettext("State")),
        Column("ticket", gettext("Ticket")),
        Column("given_names", gettext("Given name(s)")),
        Column("first_surname", gettext("First surname")),
        Column("second_surname", gettext("Second surname")),
        Column("email", gettext("E-mail address")),
        Column("employer", gettext("Company or institution")),
        Column("job_title", gettext("Job title")),
        Column("checked_in", gettext("Checked in")),
    ]


def _attendee_rows(tickets: Iterable[TicketView], event: EventView) -> Iterable[list[str | int | None]]:
    for ticket in tickets:
        yield [
            ticket.shown_code,
            ticket.order_code,
            gettext(STATE_WORDS[ticket.state]),
            localized(ticket.ticket_type_name),
            ticket.given_names,
            ticket.first_surname,
            ticket.second_surname,
            ticket.email,
            ticket.employer,
            ticket.job_title,
            _local(ticket.checked_in_at, event.zone),
        ]


def _local(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else ""


async def order_sheet(event: EventView, /, *, now: datetime) -> Sheet:
    """Every order, the oldest first; amounts in the currency's main unit, as a spreadsheet adds them up."""
    columns = [
        Column("code", gettext("Order")),
        Column("state", gettext("State")),
        Column("reference", gettext("Reference")),
        Column("buyer_name", gettext("Ordered by")),
        Column("buyer_email", gettext("E-mail address")),
        Column("seats", gettext("Seats")),
        Column("total", gettext("Total")),
        Column("currency", gettext("Currency")),
        Column("placed_at", gettext("Ordered on")),
        Column("due_at", gettext("Pay until")),
    ]
    rows: list[list[str | int | None]] = []
    async for page in queries.order_pages(event.id):
        rows += _order_rows(page, event)
    rows.reverse()
    return Sheet(columns, rows)


def _order_rows(orders: Iterable[OrderLine], event: EventView) -> Iterable[list[str | int | None]]:
    for order in orders:
        yield [
            order.code,
            gettext(STATE_WORDS[order.state]),
            order.reference,
            order.buyer_name,
            order.buyer_email,
            order.seats,
            typed_amount(order.total_minor, order.currency),
            order.currency,
            _local(order.placed_at, event.zone),
            _local(order.due_at, event.zone),
        ]
