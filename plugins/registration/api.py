"""The JSON handlers of registration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from msgspec import Meta, Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.values import N_, EventView, LocalizedText, PriceLine, builtins, refuse
from plenaria.core.web.api import After, Limit, Page, id_after, once, paged, paged_whole
from plenaria.core.web.security.counting import Counted
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.forms import (
    AddressProof,
    CancellationReason,
    OrderRequest,
    PaymentRecord,
    QuoteRequest,
    Scan,
    WaitingRequest,
)
from plenaria.plugins.registration.queries import (
    AttendeeTicket,
    OrderDocument,
    OrderLine,
    OrderSummary,
    TicketTypeView,
    TicketView,
)
from plenaria.plugins.registration.rules import DoorAnswer, unknown_ticket_types

Anything = Request[Any, Any, Any]

COUNTED: Final = Counted(services.count_attempt)
MOST_SCANS: Final = 500

Search = Annotated[str, Parameter(max_length=100, description="Part of a name, address, employer or code.")]
State = Annotated[
    str,
    Parameter(max_length=20, description="unconfirmed, awaiting_payment, confirmed, cancelled or expired; empty: all."),
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


class Quote(Struct, frozen=True, kw_only=True):
    """What an order would cost now; amounts in minor units. Send `total_minor` as the order's `expected_total_minor`."""

    lines: tuple[PriceLine, ...]
    net_minor: int
    tax_minor: int
    total_minor: int
    currency: str


class OrderReceipt(Struct, frozen=True, kw_only=True):
    """What a buyer gets at once; the address of the order's page and the tickets come by mail.

    `state` is `unconfirmed` until the buyer has confirmed the address from that mail; until `due_at` the seats are held.
    """

    code: str
    state: str
    reference: str
    total_minor: int
    currency: str
    due_at: datetime | None


class ScanBatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Scans of one door, also ones that were kept while there was no network. Each `id` counts once."""

    scans: Annotated[tuple[Scan, ...], Meta(title=N_("Scans"), min_length=1, max_length=MOST_SCANS)]


class ScanAnswer(Struct, frozen=True, kw_only=True):
    """The answer to one scan: `in`, `already_in` (since `at`), `not_paid`, `cancelled`, `unknown`, `mistyped`."""

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


# -- documents out of views ----------------------------------------------------------------------------------------

D = TypeVar("D", bound=Struct)
Listed = TypeVar("Listed", OrderSummary, AttendeeTicket)


def _only(document: type[D], view: Struct) -> D:
    """What the document shows of a view, the fields of its parts too."""
    return msgspec.convert(view, document, from_attributes=True)


def _page(
    request: Anything, rows: Sequence[OrderLine | TicketView], document: type[Listed], limit: int
) -> Response[Page[Listed]]:
    """The rows as documents. The cursor is the row's id, which no document shows."""
    ids = {row.code: row.id for row in rows}
    return paged(request, [_only(document, row) for row in rows], key=lambda shown: ids[shown.code], limit=limit)


# -- handlers ------------------------------------------------------------------------------------------------------


@get("/api/v1/events/{event_slug:str}/ticket-types", permission="public", operation_id="listTicketTypes")
async def list_ticket_types(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[TicketTypeOnSale]]:
    """The ticket types on sale, in their order."""
    visible = [kind for kind in (await queries.ticket_types(event.id)).values() if kind.is_visible]
    items = [_on_sale(kind, event) for kind in visible]
    return paged_whole(request, items, key=lambda kind: kind.code, after=after, limit=limit)


def _on_sale(kind: TicketTypeView, event: EventView) -> TicketTypeOnSale:
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


@post(
    "/api/v1/events/{event_slug:str}/orders/quote",
    permission="public",
    guards=[Counted(services.count_quote)],
    operation_id="quoteOrder",
    status_code=200,
)
async def quote_order(event: EventView, visit: Visit, data: QuoteRequest) -> Quote:
    """What these tickets cost, with fees and discounts, by the same reckoning as the order itself."""
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


@post(
    "/api/v1/events/{event_slug:str}/orders",
    permission="public",
    guards=[COUNTED],
    operation_id="placeOrder",
    idempotent=True,
)
async def place_order(request: Anything, event: EventView, visit: Visit, data: OrderRequest) -> Response[OrderReceipt]:
    """Place an order for one or several attendees. Refused with every reason at once; `sold_out` says how many are left."""

    async def place() -> OrderReceipt:
        placed = await services.place_order(
            event,
            data,
            submission=f"api:{new_secret()}",
            language=visit.language,
            is_verified=services.buyer_is_known(visit, event, data),
            by=visit.by,
            now=visit.now,
        )
        return _only(OrderReceipt, placed)

    return await once(request, data, place)


@post(
    "/api/v1/events/{event_slug:str}/orders/{code:str}/confirm",
    permission="public",
    guards=[COUNTED],
    operation_id="confirmOrder",
    status_code=200,
)
async def confirm_order(event: EventView, visit: Visit, code: str, data: AddressProof) -> OrderReceipt:
    """Confirm the buyer's address with the secret from the mail; done again it changes nothing."""
    order = await queries.order_with_secret(event.id, code, data.secret)
    if order is None or not await queries.link_confirms(order.id, data.secret):
        raise NotFoundException
    return _only(OrderReceipt, await services.confirm_address(event, order.code, by=visit.by, now=visit.now))


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
    return _page(request, rows, OrderSummary, limit)


@get("/api/v1/events/{event_slug:str}/orders/{code:str}", permission="registration.view", operation_id="getOrder")
async def get_order(event: EventView, code: str) -> OrderDocument:
    """One order with its tickets."""
    return _only(OrderDocument, await services.required_order(event, code))


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
        return _only(OrderDocument, paid)

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
        return _only(OrderDocument, cancelled)

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
    return _page(request, rows, AttendeeTicket, limit)


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


def _scan_answer(scan: Scan, result: services.DoorResult) -> ScanAnswer:
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
    "/api/v1/events/{event_slug:str}/waiting-list",
    permission="public",
    guards=[COUNTED],
    operation_id="joinWaitingList",
    idempotent=True,
)
async def join_waiting_list(
    request: Anything, event: EventView, visit: Visit, data: WaitingRequest
) -> Response[WaitingPlace]:
    """Wait for a ticket that is sold out."""

    async def join() -> WaitingPlace:
        await services.join_waiting_list(event, data, language=visit.language, by=visit.by, now=visit.now)
        return WaitingPlace(ticket_type=data.ticket_type, email=data.email, seats=data.seats)

    return await once(request, data, join)


ROUTES = [
    list_ticket_types,
    quote_order,
    place_order,
    confirm_order,
    list_orders,
    get_order,
    pay_order,
    cancel_order,
    list_attendees,
    check_ins,
    join_waiting_list,
]
