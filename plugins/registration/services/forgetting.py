"""What becomes of a person's orders, tickets and places on waiting lists when their data is erased."""

from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from plenaria.core.events import queries as event_queries
from plenaria.core.host.contributions import Retention
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import ERASED_DOMAIN, N_, ErasureLine
from plenaria.core.people import queries as people
from plenaria.core.storage.database import transaction
from plenaria.plugins.registration.services.orders import order_search
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, TicketRow, WaitingRow

INVOICE_YEARS = 5
"""Código Fiscal de la Federación, article 30: accounts are kept five years."""
FORGOTTEN_AT_ONCE = 100
NOBODY = "—"
NOWHERE = f"nobody@{ERASED_DOMAIN}"
"""The same for all: a number would lead back to the person."""


async def preview(person: int, /) -> list[ErasureLine]:
    known = await people.person(person)
    if known is None:
        return []
    orders = await OrderRow.select(OrderRow.invoice, OrderRow.placed_at).where(OrderRow.buyer_email == known.email)
    lines = []
    if orders or await TicketRow.exists().where(TicketRow.email == known.email):
        why = gettext(
            "The accounts need the amounts. Names, address and employer go; a ticket still works by its code."
        )
        lines.append(ErasureLine(what=gettext("Your orders and tickets"), fate="anonymised", why=why))
    if invoiced := [order["placed_at"].date() for order in orders if order["invoice"]]:
        why = gettext("Tax law (CFF, article 30) has invoices kept for five years.")
        last = max(invoiced)
        until = date(last.year + INVOICE_YEARS + 1, 1, 1)
        lines.append(ErasureLine(what=gettext("Invoice data of your orders"), fate="kept", why=why, until=until))
    if await WaitingRow.exists().where(WaitingRow.email == known.email):
        lines.append(ErasureLine(what=gettext("Your places on waiting lists")))
    return lines


async def erase(person: int, /, *, now: datetime) -> None:
    """Inside the caller's transaction; two queries and a few updates, whatever there is."""
    known = await people.person(person)
    if known is None:
        return
    bought = await OrderRow.select(OrderRow.id).where(OrderRow.buyer_email == known.email)
    came = await TicketRow.select(TicketRow.id, TicketRow.order).where(TicketRow.email == known.email)
    await _forget_orders([row["id"] for row in bought])
    await _forget_tickets([row["id"] for row in came])
    for order in sorted({row["id"] for row in bought} | {row["order"] for row in came}):
        await _search_again(order)
    await WaitingRow.delete().where(WaitingRow.email == known.email)


async def _forget_orders(ids: list[int]) -> None:
    if not ids:
        return
    await OrderRow.update({OrderRow.buyer_name: NOBODY, OrderRow.buyer_email: NOWHERE}).where(OrderRow.id.is_in(ids))
    await OrderLinkRow.delete().where(OrderLinkRow.order.is_in(ids))


async def _forget_tickets(ids: list[int]) -> None:
    if not ids:
        return
    changed: dict[Any, Any] = {
        TicketRow.given_names: NOBODY,
        TicketRow.first_surname: "",
        TicketRow.second_surname: "",
        TicketRow.email: NOWHERE,
        TicketRow.employer: "",
        TicketRow.job_title: "",
        TicketRow.search: "",
    }
    await TicketRow.update(changed).where(TicketRow.id.is_in(ids))


async def _search_again(order: int) -> None:
    """What the order is found by, without what was erased."""
    columns = [OrderRow.code, OrderRow.buyer_name, OrderRow.buyer_email, OrderRow.invoice]
    row = await OrderRow.select(*columns).where(OrderRow.id == order).first()
    assert row is not None  # noqa: S101 - read in this transaction
    tickets = await TicketRow.select(
        TicketRow.given_names, TicketRow.first_surname, TicketRow.second_surname, TicketRow.email, TicketRow.employer
    ).where(TicketRow.order == order)
    people = [str(part) for each in tickets for part in each.values()]
    legal_name = msgspec.json.decode(row["invoice"]).get("legal_name", "") if row["invoice"] else ""
    search = order_search(row["code"], row["buyer_name"], row["buyer_email"], legal_name, people)
    await OrderRow.update({OrderRow.search: search}).where(OrderRow.id == order)


async def forget_invoices(*, before: datetime, now: datetime) -> None:
    """Invoice data that the law has kept past an erasure goes when its time is over."""
    year = now.year - INVOICE_YEARS - 1
    ends = datetime(year + 1, 1, 1, tzinfo=UTC)
    over = (OrderRow.buyer_email == NOWHERE) & OrderRow.invoice.is_not_null() & (OrderRow.placed_at < ends)
    for row in await OrderRow.select(OrderRow.id).where(over):
        async with transaction():
            await OrderRow.update({OrderRow.invoice: None}).where(OrderRow.id == row["id"])
            await _search_again(row["id"])


async def forget_unconfirmed(*, before: datetime, now: datetime) -> None:
    """Names in orders that expired before their buyer confirmed the address; no accounts rest on them."""
    never = (
        OrderRow.confirmed_at.is_null() & OrderRow.placed_mail_at.is_null() & OrderRow.confirmation_mail_at.is_null()
    )
    over = (OrderRow.state == "expired") & never & (OrderRow.placed_at < before) & (OrderRow.buyer_email != NOWHERE)
    while rows := await OrderRow.select(OrderRow.id).where(over).limit(FORGOTTEN_AT_ONCE):
        ids = [row["id"] for row in rows]
        async with transaction():
            await _forget_orders(ids)
            await OrderRow.update({OrderRow.invoice: None}).where(OrderRow.id.is_in(ids))
            came = await TicketRow.select(TicketRow.id).where(TicketRow.order.is_in(ids))
            await _forget_tickets([row["id"] for row in came])
            for order in ids:
                await _search_again(order)


async def forget_waiting(*, before: datetime, now: datetime) -> None:
    """Waiting lists of events that ended before."""
    ended = [event.id for event in await event_queries.events(public_only=False) if event.ends_on < before.date()]
    if ended:
        await WaitingRow.delete().where(WaitingRow.event.is_in(ended))


RETENTION: Final = (
    Retention(
        "registration.orders",
        N_("Orders and tickets"),
        N_("The accounts rest on them. Names go when a person is erased."),
    ),
    Retention(
        "registration.invoices",
        N_("Invoice data of people who were erased"),
        N_("Tax law (CFF, article 30) has invoices kept for five years."),
        forget=forget_invoices,
        rule=N_("Until the first day of the sixth year after the order."),
    ),
    Retention(
        "registration.unconfirmed",
        N_("Names in orders that nobody confirmed"),
        N_("They expired before the address was confirmed, and were perhaps typed by somebody else."),
        30,
        forget_unconfirmed,
    ),
    Retention(
        "registration.waiting_list",
        N_("Waiting lists of past events"),
        N_("Questions about a place come for some weeks after the event."),
        90,
        forget_waiting,
    ),
)
