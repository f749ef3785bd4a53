"""A session from the organiser's draft into the visitor's calendar, and moved."""

import re
from datetime import date

import pytest
from playwright.sync_api import APIResponse, Page, expect

from tests.browser.accessibility import faults_of
from tests.browser.congress import PHONE, Congress

TITLE = "Baterías de sodio"
MARTA = {"code": "marta-moderna", "given_names": "Marta", "first_surname": "Moderna"}
MODERATOR = "amelia.asistente@attendee.example"
"""An attendee of the demo, who can therefore sign in."""


def choose(page: Page, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        field = page.locator(f'[name="{name}"]')
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def save(page: Page, site: Congress, kind: str, fields: dict[str, str]) -> None:
    page.goto(f"{site.event}/organise/agenda/new/{kind}")
    choose(page, fields)
    page.get_by_role("button", name="Guardar").click()
    expect(page).to_have_url(re.compile(rf"/organise/agenda/{kind}$"))


def release(page: Page, site: Congress) -> None:
    page.goto(f"{site.event}/organise/agenda/release")
    page.get_by_role("main").get_by_role("button", name="Publicar").click()
    expect(page.locator('[name="note"]')).to_have_count(0)


def calendar(visitor: Page, site: Congress, **headers: str) -> APIResponse:
    return visitor.context.request.get(f"{site.event}/agenda/sodio.ics", headers=headers)


@pytest.fixture(scope="module")
def first_day(served: Congress) -> date:
    """The demo moves the sample's dates; the form for a session knows them."""
    page = served.visitor("organiser")
    page.goto(f"{served.event}/organise/event")
    return date.fromisoformat(page.locator('[name="starts_on"]').input_value())


@pytest.fixture(scope="module")
def released(served: Congress, first_day: date) -> None:
    """The session has been drafted and released."""
    page = served.visitor("programme")
    save(page, served, "rooms", {"code": "jardin", "name.es": "Jardín", "name.en": "Garden", "capacity": "60"})
    save(page, served, "people", MARTA | {"email": MODERATOR})
    page.goto(f"{served.event}/organise/agenda/new-session")
    choose(page, {"code": "sodio", "title.es": TITLE, "title.en": "Sodium batteries", "room": "jardin"})
    choose(page, {"type": "ceremony", "state": "confirmed", "starts_at": f"{first_day}T18:00", "duration_min": "45"})
    page.locator('button[name="_add"][value="people"]').click()
    expect(page.locator('[name="title.es"]')).to_have_value(TITLE)
    choose(page, {"people-0-person": "marta-moderna", "people-0-role": "moderator", "people-0-employer": "Celdas SA"})
    page.get_by_role("button", name="Guardar en el borrador").click()
    assert served.visitor().context.request.get(f"{served.event}/agenda/sodio").status == 404
    release(page, served)


def test_visitors_read_the_session_by_day_by_itself_and_by_its_people(site: Congress, released: None) -> None:
    visitor = site.visitor(size=PHONE)

    visitor.goto(f"{site.event}/agenda?room=jardin")
    card = visitor.get_by_role("article").filter(has_text=TITLE)
    expect(card).to_contain_text("18:00–18:45")
    expect(card).to_contain_text("Marta Moderna, Celdas SA")
    card.get_by_role("link", name=TITLE).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(visitor.get_by_role("complementary")).to_contain_text("Jardín")
    visitor.get_by_role("link", name="Marta Moderna").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Marta Moderna")
    expect(visitor.get_by_role("main")).to_contain_text("Celdas SA")
    expect(visitor.get_by_role("link", name=TITLE)).to_be_visible()

    visitor.get_by_role("link", name="English").click()
    expect(visitor.get_by_role("link", name="Sodium batteries")).to_be_visible()
    expect(visitor.get_by_role("heading", name="Sessions")).to_be_visible()


def test_the_calendar_is_revalidated_not_sent_again(site: Congress, released: None) -> None:
    visitor = site.visitor()

    first = calendar(visitor, site)
    again = calendar(visitor, site, **{"If-None-Match": first.headers["etag"]})

    assert (first.status, again.status, again.body()) == (200, 304, b"")
    assert "SUMMARY:" + TITLE in first.text()
    assert "TZID=America/Mexico_City" in first.text()
    assert "Sodium batteries" in visitor.context.request.get(f"{site.event}/agenda/sodio.ics?lang=en").text()


def test_the_moderator_confirms_and_corrects_the_employer_of_this_session(site: Congress, released: None) -> None:
    text = site.mail(MODERATOR, "").locator("pre.mail-text").inner_text()
    assert TITLE in text
    moderator = site.visitor("attendee", size=PHONE)

    moderator.goto(f"{site.event}/agenda/sodio/participation")
    expect(moderator.get_by_role("heading", level=1)).to_have_text(TITLE)
    assert faults_of(moderator) == []
    choose(moderator, {"employer": "Celdas y Pilas SA"})
    moderator.get_by_role("main").locator("form.form button.button").click()
    expect(moderator.get_by_role("status")).to_be_visible()
    organiser = site.visitor("programme")
    organiser.goto(f"{site.event}/organise/agenda/sessions/sodio")
    expect(organiser.locator('[name="people-0-employer"]')).to_have_value("Celdas y Pilas SA")


def test_a_moved_session_shows_its_conflict_and_raises_its_sequence(
    site: Congress, released: None, first_day: date
) -> None:
    organiser, visitor = site.visitor("programme"), site.visitor()
    before = calendar(visitor, site).text()

    organiser.goto(f"{site.event}/organise/agenda/sessions/sodio")
    choose(organiser, {"room": "plenario", "starts_at": f"{first_day}T09:40"})
    organiser.get_by_role("button", name="Guardar en el borrador").click()
    organiser.goto(f"{site.event}/organise/agenda/sessions?conflicts=on")
    expect(organiser.get_by_role("row").filter(has_text=TITLE).locator(".agenda-conflict-hard").first).to_be_visible()
    assert calendar(visitor, site).text() == before

    organiser.goto(f"{site.event}/organise/agenda/sessions/sodio")
    choose(organiser, {"room": "jardin", "starts_at": f"{first_day}T19:00"})
    organiser.get_by_role("button", name="Guardar en el borrador").click()
    release(organiser, site)

    after = calendar(visitor, site).text()
    assert (sequence(before), sequence(after)) == (0, 1)
    assert f"DTSTART;TZID=America/Mexico_City:{first_day:%Y%m%d}T190000" in after


def sequence(text: str) -> int:
    found = re.search(r"^SEQUENCE:(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0
