"""What happens to one order at two places at once, and to one event while another one has piled up work. Both engines."""

import asyncio
from datetime import timedelta

import pytest

from plenaria.core.events import services as events
from plenaria.plugins.registration import services
from plenaria.plugins.registration.forms import Scan
from plenaria.plugins.registration.services import orders as order_services
from plenaria.plugins.registration.settings import RegistrationSettings
from plenaria.plugins.registration.tables import OrderRow, TicketRow
from tests.plugins.registration.orders import MEMBER, PRESS, attendee, place, sell
from tests.site import NOW, Site


async def test_nobody_is_inside_with_a_cancelled_ticket(site: Site) -> None:
    """The buyer cancels while the attendee stands at the door: one of them was first."""
    await sell(site.event, PRESS)
    settings = RegistrationSettings(attendees_may_cancel="always")
    await events.change_settings(site.event, "registration", settings, by="test", now=NOW)
    for number in range(8):
        order = await place(site.event, attendee("press"), submission=str(number))
        ticket = await TicketRow.select(TicketRow.id, TicketRow.code).order_by(TicketRow.id, ascending=False).first()
        assert ticket is not None

        await asyncio.gather(
            services.check_in(site.event, [Scan(code=ticket["code"])], by="door", now=NOW),
            services.cancel_order(site.event, order.code, reason="", by_attendee=True, by="test", now=NOW),
            return_exceptions=True,
        )

        stored = await OrderRow.select(OrderRow.state).where(OrderRow.code == order.code).first()
        row = await TicketRow.select(TicketRow.checked_in_at).where(TicketRow.id == ticket["id"]).first()
        assert stored is not None
        assert row is not None
        assert (stored["state"] == "cancelled") is (row["checked_in_at"] is None)


async def test_unpaid_orders_of_an_event_where_it_is_off_keep_no_others_from_expiring(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_services, "EXPIRE_AT_ONCE", 2)
    for event in (site.other_event, site.event):
        await sell(event, MEMBER)
        for number in range(2):
            await place(event, submission=str(number))
    await events.switch_plugin(site.other_event, "registration", on=False, by="test", now=NOW)

    expired = await services.expire_unpaid(now=NOW + timedelta(days=60))

    assert expired == 2
    states = {row["event"]: row["state"] for row in await OrderRow.select(OrderRow.event, OrderRow.state)}
    assert states == {site.other_event.id: "awaiting_payment", site.event.id: "expired"}
