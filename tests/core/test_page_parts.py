"""Parts of pages: what plugins add to each other's pages, and the foot of an event's pages."""

from typing import Any

import msgspec

from plenaria.core.events import services as events
from plenaria.core.events.details import details_of
from plenaria.core.host.contributions import PagePart
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.registration import services as registration
from plenaria.plugins.registration.settings import RegistrationSettings
from tests.guest import guest
from tests.plugins.agenda.samples import ANA_ITEM
from tests.plugins.agenda.test_services import SECTION
from tests.plugins.registration.orders import PRESS, attendee, place, sell
from tests.site import NOW, Site

SESSION = f"/congress/agenda/{SECTION.sessions[0].code}?lang=en"
PERSON = f"/congress/speakers/{ANA_ITEM.code}?lang=en"


async def test_sessions_and_people_say_where_to_get_a_ticket_while_one_is_on_sale(site: Site) -> None:
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    before = [(await site.visitor().get(address)).text for address in (SESSION, PERSON)]
    await sell(site.event, PRESS)
    after = [(await site.visitor().get(address)).text for address in (SESSION, PERSON)]
    over = msgspec.structs.replace(PRESS.sales, closes_at=NOW)
    await registration.change_ticket_type(site.event, msgspec.structs.replace(PRESS, sales=over), by="test", now=NOW)
    sold = [(await site.visitor().get(address)).text for address in (SESSION, PERSON)]

    assert ["Get your ticket" in text for text in (*before, *after, *sold)] == [False, False, True, True, False, False]


async def test_the_kept_page_follows_the_parts_of_other_plugins(site: Site) -> None:
    """Sales begin at an instant, and nothing is stored then."""
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    opens = msgspec.structs.replace(PRESS.sales, opens_at=NOW.replace(hour=20))
    await sell(site.event, msgspec.structs.replace(PRESS, sales=opens))

    early = (await site.visitor().get(SESSION)).text
    site.now = NOW.replace(hour=21)
    late = (await site.visitor().get(SESSION)).text

    assert "Get your ticket" not in early
    assert "Get your ticket" in late


async def test_a_confirmed_order_leads_to_the_agenda_and_names_who_is_on_stage(site: Site) -> None:
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    await sell(site.event)
    free = await place(site.event, attendee("press", email=ANA_ITEM.email))
    unpaid = await place(site.event, attendee(email="luis@example.mx"), submission="two")

    pages = [
        (await site.visitor().get(f"/congress/orders/{order.code}/{order.secret}?lang=en")).text
        for order in (free, unpaid)
    ]

    assert ["Plan your days" in text for text in pages] == [True, False]
    assert "is on stage in: Session opening" in pages[0]


async def test_a_plugin_that_is_off_or_fails_adds_nothing(site: Site) -> None:
    async def raises(**_: Any) -> dict[str, Any]:
        raise RuntimeError("not today")

    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    await sell(site.event, PRESS)
    async with guest(site, object(), register_page_parts=[PagePart("x.html", raises, slot="agenda.session")]):
        failing = await site.visitor().get(SESSION)
        await events.switch_plugin(site.event, "registration", on=False, by="test", now=NOW)
        off = await site.visitor().get(SESSION)

    assert (failing.status_code, off.status_code) == (200, 200)
    assert "Get your ticket" in failing.text
    assert "Get your ticket" not in off.text


async def test_the_foot_of_an_event_leads_to_its_organisers_and_its_privacy_notice(site: Site) -> None:
    details = msgspec.structs.replace(
        details_of(site.event), contact_email="hola@example.mx", organiser_url="https://example.org"
    )
    await events.change_event(site.event, details, by="test", now=NOW)
    notice = RegistrationSettings(notice={"es": "Tratamos **sus** datos."}, notice_version="2025-1")
    empty = await site.visitor().get("/congress/privacy?lang=en")
    await events.change_settings(site.event, "registration", notice, by="test", now=NOW)

    foot = (await site.visitor().get("/congress?lang=en")).text.partition("<footer")[2]
    shown = await site.visitor().get("/congress/privacy?lang=en")

    assert 'href="mailto:hola@example.mx"' in foot
    assert 'href="https://example.org"' in foot
    assert 'href="/congress/privacy"' in foot
    assert "have not published" in empty.text
    assert "<strong>sus</strong>" in shown.text
    assert "2025-1" in shown.text
    front = (await site.visitor().get("/?lang=en")).text.partition("<footer")[2]
    assert "privacy" not in front
