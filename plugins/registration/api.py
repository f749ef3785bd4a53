"""The JSON doors of registration."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.params import Parameter
from msgspec import Meta, Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.values import N_, EventView, LocalizedText, PriceLine, Refusal, Refused, builtins, refuse
from plenaria.core.storage.requests import limits
from plenaria.core.web.api import After, Limit, Page, id_after, once, paged, paged_whole
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.queries import OrderLine, OrderView, TicketView
from plenaria.plugins.registration.rules import (
    MOST_ATTENDEES,
    DoorAnswer,
    InvoiceRequest,
    OrderRequest,
    TicketType,
    unknown_ticket_types,
)

Anything = Request[Any, Any, Any]

MOST_SCANS: Final = 500
HOUR: Final = timedelta(hours=1)
ORDERS_AN_HOUR: Final = 120
"""From one address: a company's people may all sit behind the same one."""
QUOTES_AN_HOUR: Final = 1_200

Search = Annotated[str, Parameter(max_length=100, description="Part of a name, address, employer or code.")]
State = Annotated[
    str, Parameter(max_length=20, description="awaiting_payment, confirmed, cancelled or expired; empty: all.")
]


class TicketTypeOnSale(Struct, frozen=True, kw_only=True):
    """A ticket type that can be seen; `left` null: no limit. The price is in minor units."""

    code: str
    name: LocalizedText
    description: LocalizedText
    price_minor: int
    currency: str
    left: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    most_per_order: int


class AttendeeTicket(Struct, frozen=True, kw_only=True):
    """An attendee and the ticket's code; `state` is the order's."""

    code: str
    order: str
    state: str
    ticket_type: str
    given_names: str
    first_surname: str
    second_surname: str
    email: str
    employer: str
    job_title: str
    checked_in_at: datetime | None


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


class QuotedAttendee(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who might come; the address may change what it costs."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50)]
    email: Annotated[str, Meta(title=N_("E-mail address"), max_length=254)] = ""


class QuoteRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose tickets are to be priced."""

    attendees: Annotated[
        tuple[QuotedAttendee, ...], Meta(title=N_("Attendee"), min_length=1, max_length=MOST_ATTENDEES)
    ]


class Quote(Struct, frozen=True, kw_only=True):
    """What an order would cost now; amounts in minor units. Send `total_minor` as the order's `expected_total_minor`."""

    lines: tuple[PriceLine, ...]
    net_minor: int
    tax_minor: int
    total_minor: int
    currency: str


class OrderReceipt(Struct, frozen=True, kw_only=True):
    """What a buyer is told at once; the address of the order's page and the tickets come by mail."""

    code: str
    state: str
    reference: str
    total_minor: int
    currency: str
    due_at: datetime | None


class PaymentRecord(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transfer that arrived."""

    paid_on: Annotated[date, Meta(title=N_("Day of the payment"))]
    tracking_key: Annotated[str, Meta(title=N_("Tracking key (clave de rastreo)"), max_length=40)] = ""


class CancellationReason(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an order is cancelled; the buyer reads it."""

    reason: Annotated[str, Meta(title=N_("Reason"), max_length=500)] = ""


class ScanBatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Scans of one door, also ones that were kept while there was no network. Each `id` counts once."""

    scans: Annotated[tuple[services.Scan, ...], Meta(title=N_("Scans"), min_length=1, max_length=MOST_SCANS)]


class ScanAnswer(Struct, frozen=True, kw_only=True):
    """The answer to one scan: `in`, `already_in` (since `at`), `not_paid`, `cancelled`, `unknown`."""

    id: str
    code: str
    answer: DoorAnswer
    at: datetime | None
    name: str
    employer: str
    ticket_type: str


class ScanAnswers(Struct, frozen=True, kw_only=True):
    """The answers, in the order of the scans."""

    answers: tuple[ScanAnswer, ...]


class WaitingPlace(Struct, frozen=True, kw_only=True):
    """That somebody is on the waiting list."""

    ticket_type: str
    email: str
    seats: int


@get("/api/v1/events/{event_slug:str}/ticket-types", permission="public", operation_id="listTicketTypes")
async def list_ticket_types(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[TicketTypeOnSale]]:
    """The ticket types on sale, in their order."""
    visible = [kind for kind in (await queries.ticket_types(event.id)).values() if kind.is_visible]
    items = [_on_sale(kind, event) for kind in visible]
    return paged_whole(request, items, key=lambda kind: kind.code, after=after, limit=limit)


def _on_sale(kind: TicketType, event: EventView) -> TicketTypeOnSale:
    return TicketTypeOnSale(
        code=kind.code,
        name=kind.name,
        description=kind.description,
        price_minor=kind.price_minor,
        currency=event.currency,
        left=kind.left,
        opens_at=kind.sales.opens_at,
        closes_at=kind.sales.closes_at,
        most_per_order=kind.most_per_order,
    )


@post("/api/v1/events/{event_slug:str}/orders/quote", permission="public", operation_id="quoteOrder", status_code=200)
async def quote_order(event: EventView, visit: Visit, data: QuoteRequest) -> Quote:
    """What these tickets cost, with fees and discounts, by the same reckoning as the order itself."""
    await limits.count("quote", visit.client, most=QUOTES_AN_HOUR, span=HOUR, now=visit.now)
    types = {code: kind for code, kind in (await queries.ticket_types(event.id)).items() if kind.is_visible}
    refuse(unknown_ticket_types([each.ticket_type for each in data.attendees], types))
    attendees = [builtins(each) for each in data.attendees]
    price = await services.price_of(event, attendees, types, await queries.settings(event), now=visit.now)
    return Quote(
        lines=price.lines,
        net_minor=price.totals.net,
        tax_minor=price.totals.tax,
        total_minor=price.totals.total,
        currency=event.currency,
    )


@post("/api/v1/events/{event_slug:str}/orders", permission="public", operation_id="placeOrder", idempotent=True)
async def place_order(request: Anything, event: EventView, visit: Visit, data: OrderRequest) -> Response[OrderReceipt]:
    """Place an order for one or several attendees. Refused with every reason at once; `sold_out` says how many are left."""
    await limits.count("order", visit.client, most=ORDERS_AN_HOUR, span=HOUR, now=visit.now)

    async def place() -> OrderReceipt:
        placed = await services.place_order(
            event, data, submission=f"api:{new_secret()}", language=visit.language, by=visit.by, now=visit.now
        )
        order = await _order(event, placed.code)
        return OrderReceipt(
            code=order.code,
            state=order.state,
            reference=order.reference,
            total_minor=order.total_minor,
            currency=order.currency,
            due_at=order.due_at,
        )

    return await once(request, data, place)


@get("/api/v1/events/{event_slug:str}/orders", permission="registration.view", operation_id="listOrders")
async def list_orders(
    request: Anything,
    event: EventView,
    after: After = "",
    limit: Limit = 50,
    search: Search = "",
    order_state: State = "",
) -> Response[Page[OrderSummary]]:
    """The orders, the newest first."""
    rows = await queries.orders(event.id, state=order_state, search=search, after=id_after(after), most=limit + 1)
    ids = {row.code: row.id for row in rows}
    return paged(request, [_summary(row) for row in rows], key=lambda row: ids[row.code], limit=limit)


def _summary(row: OrderLine) -> OrderSummary:
    return OrderSummary(
        code=row.code,
        state=row.state,
        reference=row.reference,
        buyer_name=row.buyer_name,
        buyer_email=row.buyer_email,
        seats=row.seats,
        total_minor=row.total_minor,
        currency=row.currency,
        placed_at=row.placed_at,
        due_at=row.due_at,
    )


@get("/api/v1/events/{event_slug:str}/orders/{code:str}", permission="registration.view", operation_id="getOrder")
async def get_order(event: EventView, code: str) -> OrderDocument:
    """One order with its tickets."""
    return _document(await _order(event, code))


async def _order(event: EventView, code: str) -> OrderView:
    found = await queries.order(event.id, code)
    if found is None:
        raise Refused(Refusal("not_found", {"order": code}))
    return found


def _document(order: OrderView) -> OrderDocument:
    return OrderDocument(
        code=order.code,
        state=order.state,
        reference=order.reference,
        buyer_name=order.buyer_name,
        buyer_email=order.buyer_email,
        language=order.language,
        net_minor=order.net_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        tax_percent=order.tax_percent,
        currency=order.currency,
        placed_at=order.placed_at,
        due_at=order.due_at,
        confirmed_at=order.confirmed_at,
        paid_on=order.paid_on,
        tracking_key=order.tracking_key,
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        invoice=order.invoice,
        notice_version=order.notice_version,
        purposes=order.purposes,
        consented_at=order.consented_at,
        lines=order.lines,
        tickets=tuple(_attendee(ticket) for ticket in order.tickets),
    )


def _attendee(ticket: TicketView) -> AttendeeTicket:
    return AttendeeTicket(
        code=ticket.code,
        order=ticket.order_code,
        state=ticket.state,
        ticket_type=ticket.ticket_type,
        given_names=ticket.given_names,
        first_surname=ticket.first_surname,
        second_surname=ticket.second_surname,
        email=ticket.email,
        employer=ticket.employer,
        job_title=ticket.job_title,
        checked_in_at=ticket.checked_in_at,
    )


@post(
    "/api/v1/events/{event_slug:str}/orders/{code:str}/pay",
    permission="registration.pay",
    operation_id="payOrder",
    idempotent=True,
    status_code=200,
)
async def pay_order(
    request: Anything, event: EventView, visit: Visit, code: str, data: PaymentRecord
) -> Response[OrderDocument]:
    """Record the transfer and confirm the order; the tickets are mailed."""

    async def pay() -> OrderDocument:
        paid = await services.mark_paid(
            event, code, paid_on=data.paid_on, tracking_key=data.tracking_key, by=visit.by, now=visit.now
        )
        return _document(paid)

    return await once(request, data, pay)


@post(
    "/api/v1/events/{event_slug:str}/orders/{code:str}/cancel",
    permission="registration.edit",
    operation_id="cancelOrder",
    idempotent=True,
    status_code=200,
)
async def cancel_order(
    request: Anything, event: EventView, visit: Visit, code: str, data: CancellationReason
) -> Response[OrderDocument]:
    """Cancel the order and give its seats back, once."""

    async def cancel() -> OrderDocument:
        cancelled = await services.cancel_order(
            event, code, reason=data.reason, by_attendee=False, by=visit.by, now=visit.now
        )
        return _document(cancelled)

    return await once(request, data, cancel)


@get("/api/v1/events/{event_slug:str}/attendees", permission="registration.view", operation_id="listAttendees")
async def list_attendees(
    request: Anything,
    event: EventView,
    after: After = "",
    limit: Limit = 50,
    search: Search = "",
    order_state: State = "",
) -> Response[Page[AttendeeTicket]]:
    """The attendees, the newest first."""
    rows = await queries.attendees(event.id, state=order_state, search=search, after=id_after(after), most=limit + 1)
    ids = {row.code: row.id for row in rows}
    return paged(request, [_attendee(row) for row in rows], key=lambda row: ids[row.code], limit=limit)


@post(
    "/api/v1/events/{event_slug:str}/check-ins",
    permission="registration.check_in",
    operation_id="checkIn",
    status_code=200,
)
async def check_ins(event: EventView, visit: Visit, data: ScanBatch) -> ScanAnswers:
    """Check in a batch of scanned codes. A scan's `id` makes it count once: sent again, it is answered as the first time."""
    results = await services.check_in(event, data.scans, by=visit.by, now=visit.now)
    return ScanAnswers(answers=tuple(map(_scan_answer, data.scans, results)))


def _scan_answer(scan: services.Scan, result: services.DoorResult) -> ScanAnswer:
    ticket = result.ticket
    return ScanAnswer(
        id=scan.id,
        code=result.code,
        answer=result.answer,
        at=result.at,
        name=ticket.name if ticket else "",
        employer=ticket.employer if ticket else "",
        ticket_type=ticket.ticket_type if ticket else "",
    )


@post(
    "/api/v1/events/{event_slug:str}/waiting-list", permission="public", operation_id="joinWaitingList", idempotent=True
)
async def join_waiting_list(
    request: Anything, event: EventView, visit: Visit, data: services.WaitingRequest
) -> Response[WaitingPlace]:
    """Wait for a ticket that is sold out."""
    await limits.count("order", visit.client, most=ORDERS_AN_HOUR, span=HOUR, now=visit.now)

    async def join() -> WaitingPlace:
        await services.join_waiting_list(event, data, language=visit.language, by=visit.by, now=visit.now)
        return WaitingPlace(ticket_type=data.ticket_type, email=data.email, seats=data.seats)

    return await once(request, data, join)


ROUTES = [
    list_ticket_types,
    quote_order,
    place_order,
    list_orders,
    get_order,
    pay_order,
    cancel_order,
    list_attendees,
    check_ins,
    join_waiting_list,
]
