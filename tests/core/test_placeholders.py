"""Placeholders that plugins offer to the mails of others: filled, escaped, never in the way, never mistaken."""

from datetime import datetime
from typing import Any

import pytest

from plenaria.core import mail
from plenaria.core.events import services as events
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Placeholder
from plenaria.core.kernel.values import EventView
from plenaria.core.mail import checking
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import services as agenda
from plenaria.plugins.registration.tables import OrderRow
from tests.guest import guest
from tests.plugins.agenda.test_services import SECTION
from tests.site import NOW, Site

KEY = "registration.cancelled"
FACTS = {"name": "Ana", "order": "AB", "event": "Congreso", "reason": "x"}


async def evil(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    return mail.Markdown(f"[{to}](https://evil.example) <b>")


async def breaks(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    await OrderRow.raw("SELECT nothing FROM nowhere")
    return ""


async def ends_the_process(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    raise SystemExit(3)


async def reworded(site: Site, body: str) -> dict[str, Any]:
    text = mail.texts()[KEY][1]
    await mail.reword(text, site.event, "es", subject="{agenda_next_session}", body=body, by=None, now=NOW)
    async with transaction():
        await mail.send(KEY, to="ana@example.mx", language="es", facts=FACTS, now=NOW, event=site.event)
    return (await site.mails())[-1]


async def test_a_mail_of_one_plugin_is_filled_by_the_others(site: Site) -> None:
    await agenda.apply_section(site.event, SECTION, by="test", now=NOW)

    sent = await reworded(site, "{agenda_next_session}\n\n{registration_link}")

    assert sent["subject"].startswith("Sesión opening, 1 de octubre de 2025")
    assert "Sesión opening, 1 de octubre de 2025" in sent["text"]
    assert "/congress/register" in sent["html"]


async def test_what_a_plugin_fills_in_is_a_plain_fact_and_what_fails_is_left_out(site: Site) -> None:
    given = [
        Placeholder("guest_evil", "Evil", "x", evil),
        Placeholder("guest_breaks", "Broken", "x", breaks),
        Placeholder("guest_exits_2", "Ends the process", "x", ends_the_process),
    ]
    async with guest(site, object(), register_placeholders=given):
        sent = await reworded(site, "A{guest_evil}B\n\nC{guest_breaks}D\n\nE{guest_exits_2}F")

    assert "&lt;b&gt;" in sent["html"]
    assert 'href="https://evil.example"' not in sent["html"]
    assert "CD" in sent["text"]
    assert "EF" in sent["text"]
    newest = {(each.plugin, each.hook, each.error) for each in plugins.host().failures.latest()[:2]}
    assert ("guest", "register_placeholders", "SystemExit") in newest


async def test_a_plugin_that_is_off_offers_nothing_and_leaves_no_hole(site: Site) -> None:
    await reworded(site, "A {agenda_link}, B")
    site.event = await events.switch_plugin(site.event, "agenda", on=False, by="test", now=NOW)
    async with transaction():
        await mail.send(KEY, to="ana@example.mx", language="es", facts=FACTS, now=NOW, event=site.event)

    assert "A , B" in (await site.mails())[-1]["text"]
    sample = mail.sample_of(mail.texts()[KEY][1], site.event)
    assert [each.code for each in checking.refusals("x", "{agenda_link}", sample)] == ["unknown_placeholder"]


@pytest.mark.parametrize(("language", "words"), [("es", "Dirección del programa"), ("en", "Address of the agenda")])
async def test_the_wording_page_names_them_and_shows_them_in_the_preview(site: Site, language: str, words: str) -> None:
    organiser = await site.signed_in("organiser")
    address = f"/congress/organise/mail/{KEY}/es"
    data = {"subject": "x", "body": "Vea {agenda_link}", "preview": "1"}

    page = await organiser.get(f"{address}?lang={language}")
    preview = await organiser.post(address, data=data)
    saved = await organiser.post(address, data={"subject": "x", "body": "{agenda_link}"})

    assert words in page.text
    assert f"{site.settings.address}/congress/agenda" in preview.text
    assert saved.status_code == 303
