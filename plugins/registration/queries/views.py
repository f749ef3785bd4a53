"""What the queries of registration return. The API answers with `OrderSummary`, `OrderDocument` and `AttendeeTicket`
themselves; the views add what only our own pages and services use.
"""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from plenaria.core.kernel.values import LocalizedText, Money, PriceLine
from plenaria.plugins.registration.forms import InvoiceRequest
from plenaria.plugins.registration.rules import grouped
from plenaria.plugins.registration.settings import TicketTypeDetails


class TicketTypeView(TicketTypeDetails, frozen=True, kw_only=True):
    """A ticket type as organisers described it, and how many of its seats orders hold."""

    id: int
    taken: int = 0

    @property
    def left(self) -> int | None:
        """Seats that are free; None: no limit."""
        return None if self.size is None else max(self.size - self.taken, 0)

    @property
    def is_sold_out(self) -> bool:
        return self.left == 0


class AttendeeTicket(Struct, frozen=True, kw_only=True):
    """An attendee and the ticket's code; `state` is the order's."""

    code: str
    order_code: str = msgspec.field(name="order")
    state: str
    ticket_type: str
    given_names: str
    first_surname: str
    second_surname: str
    email: str
    employer: str
    job_title: str
    checked_in_at: datetime | None


class TicketView(AttendeeTicket, frozen=True, kw_only=True):
    """A ticket with the attendee's data."""

    id: int
    order_id: int
    ticket_type_name: LocalizedText
    price_minor: int

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    @property
    def shown_code(self) -> str:
        return grouped(self.code)


class OrderSummary(Struct, frozen=True, kw_only=True):
    """An order in a list; amounts in minor units, tax included."""

    code: str
    state: str
    reference: str
    buyer_name: str
    buyer_email: str
    seats: int
    total_minor: int
    currency: str
    placed_at: datetime
    due_at: datetime | None


class OrderLine(OrderSummary, frozen=True, kw_only=True):
    """An order in a list, with its place in it."""

    id: int

    @property
    def shown_code(self) -> str:
        return grouped(self.code)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


class OrderDocument(Struct, frozen=True, kw_only=True):
    """An order with its tickets."""

    code: str
    state: str
    reference: str
    buyer_name: str
    buyer_email: str
    language: str
    net_minor: int
    tax_minor: int
    total_minor: int
    tax_percent: int
    currency: str
    placed_at: datetime
    due_at: datetime | None
    confirmed_at: datetime | None
    paid_on: date | None
    tracking_key: str
    cancelled_at: datetime | None
    cancel_reason: str
    invoice: InvoiceRequest | None
    notice_version: str
    purposes: tuple[str, ...]
    consented_at: datetime | None
    lines: tuple[PriceLine, ...]
    tickets: tuple[AttendeeTicket, ...]


class OrderView(OrderDocument, frozen=True, kw_only=True):
    """An order with everything that belongs to it."""

    id: int
    event: int
    placed_mail_at: datetime | None
    confirmation_mail_at: datetime | None
    tickets: tuple[TicketView, ...]

    def with_tickets(self, tickets: tuple[TicketView, ...]) -> "OrderView":
        """The same order showing only these tickets."""
        return msgspec.structs.replace(self, tickets=tickets)

    @property
    def seats(self) -> int:
        return len(self.tickets)

    @property
    def shown_code(self) -> str:
        return grouped(self.code)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)


class WaitingView(Struct, frozen=True, kw_only=True):
    """A place on the waiting list."""

    id: int
    ticket_type: str
    ticket_type_name: LocalizedText
    name: str
    email: str
    seats: int
    note: str
    joined_at: datetime


class TypeNumbers(Struct, frozen=True, kw_only=True):
    """One ticket type in numbers: `sold` tickets are confirmed, `held` ones wait for their payment."""

    code: str
    name: LocalizedText
    size: int | None
    taken: int
    sold: int
    held: int
    inside: int


class Numbers(Struct, frozen=True, kw_only=True):
    """An event's registration in numbers; money in minor units, tax included."""

    types: tuple[TypeNumbers, ...]
    sold: int
    held: int
    inside: int
    seats: int | None
    revenue_minor: int
    outstanding_minor: int
    orders: dict[str, int]
