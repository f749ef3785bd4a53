"""Before a mail goes to anybody: the page's preview, the test to oneself, who reworded what, and the way back."""

import pytest

from plenaria.core import mail
from plenaria.core.mail.trial import TESTS_AN_HOUR
from plenaria.core.people import services as people
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.plugins.agenda import services as agenda
from tests.plugins.agenda.test_services import SECTION
from tests.site import NOW, Site

ADDRESS = "/congress/organise/mail/registration.confirmed/es"
WORDS = {"subject": "Hola {name}", "body": "{dates}, {place}\n\n[Ver]({link})\n\n{agenda_next_session}"}


async def test_the_preview_has_the_events_own_facts(site: Site) -> None:
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    await site.change_event(venue="Centro Citibanamex", contact_email="hola@congreso.example")
    organiser, before = await site.signed_in("organiser"), await site.mails()

    page = await organiser.post(f"{ADDRESS}?lang=en", data={**WORDS, "preview": "1"})

    assert "Centro Citibanamex" in page.text
    assert "1–2 de octubre de 2025" in page.text
    assert f'href="{site.settings.address}/congress/orders/' in page.text
    assert "Sesión opening" in page.text
    assert "hola@congreso.example" in page.text
    assert await site.mails() == before


async def test_a_test_goes_to_who_asks_and_to_nobody_else_and_is_recorded(site: Site) -> None:
    organiser = await site.signed_in("organiser")

    page = await organiser.post(f"{ADDRESS}?lang=en", data={**WORDS, "test": "1", "to": "ana@example.mx"})

    assert page.status_code == 200
    assert "A test was sent to organiser@example.mx." in page.text
    assert "[Ver]({link})" in page.text
    (sent,) = await site.mails()
    assert (sent["to"], sent["subject"]) == ("organiser@example.mx", "[Prueba] Hola María Elena Ríos")
    assert await mail.reworded(site.event) == {}
    (line,) = await AuditLine.select().where(AuditLine.action == "mail.tested")
    assert line["subject"] == "mail:registration.confirmed"


async def test_a_test_is_refused_as_saving_is_and_after_some_in_an_hour(site: Site) -> None:
    organiser = await site.signed_in("organiser")

    leak = await organiser.post(
        f"{ADDRESS}?lang=en", data={**WORDS, "body": "![x](https://x.example/{link})", "test": "1"}
    )
    answers = [
        (await organiser.post(ADDRESS, data={**WORDS, "test": "1"})).status_code for _ in range(TESTS_AN_HOUR + 1)
    ]

    assert leak.status_code == 409
    assert "no images" in leak.text
    assert answers == [*[200] * TESTS_AN_HOUR, 429]
    assert len(await site.mails()) == TESTS_AN_HOUR


async def test_the_list_says_which_were_reworded_when_and_by_whom(site: Site) -> None:
    organiser = await site.signed_in("organiser")
    person = await people.ensure_person("organiser@example.mx", now=NOW, name=("Olga", "Ramos", ""))

    before = await organiser.get("/congress/organise/mail?lang=en")
    await organiser.post(ADDRESS, data={"subject": "Hola", "body": "Hola"})
    after = await organiser.get("/congress/organise/mail?lang=en")

    assert person.given_names == "Olga"
    assert "reworded" not in before.text
    assert "Olga Ramos" in after.text
    assert "Sep 1, 2025 12:00" in after.text
    assert "core.sign_in" not in after.text


@pytest.mark.parametrize("is_reworded", [True, False])
async def test_there_is_a_way_back_where_there_is_a_wording(site: Site, is_reworded: bool) -> None:
    organiser = await site.signed_in("organiser")
    if is_reworded:
        await organiser.post(ADDRESS, data={"subject": "Hola", "body": "Hola"})

    page = await organiser.get(f"{ADDRESS}?lang=en")
    await organiser.post(ADDRESS, data={"restore": "1"})

    assert ('name="restore"' in page.text) == is_reworded
    assert await mail.reworded(site.event) == {}
    assert await AuditLine.count().where(AuditLine.action == "mail.restored") == int(is_reworded)
