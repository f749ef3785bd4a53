"""Orders: what may be ordered, when it holds its seats, when it may be cancelled."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from plenaria.core.kernel.values import N_, LocalizedText, Refusal, Window
from plenaria.plugins.registration.rules.invoices import InvoiceRequest, invoice_refusals

OrderState = Literal["awaiting_payment", "confirmed", "cancelled", "expired"]
HOLDS_SEATS: Final = ("awaiting_payment", "confirmed")

EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
MOST_ATTENDEES: Final = 50
"""Attendees in one order, whatever the ticket types allow."""


class TicketType(Struct, frozen=True, kw_only=True):
    """A kind of ticket as the rules need it. `size` None: as many as anybody wants."""

    id: int
    code: str
    name: LocalizedText
    price_minor: int
    description: LocalizedText = {}
    size: int | None = None
    taken: int = 0
    sales: Window = Window()
    most_per_order: int = 10
    is_visible: bool = True
    sort_order: int = 50

    @property
    def left(self) -> int | None:
        """Seats that are free; None: no limit."""
        return None if self.size is None else max(self.size - self.taken, 0)

    @property
    def is_sold_out(self) -> bool:
        return self.left == 0


class AttendeeRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person who is to come."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50, extra={"known": "ticket_types"})]
    given_names: Annotated[
        str, Meta(title=N_("Given name(s)"), min_length=1, max_length=100, extra={"autocomplete": "given-name"})
    ]
    first_surname: Annotated[
        str, Meta(title=N_("First surname"), min_length=1, max_length=100, extra={"autocomplete": "family-name"})
    ]
    second_surname: Annotated[str, Meta(title=N_("Second surname"), max_length=100)] = ""
    email: Annotated[
        str,
        Meta(
            title=N_("E-mail address"),
            max_length=254,
            pattern=EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    employer: Annotated[
        str, Meta(title=N_("Company or institution"), max_length=200, extra={"autocomplete": "organization"})
    ] = ""
    job_title: Annotated[
        str, Meta(title=N_("Job title"), max_length=120, extra={"autocomplete": "organization-title"})
    ] = ""


class OrderRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for: attendees, who buys, invoice data, consent."""

    attendees: Annotated[tuple[AttendeeRequest, ...], Meta(title=N_("Attendee"), max_length=MOST_ATTENDEES)] = ()
    buyer_name: Annotated[
        str, Meta(title=N_("Your name"), min_length=1, max_length=200, extra={"autocomplete": "name"})
    ]
    buyer_email: Annotated[
        str,
        Meta(
            title=N_("Your e-mail address"),
            description=N_("The confirmation and the tickets go here."),
            max_length=254,
            pattern=EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    invoice: Annotated[InvoiceRequest | None, Meta(title=N_("Invoice data"))] = None
    accepts_notice: Annotated[bool, Meta(title=N_("I have read the privacy notice and accept it."))] = False
    notice_version: Annotated[str, Meta(title=N_("Version of the notice"), max_length=30)] = ""
    purposes: Annotated[
        tuple[str, ...], Meta(title=N_("Voluntary purposes"), max_length=20, extra={"known": "purposes"})
    ] = ()
    expected_total_minor: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            title=N_("Total that was shown"),
            description=N_("In minor units; refused with price_changed when the order costs something else."),
        ),
    ] = None


class OrderRules(Struct, frozen=True, kw_only=True):
    """What the event's settings say about orders."""

    notice_version: str = ""
    purposes: tuple[str, ...] = ()
    rfc_check_digit: bool = True
    needs_consent: bool = True
    """False where the event has published no privacy notice that one could accept."""


def order_refusals(
    request: OrderRequest, types: Mapping[str, TicketType], rules: OrderRules, *, now: datetime
) -> list[Refusal]:
    """Every reason against the order at once; nothing when it may go on to take its seats.

    `types`: the event's ticket types by code. A hidden one is as good as unknown.
    """
    return [
        *_attendee_refusals(request.attendees, types),
        *_type_refusals(request.attendees, types, now),
        *_consent_refusals(request, rules),
        *(invoice_refusals(request.invoice, check_digit=rules.rfc_check_digit) if request.invoice else ()),
    ]


def wanted(attendees: Sequence[AttendeeRequest]) -> Counter[str]:
    """Seats by ticket type code."""
    return Counter(attendee.ticket_type for attendee in attendees)


def sold_out(kind: TicketType, *, wanted: int) -> Refusal:
    """The refusal of the last seat; `left` is what can still be had."""
    return Refusal("sold_out", {"ticket_type": kind.code, "name": kind.name, "wanted": wanted, "left": kind.left or 0})


def _attendee_refusals(attendees: Sequence[AttendeeRequest], types: Mapping[str, TicketType]) -> Iterator[Refusal]:
    if not attendees:
        yield Refusal("no_attendees", {}, "/attendees")
    yield from unknown_ticket_types([attendee.ticket_type for attendee in attendees], types)


def unknown_ticket_types(codes: Sequence[str], types: Mapping[str, TicketType]) -> Iterator[Refusal]:
    """The attendees whose ticket type is not on sale to everybody; `codes` in their order."""
    for place, code in enumerate(codes):
        kind = types.get(code)
        if kind is None or not kind.is_visible:
            yield Refusal("unknown_ticket_type", {"ticket_type": code}, f"/attendees/{place}/ticket_type")


def _type_refusals(
    attendees: Sequence[AttendeeRequest], types: Mapping[str, TicketType], now: datetime
) -> Iterator[Refusal]:
    for code, count in wanted(attendees).items():
        kind = types.get(code)
        if kind is None or not kind.is_visible:
            continue
        for refusal in kind.sales.refusals(now, subject="sales"):
            yield Refusal(refusal.code, {**refusal.facts, "ticket_type": code, "name": kind.name})
        if count > kind.most_per_order:
            facts = {"ticket_type": code, "name": kind.name, "most": kind.most_per_order, "wanted": count}
            yield Refusal("too_many_tickets", facts)
        if kind.left is not None and count > kind.left:
            yield sold_out(kind, wanted=count)


def _consent_refusals(request: OrderRequest, rules: OrderRules) -> Iterator[Refusal]:
    if not rules.needs_consent:
        return
    if not request.accepts_notice:
        yield Refusal("notice_not_accepted", {}, "/accepts_notice")
    elif request.notice_version and request.notice_version != rules.notice_version:
        facts = {"accepted": request.notice_version, "current": rules.notice_version}
        yield Refusal("notice_changed", facts, "/accepts_notice")
    for place, purpose in enumerate(request.purposes):
        if purpose not in rules.purposes:
            yield Refusal("unknown_purpose", {"purpose": purpose}, f"/purposes/{place}")


# -- after the order -----------------------------------------------------------------------------------------------


def first_state(total_minor: int) -> OrderState:
    """Free orders are confirmed at once."""
    return "confirmed" if total_minor == 0 else "awaiting_payment"


def due_at(placed_at: datetime, *, days: int) -> datetime:
    """Until when an unpaid order holds its seats: so many days."""
    return placed_at + timedelta(days=days)


def payment_refusals(state: str, *, paid_on: date, today: date) -> list[Refusal]:
    """Why an order cannot be marked as paid. An expired one can, if its seats can still be had."""
    if state == "confirmed":
        return [Refusal("already_paid")]
    if state == "cancelled":
        return [Refusal("order_cancelled")]
    return [Refusal("paid_in_the_future", {}, "/paid_on")] if paid_on > today else []


AttendeesMayCancel = Literal["no", "unpaid", "always"]


def cancellation_refusals(
    state: str,
    *,
    by_attendee: bool,
    may: AttendeesMayCancel,
    until: datetime | None,
    checked_in: int,
    now: datetime,
) -> list[Refusal]:
    """Why an order cannot be cancelled; the organiser may cancel whatever still holds seats."""
    if state == "cancelled":
        return [Refusal("already_cancelled")]
    if state == "expired":
        return [Refusal("order_expired")]
    if not by_attendee:
        return []
    reasons = []
    if may == "no" or (may == "unpaid" and state != "awaiting_payment"):
        reasons.append(Refusal("cancellation_by_organisers_only"))
    if until is not None and Window(None, until).is_after(now):
        reasons.append(Refusal("cancellation_closed", {"closes_at": until}))
    if checked_in:
        reasons.append(Refusal("already_inside"))
    return reasons


def is_expired(state: str, *, due_at: datetime | None, now: datetime) -> bool:
    """Whether the seats of an unpaid order are to be given back: from the due instant on."""
    return state == "awaiting_payment" and due_at is not None and Window(None, due_at).is_after(now)
