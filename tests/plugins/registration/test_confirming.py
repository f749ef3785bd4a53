"""Buyers whose address nobody knows to be theirs: seats for minutes, no mail to others, and a way on that one button opens."""

from datetime import timedelta

import httpx
import msgspec
import pytest
import pytest_asyncio

from plenaria.core.events import services as events
from plenaria.core.events.checking import verify_records
from plenaria.core.kernel.values import Refused
from plenaria.core.storage.database import transaction
from plenaria.plugins.registration import queries, rules, services
from plenaria.plugins.registration.services.attempts import MAILS_AN_HOUR
from plenaria.plugins.registration.services.orders import _release
from plenaria.plugins.registration.tables import OrderRow, TicketTypeRow
from tests.plugins.registration.orders import MEMBER, PRESS, attendee, confirm, mailed_link, place, request, sell
from tests.site import NOW, Site

API = "/api/v1/events/congress"
BUYER = "ana@example.mx"
OTHER = "luis@example.mx"


@pytest_asyncio.fixture(autouse=True)
async def on_sale(site: Site) -> None:
    await sell(site.event, MEMBER, PRESS)


def filled(kind: str = "press", **more: str) -> dict[str, str]:
    return {
        "buyer_name": "Ana Lugo",
        "buyer_email": BUYER,
        "accepts_notice": "on",
        "submission": "s-1",
        "attendees-0-ticket_type": kind,
        "attendees-0-given_names": "Luis",
        "attendees-0-first_surname": "Mora",
        "attendees-0-email": OTHER,
        **more,
    }


async def ordered(client: httpx.AsyncClient, kind: str = "press", **more: str) -> str:
    answer = await client.post("/congress/register", data=filled(kind, **more))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def state(site: Site) -> str:
    """Of the only order; asks for the invariant of its seats as well."""
    row = await OrderRow.select(OrderRow.state, OrderRow.code).first()
    held = 1 if row["state"] in rules.HOLDS_SEATS else 0
    taken = await TicketTypeRow.select(TicketTypeRow.taken).where(TicketTypeRow.event == site.event.id)
    assert sum(each["taken"] for each in taken) == held
    return str(row["state"])


async def mails(site: Site) -> list[str]:
    await site.deliver()
    return [mail["to"] for mail in await site.mails()]


@pytest.mark.parametrize("kind", ["member", "press"])
async def test_nobody_but_the_buyer_is_written_to_before_the_address_is_confirmed(site: Site, kind: str) -> None:
    page = await site.visitor().get(await ordered(site.visitor(), kind))

    assert await state(site) == "unconfirmed"
    assert await mails(site) == [BUYER]
    assert BUYER in page.text
    assert "12:30" in page.text  # in the event's zone, half an hour after the order
    assert "ticket-qr" not in page.text
    assert "002010077777777771" not in page.text


async def test_a_free_order_is_complete_with_the_button_and_the_tickets_go_out_once(site: Site) -> None:
    await ordered(site.visitor())

    await confirm(site)
    await confirm(site)

    assert await state(site) == "confirmed"
    assert await mails(site) == [BUYER, BUYER, OTHER]
    order = await queries.order(site.event.id, (await OrderRow.select(OrderRow.code).first())["code"])
    assert order is not None
    assert (order.due_at, order.confirmed_at) == (None, NOW)


async def test_an_order_with_a_price_then_holds_its_seats_for_the_days_of_payment(site: Site) -> None:
    await ordered(site.visitor(), "member")
    site.now = NOW + timedelta(minutes=29)

    await confirm(site)

    assert await state(site) == "awaiting_payment"
    assert (await OrderRow.select(OrderRow.due_at).first())["due_at"] == site.now + timedelta(days=7)
    assert await services.expire_unpaid(now=site.now + timedelta(days=6)) == 0


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_following_the_link_confirms_nothing_and_its_button_does(site: Site) -> None:
    """Programs that look into mails follow every link."""
    await ordered(site.visitor())
    link = await mailed_link(site)

    page = await site.visitor().get(link)

    assert f'action="{link}/confirm"' in page.text
    assert await state(site) == "unconfirmed"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_address_that_the_browser_was_sent_to_confirms_nothing(site: Site) -> None:
    visitor = site.visitor()
    own = await ordered(visitor)

    page, pressed = await visitor.get(own), await visitor.post(f"{own}/confirm")

    assert f'action="{own}/confirm"' not in page.text
    assert pressed.status_code == 404
    assert await state(site) == "unconfirmed"


async def test_at_the_instant_itself_it_is_too_late_and_nobody_gets_a_further_mail(site: Site) -> None:
    await ordered(site.visitor())
    link = await mailed_link(site)

    assert await services.expire_unpaid(now=NOW + timedelta(minutes=30) - timedelta(microseconds=1)) == 0
    site.now = NOW + timedelta(minutes=30)
    late = await site.visitor().post(f"{link}/confirm")
    assert await services.expire_unpaid(now=site.now) == 1
    later = await site.visitor().post(f"{link}/confirm")

    assert (late.status_code, later.status_code) == (409, 409)
    assert await state(site) == "expired"
    assert await mails(site) == [BUYER]
    assert await site.facts() == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_is_signed_in_with_the_address_needs_no_mail(site: Site) -> None:
    await ordered(await site.signed_in(email=BUYER))

    assert await state(site) == "confirmed"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_is_signed_in_with_another_address_does(site: Site) -> None:
    await ordered(await site.signed_in(email="somebody@else.mx"))

    assert await state(site) == "unconfirmed"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_organiser_enters_an_order_that_counts_at_once(site: Site) -> None:
    await ordered(await site.signed_in("organiser"), "member")

    assert await state(site) == "awaiting_payment"


async def test_signing_in_afterwards_confirms_too(site: Site) -> None:
    code = (await ordered(site.visitor())).split("/")[3]
    buyer = await site.signed_in(email=BUYER)

    shown, pressed = await buyer.get("/me"), await buyer.post(f"/congress/orders/{code}/mine/confirm")

    assert code in shown.text
    assert pressed.status_code == 303
    assert await state(site) == "confirmed"


async def test_a_payment_confirms_as_well(site: Site) -> None:
    code = (await ordered(site.visitor(), "member")).split("/")[3]

    await services.mark_paid(site.event, code, paid_on=NOW.date(), tracking_key="", by="test", now=NOW)

    assert await state(site) == "confirmed"
    assert await services.expire_unpaid(now=NOW + timedelta(days=30)) == 0


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_where_the_settings_ask_for_no_confirmation_an_order_counts_at_once(site: Site) -> None:
    changed = msgspec.structs.replace(await queries.settings(site.event), confirm_minutes=0)
    await events.change_settings(site.event, "registration", changed, by="test", now=NOW)

    await ordered(site.visitor())

    assert await state(site) == "confirmed"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_stranger_who_cancels_sends_no_mail(site: Site) -> None:
    own = await ordered(site.visitor())

    done = await site.visitor().post(f"{own}/cancel")

    assert done.status_code == 303
    assert await state(site) == "cancelled"
    assert await mails(site) == [BUYER]


async def test_the_api_says_unconfirmed_and_takes_the_secret_of_the_mail(site: Site) -> None:
    asked = msgspec.to_builtins(request(attendee("press", email=OTHER), buyer_email=BUYER))
    visitor = site.visitor()
    placed = await visitor.post(f"{API}/orders", json=asked, headers={"Idempotency-Key": "k"})
    *_, code, secret = (await mailed_link(site)).split("/")

    wrong = await visitor.post(f"{API}/orders/{code}/confirm", json={"secret": "guessed"})
    right = await visitor.post(f"{API}/orders/{code}/confirm", json={"secret": secret})
    again = await visitor.post(f"{API}/orders/{code}/confirm", json={"secret": secret})

    assert placed.json()["state"] == "unconfirmed"
    assert placed.json()["due_at"] == "2025-09-01T18:30:00Z"
    assert [wrong.status_code, right.status_code, again.status_code] == [404, 200, 200]
    assert right.json()["state"] == again.json()["state"] == "confirmed"


# -- mails to who did not ask for them -----------------------------------------------------------------------------


async def test_an_address_is_written_to_so_often_and_its_owner_still_orders(site: Site) -> None:
    for number in range(MAILS_AN_HOUR):
        await place(site.event, attendee("press"), submission=str(number), is_verified=False, buyer_email=BUYER)

    refused = await site.visitor().post("/congress/register", data=filled(submission="more"))
    owner = await site.signed_in(email=BUYER)
    let = await owner.post("/congress/register", data=filled(submission="mine"))

    assert refused.status_code == 409
    assert BUYER in refused.text
    assert (await mails(site)).count(BUYER) == MAILS_AN_HOUR + 1
    assert let.status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_mail_can_be_sent_again_within_the_same_limit(site: Site) -> None:
    visitor = site.visitor()
    own = await ordered(visitor)

    answers = [(await visitor.post(f"{own}/confirm/mail")).status_code for _ in range(MAILS_AN_HOUR)]

    assert answers == [303] * (MAILS_AN_HOUR - 1) + [409]
    assert (await mails(site)).count(BUYER) == MAILS_AN_HOUR
    await confirm(site)
    assert await state(site) == "confirmed"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_attendee_is_written_to_so_often_by_whoever_orders(site: Site) -> None:
    for number in range(MAILS_AN_HOUR + 3):
        await place(site.event, attendee("press", email=OTHER), submission=str(number), buyer_email=f"b{number}@b.mx")

    sent = await mails(site)

    assert sent.count(OTHER) == MAILS_AN_HOUR
    assert len(sent) == MAILS_AN_HOUR + MAILS_AN_HOUR + 3


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    "name",
    ["Gane en http://evil.example", "www.evil.mx", "HTTPS evil", "Ana evil.com", "evil.com/x", "hola evil.com.mx ya"],
)
async def test_a_name_that_is_a_web_address_is_refused_at_its_field(site: Site, name: str) -> None:
    for field in ("buyer_name", "attendees-0-given_names", "attendees-0-employer"):
        page = await site.visitor().post("/congress/register", data=filled(**{field: name}))

        assert page.status_code == 409, field
        assert f'id="field-{field}-error"' in page.text, field
    assert await OrderRow.count() == 0


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_who_waits_has_a_name_without_an_address(site: Site) -> None:
    await TicketTypeRow.update({TicketTypeRow.size: 0}).where(TicketTypeRow.code == "member")
    waits = {"ticket_type": "member", "name": "www.evil.example", "email": OTHER, "seats": "1"}

    answer = await site.visitor().post("/congress/register/waiting-list", data=waits)

    assert answer.status_code == 409
    assert await mails(site) == []


async def test_a_confirmation_and_the_expiry_at_once_leave_one_of_both(site: Site) -> None:
    placed = await place(site.event, attendee("press"), is_verified=False)
    await services.expire_unpaid(now=NOW + timedelta(minutes=31))

    with pytest.raises(Refused) as refused:
        await services.confirm_address(site.event, placed.code, by="test", now=NOW)  # its request was stamped in time

    assert [each.code for each in refused.value.refusals] == ["confirmed_too_late"]
    assert await state(site) == "expired"


@pytest.mark.parametrize("kind", ["member", "press"])
async def test_a_confirmed_order_agrees_with_the_record(site: Site, kind: str) -> None:
    await ordered(site.visitor(), kind)

    await confirm(site)

    assert await verify_records() == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_refused_order_uses_up_none_of_the_mails_to_its_address(site: Site) -> None:
    for number in range(MAILS_AN_HOUR + 1):
        with pytest.raises(Refused, match="unknown_ticket_type"):
            await place(site.event, attendee("none"), submission=f"r-{number}", is_verified=False, buyer_email=BUYER)

    assert await ordered(site.visitor())


async def test_an_expiry_that_comes_second_leaves_a_confirmed_order_alone(site: Site) -> None:
    """The job read the order before its buyer pressed the button."""
    await ordered(site.visitor())
    row = await OrderRow.select(OrderRow.code).first()
    read_before = await services.required_order(site.event, row["code"])
    await confirm(site)

    async with transaction():
        is_released = await _release(site.event, read_before, "expired", reason="", by="system", now=NOW)

    assert not is_released
    assert await state(site) == "confirmed"
