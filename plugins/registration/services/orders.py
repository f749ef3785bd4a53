"""Placing orders, marking them as paid, cancelling and expiring them.

An order's state changes by conditional UPDATEs, so that of two changes at once only one takes effect.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from plenaria.core import mail
from plenaria.core.events import queries as event_queries
from plenaria.core.forms import RecordedChange, changed_value
from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.people.queries import normal_email
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import (
    Ref,
    UniqueViolated,
    in_transaction,
    lock_row,
    repeatable,
    together,
    transaction,
)
from plenaria.plugins.registration import queries, rules
from plenaria.plugins.registration.forms import AttendeeRequest, OrderRequest
from plenaria.plugins.registration.queries import OrderView, TicketTypeView
from plenaria.plugins.registration.rules import Price
from plenaria.plugins.registration.services.attempts import count_mail
from plenaria.plugins.registration.services.exporting import STATE_WORDS
from plenaria.plugins.registration.services.facts import facts_of, facts_of_rows, mail_facts
from plenaria.plugins.registration.services.letters import send_confirm_link
from plenaria.plugins.registration.services.order_access import new_order_link, required_order
from plenaria.plugins.registration.services.pricing import price_of
from plenaria.plugins.registration.services.seats import give_back_seats, take_seats, taking, took
from plenaria.plugins.registration.settings import RegistrationSettings
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow

EXPIRE_AT_ONCE: Final = 200
"""Orders that one run of the job expires at most; the next run takes the rest."""

_FACT_OF: Final = {"confirmed": "registration_confirmed", "awaiting_payment": "registration_placed"}
"""What the other plugins hear of an order, by its state."""


class PlacedOrder(Struct, frozen=True):
    """What a buyer gets: the order's page is `/{event}/orders/{code}/{secret}`."""

    code: str
    secret: str
    state: str
    reference: str
    total_minor: int
    currency: str
    due_at: datetime | None


class _Buyer(Struct, frozen=True):
    language: str
    is_verified: bool
    holds_at_once: bool
    """Whether the order need not wait until the address is confirmed."""
    by: str


@repeatable
async def place_order(
    event: EventView,
    request: OrderRequest,
    *,
    submission: str,
    language: str,
    is_verified: bool,
    by: str,
    now: datetime,
) -> PlacedOrder:
    """Place an order and take its seats, or raise `Refused` with every reason.

    `is_verified`: the buyer's address is known to be theirs. Otherwise the order holds its seats for minutes, until the
    address is confirmed from a mail (where the settings ask for that).

    `submission` is the form's one-time token or the request's Idempotency-Key: the same one again gives the order that is
    already there (with a new secret), and nobody is registered twice; with other content it is refused.
    """
    key, digest = f"{event.id}/{submission}"[:200], _digest(request)
    settings = await queries.settings(event)
    buyer = _Buyer(language, is_verified, is_verified or settings.confirm_minutes == 0, by)
    try:
        async with transaction():
            return await _place(event, request, settings, buyer, key=key, digest=digest, now=now)
    except (UniqueViolated, Refused):
        # The same form again, perhaps at the same moment: its own order may be what is in the way, as when it took the last seat.
        if not in_transaction() and (earlier := await _earlier(key, digest, now=now)) is not None:
            return earlier
        raise


def _digest(request: OrderRequest) -> str:
    return hashlib.sha256(msgspec.json.encode(request)).hexdigest()


async def _earlier(key: str, digest: str, *, now: datetime) -> PlacedOrder | None:
    stored = await queries.order_of_submission(key)
    if stored is None:
        return None
    order, earlier_digest = stored
    if earlier_digest != digest:
        raise Refused(Refusal("form_already_sent", {"order": order.shown_code}))
    return _placed(order, order.reference, await new_order_link(order.id, now=now))


def _placed(order: OrderView | OrderRow, reference: str, secret: str) -> PlacedOrder:
    return PlacedOrder(
        code=order.code,
        secret=secret,
        state=order.state,
        reference=reference,
        total_minor=order.total_minor,
        currency=order.currency,
        due_at=order.due_at,
    )


async def _place(
    event: EventView,
    request: OrderRequest,
    settings: RegistrationSettings,
    buyer: _Buyer,
    *,
    key: str,
    digest: str,
    now: datetime,
) -> PlacedOrder:
    types = await queries.ticket_types(event.id)
    refusals = rules.order_refusals(request, types, settings.order_rules(), now=now)
    facts = _facts_of_request(request)
    refusals += await plugins.host().ask("refuse_order", event=event, order=facts, now=now)
    price = await price_of(event, facts["attendees"], types, settings, now=now)
    refusals += rules.price_refusals(
        price.totals.total, expected_minor=request.expected_total_minor, currency=event.currency
    )
    refuse(refusals)
    if not buyer.is_verified:
        await count_mail(normal_email(request.buyer_email), now=now)  # with the order: what is refused mails nobody
    order = _order_row(event, request, settings, price, buyer, key=key, digest=digest, now=now)
    tickets = _ticket_rows(event, request.attendees, types)
    order_id, secret = await _store(event, order, tickets, types, by=buyer.by, now=now)
    if order.state == "unconfirmed":
        await send_confirm_link(event, await required_order(event, order.code), now=now)
    return _placed(order, rules.reference_of(order_id), secret)


async def _store(
    event: EventView,
    order: OrderRow,
    tickets: Sequence[TicketRow],
    types: Mapping[str, TicketTypeView],
    *,
    by: str,
    now: datetime,
) -> tuple[int, str]:
    """Store everything that an order is, take its seats, and return its key and its secret.

    Seats come last, so that others who want the same wait only for the commit: with the rows in one statement where
    one ticket type is wanted, else one after another (statements that write together run in no promised order).
    """
    secret, facts = new_secret(), facts_of_rows(order, tickets, types)
    wanted = Counter(next(code for code, kind in types.items() if kind.id == each.ticket_type) for each in tickets)
    (first, *others) = wanted.items()
    figures = {"seats": len(tickets), "total_minor": order.total_minor, "state": order.state}
    found = await together(
        {
            "order": [order],
            "tickets": tickets,
            "link": [OrderLinkRow(order=Ref("order"), secret_hash=hashed(secret), made_at=now)],
            "audit": [
                audit.line_of(
                    "order.placed",
                    by=by,
                    subject=f"order:{order.code}",
                    event=event.id,
                    facts=figures,
                    changes=[
                        *_state_changed(None, order.state),
                        *changed_value(N_("Seats"), None, len(tickets), kind="int"),
                        *changed_value(N_("Total"), None, order.total_minor, kind="money", currency=event.currency),
                    ],
                    now=now,
                )
            ],
            "outbox": _lines_about(event, order.state, facts, now=now),
        },
        leading=None if others else taking(event, types[first[0]], first[1]),
    )
    await outbox.wake_after_commit()
    if others:
        await take_seats(event, types, wanted, now=now)
    else:
        await took(event, first[0], found["leading"], wanted=first[1], now=now)
    return found["order"][0], secret


def _lines_about(event: EventView, state: str, facts: dict[str, Any], *, now: datetime) -> list[Any]:
    """The other plugins' lines in the outbox; none while the buyer is unknown."""
    return outbox.lines_of(_FACT_OF[state], event=event, now=now, order=facts) if state in _FACT_OF else []


async def _go_on(event: EventView, order: OrderView, *, now: datetime) -> None:
    """What an order's new state sets off. Of one whose buyer is unknown the other plugins hear when that has changed."""
    if order.state == "unconfirmed":
        await send_confirm_link(event, order, now=now)
        return
    await outbox.tell(_FACT_OF[order.state], event=event, now=now, order=facts_of(order))


def _state_changed(before: str | None, after: str) -> list[RecordedChange]:
    return changed_value(N_("State"), before, after, kind="choice", words=STATE_WORDS)


def _facts_of_request(request: OrderRequest) -> dict[str, Any]:
    builtins: dict[str, Any] = msgspec.to_builtins(request)
    return {name: builtins[name] for name in ("attendees", "buyer_name", "buyer_email")}


def _order_row(
    event: EventView,
    request: OrderRequest,
    settings: RegistrationSettings,
    price: Price,
    buyer: _Buyer,
    *,
    key: str,
    digest: str,
    now: datetime,
) -> OrderRow:
    totals = price.totals
    state = rules.first_state(totals.total, is_verified=buyer.holds_at_once)
    invoice = request.invoice.cleaned() if request.invoice else None
    code = new_code(rules.ORDER_LENGTH)
    people = [part for each in request.attendees for part in (*_names(each), each.email, each.employer)]
    legal_name = invoice.legal_name if invoice else ""
    return OrderRow(
        event=event.id,
        code=code,
        state=state,
        language=buyer.language,
        buyer_name=request.buyer_name.strip(),
        buyer_email=normal_email(request.buyer_email),
        net_minor=totals.net,
        tax_minor=totals.tax,
        total_minor=totals.total,
        lines=msgspec.json.encode(price.lines).decode(),
        tax_percent=settings.tax_percent,
        currency=event.currency,
        invoice=msgspec.json.encode(invoice).decode() if invoice else None,
        notice_version=settings.notice_version if request.accepts_notice else "",
        purposes=msgspec.json.encode(request.purposes).decode(),
        consented_at=now if request.accepts_notice and settings.asks_for_consent else None,
        submission=key,
        submission_hash=digest,
        placed_at=now,
        due_at=_due_at(state, settings, now),
        confirmed_at=now if state == "confirmed" else None,
        search=order_search(code, request.buyer_name, request.buyer_email, legal_name, people),
    )


def _due_at(state: rules.OrderState, settings: RegistrationSettings, now: datetime) -> datetime | None:
    return rules.due_at(state, now, payment_days=settings.payment_days, confirm_minutes=settings.confirm_minutes)


def order_search(code: str, buyer_name: str, buyer_email: str, legal_name: str, people: Sequence[str]) -> str:
    """What an order is found by. `people`: names, addresses and employers of its tickets."""
    return rules.folded(" ".join([code, buyer_name, buyer_email, legal_name, *people]))


def _names(attendee: AttendeeRequest) -> tuple[str, str, str]:
    return attendee.given_names, attendee.first_surname, attendee.second_surname


def _ticket_rows(
    event: EventView, attendees: Sequence[AttendeeRequest], types: Mapping[str, TicketTypeView]
) -> list[TicketRow]:
    return [_ticket_row(event, place, each, types[each.ticket_type]) for place, each in enumerate(attendees)]


def _ticket_row(event: EventView, place: int, attendee: AttendeeRequest, kind: TicketTypeView) -> TicketRow:
    code = new_code(rules.TICKET_LENGTH)
    given_names, first_surname, second_surname = (" ".join(name.split()) for name in _names(attendee))
    return TicketRow(
        event=event.id,
        order=Ref("order"),
        ticket_type=kind.id,
        place=place,
        code=code,
        price_minor=kind.price_minor,
        given_names=given_names,
        first_surname=first_surname,
        second_surname=second_surname,
        email=normal_email(attendee.email),
        employer=attendee.employer.strip(),
        job_title=attendee.job_title.strip(),
        search=rules.folded(f"{' '.join(_names(attendee))} {attendee.email} {attendee.employer} {code}"),
    )


def new_code(length: int) -> str:
    """A random code that is not used yet, as far as chance can tell (the database makes sure)."""
    while True:
        if (code := rules.code_of(secrets.randbelow(rules.numbers_of(length)), length)) is not None:
            return code


# -- after the order ------------------------------------------------------------------------------------------


@repeatable
async def confirm_address(event: EventView, code: str, *, by: str, now: datetime) -> OrderView:
    """The buyer's address is theirs: the order goes on to its payment, or is complete. Once; again it changes nothing.

    Raises `Refused(confirmed_too_late, order_cancelled)`.
    """
    settings = await queries.settings(event)
    async with transaction():
        order = await required_order(event, code)
        refuse(rules.confirmation_refusals(order.state, due_at=order.due_at, now=now))
        state = rules.first_state(order.total_minor, is_verified=True)
        changed = await (
            OrderRow.update(
                {
                    OrderRow.state: state,
                    OrderRow.due_at: _due_at(state, settings, now),
                    OrderRow.confirmed_at: now if state == "confirmed" else None,
                }
            )
            .where((OrderRow.id == order.id) & (OrderRow.state == "unconfirmed"))
            .returning(OrderRow.id)
        )
        if not changed:  # somebody was first: confirmed already, or over
            found = await required_order(event, order.code)
            refuse(rules.confirmation_refusals(found.state, due_at=found.due_at, now=now))
            return found
        subject = f"order:{order.code}"
        await audit.record(
            "order.address_confirmed",
            by=by,
            subject=subject,
            event=event.id,
            facts={"state": state},
            changes=_state_changed("unconfirmed", state),
            now=now,
        )
        confirmed = await required_order(event, order.code)
        await _go_on(event, confirmed, now=now)
        return confirmed


async def mail_confirm_link_again(event: EventView, code: str, *, now: datetime) -> None:
    """Another mail with a link that confirms. Raises `Refused(too_many_mails, confirmed_too_late, …)`."""
    order = await required_order(event, code)
    refuse(rules.confirmation_refusals(order.state, due_at=order.due_at, now=now))
    if order.state != "unconfirmed":
        return
    await count_mail(order.buyer_email, now=now)
    async with transaction():
        await send_confirm_link(event, order, now=now)


@repeatable
async def mark_paid(
    event: EventView, code: str, *, paid_on: date, tracking_key: str, by: str, now: datetime
) -> OrderView:
    """Record a transfer and confirm the order. One that had expired takes its seats again, if they can still be had."""
    async with transaction():
        order = await required_order(event, code)
        today = now.astimezone(ZoneInfo(event.zone)).date()
        refuse(rules.payment_refusals(order.state, paid_on=paid_on, today=today))
        changed = await (
            OrderRow.update(
                {
                    OrderRow.state: "confirmed",
                    OrderRow.paid_on: paid_on,
                    OrderRow.tracking_key: tracking_key.strip().upper(),
                    OrderRow.confirmed_at: now,
                }
            )
            .where((OrderRow.id == order.id) & (OrderRow.state == order.state))
            .returning(OrderRow.id)
        )
        if not changed:
            raise Refused(Refusal("already_paid"))
        if order.state == "expired":
            types = await queries.ticket_types(event.id)
            await take_seats(event, types, Counter(ticket.ticket_type for ticket in order.tickets), now=now)
        await audit.record(
            "order.paid",
            by=by,
            subject=f"order:{order.code}",
            event=event.id,
            facts={"paid_on": paid_on.isoformat(), "total_minor": order.total_minor, "was": order.state},
            changes=[
                *_state_changed(order.state, "confirmed"),
                *changed_value(N_("Paid on"), None, paid_on.isoformat(), kind="date"),
                *changed_value(N_("Total"), None, order.total_minor, kind="money", currency=event.currency),
            ],
            now=now,
        )
        confirmed = await required_order(event, order.code)
        await outbox.tell("registration_confirmed", event=event, now=now, order=facts_of(confirmed))
        return confirmed


@repeatable
async def cancel_order(
    event: EventView, code: str, *, reason: str, by_attendee: bool, by: str, now: datetime
) -> OrderView:
    """Cancel an order and give its seats back, once. A buyer is held to what the settings allow."""
    settings = await queries.settings(event)
    async with transaction():
        await lock_row(OrderRow, (await required_order(event, code)).id)  # no check-in with it meanwhile
        order = await required_order(event, code)
        refuse(
            rules.cancellation_refusals(
                order.state,
                by_attendee=by_attendee,
                may=settings.attendees_may_cancel,
                until=settings.cancel_until,
                checked_in=sum(ticket.checked_in_at is not None for ticket in order.tickets),
                now=now,
            )
        )
        if not await _release(event, order, "cancelled", reason=reason, by=by, now=now):
            raise Refused(Refusal("already_cancelled"))
        if order.state == "unconfirmed" and by_attendee:
            return await required_order(event, order.code)
        with using(order.language):
            words = reason or gettext("As you asked.")
        await mail.send(
            "registration.cancelled",
            to=order.buyer_email,
            language=order.language,
            event=event,
            facts={**mail_facts(event, order), "reason": words},
            now=now,
        )
        return await required_order(event, order.code)


async def expire_unpaid(*, now: datetime) -> int:
    """Expire the unpaid and unconfirmed orders whose time is over, each in its own transaction, and return how many.

    An event where the plugin is switched off is left as it is.
    """
    every = await event_queries.events(public_only=False)
    on = {event.id: event for event in every if "registration" in event.plugins}
    due = await queries.orders_due(now, list(on), most=EXPIRE_AT_ONCE)
    return sum([await _expire(on[event_id], code, now=now) for event_id, code in due])


@repeatable
async def _expire(event: EventView, code: str, *, now: datetime) -> bool:
    async with transaction():
        order = await required_order(event, code)
        if not rules.is_expired(order.state, due_at=order.due_at, now=now):
            return False
        if not await _release(event, order, "expired", reason="", by="system", now=now):
            return False
        if order.state == "unconfirmed":
            return True  # nobody has shown that the address is theirs: it gets no further mail
        await mail.send(
            "registration.expired",
            to=order.buyer_email,
            language=order.language,
            event=event,
            facts={**mail_facts(event, order), "link": f"{mail.address()}/{event.slug}/register"},
            now=now,
        )
        return True


async def _release(event: EventView, order: OrderView, state: str, *, reason: str, by: str, now: datetime) -> bool:
    """Move an order that holds seats to `state` and free them. False when somebody else was first."""
    changed = await (
        OrderRow.update({OrderRow.state: state, OrderRow.cancelled_at: now, OrderRow.cancel_reason: reason[:500]})
        .where((OrderRow.id == order.id) & (OrderRow.state == order.state))
        .returning(OrderRow.id)
    )
    if not changed:
        return False
    await give_back_seats(event, order, now=now)
    await audit.record(
        f"order.{state}",
        by=by,
        subject=f"order:{order.code}",
        event=event.id,
        facts={"seats": order.seats, "was": order.state},
        changes=_state_changed(order.state, state),
        now=now,
    )
    if order.state == "unconfirmed":
        return True  # no plugin has heard of it
    ended = await required_order(event, order.code)
    await outbox.tell("registration_cancelled", event=event, now=now, order=facts_of(ended))
    return True
