"""Orders: one with everything that belongs to it, and lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import PriceLine
from plenaria.plugins.registration.forms import InvoiceRequest
from plenaria.plugins.registration.queries.attending import tickets_where
from plenaria.plugins.registration.queries.rows import PAGE, decoded, matches
from plenaria.plugins.registration.queries.views import OrderLine, OrderView
from plenaria.plugins.registration.rules import is_reference, reference_of, typed_code
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow

EXPORT_PAGE: Final = 1000
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
    return await _order((OrderRow.event == event_id) & (OrderRow.code == typed_code(code)))


async def order_with_secret(event_id: int, code: str, secret: str) -> OrderView | None:
    """The order that this secret address belongs to."""
    link = (
        await OrderLinkRow.select(OrderLinkRow.order)
        .where((OrderLinkRow.secret_hash == hashed(secret)) & (OrderLinkRow.order.event == event_id))
        .first()
    )
    order = await _order((OrderRow.event == event_id) & (OrderRow.id == link["order"])) if link else None
    return order if order is not None and order.code == typed_code(code) else None


async def order_of_submission(key: str) -> tuple[OrderView, str] | None:
    """The order that this submission made, and the hash of what was sent with it."""
    row = await OrderRow.select(OrderRow.id, OrderRow.submission_hash).where(OrderRow.submission == key).first()
    order = await _order(OrderRow.id == row["id"]) if row else None
    return (order, row["submission_hash"]) if order and row else None


async def _order(where: Any) -> OrderView | None:
    row = await OrderRow.select().where(where).first()
    if row is None:
        return None
    return OrderView(
        **{name: row[name] for name in _PLAIN},
        reference=reference_of(row["id"]),
        invoice=_invoice(row["invoice"]),
        purposes=tuple(decoded(row["purposes"])),
        lines=msgspec.convert(decoded(row["lines"]), tuple[PriceLine, ...]),
        tickets=tuple(await tickets_where(TicketRow.order == row["id"])),
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


async def all_orders(event_id: int) -> list[OrderLine]:
    """Every order, the newest first, for an export; two queries for each thousand."""
    found: list[OrderLine] = []
    while page := await orders(event_id, after=found[-1].id if found else 0, most=EXPORT_PAGE):
        found += page
    return found


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
    """`(event id, code)` of these events' unpaid orders whose time is over, the oldest first."""
    if not event_ids:
        return []
    rows = (
        await OrderRow.select(OrderRow.event, OrderRow.code)
        .where((OrderRow.state == "awaiting_payment") & (OrderRow.due_at <= now))
        .where(OrderRow.event.is_in(list(event_ids)))
        .order_by(OrderRow.due_at)
        .limit(most)
    )
    return [(row["event"], row["code"]) for row in rows]
