"""Orders: one with everything that belongs to it, and lists."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import EventView, PriceLine
from plenaria.core.storage.database import statement
from plenaria.plugins.registration.forms import InvoiceRequest
from plenaria.plugins.registration.queries.attending import tickets_of_order
from plenaria.plugins.registration.queries.rows import PAGE, Row, decoded, matches
from plenaria.plugins.registration.queries.views import OrderLine, OrderView
from plenaria.plugins.registration.rules import is_reference, reference_of, typed_code
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow

EXPORT_PAGE: Final = 500
"""Orders that one query of an export reads."""

_LINE = (
    OrderRow.id,
    OrderRow.code,
    OrderRow.state,
    OrderRow.buyer_name,
    OrderRow.buyer_email,
    OrderRow.total_minor,
    OrderRow.currency,
    OrderRow.placed_at,
    OrderRow.due_at,
)


async def order(event_id: int, code: str) -> OrderView | None:
    """An order of that event and no other; two queries."""
    return await _whole(await _with_code.first(event_id, typed_code(code)))


async def order_with_secret(event_id: int, code: str, secret: str) -> OrderView | None:
    """The order that this secret address belongs to."""
    link = await _link_with.first(event_id, hashed(secret))
    order = await _whole(await _with_id.first(link["order"])) if link else None
    return order if order is not None and order.code == typed_code(code) else None


async def link_confirms(order_id: int, secret: str) -> bool:
    """Whether this secret of the order was mailed to its buyer."""
    found = (
        (OrderLinkRow.order == order_id) & (OrderLinkRow.secret_hash == hashed(secret)) & OrderLinkRow.confirms.eq(True)
    )
    return await OrderLinkRow.exists().where(found)


async def order_of_submission(key: str) -> tuple[OrderView, str] | None:
    """The order that this submission made, and the hash of what was sent with it."""
    row = await _of_submission.first(key)
    order = await _whole(row)
    return (order, row["submission_hash"]) if order and row else None


async def not_unconfirmed(event: EventView, about: Collection[str], /, *, now: datetime) -> set[str]:
    """Of these `order:<code>`, those whose address need not be confirmed any more."""
    return await _not_in_state("unconfirmed", event, about)


async def not_awaiting_payment(event: EventView, about: Collection[str], /, *, now: datetime) -> set[str]:
    """Of these `order:<code>`, those that need no payment any more: paid, cancelled or expired."""
    return await _not_in_state("awaiting_payment", event, about)


async def not_confirmed(event: EventView, about: Collection[str], /, *, now: datetime) -> set[str]:
    """Of these `order:<code>`, those whose tickets are not valid (any more)."""
    return await _not_in_state("confirmed", event, about)


async def _not_in_state(state: str, event: EventView, about: Collection[str]) -> set[str]:
    codes = [each.removeprefix("order:") for each in about]
    rows = await OrderRow.select(OrderRow.code).where(
        (OrderRow.event == event.id) & OrderRow.code.is_in(codes) & (OrderRow.state == state)
    )
    return set(about) - {f"order:{row['code']}" for row in rows}


@statement
def _with_code(event: int, code: str) -> Any:
    return OrderRow.select().where((OrderRow.event == event) & (OrderRow.code == code))


@statement
def _with_id(key: int) -> Any:
    return OrderRow.select().where(OrderRow.id == key)


@statement
def _of_submission(submission: str) -> Any:
    return OrderRow.select().where(OrderRow.submission == submission)


@statement
def _link_with(event: int, secret_hash: str) -> Any:
    return OrderLinkRow.select(OrderLinkRow.order).where(
        (OrderLinkRow.secret_hash == secret_hash) & (OrderLinkRow.order.event == event)
    )


async def _whole(row: Row | None) -> OrderView | None:
    if row is None:
        return None
    return OrderView(
        **{name: row[name] for name in _PLAIN},
        reference=reference_of(row["id"]),
        invoice=_invoice(row["invoice"]),
        purposes=tuple(decoded(row["purposes"])),
        lines=msgspec.convert(decoded(row["lines"]), tuple[PriceLine, ...]),
        tickets=tuple(await tickets_of_order(row["id"])),
    )


_MADE = ("reference", "invoice", "purposes", "lines", "tickets")
_PLAIN = [name for name in OrderView.__struct_fields__ if name not in _MADE]
"""The fields that are columns as they are."""


def _invoice(stored: Any) -> InvoiceRequest | None:
    values = decoded(stored) if stored else None
    return msgspec.convert(values, InvoiceRequest) if values else None


async def orders(
    event_id: int, *, state: str = "", search: str = "", after: int = 0, most: int = PAGE + 1
) -> list[OrderLine]:
    """Orders after the cursor (an id), the newest first; two queries."""
    query = OrderRow.select(*_LINE).where(OrderRow.event == event_id).order_by(OrderRow.id, ascending=False)
    if state:
        query = query.where(OrderRow.state == state)
    if search:
        query = query.where(matches(OrderRow, search) | _has_reference(search))
    if after:
        query = query.where(OrderRow.id < after)
    rows = await query.limit(most)
    seats = await _seats([row["id"] for row in rows])
    return [OrderLine(**row, reference=reference_of(row["id"]), seats=seats.get(row["id"], 0)) for row in rows]


async def order_pages(event_id: int) -> AsyncIterator[list[OrderLine]]:
    """Every order, the newest first, for an export, so many at a time that nobody waits meanwhile; two queries for each page."""
    after = 0
    while page := await orders(event_id, after=after, most=EXPORT_PAGE):
        yield page
        after = page[-1].id


async def _seats(ids: Sequence[int]) -> dict[int, int]:
    marks = ", ".join(["{}"] * (len(ids) or 1))
    rows = await TicketRow.raw(
        f'SELECT "order", COUNT(*) AS seats FROM registration_ticket WHERE "order" IN ({marks}) GROUP BY "order"',  # noqa: S608 - only placeholders are joined
        *(ids or [0]),
    )
    return {row["order"]: int(row["seats"]) for row in rows}


def _has_reference(search: str) -> Any:
    digits = search.strip()
    return OrderRow.id == (int(digits[:-1]) if is_reference(digits) else 0)


async def states_of_orders(event_id: int) -> list[tuple[str, str, int]]:
    """`(code, state, total in minor units)` of every order."""
    columns = (OrderRow.code, OrderRow.state, OrderRow.total_minor)
    rows = await OrderRow.select(*columns).where(OrderRow.event == event_id)
    return [(row["code"], row["state"], row["total_minor"]) for row in rows]


async def orders_due(now: datetime, event_ids: Sequence[int], *, most: int) -> list[tuple[int, str]]:
    """`(event id, code)` of these events' unpaid and unconfirmed orders whose time is over, the oldest first."""
    if not event_ids:
        return []
    rows = (
        await OrderRow.select(OrderRow.event, OrderRow.code)
        .where(OrderRow.state.is_in(["unconfirmed", "awaiting_payment"]) & (OrderRow.due_at <= now))
        .where(OrderRow.event.is_in(list(event_ids)))
        .order_by(OrderRow.due_at)
        .limit(most)
    )
    return [(row["event"], row["code"]) for row in rows]
