"""The buyer's own pages: the order, its tickets, its calendar file."""

import asyncio
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.panels import parts_of
from plenaria.core.web.refusals import sentence
from plenaria.core.web.security.counting import Counted
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.registration import queries, rules, services
from plenaria.plugins.registration.queries import OrderView
from plenaria.plugins.registration.tickets import qr_data_uri

Anything = Request[Any, Any, Any]

COUNTED: Final = Counted(services.count_attempt)
MINE: Final = "mine"
"""In the place of an order's secret: the signed-in person, who bought it or attends with it."""
PRIVATE: Final = {"X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}


async def order_at(event: EventView, visit: Visit, code: str, secret: str) -> tuple[OrderView, bool]:
    """The order and whether the reader is its buyer. An attendee who did not buy it sees their own tickets.

    Answers 404 without a valid secret, so that nobody learns which codes exist.
    """
    if secret != MINE:
        order = await queries.order_with_secret(event.id, code, secret)
        if order is None:
            raise NotFoundException
        return order, True
    order = await queries.order(event.id, code) if visit.person else None
    if order is None or visit.person is None:
        raise NotFoundException
    if order.buyer_email == visit.person.email:
        return order, True
    own = tuple(ticket for ticket in order.tickets if ticket.email == visit.person.email)
    if not own:
        raise NotFoundException
    return order.with_tickets(own), False


@get("/{event_slug:str}/orders/{code:str}/{secret:str}", permission="public", include_in_schema=False)
async def order_page(request: Anything, event: EventView, visit: Visit, code: str, secret: str) -> Response[str]:
    """State, how to pay, tickets with their QR codes, and what can be done."""
    order, is_buyer = await order_at(event, visit, code, secret)
    return await _order_page(request, event, visit, order, is_buyer, secret)


async def _order_page(
    request: Anything,
    event: EventView,
    visit: Visit,
    order: OrderView,
    is_buyer: bool,
    secret: str,
    *,
    refusals: Any = (),
    status: int = 200,
) -> Response[str]:
    settings = await queries.settings(event)
    parts = await parts_of(request, "registration.order", event, services.facts_of(order))
    no = rules.cancellation_refusals(
        order.state,
        by_attendee=True,
        may=settings.attendees_may_cancel,
        until=settings.cancel_until,
        checked_in=sum(ticket.checked_in_at is not None for ticket in order.tickets),
        now=visit.now,
    )
    return page(
        request,
        "registration/order.html",
        status=status,
        headers=PRIVATE,
        order=order,
        is_buyer=is_buyer,
        settings=settings,
        parts=parts,
        base=f"/{event.slug}/orders/{order.code}/{secret}",
        may_cancel=is_buyer and not no,
        may_confirm=order.state == "unconfirmed" and await _proves_address(order, is_buyer, secret),
        qr={ticket.code: qr_data_uri(ticket.code) for ticket in order.tickets} if order.state == "confirmed" else {},
        sentences=[sentence(refusal, event) for refusal in refusals],
    )


async def _proves_address(order: OrderView, is_buyer: bool, secret: str) -> bool:
    """Who came by the mailed link, or is signed in with the buyer's address, reads that address."""
    return is_buyer and (secret == MINE or await queries.link_confirms(order.id, secret))


@post(
    "/{event_slug:str}/orders/{code:str}/{secret:str}/confirm",
    permission="public",
    guards=[COUNTED],
    include_in_schema=False,
)
async def confirm(request: Anything, event: EventView, visit: Visit, code: str, secret: str) -> Response[Any]:
    """The button behind the mailed link: programs that only follow links confirm nothing."""
    order, is_buyer = await order_at(event, visit, code, secret)
    if not await _proves_address(order, is_buyer, secret):
        raise NotFoundException
    try:
        await services.confirm_address(event, order.code, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _order_page(request, event, visit, order, is_buyer, secret, refusals=refused.refusals, status=409)
    words = gettext("Thank you: your e-mail address is confirmed.")
    return see_other(request, f"/{event.slug}/orders/{order.code}/{secret}", ("success", words))


@post(
    "/{event_slug:str}/orders/{code:str}/{secret:str}/confirm/mail",
    permission="public",
    guards=[COUNTED],
    include_in_schema=False,
)
async def mail_again(request: Anything, event: EventView, visit: Visit, code: str, secret: str) -> Response[Any]:
    """Send the mail with the link once more."""
    order, is_buyer = await order_at(event, visit, code, secret)
    if not is_buyer:
        raise NotFoundException
    try:
        await services.mail_confirm_link_again(event, order.code, now=visit.now)
    except Refused as refused:
        return await _order_page(request, event, visit, order, is_buyer, secret, refusals=refused.refusals, status=409)
    words = gettext("The mail is on its way again.")
    return see_other(request, f"/{event.slug}/orders/{order.code}/{secret}", ("info", words))


@post(
    "/{event_slug:str}/orders/{code:str}/{secret:str}/cancel",
    permission="public",
    guards=[COUNTED],
    include_in_schema=False,
)
async def cancel(request: Anything, event: EventView, visit: Visit, code: str, secret: str) -> Response[Any]:
    """Cancel the order, where the settings let a buyer do so."""
    order, is_buyer = await order_at(event, visit, code, secret)
    if not is_buyer:
        raise NotFoundException
    try:
        await services.cancel_order(event, order.code, reason="", by_attendee=True, by=visit.by, now=visit.now)
    except Refused as refused:
        order, is_buyer = await order_at(event, visit, code, secret)
        return await _order_page(request, event, visit, order, is_buyer, secret, refusals=refused.refusals, status=409)
    return see_other(
        request, f"/{event.slug}/orders/{order.code}/{secret}", ("success", gettext("Your order is cancelled."))
    )


@get("/{event_slug:str}/orders/{code:str}/{secret:str}/tickets.pdf", permission="public", include_in_schema=False)
async def tickets_pdf(event: EventView, visit: Visit, code: str, secret: str, ticket: str = "") -> Response[bytes]:
    """The tickets of a confirmed order, or one of them (`?ticket=`), as a PDF."""
    order, _ = await order_at(event, visit, code, secret)
    chosen = [each for each in order.tickets if ticket in ("", each.code)]
    if order.state != "confirmed" or not chosen:
        raise NotFoundException
    content = await asyncio.to_thread(services.tickets_file, event, order, chosen, visit.language)
    name = f"{event.slug}-{ticket or order.code}.pdf"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


@get("/{event_slug:str}/orders/{code:str}/{secret:str}/calendar.ics", permission="public", include_in_schema=False)
async def calendar_ics(event: EventView, visit: Visit, code: str, secret: str) -> Response[bytes]:
    """The event's days for a calendar."""
    order, _ = await order_at(event, visit, code, secret)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
    content = services.calendar_file(event, order, visit.language)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


ROUTES = [order_page, confirm, mail_again, cancel, tickets_pdf, calendar_ics]
