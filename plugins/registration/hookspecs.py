"""Hooks that registration offers to other plugins. Implement them by name, with `@hookimpl(optionalhook=True)`.

`order` is made of builtins. Before it is stored (`refuse_order`): `attendees` (each with `ticket_type`, names, `email`,
`employer`, `job_title`), `buyer_name`, `buyer_email`. In the facts: `code`, `state` (`awaiting_payment`, `confirmed`,
`cancelled`, `expired`), `language`, `total_minor`, `currency`, `buyer_name`, `buyer_email`, and `tickets`, each with `code`,
`ticket_type`, `name`, `email`, `employer`. Of an order whose buyer has not confirmed the address nobody is told before that
is done.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plenaria.plugin import EventView, PriceLine, Refusal, Sheet, fails_closed, hookspec


@hookspec
async def refuse_order(event: EventView, order: dict[str, Any], now: datetime) -> Sequence[Refusal]:  # type: ignore[empty-body]
    """Asked before an order is placed, inside its transaction, before its seats are taken. May refuse; fails closed.

    Example::

        @hookimpl(optionalhook=True)
        async def refuse_order(event: EventView, order: dict[str, Any]) -> Sequence[Refusal]:
            known = await queries.member_addresses(event.id)
            members = [each for each in order["attendees"] if each["ticket_type"] == "member"]
            return [Refusal("not_a_member", {"email": each["email"]}) for each in members if each["email"] not in known]
    """


@hookspec
@fails_closed
async def adjust_price_lines(  # type: ignore[empty-body]
    event: EventView, lines: list[PriceLine], attendees: list[dict[str, Any]], now: datetime
) -> list[PriceLine]:
    """Handed the lines of an order's price; answers with the lines as they are to be: with a fee, with a discount.

    Called whenever a price is shown (the form, `POST …/orders/quote`) and once more inside the transaction that places the
    order; the order is refused with `price_changed` when the buyer was shown another total. `attendees` as in
    `refuse_order`; while the form is filled in, their answers may still be empty. Only read. Amounts are in minor units of the
    event's currency and with or without tax as the ticket types' prices are. Fails closed: a price that lacks a fee would
    be wrong, so a plugin that crashes refuses the order.

    Example::

        @hookimpl(optionalhook=True)
        async def adjust_price_lines(event: EventView, lines: list[PriceLine]) -> list[PriceLine]:
            seats = sum(line.count for line in lines)
            if seats < 10:
                return lines
            discount = -sum(line.minor for line in lines) // 10
            return [*lines, PriceLine(code="group.tenth", name={"es": "Descuento de grupo"}, each_minor=discount)]
    """


@hookspec
async def adjust_export(event: EventView, sheet: Sheet, export: str, now: datetime) -> Sheet:  # type: ignore[empty-body]
    """Handed a sheet before it is written to a file; answers with its columns and rows as they are to be.

    Called when an organiser downloads the attendees (`export` is `attendees`), as CSV and as a workbook. Columns have stable
    codes: `code` (the ticket's), `order`, `state`, `email` and so on; headings are in the reader's language.
    Failing is survivable: the sheet is written as it was before this plugin, which is named on the plugins page.

    Example::

        @hookimpl(optionalhook=True)
        async def adjust_export(event: EventView, sheet: Sheet, export: str) -> Sheet:
            runs = await queries.run_of_ticket(event.id)
            return sheet.with_column(Column("shuttle", gettext("Bus")), [runs.get(code, "") for code in sheet.column("code")])
    """


@hookspec
async def registration_placed(event: EventView, order: dict[str, Any], now: datetime) -> None:
    """An order that has to be paid was placed and holds its seats. Delivered after the commit; may come twice.

    Example::

        @hookimpl(optionalhook=True)
        async def registration_placed(event: EventView, order: dict[str, Any]) -> None:
            await services.expect_transfer(event, order["code"], order["total_minor"])
    """


@hookspec
async def registration_confirmed(event: EventView, order: dict[str, Any], now: datetime) -> None:
    """An order is confirmed: it was free, or its payment was recorded. Delivered after the commit; may come twice.

    Example::

        @hookimpl(optionalhook=True)
        async def registration_confirmed(event: EventView, order: dict[str, Any], now: datetime) -> None:
            for ticket in order["tickets"]:
                await services.reserve_seat_on_bus(event, ticket["code"], now=now)
    """


@hookspec
async def registration_cancelled(event: EventView, order: dict[str, Any], now: datetime) -> None:
    """An order was cancelled, or has expired unpaid (`order["state"]` says which). Its seats are free. May come twice.

    Example::

        @hookimpl(optionalhook=True)
        async def registration_cancelled(event: EventView, order: dict[str, Any], now: datetime) -> None:
            await services.give_back_seats(event, [ticket["code"] for ticket in order["tickets"]], now=now)
    """


@hookspec
async def attendee_checked_in(event: EventView, ticket: dict[str, Any], at: datetime, now: datetime) -> None:
    """Somebody was let in: `ticket` as in the orders' `tickets`, `at` the instant of the scan (RFC 3339 text). May come twice.

    Example::

        @hookimpl(optionalhook=True)
        async def attendee_checked_in(event: EventView, ticket: dict[str, Any], now: datetime) -> None:
            await services.welcome(event, ticket["email"], now=now)
    """
