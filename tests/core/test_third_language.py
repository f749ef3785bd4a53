"""A third language is a catalogue and a setting: Polish, which counts in three forms, in a folder of the installation's own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lxml import html  # type: ignore[import-untyped]  # lxml ships no types

from plenaria.core import mail
from plenaria.core.app import create_app
from plenaria.core.app.application import prepare
from plenaria.core.events import cache
from plenaria.core.events.details import EventDetails
from plenaria.core.forms import Problem, words
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel import clock, i18n
from plenaria.core.kernel.languages import LANGUAGES, negotiate
from plenaria.core.kernel.settings import Misconfigured, Settings
from plenaria.core.kernel.values import in_language
from plenaria.core.people import services as people
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import queries as agenda_queries
from tests.site import Site, make_event, running

CATALOGUE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "Skip to the content"
msgstr "Przejdź do treści"

msgid "Must be at most {allowed} character; it has {actual}."
msgid_plural "Must be at most {allowed} characters; it has {actual}."
msgstr[0] "Najwyżej {allowed} znak; jest {actual}."
msgstr[1] "Najwyżej {allowed} znaki; jest {actual}."
msgstr[2] "Najwyżej {allowed} znaków; jest {actual}."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    messages = tmp_path / "locale" / "pl" / "LC_MESSAGES" / "messages.po"
    messages.parent.mkdir(parents=True)
    messages.write_text(CATALOGUE, encoding="utf-8")
    return tmp_path / "locale"


@pytest.fixture(autouse=True)
def _two_languages_again() -> Iterator[None]:
    yield
    LANGUAGES.use(("es", "en"))


@pytest_asyncio.fixture
async def polish(
    plenaria_migrated_sqlite: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    """A site with Spanish, English and Polish; its events have no Polish texts."""
    shutil.copy(plenaria_migrated_sqlite, tmp_path / "test.sqlite3")
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'test.sqlite3'}",
        key_file=str(tmp_path / "key.pem"),
        languages=("es", "en", "pl"),
        locale_folder=str(folder),
    )
    host = PluginHost.discover()
    app = create_app(settings, host=host)
    cache.forget()
    async with running(app):
        events = [await make_event(slug, host) for slug in ("congress", "other")]
        site = Site(app, settings, app.state.database, *events)
        monkeypatch.setattr(clock, "now", lambda: site.now)
        yield site
        for client in site._clients:
            await client.aclose()
    cache.forget()


def _by_name(page: str) -> dict[str, Any]:
    return {field.get("name"): field for field in html.document_fromstring(page).xpath("//*[@name]")}


async def test_a_page_is_drawn_in_it_for_who_asks_for_it(polish: Site) -> None:
    visitor = polish.visitor()

    negotiated = await visitor.get("/sign-in", headers={"accept-language": "de, pl-PL;q=0.8, en;q=0.3"})
    chosen = await visitor.get("/sign-in?lang=pl", headers={"accept-language": "en"})
    kept = await visitor.get("/sign-in", headers={"accept-language": "en"})

    for answer in (negotiated, chosen, kept):
        assert '<html lang="pl">' in answer.text
        assert "Przejdź do treści" in answer.text


async def test_the_frame_offers_every_language_by_its_own_name(polish: Site) -> None:
    page = html.document_fromstring((await polish.visitor().get("/congress?lang=en")).text)

    tools = page.xpath("//a[@class='tool' and @hreflang]")

    assert [(tool.get("lang"), tool.xpath("string(span[2])")) for tool in tools] == [
        ("es", "Español"),
        ("pl", "Polski"),
    ]


async def test_a_text_that_an_event_lacks_is_shown_in_the_fallback_and_days_in_the_readers_way(polish: Site) -> None:
    page = (await polish.visitor().get("/congress?lang=pl")).text

    assert "Congreso congress" in page
    assert "1–2 października 2025" in page


async def test_a_form_has_a_field_for_it_and_keeps_what_is_typed(polish: Site) -> None:
    organiser = await polish.signed_in("owner")
    fields = _by_name((await organiser.get("/congress/organise/event")).text)
    data = {
        name: field.value or ""
        for name, field in fields.items()
        if name.partition(".")[0] in EventDetails.__struct_fields__
    }
    data |= {"_seen": fields["_seen"].value, "name.pl": "Kongres", "language": "pl", "is_public": "on"}

    saved = await organiser.post("/congress/organise/event", data=data)

    assert {"name.es", "name.en", "name.pl"} <= fields.keys()
    assert saved.status_code == 303, saved.text
    assert "Kongres" in (await polish.visitor().get("/congress?lang=pl")).text


SCHEDULE = b"""<schedule><version>1</version><conference><acronym>x</acronym><title>Kongres</title></conference>
<day index="1" date="2025-10-01"><room name="Sala"><event guid="1f4a7e0e-5f3c-4c8e-9c39-0f6f5e2a7d11" id="1">
<date>2025-10-01T10:00:00-06:00</date><start>10:00</start><duration>00:45</duration><title>Otwarte dane</title>
<language>pl</language></event></room></day></schedule>"""


async def test_a_session_is_spoken_and_imported_in_it(polish: Site) -> None:
    organiser = await polish.signed_in("owner")
    agenda, imports = "/congress/organise/agenda", "/api/v1/events/congress/schedule/imports?language="
    program = await polish.bearer("owner", "agenda.edit")

    new = _by_name((await organiser.get(f"{agenda}/new-session")).text)
    chosen = html.document_fromstring((await organiser.get(f"{agenda}/import")).text)
    preview = await organiser.post(f"{agenda}/import?lang=en", files={"file": ("schedule.xml", SCHEDULE)})
    read, refused, blank = [await program.post(f"{imports}{code}", content=SCHEDULE) for code in ("pl", "de", "")]
    untitled = await program.post(f"{imports}pl&dry_run=true", content=SCHEDULE.replace(b"Otwarte dane", b""))

    assert untitled.status_code == 200, untitled.text
    assert new["language"].value_options == ["es", "en", "pl"]
    assert chosen.xpath("//input[@name='language']/@value") == ["file", "es", "en", "pl"]
    assert "Polish" in preview.text
    assert (read.status_code, read.json()["language"]) == (200, "pl")
    for answer in (refused, blank):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/language")
    [session] = (await agenda_queries.draft(polish.event.id)).sessions
    assert (session.title, session.language) == ({"pl": "Otwarte dane"}, "pl")


async def test_one_may_choose_it_for_oneself(polish: Site) -> None:
    person = await polish.signed_in("owner")
    fields = _by_name((await person.get("/me/account")).text)

    saved = await person.post("/me/account/name", data={"given_names": "Ewa", "language": "pl"})
    refused = await person.post("/me/account/name", data={"given_names": "Ewa", "language": "de"})

    assert fields["language"].value_options == ["", "es", "en", "pl"]
    assert (saved.status_code, refused.status_code) == (303, 422)


async def test_a_mail_without_its_words_in_it_goes_out_in_the_fallback_and_says_so(polish: Site) -> None:
    facts = {"site": "Plenaria", "minutes": "15", "link": "https://example.org"}

    async with transaction():
        await mail.send("core.sign_in", to="ewa@example.org", language="pl", facts=facts, now=polish.now)

    [sent] = await polish.mails()
    assert (sent["language"], sent["subject"]) == ("es", "Su enlace para entrar a Plenaria")
    assert '<html lang="es">' in sent["html"]


async def test_an_event_may_word_its_mails_in_it(polish: Site) -> None:
    organiser = await polish.signed_in("owner")
    address = "/congress/organise/mail/core.invitation/pl"
    page = _by_name((await organiser.get(address)).text)
    words = {"subject": "Zaproszenie", "body": "Witamy: {role} {link}", "_seen": page["_seen"].value}
    await organiser.post(address, data=words)

    await organiser.post("/congress/organise/team", data={"email": "ewa@example.org", "role": "organiser"})
    person = await people.ensure_person("ola@example.org", now=polish.now, language="pl")
    await people.send_invitation(
        person,
        "organiser",
        event=polish.event,
        settings=polish.settings,
        has_account=False,
        now=polish.now,
        next_page="/",
    )

    subjects = [each["subject"] for each in await polish.mails()]
    assert subjects == ["Invitación al equipo de Congreso congress", "Zaproszenie"]


def test_a_number_takes_the_form_that_the_catalogue_says(folder: Path) -> None:
    prepare(Settings(languages=("es", "en", "pl"), locale_folder=str(folder)), PluginHost([]))

    sentences = [
        words(Problem("/name", "too_long", {"allowed": count, "actual": 99, "of": "characters"}), "pl")
        for count in (1, 3, 5, 22)
    ]

    assert sentences == [
        "Najwyżej 1 znak; jest 99.",
        "Najwyżej 3 znaki; jest 99.",
        "Najwyżej 5 znaków; jest 99.",
        "Najwyżej 22 znaki; jest 99.",
    ]


def test_what_the_installations_own_folder_says_comes_before_what_is_built_in(folder: Path) -> None:
    own = folder / "es" / "LC_MESSAGES" / "messages.po"
    own.parent.mkdir(parents=True)
    own.write_text('msgid "Skip to the content"\nmsgstr "Al contenido"\n', encoding="utf-8")

    prepare(Settings(locale_folder=str(folder)), PluginHost([]))

    with i18n.using("es"):
        assert i18n.gettext("Skip to the content") == "Al contenido"


@pytest.mark.parametrize(
    ("languages", "complaint"),
    [(("es", "fr"), "no catalogue for “fr”"), (("es", "qqq"), "nothing is known of “qqq”")],
)
def test_a_language_that_cannot_be_spoken_stops_the_start(languages: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        prepare(Settings(languages=languages), PluginHost([]))


def test_the_first_language_is_the_fallback(folder: Path) -> None:
    prepare(Settings(languages=("pl", "en"), locale_folder=str(folder)), PluginHost([]))

    assert negotiate("de") == "pl"
    assert in_language({"en": "Congress", "pl": "Kongres"}, "es") == "Kongres"
    assert EventDetails(name={}, starts_on=date(2025, 10, 1), ends_on=date(2025, 10, 2)).language == "pl"
