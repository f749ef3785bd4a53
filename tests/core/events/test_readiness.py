"""What the console's overview shows of every plugin: what is missing before the event goes public, and figures."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from plenaria.core.cli import main
from plenaria.core.events import services as events
from plenaria.core.events.details import details_of
from plenaria.core.host import gathering
from plenaria.core.host.contributions import DashboardPanel
from plenaria.core.kernel.values import EventView, ReadinessItem
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.registration.settings import RegistrationSettings
from tests.guest import guest
from tests.plugins.agenda.test_services import SECTION
from tests.plugins.registration.orders import MEMBER, PRESS, place, sell
from tests.site import NOW, Site

API = "/api/v1/events/congress/readiness"


async def codes(site: Site) -> dict[str, str]:
    organiser = await site.bearer("organiser", "event.view")
    answer = await organiser.get(API)
    assert answer.status_code == 200, answer.text
    return {each["code"]: each["severity"] for each in answer.json()["items"]}


async def test_an_empty_event_lacks_something_of_every_part(site: Site) -> None:
    assert await codes(site) == {
        "core.no_contact": "blocks",
        "core.no_summary": "advice",
        "core.no_description": "advice",
        "agenda.no_sessions": "blocks",
        "awards.no_categories": "blocks",
        "awards.no_deadline": "advice",
        "awards.no_jury": "advice",
        "registration.no_ticket_types": "blocks",
        "registration.no_notice": "blocks",
    }


async def test_what_was_mended_is_no_longer_named(site: Site) -> None:
    await sell(site.event, PRESS)
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)
    settings = RegistrationSettings(notice={"es": "Aviso"}, notice_version="1")
    await events.change_settings(site.event, "registration", settings, by="test", now=NOW)

    found = await codes(site)

    assert [code for code in found if code.startswith(("agenda.", "registration."))] == []


async def test_paid_tickets_need_an_account_and_sales_that_are_not_over(site: Site) -> None:
    over = msgspec.structs.replace(MEMBER, sales=msgspec.structs.replace(MEMBER.sales, closes_at=NOW))
    await sell(site.event, over)

    found = await codes(site)

    assert found["registration.no_account"] == found["registration.sales_over"] == "blocks"


async def test_a_plugin_that_is_off_lacks_nothing_and_one_that_fails_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(event: EventView, /, *, now: datetime) -> list[ReadinessItem]:
        raise RuntimeError("not today")

    site.event = await events.switch_plugin(site.event, "awards", on=False, by="test", now=NOW)
    async with guest(site, object(), register_readiness=fails):
        found = await codes(site)

    assert not [code for code in found if code.startswith("awards.")]
    assert found["core.plugin_failed"] == "advice"


@pytest.mark.parametrize(("language", "words"), [("es", "Antes de hacerlo público"), ("en", "Before it goes public")])
async def test_making_an_event_public_says_what_is_missing_and_does_it_all_the_same(
    site: Site, language: str, words: str
) -> None:
    hidden = msgspec.structs.replace(details_of(site.event), is_public=False)
    await events.change_event(site.event, hidden, by="test", now=NOW)
    organiser = await site.signed_in("organiser")

    page = await organiser.get(f"/congress/organise?lang={language}")
    data = {"name.es": "Congreso", "starts_on": "2025-10-01", "ends_on": "2025-10-02", "is_public": "1"}
    data |= {"zone": "America/Mexico_City", "language": "es", "currency": "MXN"}
    answer = await organiser.post("/congress/organise/event", data=data)
    after = await organiser.get(answer.headers["location"])

    assert words in page.text
    assert answer.status_code == 303, answer.text
    missing = "There is no address" if language == "en" else "No hay una dirección"
    assert missing in after.text
    assert (await site.visitor().get("/congress")).status_code == 200


# -- figures -------------------------------------------------------------------------------------------------------


async def test_each_sees_the_figures_that_their_role_is_for(site: Site) -> None:
    await sell(site.event)
    await place(site.event)

    pages = {
        role: (await (await site.signed_in(role)).get("/congress/organise?lang=en")).text
        for role in ("organiser", "programme", "finance")
    }

    assert {role: ("Tickets sold" in text, "Changes not released" in text) for role, text in pages.items()} == {
        "organiser": (True, True),
        "programme": (False, True),
        "finance": (True, False),
    }
    assert "Sheets" not in pages["organiser"]
    assert "$8,700.00" in pages["finance"] or "8,700" in pages["finance"]


async def test_a_panel_that_fails_or_takes_too_long_costs_itself_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    async def raises(**_: Any) -> dict[str, Any]:
        raise RuntimeError("not today")

    async def sleeps(**_: Any) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    monkeypatch.setattr(gathering, "PART_WITHIN_S", 2.0)
    panels = [DashboardPanel("x.html", raises), DashboardPanel("x.html", sleeps)]
    async with guest(site, object(), register_dashboard=panels):
        page = await (await site.signed_in("organiser")).get("/congress/organise?lang=en")

    assert page.status_code == 200
    assert "Changes not released" in page.text


# -- the command ---------------------------------------------------------------------------------------------------


def test_the_command_names_what_is_missing_and_ends_with_1_while_something_blocks(tmp_path: Path) -> None:
    config, file = tmp_path / "plenaria.toml", tmp_path / "event.toml"
    config.write_text(f'database = "sqlite:///{tmp_path}/one.sqlite3"\n', encoding="utf-8")
    contact = 'contact_email = "hola@example.mx"\n'
    text = '[event]\nslug = "mini"\nname = {es = "Mini"}\nstarts_on = 2025-10-01\nends_on = 2025-10-02\n'
    awards = '[plugins.awards]\n[[plugins.awards.categories]]\ncode = "one"\nname = {es = "Uno"}\n'
    runner = CliRunner()

    def plenaria(*arguments: str) -> Any:
        return runner.invoke(main, ["--config", str(config), *arguments], env={"LANG": "en"})

    assert plenaria("migrate").exit_code == 0
    file.write_text(text + awards, encoding="utf-8")
    assert plenaria("event", "apply", str(file)).exit_code == 0
    blocked = plenaria("event", "check", "mini")
    file.write_text(text + contact + awards, encoding="utf-8")
    assert plenaria("event", "apply", str(file)).exit_code == 0
    ready = plenaria("event", "check", "mini")

    assert blocked.exit_code == 1
    assert "needed: There is no address" in blocked.output
    assert ready.exit_code == 0, ready.output
    assert "advice: Nobody is on the jury yet" in ready.output
    assert json.dumps(plenaria("event", "check", "nothing").exit_code) == "1"
