"""Ticket types, orders, tickets, scans and the waiting list, as stored."""

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from plenaria.core.events.tables import Event


class TicketTypeRow(Table, tablename="registration_ticket_type"):
    """A kind of ticket. `taken` counts the seats that orders hold; only conditional updates touch it."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    name = JSON(default="{}")
    description = JSON(default="{}")
    price_minor = BigInt(default=0)
    size = Integer(default=None, null=True)
    taken = Integer(default=0)
    opens_at = Timestamptz(default=None, null=True)
    closes_at = Timestamptz(default=None, null=True)
    grace_s = Integer(default=0)
    most_per_order = Integer(default=10)
    is_visible = Boolean(default=True)
    sort_order = Integer(default=50)
    key = Varchar(length=80, unique=True)
    """`{event id}/{code}`."""

    registration_ticket_type_taken_counts = Check(taken >= 0)
    # The last guard of a seat. With no size the comparison is NULL, which a CHECK lets pass.
    registration_ticket_type_taken_fits = Check(taken <= size)
    registration_ticket_type_price_counts = Check(price_minor >= 0)


class OrderRow(Table, tablename="registration_order"):
    """An order. Its state changes by conditional updates only, so that seats are given back once."""

    id: Serial
    event = ForeignKey(references=Event, null=False)
    code = Varchar(length=12, unique=True)
    state = Varchar(length=20, index=True)
    language = Varchar(length=8, default="es")
    buyer_name = Varchar(length=200)
    buyer_email = Varchar(length=254, index=True)
    net_minor = BigInt(default=0)
    tax_minor = BigInt(default=0)
    total_minor = BigInt(default=0)
    lines = JSON(default="[]")
    """The price's lines as they were shown and ordered; empty for orders from before they were kept."""
    tax_percent = Integer(default=0)
    currency = Varchar(length=3, default="MXN")
    invoice = JSON(default=None, null=True)
    notice_version = Varchar(length=30, default="")
    purposes = JSON(default="[]")
    """The voluntary ones that were agreed to."""
    consented_at = Timestamptz(default=None, null=True)
    submission = Varchar(length=200, unique=True, null=True, default=None)
    """`{event id}/{one-time token of the form or Idempotency-Key}`: the same submission is stored once."""
    submission_hash = Varchar(length=64, default="")
    placed_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None, null=True)
    paid_on = Date(default=None, null=True)
    tracking_key = Varchar(length=40, default="")
    confirmed_at = Timestamptz(default=None, null=True)
    cancelled_at = Timestamptz(default=None, null=True)
    cancel_reason = Varchar(length=500, default="")
    placed_mail_at = Timestamptz(default=None, null=True)
    confirmation_mail_at = Timestamptz(default=None, null=True)
    search = Text(default="")
    """Buyer, attendees, employers and codes, without capitals and accents."""

    # An event's orders, the newest first: the index gives them in this order.
    registration_order_event_id_key = Unique([event, "id"])

    registration_order_has_state = Check(
        "state IN ('unconfirmed', 'awaiting_payment', 'confirmed', 'cancelled', 'expired')"
    )
    registration_order_total_counts = Check(total_minor >= 0)


class OrderLinkRow(Table, tablename="registration_order_link"):
    """A secret address of an order's page, kept only as a hash. Every mail carries one of its own."""

    id: Serial
    order = ForeignKey(references=OrderRow, null=False, index=True)
    secret_hash = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=None)
    confirms = Boolean(default=False)
    """Whether it was mailed to the buyer: who has it, reads that address."""


class TicketRow(Table, tablename="registration_ticket"):
    """One attendee's ticket; whether it is valid is its order's state."""

    id: Serial
    event = ForeignKey(references=Event, null=False)
    order = ForeignKey(references=OrderRow, null=False, index=True)
    ticket_type = ForeignKey(references=TicketTypeRow, null=False, index=True)
    place = Integer(default=0)
    code = Varchar(length=12, unique=True)
    price_minor = BigInt(default=0)
    given_names = Varchar(length=100)
    first_surname = Varchar(length=100)
    second_surname = Varchar(length=100, default="")
    email = Varchar(length=254, index=True)
    employer = Varchar(length=200, default="")
    job_title = Varchar(length=120, default="")
    checked_in_at = Timestamptz(default=None, null=True)
    checked_in_by = Varchar(length=60, default="")
    search = Text(default="")
    """Name, address, employer and code, without capitals and accents."""

    registration_ticket_event_id_key = Unique([event, "id"])


class ScanRow(Table, tablename="registration_scan"):
    """A code that was scanned at the door, and the answer to it; a scan that is sent again gets the same answer."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    key = Varchar(length=120, unique=True)
    """`{event id}/{the scanner's own id of the scan}`."""
    ticket = ForeignKey(references=TicketRow, null=True, index=True)
    code = Varchar(length=64, default="")
    answer = Varchar(length=20)
    at = Timestamptz(default=None)
    by = Varchar(length=60, default="")


class WaitingRow(Table, tablename="registration_waiting"):
    """Somebody who wants a ticket that is sold out."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    ticket_type = ForeignKey(references=TicketTypeRow, null=False, index=True)
    name = Varchar(length=200)
    email = Varchar(length=254)
    seats = Integer(default=1)
    note = Text(default="")
    language = Varchar(length=8, default="es")
    joined_at = Timestamptz(default=None)
    key = Varchar(length=340, unique=True)
    """`{ticket type id}/{address}`: one place a person."""
