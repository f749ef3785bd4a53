"""Reads of registration: each returns structs."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import EventView, LocalizedText, Money, PriceLine, Window
from plenaria.core.people import queries as people
from plenaria.core.people.queries import normal_email
from plenaria.plugins.registration.rules import (
    InvoiceRequest,
    TicketType,
    grouped,
    is_reference,
    pattern,
    reference_of,
    typed_code,
)
from plenaria.plugins.registration.settings import RegistrationSection, RegistrationSettings, TicketTypeDetails
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow, TicketTypeRow, WaitingRow

Row = dict[str, Any]

PAGE = 50
EXPORT_PAGE = 1000


class TicketView(Struct, frozen=True, kw_only=True):
    """A ticket with the attendee's data. `state` is its order's."""

    id: int
    code: str
    order_id: int
    order_code: str
    state: str
    ticket_type: str
    ticket_type_name: LocalizedText
    given_names: str
    first_surname: str
    second_surname: str
    email: str
    employer: str
    job_title: str
    price_minor: int
    checked_in_at: datetime | None = None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    @property
    def shown_code(self) -> str:
        return grouped(self.code)


class OrderLine(Struct, frozen=True, kw_only=True):
    """An order in a list."""

    id: int
    code: str
    state: str
    buyer_name: str
    buyer_email: str
    total_minor: int
    currency: str
    placed_at: datetime
    due_at: datetime | None
    seats: int = 0

    @property
    def shown_code(self) -> str:
        return grouped(self.code)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def reference(self) -> str:
        return reference_of(self.id)


class OrderView(OrderLine, frozen=True, kw_only=True):
    """An order with everything that belongs to it."""

    event: int
    language: str
    net_minor: int
    tax_minor: int
    tax_percent: int
    invoice: InvoiceRequest | None
    notice_version: str
    purposes: tuple[str, ...]
    consented_at: datetime | None
    paid_on: date | None
    tracking_key: str
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    placed_mail_at: datetime | None
    confirmation_mail_at: datetime | None
    lines: tuple[PriceLine, ...] = ()
    tickets: tuple[TicketView, ...] = ()

    def with_tickets(self, tickets: "tuple[TicketView, ...]") -> "OrderView":
        """The same order showing only these tickets."""
        return msgspec.structs.replace(self, tickets=tickets)

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)


class WaitingView(Struct, frozen=True, kw_only=True):
    """Somebody on the waiting list."""

    id: int
    ticket_type: str
    ticket_type_name: LocalizedText
    name: str
    email: str
    seats: int
    note: str
    joined_at: datetime


class TypeNumbers(Struct, frozen=True, kw_only=True):
    """One ticket type in numbers: `sold` tickets are confirmed, `held` ones wait for their payment."""

    code: str
    name: LocalizedText
    size: int | None
    taken: int
    sold: int
    held: int
    inside: int


class Numbers(Struct, frozen=True, kw_only=True):
    """An event's registration in numbers; money in minor units, tax included."""

    types: tuple[TypeNumbers, ...]
    sold: int
    held: int
    inside: int
    seats: int | None
    revenue_minor: int
    outstanding_minor: int
    orders: dict[str, int]


# -- ticket types --------------------------------------------------------------------------------------------------


async def ticket_types(event_id: int) -> dict[str, TicketType]:
    """The event's ticket types by code, in their order."""
    rows = (
        await TicketTypeRow.select()
        .where(TicketTypeRow.event == event_id)
        .order_by(TicketTypeRow.sort_order, TicketTypeRow.id)
    )
    return {row["code"]: _ticket_type(row) for row in rows}


def _ticket_type(row: Row) -> TicketType:
    return TicketType(
        id=row["id"],
        code=row["code"],
        name=_json(row["name"]),
        description=_json(row["description"]),
        price_minor=row["price_minor"],
        size=row["size"],
        taken=row["taken"],
        sales=Window(row["opens_at"], row["closes_at"], row["grace_s"]),
        most_per_order=row["most_per_order"],
        is_visible=bool(row["is_visible"]),
        sort_order=row["sort_order"],
    )


def details_of(kind: TicketType) -> TicketTypeDetails:
    """The ticket type as its form, its TOML and its JSON show it."""
    return TicketTypeDetails(
        code=kind.code,
        name=kind.name,
        description=kind.description,
        price_minor=kind.price_minor,
        size=kind.size,
        sales=kind.sales,
        most_per_order=kind.most_per_order,
        is_visible=kind.is_visible,
        sort_order=kind.sort_order,
    )


async def section_of(event: EventView) -> RegistrationSection:
    """What an event's file would declare."""
    return RegistrationSection(ticket_types=tuple(map(details_of, (await ticket_types(event.id)).values())))


async def settings(event: EventView) -> RegistrationSettings:
    return await settings_of(event, "registration", RegistrationSettings)


# -- orders --------------------------------------------------------------------------------------------------------

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
    """The order, for whoever holds one of its secret addresses."""
    link = (
        await OrderLinkRow.select(OrderLinkRow.order)
        .where((OrderLinkRow.secret_hash == hashed(secret)) & (OrderLinkRow.order.event == event_id))
        .first()
    )
    found = await _order((OrderRow.event == event_id) & (OrderRow.id == link["order"])) if link else None
    return found if found is not None and found.code == typed_code(code) else None


async def order_of_submission(key: str) -> tuple[OrderView, str] | None:
    """The order that this submission made, and the hash of what was sent with it."""
    row = await OrderRow.select(OrderRow.id, OrderRow.submission_hash).where(OrderRow.submission == key).first()
    found = await _order(OrderRow.id == row["id"]) if row else None
    return (found, row["submission_hash"]) if found and row else None


async def _order(where: Any) -> OrderView | None:
    row = await OrderRow.select().where(where).first()
    if row is None:
        return None
    found = await _tickets(TicketRow.order == row["id"])
    values = {name: row[name] for name in _PLAIN}
    return OrderView(
        **values,
        seats=len(found),
        invoice=_invoice(row["invoice"]),
        purposes=tuple(_json(row["purposes"])),
        lines=msgspec.convert(_json(row["lines"]), tuple[PriceLine, ...]),
        tickets=tuple(found),
    )


_PLAIN = tuple(
    field.name
    for field in msgspec.structs.fields(OrderView)
    if field.name not in ("seats", "invoice", "purposes", "lines", "tickets")
)


def _invoice(stored: Any) -> InvoiceRequest | None:
    values = _json(stored) if stored else None
    return msgspec.convert(values, InvoiceRequest) if values else None


async def orders(
    event_id: int, *, state: str = "", search: str = "", after: int = 0, most: int = PAGE + 1
) -> list[OrderLine]:
    """Orders after the cursor (an id), the newest first; two queries."""
    query = OrderRow.select(*_LINE).where(OrderRow.event == event_id).order_by(OrderRow.id, ascending=False)
    if state:
        query = query.where(OrderRow.state == state)
    if search:
        query = query.where(_matches(OrderRow, search) | _has_reference(search))
    if after:
        query = query.where(OrderRow.id < after)
    rows = await query.limit(most)
    seats = await _seats([row["id"] for row in rows])
    return [OrderLine(**row, seats=seats.get(row["id"], 0)) for row in rows]


async def all_orders(event_id: int) -> list[OrderLine]:
    """Every order, the newest first, for an export; one query for each thousand."""
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


def _matches(table: Any, search: str) -> Any:
    code = typed_code(search)
    return table.search.like(pattern(search)) | (table.code == code)


def _has_reference(search: str) -> Any:
    digits = search.strip()
    return OrderRow.id == (int(digits[:-1]) if is_reference(digits) else 0)


# -- tickets -------------------------------------------------------------------------------------------------------

_TICKET = (
    TicketRow.id,
    TicketRow.code,
    TicketRow.order,
    TicketRow.order.code.as_alias("order_code"),
    TicketRow.order.state.as_alias("state"),
    TicketRow.ticket_type.code.as_alias("ticket_type"),
    TicketRow.ticket_type.name.as_alias("ticket_type_name"),
    TicketRow.given_names,
    TicketRow.first_surname,
    TicketRow.second_surname,
    TicketRow.email,
    TicketRow.employer,
    TicketRow.job_title,
    TicketRow.price_minor,
    TicketRow.checked_in_at,
)


async def _tickets(where: Any) -> list[TicketView]:
    rows = await TicketRow.select(*_TICKET).where(where).order_by(TicketRow.order, TicketRow.place)
    return [_ticket(row) for row in rows]


def _ticket(row: Row) -> TicketView:
    values = {**row, "ticket_type_name": _json(row["ticket_type_name"]), "order_id": row["order"]}
    del values["order"]
    return TicketView(**values)


async def ticket(event_id: int, code: str) -> TicketView | None:
    """A ticket of that event and no other."""
    found = await _tickets((TicketRow.event == event_id) & (TicketRow.code == typed_code(code)))
    return found[0] if found else None


async def tickets_by_id(ids: Iterable[int]) -> dict[int, TicketView]:
    wanted = sorted(set(ids))
    return {each.id: each for each in await _tickets(TicketRow.id.is_in(wanted))} if wanted else {}


async def attendees(
    event_id: int,
    *,
    state: str = "confirmed",
    search: str = "",
    ticket_type: str = "",
    after: int = 0,
    most: int = PAGE + 1,
) -> list[TicketView]:
    """Attendees after the cursor (an id), the newest first; one query. `state` "": all, "inside": who was let in."""
    query = TicketRow.select(*_TICKET).where(TicketRow.event == event_id).order_by(TicketRow.id, ascending=False)
    if state == "inside":
        query = query.where(TicketRow.checked_in_at.is_not_null() & (TicketRow.order.state == "confirmed"))
    elif state:
        query = query.where(TicketRow.order.state == state)
    if search:
        query = query.where(_matches(TicketRow, search))
    if ticket_type:
        query = query.where(TicketRow.ticket_type.code == ticket_type)
    if after:
        query = query.where(TicketRow.id < after)
    return [_ticket(row) for row in await query.limit(most)]


async def all_attendees(event_id: int, *, state: str = "") -> list[TicketView]:
    """Every attendee in the order of registration, for an export; one query."""
    where = TicketRow.event == event_id
    return await _tickets(where & (TicketRow.order.state == state) if state else where)


async def tickets_of_person(email: str, event_ids: Sequence[int]) -> list[tuple[int, TicketView]]:
    """`(event id, ticket)` of everything that this address bought or is to attend with; one query."""
    if not event_ids:
        return []
    address = normal_email(email)
    rows = (
        await TicketRow.select(*_TICKET, TicketRow.event.as_alias("event"))
        .where(TicketRow.event.is_in(list(event_ids)))
        .where((TicketRow.email == address) | (TicketRow.order.buyer_email == address))
        .where(TicketRow.order.state.is_in(["awaiting_payment", "confirmed"]))
        .order_by(TicketRow.id)
    )
    return [(row.pop("event"), _ticket(row)) for row in rows]


async def personal_data(person: int, /) -> dict[str, Any]:
    """Orders, tickets and places on waiting lists under this person's address, as builtins; four queries."""
    known = await people.person(person)
    if known is None:
        return {}
    orders = (
        await OrderRow.select(
            OrderRow.event.slug.as_alias("event"),
            *(OrderRow.code, OrderRow.state, OrderRow.buyer_name, OrderRow.buyer_email, OrderRow.total_minor),
            *(
                OrderRow.lines,
                OrderRow.currency,
                OrderRow.invoice,
                OrderRow.notice_version,
                OrderRow.purposes,
                OrderRow.consented_at,
            ),
            *(OrderRow.placed_at, OrderRow.paid_on, OrderRow.cancelled_at, OrderRow.cancel_reason),
        )
        .where(OrderRow.buyer_email == known.email)
        .order_by(OrderRow.id)
        .output(load_json=True)
    )
    tickets = (
        await TicketRow.select(
            TicketRow.event.slug.as_alias("event"),
            *(
                TicketRow.code,
                TicketRow.given_names,
                TicketRow.first_surname,
                TicketRow.second_surname,
                TicketRow.email,
            ),
            *(TicketRow.employer, TicketRow.job_title, TicketRow.checked_in_at),
        )
        .where(TicketRow.email == known.email)
        .order_by(TicketRow.id)
    )
    waiting = (
        await WaitingRow.select(
            WaitingRow.event.slug.as_alias("event"),
            *(WaitingRow.name, WaitingRow.email, WaitingRow.seats, WaitingRow.note, WaitingRow.joined_at),
        )
        .where(WaitingRow.email == known.email)
        .order_by(WaitingRow.id)
    )
    return {"orders": orders, "tickets": tickets, "waiting": waiting}


# -- numbers -------------------------------------------------------------------------------------------------------


async def numbers(event_id: int) -> Numbers:
    """Seats and money; three queries however many orders there are."""
    types = await ticket_types(event_id)
    counted = await TicketRow.raw(
        "SELECT t.ticket_type AS kind, o.state AS state, COUNT(*) AS tickets, COUNT(t.checked_in_at) AS inside "
        'FROM registration_ticket t JOIN registration_order o ON o.id = t."order" '
        "WHERE t.event = {} GROUP BY t.ticket_type, o.state",
        event_id,
    )
    sums = await OrderRow.raw(
        "SELECT state, COUNT(*) AS orders, SUM(total_minor) AS total FROM registration_order WHERE event = {} GROUP BY state",
        event_id,
    )
    by_kind = {(row["kind"], row["state"]): row for row in counted}
    totals = {row["state"]: row for row in sums}

    def count(kind: TicketType, state: str, what: str = "tickets") -> int:
        return int(by_kind.get((kind.id, state), {}).get(what, 0))

    each = tuple(
        TypeNumbers(
            code=kind.code,
            name=kind.name,
            size=kind.size,
            taken=kind.taken,
            sold=count(kind, "confirmed"),
            held=count(kind, "awaiting_payment"),
            inside=count(kind, "confirmed", "inside"),
        )
        for kind in types.values()
    )
    sizes = [kind.size for kind in types.values()]
    return Numbers(
        types=each,
        sold=sum(one.sold for one in each),
        held=sum(one.held for one in each),
        inside=sum(one.inside for one in each),
        seats=None if None in sizes else sum(size or 0 for size in sizes),
        revenue_minor=int(totals.get("confirmed", {}).get("total") or 0),
        outstanding_minor=int(totals.get("awaiting_payment", {}).get("total") or 0),
        orders={state: int(row["orders"]) for state, row in totals.items()},
    )


async def inside(event_id: int) -> tuple[int, int]:
    """How many are checked in, and how many confirmed tickets there are; one query."""
    rows = await TicketRow.raw(
        "SELECT COUNT(*) AS tickets, COUNT(t.checked_in_at) AS inside "
        'FROM registration_ticket t JOIN registration_order o ON o.id = t."order" WHERE t.event = {} AND o.state = {}',
        event_id,
        "confirmed",
    )
    return int(rows[0]["inside"]), int(rows[0]["tickets"])


# -- waiting list --------------------------------------------------------------------------------------------------


async def waiting(event_id: int, *, limit: int = 500) -> list[WaitingView]:
    """The waiting list, the first come first; one query."""
    rows = (
        await WaitingRow.select(
            WaitingRow.id,
            WaitingRow.ticket_type.code.as_alias("ticket_type"),
            WaitingRow.ticket_type.name.as_alias("ticket_type_name"),
            WaitingRow.name,
            WaitingRow.email,
            WaitingRow.seats,
            WaitingRow.note,
            WaitingRow.joined_at,
        )
        .where(WaitingRow.event == event_id)
        .order_by(WaitingRow.id)
        .limit(limit)
    )
    return [WaitingView(**{**row, "ticket_type_name": _json(row["ticket_type_name"])}) for row in rows]


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


def _json(stored: Any) -> Any:
    return msgspec.json.decode(stored) if isinstance(stored, (str, bytes)) else stored
