"""The organiser's pages: orders, one order, attendees, the waiting list, exports."""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.events.export_file import export_file
from plenaria.core.forms import Form, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Money, Refused
from plenaria.core.storage import outbox
from plenaria.core.web.api import id_after
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.forms import CancellationReason, PaymentRecord
from plenaria.plugins.registration.queries import PAGE, OrderView

Anything = Request[Any, Any, Any]

ORDER_STATES: Final = ("", "unconfirmed", "awaiting_payment", "confirmed", "cancelled", "expired")
ATTENDEE_STATES: Final = ("confirmed", "inside", "awaiting_payment", "cancelled", "")


def _query_value(request: Anything, name: str, allowed: Sequence[str], default: str = "") -> str:
    value = str(request.query_params.get(name, default))
    return value if value in allowed else default


@get(
    ["/{event_slug:str}/organise/registration", "/{event_slug:str}/organise/registration/orders"],
    permission="registration.view",
    include_in_schema=False,
)
async def orders_page(request: Anything, event: EventView) -> Response[str]:
    """Numbers, and the orders: by state, searched, a page at a time."""
    state = _query_value(request, "state", ORDER_STATES)
    search = str(request.query_params.get("search", "")).strip()[:100]
    after = id_after(str(request.query_params.get("after", "")))
    rows = await queries.orders(event.id, state=state, search=search, after=after)
    numbers = await queries.numbers(event.id)
    return page(
        request,
        "registration/orders.html",
        rows=rows[:PAGE],
        next_after=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        after=after,
        state=state,
        states=ORDER_STATES,
        search=search,
        numbers=numbers,
        revenue=Money(numbers.revenue_minor, event.currency),
        outstanding=Money(numbers.outstanding_minor, event.currency),
    )


@get(
    "/{event_slug:str}/organise/registration/orders/{code:str}", permission="registration.view", include_in_schema=False
)
async def order_page(request: Anything, event: EventView, visit: Visit, code: str) -> Response[str]:
    """One order with everything that belongs to it."""
    return await _order_page(request, event, visit, await _order(event, code))


async def _order(event: EventView, code: str) -> OrderView:
    order = await queries.order(event.id, code)
    if order is None:
        raise NotFoundException
    return order


async def _order_page(
    request: Anything,
    event: EventView,
    visit: Visit,
    order: OrderView,
    *,
    payment: Form | None = None,
    cancellation: Form | None = None,
    refusals: Any = (),
    status: int = 200,
) -> Response[str]:
    settings = await queries.settings(event)
    today = visit.now.astimezone(ZoneInfo(event.zone)).date()
    given: dict[str, Any] = {"language": visit.language, "zone": event.zone}
    return page(
        request,
        "registration/order_detail.html",
        status=status,
        order=order,
        failed=await outbox.failed_mails(event.id, [order.buyer_email, *(ticket.email for ticket in order.tickets)]),
        purposes={purpose.code: purpose.text for purpose in settings.purposes},
        payment=payment or form_for(PaymentRecord, value=PaymentRecord(paid_on=today), **given),
        cancellation=cancellation or form_for(CancellationReason, **given),
        sentences=[sentence(refusal, event) for refusal in refusals],
    )


@post(
    "/{event_slug:str}/organise/registration/orders/{code:str}/pay",
    permission="registration.pay",
    include_in_schema=False,
)
async def pay(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    """Mark as paid."""
    data = await request.form()
    checked = parse(PaymentRecord, data, zone=event.zone)
    if checked.value is None:
        form = form_for(PaymentRecord, raw=data, problems=checked.problems, language=visit.language, zone=event.zone)
        return await _order_page(request, event, visit, await _order(event, code), payment=form, status=422)
    payment = checked.value
    try:
        order = await services.mark_paid(
            event, code, paid_on=payment.paid_on, tracking_key=payment.tracking_key, by=visit.by, now=visit.now
        )
    except Refused as refused:
        form = form_for(PaymentRecord, raw=data, language=visit.language, zone=event.zone)
        order = await _order(event, code)
        return await _order_page(request, event, visit, order, payment=form, refusals=refused.refusals, status=409)
    words = gettext("Order %(code)s is paid. The tickets are on their way by mail.") % {"code": order.shown_code}
    return see_other(request, _address(event, order), ("success", words))


def _address(event: EventView, order: OrderView) -> str:
    return f"/{event.slug}/organise/registration/orders/{order.code}"


@post(
    "/{event_slug:str}/organise/registration/orders/{code:str}/cancel",
    permission="registration.edit",
    include_in_schema=False,
)
async def cancel(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    """Cancel with a reason; the seats are free again."""
    data = await request.form()
    checked = parse(CancellationReason, data, zone=event.zone)
    order = await _order(event, code)
    if checked.value is None:
        form = form_for(
            CancellationReason, raw=data, problems=checked.problems, language=visit.language, zone=event.zone
        )
        return await _order_page(request, event, visit, order, cancellation=form, status=422)
    try:
        await services.cancel_order(
            event, code, reason=checked.value.reason, by_attendee=False, by=visit.by, now=visit.now
        )
    except Refused as refused:
        order = await _order(event, code)
        return await _order_page(request, event, visit, order, refusals=refused.refusals, status=409)
    words = gettext("Order %(code)s is cancelled; its seats are free again.") % {"code": order.shown_code}
    return see_other(request, _address(event, order), ("success", words))


@get("/{event_slug:str}/organise/registration/attendees", permission="registration.view", include_in_schema=False)
async def attendees_page(request: Anything, event: EventView) -> Response[str]:
    """The attendees: by state and ticket type, searched, a page at a time."""
    state = _query_value(request, "state", ATTENDEE_STATES, "confirmed")
    types = await queries.ticket_types(event.id)
    kind = _query_value(request, "ticket_type", tuple(types))
    search = str(request.query_params.get("search", "")).strip()[:100]
    after = id_after(str(request.query_params.get("after", "")))
    rows = await queries.attendees(event.id, state=state, search=search, ticket_type=kind, after=after)
    return page(
        request,
        "registration/attendees_list.html",
        rows=rows[:PAGE],
        next_after=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        after=after,
        state=state,
        states=ATTENDEE_STATES,
        search=search,
        ticket_type=kind,
        types=types,
    )


@get("/{event_slug:str}/organise/registration/attendees.csv", permission="registration.view", include_in_schema=False)
async def attendees_csv(event: EventView, visit: Visit) -> Response[bytes]:
    """Every attendee, as CSV."""
    return await export_file(event, visit, "registration.attendees", "csv")


@get("/{event_slug:str}/organise/registration/attendees.xlsx", permission="registration.view", include_in_schema=False)
async def attendees_xlsx(event: EventView, visit: Visit) -> Response[bytes]:
    """Every attendee, as a workbook."""
    return await export_file(event, visit, "registration.attendees", "xlsx")


@get("/{event_slug:str}/organise/registration/waiting-list", permission="registration.view", include_in_schema=False)
async def waiting_page(request: Anything, event: EventView) -> Response[str]:
    """Who waits, in the order of joining, a page at a time."""
    after = id_after(str(request.query_params.get("after", "")))
    rows = await queries.waiting(event.id, after=after, limit=PAGE + 1)
    return page(
        request,
        "registration/waiting_list.html",
        rows=rows[:PAGE],
        next_after=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        after=after,
    )


ROUTES = [orders_page, order_page, pay, cancel, attendees_page, attendees_csv, attendees_xlsx, waiting_page]
