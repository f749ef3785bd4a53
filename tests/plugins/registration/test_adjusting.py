"""What other plugins change: the lines of a price, and the sheet of attendees. What is shown is what is ordered."""

import re
from typing import Any

import pytest
import pytest_asyncio

from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import Column, PriceLine, Sheet
from plenaria.plugins.registration import queries
from tests.guest import guest
from tests.plugins.registration.orders import attendee, place, sell
from tests.plugins.registration.test_doors import filled
from tests.site import Site

API = "/api/v1/events/congress"


class Fee:
    """Adds a fee to every order, or fails."""

    def __init__(self, minor: int = 5_000) -> None:
        self.minor = minor
        self.fails = False

    @hookimpl(optionalhook=True)
    async def adjust_price_lines(self, lines: list[PriceLine], attendees: list[dict[str, Any]]) -> list[PriceLine]:
        if self.fails:
            raise RuntimeError("no prices today")
        name = {"es": "Cargo por servicio", "en": "Service fee"}
        return [*lines, PriceLine(code="guest.fee", name=name, count=len(attendees), each_minor=self.minor)]

    @hookimpl(optionalhook=True)
    async def adjust_export(self, sheet: Sheet) -> Sheet:
        if self.fails:
            raise RuntimeError("no buses today")
        return sheet.with_column(Column("bus", "Autobús"), [f"={code}" for code in sheet.column("code")])


@pytest_asyncio.fixture(autouse=True)
async def on_sale(site: Site) -> None:
    await sell(site.event)


def total_on(page: str) -> int:
    found = re.search(r'name="expected_total_minor" value="(-?\d+)"', page)
    assert found, page
    return int(found[1])


async def test_the_form_the_quote_and_the_order_have_the_same_price(site: Site) -> None:
    async with guest(site, Fee()):
        form = (await site.visitor().get("/congress/register?q=1&q-member=2&lang=en")).text
        attendees = [{"ticket_type": "member"}] * 2
        quote = (await site.visitor().post(f"{API}/orders/quote", json={"attendees": attendees})).json()
        sent = filled("member", "member", expected_total_minor=str(total_on(form)))
        answer = await site.visitor().post("/congress/register", data=sent)

    order = await queries.order(site.event.id, str(answer.headers["location"]).split("/")[3])
    assert order is not None
    assert "2 × Service fee" in form
    assert order.total_minor == total_on(form) == quote["total_minor"] == 2 * 870_000 + 10_000
    assert [(line.code, line.minor) for line in order.lines] == [("member", 1_740_000), ("guest.fee", 10_000)]
    assert [line["code"] for line in quote["lines"]] == ["member", "guest.fee"]
    page = (await site.visitor().get(f"{answer.headers['location']}?lang=en")).text
    assert "2 × Service fee" in page


async def test_an_order_at_another_price_than_the_one_shown_is_refused_and_keeps_what_was_typed(site: Site) -> None:
    fee = Fee()
    async with guest(site, fee):
        shown = total_on((await site.visitor().get("/congress/register?q=1&q-member=1")).text)
        fee.minor = 9_000
        sent = filled("member", expected_total_minor=str(shown))
        refused = await site.visitor().post("/congress/register?lang=en", data=sent)
        again = await site.visitor().post(
            "/congress/register", data={**sent, "expected_total_minor": str(total_on(refused.text))}
        )

    assert refused.status_code == 409
    assert "The price has changed meanwhile" in refused.text
    assert 'value="Ana Lugo"' in refused.text
    assert total_on(refused.text) == 879_000
    assert again.status_code == 303


async def test_a_price_is_never_ordered_or_quoted_without_the_part_of_a_plugin_that_fails(site: Site) -> None:
    fee = Fee()
    async with guest(site, fee):
        fee.fails = True
        form = await site.visitor().get("/congress/register?q=1&q-member=1&lang=en")
        order = await site.visitor().post("/congress/register?lang=en", data=filled("member"))
        quote = await site.visitor().post(f"{API}/orders/quote", json={"attendees": [{"ticket_type": "member"}]})

    assert form.status_code == 200
    assert "expected_total_minor" not in form.text
    assert "cannot be worked out" in form.text
    assert order.status_code == 409
    assert order.text.count("did not answer") == 1
    assert 'value="Ana Lugo"' in order.text
    assert [each["code"] for each in quote.json()["errors"]] == ["plugin_failed"]
    assert await queries.orders(site.event.id) == []
    assert (await queries.ticket_types(site.event.id))["member"].taken == 0


async def test_discounts_larger_than_the_price_are_refused(site: Site) -> None:
    async with guest(site, Fee(-900_000)):
        answer = await site.visitor().post("/congress/register?lang=en", data=filled("member"))

    assert answer.status_code == 409
    assert "larger than the price" in answer.text


async def test_a_quote_of_a_ticket_that_is_not_on_sale_says_which(site: Site) -> None:
    attendees = [{"ticket_type": "member"}, {"ticket_type": "nothing"}]

    answer = await site.visitor().post(f"{API}/orders/quote", json={"attendees": attendees})

    assert answer.status_code == 409
    assert [(each["code"], each["pointer"]) for each in answer.json()["errors"]] == [
        ("unknown_ticket_type", "/attendees/1/ticket_type")
    ]


# -- the sheet of attendees ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
async def test_a_plugin_adds_a_column_to_the_attendees_and_one_that_fails_adds_none(site: Site, fails: bool) -> None:
    await place(site.event, attendee())
    fee = Fee()
    async with guest(site, fee):
        fee.fails = fails
        organiser = await site.signed_in("organiser")
        answer = await organiser.get("/congress/organise/registration/attendees.csv")

    heading, row, *_ = answer.content.decode("utf-8-sig").split("\r\n")
    assert heading.endswith("Autobús") is not fails
    assert ("'=" in row) is not fails
    assert "maria@example.mx" in row
