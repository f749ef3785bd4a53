"""Two who write at once wait for one another in one order: no deadlock. And a form sent twice at once is one order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plenaria.core.events import services as events
from plenaria.core.kernel.values import Refused
from plenaria.core.storage.database.trouble import TROUBLE
from plenaria.plugins.registration import services
from plenaria.plugins.registration.services import seats, ticket_types
from plenaria.plugins.registration.settings import RegistrationSection, TicketTypeDetails
from plenaria.plugins.registration.tables import TicketRow, TicketTypeRow
from tests.plugins.registration.orders import attendee, place, sell
from tests.site import NOW, Site

# The order of their ids is not the order of their codes.
ZEBRA = TicketTypeDetails(code="zebra", name={"en": "Zebra"}, size=None)
ALPHA = TicketTypeDetails(code="alpha", name={"en": "Alpha"}, size=None)


def deadlocks() -> float:
    """How often the database has ended a transaction in a deadlock; one that was repeated counts as well."""
    return TROUBLE.labels("deadlock")._value.get()


def late(touch: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """So late that everybody else holds a ticket type by then."""

    async def touched(*args: Any, **kwargs: Any) -> None:
        await asyncio.sleep(0.3)
        await touch(*args, **kwargs)

    return touched


async def taken() -> dict[str, int]:
    return {row["code"]: row["taken"] for row in await TicketTypeRow.select(TicketTypeRow.code, TicketTypeRow.taken)}


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_ordering_and_cancelling_two_types_at_once_never_deadlock(site: Site) -> None:
    await sell(site.event, ZEBRA, ALPHA)
    before = deadlocks()

    async def order_and_cancel(number: int) -> None:
        for turn in range(3):
            both = attendee("zebra"), attendee("alpha")
            order = await place(site.event, *both, submission=f"{number}-{turn}")
            await services.cancel_order(site.event, order.code, reason="", by_attendee=False, by="test", now=NOW)

    await asyncio.gather(*(order_and_cancel(number) for number in range(6)))

    assert deadlocks() == before
    assert await taken() == {"zebra": 0, "alpha": 0}


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_two_orders_that_sell_out_do_not_meet_at_the_event(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    one_seat = [TicketTypeDetails(code=each.code, name=each.name, size=1) for each in (ZEBRA, ALPHA)]
    await sell(site.event, *one_seat)
    monkeypatch.setattr(seats, "touch", late(seats.touch))
    before = deadlocks()

    outcomes = await asyncio.gather(
        place(site.event, attendee("zebra"), attendee("alpha"), submission="both"),
        place(site.event, attendee("alpha"), submission="one"),
        return_exceptions=True,
    )

    assert deadlocks() == before
    assert [type(each) for each in outcomes if isinstance(each, BaseException)] == [Refused]
    assert sum((await taken()).values()) == await TicketRow.count()


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_an_event_file_that_changes_two_types_does_not_meet_an_order_at_the_event(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_seat = [TicketTypeDetails(code=each.code, name=each.name, size=1) for each in (ZEBRA, ALPHA)]
    await sell(site.event, *one_seat)
    monkeypatch.setattr(seats, "touch", late(seats.touch))
    monkeypatch.setattr(ticket_types, "touch", late(ticket_types.touch))
    cheaper = tuple(TicketTypeDetails(code=each.code, name={"en": "New"}, size=5) for each in (ZEBRA, ALPHA))
    before = deadlocks()

    await asyncio.gather(
        place(site.event, attendee("alpha"), submission="one"),
        services.apply_section(site.event, RegistrationSection(ticket_types=cheaper), by="test", now=NOW),
    )

    assert deadlocks() == before


async def test_a_form_sent_twice_at_once_for_the_last_seat_is_one_order_for_both(site: Site) -> None:
    await sell(site.event, TicketTypeDetails(code="alpha", name=ALPHA.name, size=1))

    first, second = await asyncio.gather(*(place(site.event, attendee("alpha"), submission="form:1") for _ in range(2)))

    assert first.code == second.code
    assert await taken() == {"alpha": 1}


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_victim_is_repeated_and_its_caller_does_not_notice(site: Site) -> None:
    await sell(site.event, ZEBRA)
    before, holds = deadlocks(), [asyncio.Event(), asyncio.Event()]
    database = site.database

    async def stranger() -> None:
        """Takes the event first and the ticket type then, against the order of everybody else."""
        async with database.engine.transaction():
            await database.fetch("SET LOCAL deadlock_timeout = '10s'")  # the other one is the victim
            await database.fetch("SELECT 1 FROM core_event WHERE id = $1 FOR NO KEY UPDATE", site.event.id)
            holds[0].set()
            await holds[1].wait()
            await database.fetch("UPDATE registration_ticket_type SET taken = taken")

    async def touch_at_last(*args: Any, **kwargs: Any) -> None:
        holds[1].set()
        await events.touch(site.event, now=NOW)

    other = asyncio.create_task(stranger())
    await holds[0].wait()
    original, ticket_types.touch = ticket_types.touch, touch_at_last
    try:
        await services.change_ticket_type(
            site.event, TicketTypeDetails(code="zebra", name={"en": "Zebra"}, price_minor=100), by="test", now=NOW
        )
    finally:
        ticket_types.touch = original
    await other

    assert deadlocks() == before + 1
