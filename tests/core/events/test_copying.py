"""A new event out of an earlier one: what goes along, moved in time, and what never does."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from plenaria.core import mail
from plenaria.core.cli import main
from plenaria.core.events import copying, queries
from plenaria.core.events import services as events
from plenaria.core.events.copying import EventCopy
from plenaria.core.events.declared import documents
from plenaria.core.host.contributions import Declared
from plenaria.core.kernel.values import EventView, Refused, Window
from plenaria.core.people import queries as people
from plenaria.core.people import services as people_services
from plenaria.plugins.agenda import queries as agenda_queries
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.agenda.settings import AgendaSection
from plenaria.plugins.registration import queries as registration
from plenaria.plugins.registration.settings import RegistrationSettings
from tests.plugins.agenda.test_services import SECTION
from tests.plugins.registration.orders import MEMBER, place, sell
from tests.site import NOW, Site

COPY = EventCopy(slug="next", starts_on=date(2026, 10, 7))
DAYS = 371


async def filled(site: Site) -> EventView:
    """An event with a set-up, and with everything about people that a copy must not have."""
    event = site.event
    sales = Window(NOW, NOW + timedelta(days=20))
    await sell(event, msgspec.structs.replace(MEMBER, sales=sales))
    settings = RegistrationSettings(notice={"es": "Aviso"}, notice_version="1", payment_days=3)
    await events.change_settings(event, "registration", settings, by="test", now=NOW)
    await agenda.apply_section(event, SECTION, by="test", now=NOW)
    await place(event, notice_version="1")
    text = mail.texts()["registration.cancelled"][1]
    await mail.reword(text, event, "es", subject="Nuestro asunto", body="Hola", by=None, now=NOW)
    await site.signed_in("organiser")
    return await queries.event_by_id(event.id)


async def copied(site: Site, **more: Any) -> EventView:
    return await copying.copy_event(await filled(site), COPY, owner=None, by="test", now=NOW, **more)


async def test_the_set_up_goes_along_and_every_date_moves_by_the_same_days(site: Site) -> None:
    made = await copied(site)

    assert (made.starts_on, made.ends_on, made.is_public) == (date(2026, 10, 7), date(2026, 10, 8), False)
    assert made.plugins == site.event.plugins
    (kind,) = (await registration.ticket_types(made.id)).values()
    assert (kind.code, kind.price_minor, kind.taken) == ("member", 870_000, 0)
    assert kind.sales.opens_at == NOW + timedelta(days=DAYS)
    assert (await registration.settings(made)).payment_days == 3
    section = await agenda_queries.section_of(made)
    assert (section.rooms, section.tracks, section.types) == (SECTION.rooms, SECTION.tracks, SECTION.types)
    text = mail.texts()["registration.cancelled"][1]
    assert await mail.wording(text, made, "es") == ("Nuestro asunto", "Hola")


async def test_nothing_about_people_goes_along_and_nobody_is_mailed(site: Site) -> None:
    source = await filled(site)
    mails = len(await site.mails())

    made = await copying.copy_event(source, COPY, owner=None, by="test", now=NOW)

    section = await agenda_queries.section_of(made)
    assert (section.people, section.sessions, section.released) == ((), (), False)
    assert await agenda_queries.schedule(made) is None
    assert await registration.orders(made.id) == []
    assert await people.team(made) == []
    assert len(await site.mails()) == mails


async def test_a_taken_or_reserved_address_is_refused_and_nothing_is_changed(site: Site) -> None:
    source = await filled(site)
    other = await queries.event_by_id(site.other_event.id)

    for slug, code in (("other", "slug_taken"), ("api", "reserved_slug")):
        wanted = msgspec.structs.replace(COPY, slug=slug)
        with pytest.raises(Refused) as refused:
            await copying.copy_event(source, wanted, owner=None, by="test", now=NOW)
        assert [each.code for each in refused.value.refusals] == [code]

    assert await queries.event_by_id(other.id) == other


@pytest.mark.parametrize("starts_on", [date.max, date.min, date(2200, 1, 1)])
async def test_a_first_day_at_the_end_of_the_calendar_is_refused(site: Site, starts_on: date) -> None:
    wanted = msgspec.structs.replace(COPY, starts_on=starts_on)

    with pytest.raises(Refused) as refused:
        await copying.copy_event(site.event, wanted, owner=None, by="test", now=NOW)

    assert [(each.code, each.pointer) for each in refused.value.refusals] == [("copy_too_far", "/starts_on")]
    assert await queries.event_by_slug("next") is None


async def test_a_window_that_would_leave_the_calendar_is_refused(site: Site) -> None:
    await sell(site.event, msgspec.structs.replace(MEMBER, sales=Window(NOW, NOW.replace(year=9999))))

    with pytest.raises(Refused) as refused:
        await copying.copy_event(site.event, COPY, owner=None, by="test", now=NOW)

    assert [each.pointer for each in refused.value.refusals] == ["/starts_on"]


async def test_a_date_out_of_the_calendar_is_shown_on_the_page_and_in_json(site: Site) -> None:
    owner = await installation_owner(site)
    data = {"source": "congress", "slug": "next", "starts_on": "9999-12-31"}

    shown = [await owner.post(f"/new-event/copy?lang={language}", data=data) for language in ("en", "es")]
    del data["source"]
    by_json = await owner.post(COPIES, json=data, headers={"Idempotency-Key": "far"})

    assert [answer.status_code for answer in (*shown, by_json)] == [409, 409, 409]
    assert "Choose a first day between 1900 and 2199." in shown[0].text
    assert "Elija un primer día entre 1900 y 2199." in shown[1].text
    assert by_json.json()["errors"][0]["pointer"] == "/starts_on"


async def breaks(*_: Any) -> Any:
    raise ArithmeticError


def breaks_copying(_: Any) -> Any:
    raise ArithmeticError


@pytest.mark.parametrize(
    "declared",
    [
        Declared(AgendaSection, breaks, breaks),
        Declared(AgendaSection, agenda_queries.section_of, agenda.apply_section, copied=breaks_copying),
        Declared(AgendaSection, agenda_queries.section_of, agenda.apply_section, copied=lambda _: None),
    ],
    ids=["read raises", "copied raises", "copied gives another type"],
)
async def test_nothing_is_copied_when_a_plugin_cannot_say_what_it_has(
    site: Site, monkeypatch: pytest.MonkeyPatch, declared: Declared
) -> None:
    source, real = await filled(site), documents.declared_of
    monkeypatch.setattr(documents, "declared_of", lambda name: declared if name == "agenda" else real(name))

    with pytest.raises(Refused) as refused:
        await copying.copy_event(source, COPY, owner=None, by="test", now=NOW)

    assert [(each.code, each.facts) for each in refused.value.refusals] == [("plugin_failed", {"plugin": "agenda"})]
    assert await queries.event_by_slug("next") is None


COPIES = "/api/v1/events/congress/copies"


async def installation_owner(site: Site) -> httpx.AsyncClient:
    root = await people_services.ensure_person("root@example.mx", now=NOW)
    await people_services.grant(root, "owner", event=None, by="test", now=NOW)
    return await site.signed_in(email="root@example.mx")


async def test_an_owner_of_the_installation_copies_on_the_page_and_by_json_and_nobody_else(site: Site) -> None:
    await filled(site)
    organiser = await site.signed_in("owner")
    owner = await installation_owner(site)
    data = {"source": "congress", "slug": "other", "starts_on": "2026-10-07"}

    page = await owner.get("/new-event/copy?lang=en")
    taken = await owner.post("/new-event/copy", data=data)
    made = await owner.post("/new-event/copy", data={**data, "slug": "next"})
    body = {"slug": "third", "starts_on": "2027-10-06"}
    by_json = await owner.post(COPIES, json=body, headers={"Idempotency-Key": "one"})
    refused = [await organiser.get("/new-event/copy"), await organiser.post("/new-event/copy", data=data)]
    refused.append(await organiser.post(COPIES, json=body, headers={"Idempotency-Key": "two"}))

    assert "Event to copy" in page.text
    assert taken.status_code == 409
    assert 'value="other"' in taken.text
    assert made.headers["location"] == "/next/organise"
    assert (by_json.status_code, by_json.json()["starts_on"]) == (201, "2027-10-06")
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    event = await queries.event_by_slug("next")
    assert event is not None
    assert [(member.email, member.role) for member in await people.team(event)] == [("root@example.mx", "owner")]
    assert (await site.visitor().get("/next")).status_code == 404


def test_the_command_copies(tmp_path: Path) -> None:
    config, file = tmp_path / "plenaria.toml", tmp_path / "event.toml"
    config.write_text(f'database = "sqlite:///{tmp_path}/one.sqlite3"\n', encoding="utf-8")
    file.write_text(
        '[event]\nslug = "mini"\nname = {es = "Mini"}\nstarts_on = 2025-10-01\nends_on = 2025-10-02\n', encoding="utf-8"
    )
    runner = CliRunner()

    def plenaria(*arguments: str) -> Any:
        return runner.invoke(main, ["--config", str(config), *arguments], env={"LANG": "en"})

    assert plenaria("migrate").exit_code == 0
    assert plenaria("event", "apply", str(file)).exit_code == 0
    done = plenaria("event", "copy", "mini", "mini-2026", "--starts-on", "2026-10-07")
    far = plenaria("event", "copy", "mini", "mini-9999", "--starts-on", "9999-12-31")
    again = plenaria("event", "copy", "mini", "mini-2026", "--starts-on", "2026-10-07")

    assert done.exit_code == 0, done.output
    assert "ends_on = 2026-10-08" in plenaria("event", "export", "mini-2026").output
    assert again.exit_code == 1
    assert (far.exit_code, "between 1900 and 2199" in far.output) == (1, True)
