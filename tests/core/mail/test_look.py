"""A mail as it arrives: the event's look around its words, the same in both parts, nothing fetched from anywhere."""

import re
from typing import Any

from lxml import html as lxml_html

from tests.site import Site

REMOTE = re.compile(r"<(?:img|link|script|iframe)\b|url\(|@import|@font-face|background=", re.IGNORECASE)


async def invitation(site: Site) -> dict[str, Any]:
    organiser = await site.signed_in("organiser")
    await organiser.post("/congress/organise/team", data={"email": "nueva@example.mx", "role": "door"})
    return (await site.mails())[-1]


async def test_a_mail_about_an_event_has_its_name_days_colour_and_contact(site: Site) -> None:
    await site.change_event(contact_email="hola@congreso.example", accent="#a3122f", venue="Centro Citibanamex")

    mail = await invitation(site)

    found = lxml_html.fromstring(mail["html"])
    (title,) = found.iterfind(".//p[@class='title']")
    assert title.text == site.event.name["es"]
    assert "Centro Citibanamex" in mail["html"]
    (button,) = found.iterfind(".//a[@class='button']")
    assert "background-color:#a3122f" in button.get("style", "")
    assert (mail["reply_to"], mail["reply_name"]) == ("hola@congreso.example", site.event.name["es"])
    for part in (mail["text"], found.text_content()):
        assert "¿Dudas? Escriba a hola@congreso.example o responda este correo." in part
    assert f"{site.settings.address}/congress" in mail["text"]
    assert f'href="{site.settings.address}/congress"' in mail["html"]


async def test_nobody_is_asked_to_answer_where_nobody_reads(site: Site) -> None:
    mail = await invitation(site)

    assert (mail["reply_to"], mail["reply_name"]) == ("", "")
    assert "responda este correo" not in mail["text"] + mail["html"]


async def test_a_mail_of_no_event_has_the_installations_name(site: Site) -> None:
    await site.visitor().post("/sign-in", data={"email": "ana@example.mx"})

    (mail,) = await site.mails()

    (title,) = lxml_html.fromstring(mail["html"]).iterfind(".//p[@class='title']")
    assert title.text == site.settings.title


async def test_nothing_is_fetched_and_it_can_be_read_in_the_dark(site: Site) -> None:
    mail = await invitation(site)

    assert REMOTE.findall(mail["html"]) == []
    assert "prefers-color-scheme: dark" in mail["html"]
    assert '<html lang="es">' in mail["html"]


async def test_a_message_id_tells_neither_time_nor_process(site: Site) -> None:
    first, second = (await invitation(site))["message_id"], (await invitation(site))["message_id"]

    assert re.fullmatch(r"<[0-9a-f]{32}@[\w.-]+>", first)
    assert first.partition("@")[0] != second.partition("@")[0]
