"""Hooks that registration offers to other plugins. Implement them by name, with `@hookimpl(optionalhook=True)`.

`order` is made of builtins. Before it is stored (`refuse_order`): `attendees` (each with `ticket_type`, names, `email`,
`employer`, `job_title`), `buyer_name`, `buyer_email`. In the facts: `code`, `state` (`awaiting_payment`, `confirmed`,
`cancelled`, `expired`), `language`, `total_minor`, `currency`, `buyer_name`, `buyer_email`, and `tickets`, each with `code`,
`ticket_type`, `name`, `email`, `employer`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plenaria.core.host.hookspecs import hookspec
from plenaria.core.kernel.values import EventView, Refusal


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
