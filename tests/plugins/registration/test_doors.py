"""The doors of registration: pages and JSON, from the order to the door, in both languages, and what must not leak."""

import io
import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pypdf
import pytest
import pytest_asyncio

from plenaria.core.events import services as events
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import LANGUAGES
from plenaria.core.storage.database import count_queries
from plenaria.core.web import refusals
from plenaria.plugins.registration import queries, rules, services
from plenaria.plugins.registration.tables import OrderRow, TicketTypeRow
from tests.plugins.registration.orders import MEMBER, PRESS, attendee, confirm, place, sell
from tests.site import NOW, Site

API = "/api/v1/events/congress"


@pytest_asyncio.fixture(autouse=True)
async def on_sale(site: Site) -> None:
    await sell(site.event, MEMBER, PRESS, msgspec.structs.replace(PRESS, code="hidden", is_visible=False))
    await sell(site.other_event)


def filled(*kinds: str, **more: str) -> dict[str, str]:
    """The attendee form as a browser sends it."""
    data = {"buyer_name": "Ana Lugo", "buyer_email": "ana@example.mx", "accepts_notice": "on", "submission": "s-1"}
    for place_, kind in enumerate(kinds or ("member",)):
        person = {
            "ticket_type": kind,
            "given_names": "Ana",
            "first_surname": "Lugo",
            "email": f"ana{place_}@example.mx",
        }
        data |= {f"attendees-{place_}-{name}": value for name, value in person.items()}
    return {**data, **more}


async def ordered(site: Site, *kinds: str, **more: str) -> str:
    """The address of the page of a new order whose buyer has confirmed the address."""
    answer = await site.visitor().post("/congress/register", data=filled(*kinds, **more))
    assert answer.status_code == 303, answer.text
    await confirm(site)
    return str(answer.headers["location"])


# -- registering ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("es", "Regístrese"), ("en", "Register")])
async def test_the_tickets_on_sale_are_shown_and_the_hidden_ones_are_not(site: Site, language: str, words: str) -> None:
    page = await site.visitor().get(f"/congress/register?lang={language}")

    assert page.status_code == 200
    assert words in page.text
    assert "$8,700.00 MXN" in page.text
    assert "q-hidden" not in page.text


async def test_choosing_gives_a_form_for_that_many_people(site: Site) -> None:
    page = await site.visitor().get("/congress/register?q=1&q-member=2&q-press=1&q-hidden=4")

    assert len(set(re.findall(r"attendees-(\d)-given_names", page.text))) == 3


async def test_each_form_has_a_token_of_its_own(site: Site) -> None:
    visitor = site.visitor()

    tokens = [
        re.findall(r'name="submission" value="([^"]+)"', (await visitor.get("/congress/register?q-member=1")).text)[0]
        for _ in range(2)
    ]

    assert tokens[0] != tokens[1]


async def test_an_order_leads_to_its_page_with_how_to_pay(site: Site) -> None:
    settings = await queries.settings(site.event)
    changed = msgspec.structs.replace(settings, clabe="002010077777777771", account_holder="INA")
    await events.change_settings(site.event, "registration", changed, by="test", now=NOW)

    page = await site.visitor().get(await ordered(site, "member", "member"))

    assert page.status_code == 200
    for words in ("$17,400.00 MXN", "002010077777777771", "UTC−6", "Pendiente de pago"):
        assert words in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    assert "no-store" in page.headers["cache-control"]


async def test_a_free_order_shows_its_tickets_and_hands_out_pdf_and_calendar(site: Site) -> None:
    address = await ordered(site, "press", "press")
    visitor = site.visitor()

    page = await visitor.get(address)
    pdf = await visitor.get(f"{address}/tickets.pdf")
    ics = await visitor.get(f"{address}/calendar.ics")

    assert page.text.count('class="ticket-qr"') == 2
    assert len(pypdf.PdfReader(io.BytesIO(pdf.content)).pages) == 2
    assert "DTSTART;VALUE=DATE:20251001" in ics.text


async def test_an_unpaid_order_hands_out_no_ticket(site: Site) -> None:
    address = await ordered(site)

    assert "ticket-qr" not in (await site.visitor().get(address)).text
    assert (await site.visitor().get(f"{address}/tickets.pdf")).status_code == 404


async def test_a_reload_of_the_form_leads_to_the_same_order(site: Site) -> None:
    first, again = await ordered(site), await ordered(site)

    assert first.split("/")[3] == again.split("/")[3]
    assert await OrderRow.count() == 1


async def test_what_was_typed_stays_and_every_wrong_field_is_named(site: Site) -> None:
    data = filled("member", **{"attendees-0-email": "no", "buyer_name": "", "invoice-rfc": "XXX"})

    page = await site.visitor().post("/congress/register", data=data)

    assert page.status_code == 422
    assert 'value="no"' in page.text
    assert 'value="Lugo"' in page.text
    assert 'id="field-attendees-0-email-error"' in page.text
    assert 'id="field-buyer_name-error"' in page.text
    assert 'id="field-invoice-legal_name-error"' in page.text


async def test_an_invoice_that_the_tax_office_refuses_is_refused_at_its_field(site: Site) -> None:
    invoice = {
        "invoice-rfc": "GODE561231GR8",
        "invoice-legal_name": "Emma Godínez",
        "invoice-regime": "605",
        "invoice-postal_code": "06000",
        "invoice-use": "G03",
    }

    page = await site.visitor().post("/congress/register", data=filled("member", **invoice))

    assert page.status_code == 409
    assert "El uso G03 no se permite con el régimen fiscal 605" in page.text
    assert 'id="field-invoice-use-error"' in page.text


async def test_sold_out_keeps_what_was_typed_and_offers_the_waiting_list(site: Site) -> None:
    await place(site.event, *(attendee() for _ in range(9)))
    visitor = site.visitor()

    page = await visitor.post("/congress/register", data=filled("member", "member"))
    joined = await visitor.post("/congress/register/waiting-list", data=filled("member", "member", wait="member"))

    assert page.status_code == 409
    assert "No hay lugares suficientes de “Socio”: quedan 1 y pidió 2." in page.text
    assert 'value="ana1@example.mx"' in page.text
    assert joined.status_code == 303
    (waiting,) = await queries.waiting(site.event.id)
    assert (waiting.name, waiting.email, waiting.seats, waiting.note) == (
        "Ana Lugo",
        "ana@example.mx",
        2,
        "Ana Lugo, Ana Lugo",
    )


async def test_an_attendee_can_be_added_and_removed_without_losing_anything(site: Site) -> None:
    visitor = site.visitor()

    more = await visitor.post("/congress/register", data=filled("member", _add="attendees"))
    fewer = await visitor.post("/congress/register", data=filled("member", "press", _remove="attendees-0"))

    assert len(set(re.findall(r"attendees-(\d)-given_names", more.text))) == 2
    assert 'value="ana1@example.mx"' in fewer.text
    assert 'value="ana0@example.mx"' not in fewer.text
    assert await OrderRow.count() == 0


async def test_sales_that_are_over_are_refused_at_the_closing_instant(site: Site) -> None:
    closing = msgspec.structs.replace(MEMBER, sales=msgspec.structs.replace(MEMBER.sales, closes_at=NOW))
    await services.change_ticket_type(site.event, closing, by="test", now=NOW)

    late = await site.visitor().post("/congress/register", data=filled())
    site.now = NOW - timedelta(microseconds=1)
    in_time = await site.visitor().post("/congress/register", data=filled())

    assert (late.status_code, in_time.status_code) == (409, 303)
    assert re.search(
        r"“Socio” ya no está a la venta: la venta cerró el 1 de septiembre de 2025, 12:00:00, .*UTC−6", late.text
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"attendees-0-ticket_type": "member"},
        {"attendees-0-ticket_type": "\x00", "buyer_name": "x" * 5000},
        {"attendees-999999999999-email": "a", "purposes": "nothing"},
        {"_add": "attendees", "_remove": "attendees-7"},
        {f"attendees-{number}-ticket_type": "member" for number in range(60)},
    ],
)
async def test_whatever_is_sent_the_answer_is_clear(site: Site, data: dict[str, str]) -> None:
    answer = await site.visitor().post("/congress/register", data=data)

    assert answer.status_code in (200, 409, 422)
    assert await OrderRow.count() == 0


# -- the order's page ----------------------------------------------------------------------------------------------


async def test_an_order_is_only_for_who_holds_its_secret(site: Site) -> None:
    address = await ordered(site, "press")
    _, slug, _, code, secret = address.split("/")
    visitor = site.visitor()

    for wrong in (
        f"/{slug}/orders/{code}/wrong",
        f"/{slug}/orders/{code}/mine",
        f"/{slug}/orders/00000000/{secret}",
        f"/other/orders/{code}/{secret}",
        f"/other/orders/{code}/{secret}/tickets.pdf",
    ):
        assert (await visitor.get(wrong)).status_code == 404, wrong
    assert (await visitor.post(f"/other/orders/{code}/{secret}/cancel")).status_code == 404


async def test_a_buyer_cancels_an_unpaid_order_and_not_a_confirmed_one(site: Site) -> None:
    unpaid, free = await ordered(site), await ordered(site, "press", submission="s-2")
    visitor = site.visitor()

    done = await visitor.post(f"{unpaid}/cancel")
    refused = await visitor.post(f"{free}/cancel")

    assert (done.status_code, refused.status_code) == (303, 409)
    assert "Solo los organizadores pueden cancelar" in refused.text
    assert (await queries.ticket_types(site.event.id))["member"].taken == 0


async def test_who_is_signed_in_finds_own_tickets_and_nobody_elses(site: Site) -> None:
    address = await ordered(site, "press", "press")
    code = address.split("/")[3]
    buyer = await site.signed_in(email="ana@example.mx")
    colleague = await site.signed_in(email="ana1@example.mx")
    stranger = await site.signed_in(email="stranger@example.mx")

    mine = f"/congress/orders/{code}/mine"
    pages = [await client.get(mine) for client in (buyer, colleague, stranger)]

    assert [page.status_code for page in pages] == [200, 200, 404]
    assert [page.text.count('class="ticket-qr"') for page in pages[:2]] == [2, 1]
    assert "ana@example.mx" not in pages[1].text
    assert (await colleague.post(f"{mine}/cancel")).status_code == 404
    assert mine in (await colleague.get("/me")).text
    assert mine not in (await stranger.get("/me")).text


async def test_the_event_page_shows_the_prices(site: Site) -> None:
    page = await site.visitor().get("/congress")

    assert "$8,700.00 MXN" in page.text
    assert "/congress/register" in page.text


# -- the console ---------------------------------------------------------------------------------------------------

CONSOLE = (
    "/organise/registration",
    "/organise/registration/orders?state=confirmed&search=ana",
    "/organise/registration/attendees",
    "/organise/registration/attendees?state=&search=lugo&ticket_type=press",
    "/organise/registration/attendees.csv",
    "/organise/registration/attendees.xlsx",
    "/organise/registration/ticket-types",
    "/organise/registration/ticket-types/new",
    "/organise/registration/ticket-types/member",
    "/organise/registration/waiting-list",
)


async def test_the_console_is_for_those_who_may_see_it(site: Site) -> None:
    order = (await ordered(site, "press")).split("/")[3]
    pages = [*CONSOLE, f"/organise/registration/orders/{order}"]
    organiser, elsewhere = (
        await site.signed_in("organiser"),
        await site.signed_in("organiser", event=site.other_event, email="o@o.mx"),
    )
    door = await site.signed_in("door")

    async def answers(client: httpx.AsyncClient) -> set[int]:
        return {(await client.get(f"/congress{page}")).status_code for page in pages}

    assert await answers(organiser) == {200}
    assert await answers(elsewhere) == {403}
    assert await answers(door) == {403}


async def test_list_pages_need_as_many_queries_for_300_rows_as_for_3(site: Site) -> None:
    organiser = await site.signed_in("organiser")
    pages = ["orders", "attendees?state=", "attendees.csv", "ticket-types"]

    async def needed() -> list[int]:
        counts = []
        for page in pages:
            with count_queries() as seen:
                assert (await organiser.get(f"/congress/organise/registration/{page}")).status_code == 200
            counts.append(len(seen))
        return counts

    await place(site.event, *(attendee("press") for _ in range(3)), submission="few")
    few = await needed()
    for number in range(30):
        await place(site.event, *(attendee("press") for _ in range(10)), submission=f"many-{number}")
    many = await needed()

    assert many == few


async def test_an_organiser_of_another_event_finds_nothing_of_this_one(site: Site) -> None:
    order = (await ordered(site, "press")).split("/")[3]
    elsewhere = await site.signed_in("organiser", event=site.other_event, email="o@o.mx")

    for page in CONSOLE:
        assert "ana@example.mx" not in (await elsewhere.get(f"/other{page}")).text
    assert (await elsewhere.get(f"/other/organise/registration/orders/{order}")).status_code == 404
    assert (
        await elsewhere.post(f"/other/organise/registration/orders/{order}/pay", data={"paid_on": "2025-09-01"})
    ).status_code == 404


async def test_finance_marks_as_paid_and_the_tickets_go_out(site: Site) -> None:
    code = (await ordered(site)).split("/")[3]
    finance = await site.signed_in("finance")
    address = f"/congress/organise/registration/orders/{code}"

    wrong = await finance.post(f"{address}/pay", data={"paid_on": "yesterday", "tracking_key": "MBAN01"})
    done = await finance.post(f"{address}/pay", data={"paid_on": "2025-08-31", "tracking_key": "MBAN01"})
    again = await finance.post(f"{address}/pay", data={"paid_on": "2025-08-31"})
    cannot = await finance.post(f"{address}/cancel", data={"reason": ""})
    await site.deliver()

    assert [answer.status_code for answer in (wrong, done, again, cannot)] == [422, 303, 409, 403]
    assert 'value="MBAN01"' in wrong.text
    assert [mail["subject"] for mail in await site.mails()][-2:] == [
        "Sus boletos para Congreso congress",
        "Su boleto para Congreso congress",
    ]


async def test_an_organiser_cancels_with_a_reason_that_the_buyer_reads(site: Site) -> None:
    code = (await ordered(site)).split("/")[3]
    organiser = await site.signed_in("organiser")

    done = await organiser.post(f"/congress/organise/registration/orders/{code}/cancel", data={"reason": "Se duplicó"})

    assert done.status_code == 303
    assert "Se duplicó" in (await site.mails())[-1]["text"]
    assert (await queries.ticket_types(site.event.id))["member"].taken == 0


async def test_an_export_holds_everybody_of_this_event_and_no_formula(site: Site) -> None:
    await ordered(site, "press", **{"attendees-0-employer": "=cmd|' /C calc'!A0"})
    await place(site.other_event)
    organiser = await site.signed_in("organiser")

    file = await organiser.get("/congress/organise/registration/attendees.csv?lang=es")

    lines = file.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Código,Pedido,Estado,Boleto,Nombre(s)")
    assert "'=cmd" in lines[1]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_the_attendees_are_the_same_file_at_both_addresses(site: Site, ending: str) -> None:
    await ordered(site, "press")
    organiser = await site.signed_in("organiser")

    here = await organiser.get(f"/congress/organise/registration/attendees.{ending}")
    there = await organiser.get(f"/congress/organise/exports/registration.attendees?format={ending}")

    assert here.status_code == 200
    assert here.content == there.content
    for name in ("content-type", "content-disposition", "cache-control", "content-security-policy"):
        assert here.headers[name] == there.headers[name]


async def test_ticket_types_are_made_changed_and_removed_in_the_console(site: Site) -> None:
    organiser = await site.signed_in("organiser")
    home = "/congress/organise/registration/ticket-types"
    new = {
        "code": "student",
        "name.es": "Estudiante",
        "price_minor": "1,500.50",
        "size": "20",
        "most_per_order": "2",
        "sort_order": "5",
        "is_visible": "on",
        "sales-grace_s": "0",
    }

    made = await organiser.post(f"{home}/new", data=new)
    taken = await organiser.post(f"{home}/new", data=new)
    kind = (await queries.ticket_types(site.event.id))["student"]
    changed = await organiser.post(f"{home}/student", data={**new, "code": "ignored", "size": ""})
    wrong = await organiser.post(f"{home}/student", data={**new, "price_minor": "-1"})
    resized = (await queries.ticket_types(site.event.id))["student"]
    removed = await organiser.post(f"{home}/student/remove")

    assert [answer.status_code for answer in (made, taken, changed, wrong, removed)] == [303, 409, 303, 422, 303]
    assert (kind.price_minor, kind.size, resized.size) == (150_050, 20, None)
    assert await TicketTypeRow.count().where(TicketTypeRow.code == "student") == 0


# -- the door ------------------------------------------------------------------------------------------------------


async def test_the_door_lets_in_once_and_can_take_it_back(site: Site) -> None:
    order = await queries.order(site.event.id, (await ordered(site, "press")).split("/")[3])
    assert order is not None
    code = order.tickets[0].shown_code
    door = await site.signed_in("door")

    async def shown(code: str) -> str:
        answer = await door.post("/congress/door?lang=es", data={"code": code})
        found = re.search(r'door-title">([^<]+)', answer.text)
        return found[1] if found else ""

    assert [await shown(code), await shown(code.lower()), await shown("0000000000"), await shown("nada")] == [
        "Adelante",
        "Ya había entrado",
        "Código desconocido",
        "Código mal escrito",
    ]
    assert (await door.post("/congress/door/undo", data={"code": code})).status_code == 303
    assert (await door.post("/congress/door/undo", data={"code": code})).status_code == 409
    assert await shown(code) == "Adelante"
    assert (await door.post("/congress/door", data={"code": " "})).status_code == 422


async def test_the_door_is_closed_to_everybody_else(site: Site) -> None:
    finance, elsewhere = (
        await site.signed_in("finance"),
        await site.signed_in("door", event=site.other_event, email="d@o.mx"),
    )

    assert (await site.visitor().get("/congress/door")).status_code == 401
    assert (await finance.get("/congress/door")).status_code == 403
    assert (await elsewhere.get("/congress/door")).status_code == 403


# -- the JSON API --------------------------------------------------------------------------------------------------


def body(*kinds: str) -> dict[str, Any]:
    return {
        "attendees": [
            {"ticket_type": kind, "given_names": "Ana", "first_surname": "Lugo", "email": "ana@example.mx"}
            for kind in kinds or ("member",)
        ],
        "buyer_name": "Ana Lugo",
        "buyer_email": "ana@example.mx",
        "accepts_notice": True,
    }


async def test_the_api_lists_what_is_on_sale(site: Site) -> None:
    page = (await site.visitor().get(f"{API}/ticket-types")).json()

    assert [(kind["code"], kind["price_minor"], kind["left"]) for kind in page["items"]] == [
        ("member", 870_000, 10),
        ("press", 0, None),
    ]
    assert page["next"] is None


async def test_the_api_places_an_order_once_for_a_key(site: Site) -> None:
    visitor = site.visitor()
    key = {"Idempotency-Key": "k-1"}

    first = await visitor.post(f"{API}/orders", json=body(), headers=key)
    again = await visitor.post(f"{API}/orders", json=body(), headers=key)
    other = await visitor.post(f"{API}/orders", json=body("press"), headers=key)
    without = await visitor.post(f"{API}/orders", json=body())

    assert [answer.status_code for answer in (first, again, other, without)] == [201, 201, 422, 400]
    assert first.json() == again.json()
    assert first.json()["state"] == "unconfirmed"
    assert await OrderRow.count() == 1


async def test_the_api_gives_every_reason_with_its_field(site: Site) -> None:
    await place(site.event, *(attendee() for _ in range(10)))

    answer = await site.visitor().post(
        f"{API}/orders", json=body("member", "nothing"), headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 409
    assert [(each["code"], each.get("pointer", "")) for each in answer.json()["errors"]] == [
        ("unknown_ticket_type", "/attendees/1/ticket_type"),
        ("sold_out", ""),
    ]
    assert answer.json()["errors"][1]["facts"]["left"] == 0


async def test_personal_data_needs_the_permission_for_this_very_event(site: Site) -> None:
    code = (await ordered(site, "press")).split("/")[3]
    may = await site.bearer("organiser", "registration.view")
    other_scope = await site.bearer("organiser", "registration.check_in")
    elsewhere = await site.bearer("finance", "registration.view", event=site.other_event)

    for path in ("orders", "attendees", f"orders/{code}"):
        answers = [await client.get(f"{API}/{path}") for client in (may, other_scope, elsewhere, site.visitor())]
        assert [answer.status_code for answer in answers] == [200, 403, 403, 401], path
        assert "ana@example.mx" not in "".join(answer.text for answer in answers[1:])
    assert (await elsewhere.get(f"/api/v1/events/other/orders/{code}")).status_code == 404


async def test_the_api_pages_through_orders_and_attendees(site: Site) -> None:
    for number in range(3):
        await place(site.event, attendee("press"), attendee("press"), submission=f"{number}")
    client = await site.bearer("organiser", "registration.view")

    for path, total in (("orders", 3), ("attendees", 6)):
        seen, after = [], ""
        while after is not None:
            page = (await client.get(f"{API}/{path}", params={"limit": 2, "after": after})).json()
            seen += [item["code"] for item in page["items"]]
            after = page["next"]
        assert len(seen) == len(set(seen)) == total


async def test_the_api_records_payments_and_cancels(site: Site) -> None:
    paid, gone = await place(site.event, submission="a"), await place(site.event, submission="b")
    client = await site.bearer("organiser", "registration.view", "registration.pay", "registration.edit")

    pay = await client.post(
        f"{API}/orders/{paid.code}/pay",
        json={"paid_on": "2025-09-01", "tracking_key": "x1"},
        headers={"Idempotency-Key": "a"},
    )
    cancel = await client.post(
        f"{API}/orders/{gone.code}/cancel", json={"reason": "Doble"}, headers={"Idempotency-Key": "b"}
    )
    again = await client.post(f"{API}/orders/{gone.code}/cancel", json={}, headers={"Idempotency-Key": "c"})

    assert (pay.status_code, pay.json()["state"], pay.json()["tracking_key"]) == (200, "confirmed", "X1")
    assert (cancel.status_code, cancel.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "already_cancelled")


async def test_a_batch_of_scans_is_answered_one_by_one_and_counts_once(site: Site) -> None:
    order = await queries.order(site.event.id, (await place(site.event, attendee("press"))).code)
    assert order is not None
    client = await site.bearer("organiser", "registration.check_in")
    batch = {
        "scans": [
            {"id": "1", "code": order.tickets[0].code},
            {"id": "2", "code": order.tickets[0].code},
            {"id": "3", "code": "?"},
        ]
    }

    first, again = [(await client.post(f"{API}/check-ins", json=batch)).json()["answers"] for _ in range(2)]

    assert [each["answer"] for each in first] == ["in", "already_in", "mistyped"]
    assert first == again
    assert first[0]["name"] == "María Elena Ríos Castañeda"


async def test_the_api_keeps_a_waiting_list(site: Site) -> None:
    await place(site.event, *(attendee() for _ in range(10)))

    answer = await site.visitor().post(
        f"{API}/waiting-list",
        json={"ticket_type": "member", "name": "Ana", "email": "ana@example.mx"},
        headers={"Idempotency-Key": "w"},
    )

    assert answer.status_code == 201
    assert [each.email for each in await queries.waiting(site.event.id)] == ["ana@example.mx"]


ATTEMPTS = ("order form", "waiting form", "order", "waiting")


@pytest.mark.parametrize("first", ATTEMPTS)
async def test_a_refused_attempt_counts_and_pages_and_api_share_one_limit(
    site: Site, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plenaria.plugins.registration.services.attempts.ORDERS_AN_HOUR", 1)
    await place(site.event, *(attendee() for _ in range(10)))
    visitor = site.visitor()
    waits = {"ticket_type": "press", "name": "Ana", "email": "ana@example.mx"}

    async def sent(what: str) -> int:
        if what == "order form":
            return (await visitor.post("/congress/register", data=filled("member"))).status_code
        if what == "waiting form":
            return (await visitor.post("/congress/register/waiting-list", data={**waits, "seats": "1"})).status_code
        path, asked = ("orders", body("member")) if what == "order" else ("waiting-list", waits)
        return (await visitor.post(f"{API}/{path}", json=asked, headers={"Idempotency-Key": what})).status_code

    assert await sent(first) == 409
    assert [await sent(what) for what in ATTEMPTS] == [429, 429, 429, 429]


async def test_where_the_plugin_is_off_there_is_nothing(site: Site) -> None:
    await events.switch_plugin(site.event, "registration", on=False, by="test", now=NOW)

    for path in ("/congress/register", "/congress/door", f"{API}/ticket-types"):
        assert (await site.visitor().get(path)).status_code == 404
    assert await services.expire_unpaid(now=NOW + timedelta(days=99)) == 0


# -- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_every_refusal_has_words_in_both_languages(site: Site) -> None:
    from plenaria.core.kernel.i18n import gettext

    said = {}
    for language in LANGUAGES:
        with using(language):
            said[language] = {code: gettext(words) for code, words in rules.REFUSALS.items()}

    assert said["en"] == dict(rules.REFUSALS)
    assert [code for code in said["es"] if said["es"][code] == said["en"][code]] == []
    assert set(rules.REFUSALS) <= set(refusals._words)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_refused_clabe_is_said_at_its_field(site: Site) -> None:
    from plenaria.core.forms import check
    from plenaria.plugins.registration.settings import RegistrationSettings

    checked = check(RegistrationSettings, {"clabe": "002010077777777772", "notice": {"es": "x"}})

    assert [(problem.pointer, problem.code) for problem in checked.problems] == [
        ("/clabe", "clabe_invalid"),
        ("/notice_version", "missing"),
    ]
