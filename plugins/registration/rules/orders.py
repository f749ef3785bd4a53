"""Orders: what may be ordered, when it holds its seats, when it may be cancelled."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, Protocol

from msgspec import Struct

from plenaria.core.kernel.values import LocalizedText, Refusal, Window
from plenaria.plugins.registration.rules.invoices import Invoice, invoice_refusals
from plenaria.plugins.registration.rules.names import name_refusals

OrderState = Literal["unconfirmed", "awaiting_payment", "confirmed", "cancelled", "expired"]
"""`unconfirmed`: nobody has shown yet that the buyer's address is theirs; the seats are held for minutes only."""
HOLDS_SEATS: Final = ("unconfirmed", "awaiting_payment", "confirmed")

MOST_ATTENDEES: Final = 50
"""Attendees in one order, whatever the ticket types allow."""


class TicketType(Protocol):
    """What is decided on of a ticket type. `left`: seats that are free; None: no limit."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> LocalizedText: ...
    @property
    def price_minor(self) -> int: ...
    @property
    def sales(self) -> Window: ...
    @property
    def most_per_order(self) -> int: ...
    @property
    def is_visible(self) -> bool: ...
    @property
    def left(self) -> int | None: ...


class Attendee(Protocol):
    """What is decided on of an attendee."""

    @property
    def ticket_type(self) -> str: ...
    @property
    def given_names(self) -> str: ...
    @property
    def first_surname(self) -> str: ...
    @property
    def second_surname(self) -> str: ...
    @property
    def employer(self) -> str: ...
    @property
    def job_title(self) -> str: ...


class Order(Protocol):
    """What is decided on of an order that somebody wants to place."""

    @property
    def attendees(self) -> Sequence[Attendee]: ...
    @property
    def buyer_name(self) -> str: ...
    @property
    def invoice(self) -> Invoice | None: ...
    @property
    def accepts_notice(self) -> bool: ...
    @property
    def notice_version(self) -> str: ...
    @property
    def purposes(self) -> Sequence[str]: ...


class OrderRules(Struct, frozen=True, kw_only=True):
    """What the event's settings say about orders."""

    notice_version: str = ""
    purposes: tuple[str, ...] = ()
    rfc_check_digit: bool = True
    needs_consent: bool = True
    """False where the event has published no privacy notice that one could accept."""


def order_refusals(order: Order, types: Mapping[str, TicketType], rules: OrderRules, *, now: datetime) -> list[Refusal]:
    """Every reason against the order at once; nothing when it may go on to take its seats.

    `types`: the event's ticket types by code. A hidden one is as good as unknown.
    """
    return [
        *_attendee_refusals(order.attendees, types),
        *_type_refusals(order.attendees, types, now),
        *_name_refusals(order),
        *_consent_refusals(order, rules),
        *(invoice_refusals(order.invoice, check_digit=rules.rfc_check_digit) if order.invoice else ()),
    ]


def wanted(attendees: Sequence[Attendee]) -> Counter[str]:
    """Seats by ticket type code."""
    return Counter(attendee.ticket_type for attendee in attendees)


def sold_out(kind: TicketType, *, wanted: int) -> Refusal:
    """The refusal of the last seat; `left` is what can still be had."""
    return Refusal("sold_out", {"ticket_type": kind.code, "name": kind.name, "wanted": wanted, "left": kind.left or 0})


def _attendee_refusals(attendees: Sequence[Attendee], types: Mapping[str, TicketType]) -> Iterator[Refusal]:
    if not attendees:
        yield Refusal("no_attendees", {}, "/attendees")
    yield from unknown_ticket_types([attendee.ticket_type for attendee in attendees], types)


def unknown_ticket_types(codes: Sequence[str], types: Mapping[str, TicketType]) -> Iterator[Refusal]:
    """The attendees whose ticket type is not on sale to everybody; `codes` in their order."""
    for place, code in enumerate(codes):
        kind = types.get(code)
        if kind is None or not kind.is_visible:
            yield Refusal("unknown_ticket_type", {"ticket_type": code}, f"/attendees/{place}/ticket_type")


def _type_refusals(attendees: Sequence[Attendee], types: Mapping[str, TicketType], now: datetime) -> Iterator[Refusal]:
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


def _name_refusals(order: Order) -> Iterator[Refusal]:
    yield from name_refusals(order.buyer_name, "/buyer_name")
    for place, attendee in enumerate(order.attendees):
        for field in ("given_names", "first_surname", "second_surname", "employer", "job_title"):
            yield from name_refusals(getattr(attendee, field), f"/attendees/{place}/{field}")


def _consent_refusals(order: Order, rules: OrderRules) -> Iterator[Refusal]:
    if not rules.needs_consent:
        return
    if not order.accepts_notice:
        yield Refusal("notice_not_accepted", {}, "/accepts_notice")
    elif order.notice_version and order.notice_version != rules.notice_version:
        facts = {"accepted": order.notice_version, "current": rules.notice_version}
        yield Refusal("notice_changed", facts, "/accepts_notice")
    for place, purpose in enumerate(order.purposes):
        if purpose not in rules.purposes:
            yield Refusal("unknown_purpose", {"purpose": purpose}, f"/purposes/{place}")


# -- after the order -----------------------------------------------------------------------------------------------


def first_state(total_minor: int, *, is_verified: bool) -> OrderState:
    """The state of a new order. Of a buyer whose address is known to be theirs, free orders are confirmed at once."""
    if not is_verified:
        return "unconfirmed"
    return "confirmed" if total_minor == 0 else "awaiting_payment"


def due_at(state: OrderState, now: datetime, *, payment_days: int, confirm_minutes: int) -> datetime | None:
    """Until when an order that enters this state now holds its seats; None: for good."""
    spans = {"unconfirmed": timedelta(minutes=confirm_minutes), "awaiting_payment": timedelta(days=payment_days)}
    return now + spans[state] if state in spans else None


def confirmation_refusals(state: str, *, due_at: datetime | None, now: datetime) -> list[Refusal]:
    """Why the buyer's address can no longer be confirmed. Doing it twice is no mistake."""
    if state == "cancelled":
        return [Refusal("order_cancelled")]
    is_late = due_at is not None and Window(None, due_at).is_after(now)
    if state == "expired" or (state == "unconfirmed" and is_late):
        return [Refusal("confirmed_too_late")]
    return []


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
    if not by_attendee or state == "unconfirmed":
        return []
    reasons = []
    if may == "no" or (may == "unpaid" and state == "confirmed"):
        reasons.append(Refusal("cancellation_by_organisers_only"))
    if until is not None and Window(None, until).is_after(now):
        reasons.append(Refusal("cancellation_closed", {"closes_at": until}))
    if checked_in:
        reasons.append(Refusal("already_inside"))
    return reasons


def is_expired(state: str, *, due_at: datetime | None, now: datetime) -> bool:
    """Whether the seats of an unpaid or unconfirmed order are to be given back: from the due instant on."""
    return state in ("unconfirmed", "awaiting_payment") and due_at is not None and Window(None, due_at).is_after(now)
