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
from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
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
from plenaria.plugins.registration.services.facts import facts_of, facts_of_rows, mail_facts
from plenaria.plugins.registration.services.order_access import new_order_link, required_order
from plenaria.plugins.registration.services.pricing import price_of
from plenaria.plugins.registration.services.seats import give_back_seats, take_seats, taking, took
from plenaria.plugins.registration.settings import RegistrationSettings
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow

EXPIRE_AT_ONCE: Final = 200
"""Orders that one run of the job expires at most; the next run takes the rest."""


class PlacedOrder(Struct, frozen=True):
    """What a buyer gets: the order's page is `/{event}/orders/{code}/{secret}`."""

    code: str
    secret: str
    state: str
    reference: str
    total_minor: int
    currency: str
    due_at: datetime | None


@repeatable
async def place_order(
    event: EventView, request: OrderRequest, *, submission: str, language: str, by: str, now: datetime
) -> PlacedOrder:
    """Place an order and take its seats, or raise `Refused` with every reason.

    `submission` is the form's one-time token or the request's Idempotency-Key: the same one again gives the order that is
    already there (with a new secret), and nobody is registered twice; with other content it is refused.
    """
    key, digest = f"{event.id}/{submission}"[:200], _digest(request)
    try:
        async with transaction():
            return await _place(event, request, key=key, digest=digest, language=language, by=by, now=now)
    except (UniqueViolated, Refused):
        # The same form twice at the same moment: the other one was first, and perhaps took the last seat.
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
    event: EventView, request: OrderRequest, *, key: str, digest: str, language: str, by: str, now: datetime
) -> PlacedOrder:
    settings = await queries.settings(event)
    types = await queries.ticket_types(event.id)
    refusals = rules.order_refusals(request, types, settings.order_rules(), now=now)
    facts = _facts_of_request(request)
    refusals += await plugins.host().ask("refuse_order", event=event, order=facts, now=now)
    price = await price_of(event, facts["attendees"], types, settings, now=now)
    refusals += rules.price_refusals(
        price.totals.total, expected_minor=request.expected_total_minor, currency=event.currency
    )
    refuse(refusals)
    order = _order_row(event, request, settings, price, key=key, digest=digest, language=language, now=now)
    tickets = _ticket_rows(event, request.attendees, types)
    order_id, secret = await _store(event, order, tickets, types, by=by, now=now)
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
    fact = "registration_confirmed" if order.state == "confirmed" else "registration_placed"
    found = await together(
        {
            "order": [order],
            "tickets": tickets,
            "link": [OrderLinkRow(order=Ref("order"), secret_hash=hashed(secret), made_at=now)],
            "audit": [
                audit.line_of(
                    "order.placed", by=by, subject=f"order:{order.code}", event=event.id, facts=figures, now=now
                )
            ],
            "outbox": outbox.lines_of(fact, event=event, now=now, order=facts),
        },
        leading=None if others else taking(event, types[first[0]], first[1]),
    )
    await outbox.wake_after_commit()
    if others:
        await take_seats(event, types, wanted, now=now)
    else:
        await took(event, first[0], found["leading"], wanted=first[1], now=now)
    return found["order"][0], secret


def _facts_of_request(request: OrderRequest) -> dict[str, Any]:
    builtins: dict[str, Any] = msgspec.to_builtins(request)
    return {name: builtins[name] for name in ("attendees", "buyer_name", "buyer_email")}


def _order_row(
    event: EventView,
    request: OrderRequest,
    settings: RegistrationSettings,
    price: Price,
    *,
    key: str,
    digest: str,
    language: str,
    now: datetime,
) -> OrderRow:
    totals = price.totals
    state = rules.first_state(totals.total)
    invoice = request.invoice.cleaned() if request.invoice else None
    code = new_code(rules.ORDER_LENGTH)
    people = [part for each in request.attendees for part in (*_names(each), each.email, each.employer)]
    legal_name = invoice.legal_name if invoice else ""
    return OrderRow(
        event=event.id,
        code=code,
        state=state,
        language=language,
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
        due_at=rules.due_at(now, days=settings.payment_days) if state == "awaiting_payment" else None,
        confirmed_at=now if state == "confirmed" else None,
        search=order_search(code, request.buyer_name, request.buyer_email, legal_name, people),
    )


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
    """Expire the unpaid orders whose time is over, each in its own transaction, and return how many.

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
        .where((OrderRow.id == order.id) & OrderRow.state.is_in(list(rules.HOLDS_SEATS)))
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
        now=now,
    )
    ended = await required_order(event, order.code)
    await outbox.tell("registration_cancelled", event=event, now=now, order=facts_of(ended))
    return True
