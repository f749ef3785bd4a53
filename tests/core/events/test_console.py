"""The organiser's console through its doors, on both engines."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from plenaria.core.events import cache, console
from plenaria.core.events.queries import event_by_slug
from plenaria.core.host import hookspecs, plugins
from plenaria.core.people import services as people
from plenaria.core.people.tables import Grant
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import count_queries
from tests.site import Site

DETAILS = {
    "name.es": "Congreso nuevo",
    "name.en": "New congress",
    "starts_on": "2025-10-01",
    "ends_on": "2025-10-02",
    "zone": "America/Mexico_City",
    "language": "es",
    "currency": "MXN",
    "is_public": "1",
}


async def test_changed_details_are_on_the_public_page_at_once_and_in_the_record(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "FRESH_S", 3600.0)
    owner = await site.signed_in("owner")
    await site.visitor().get(f"/{site.event.slug}")

    answer = await owner.post(f"/{site.event.slug}/organise/event", data=DETAILS)

    assert answer.status_code == 303
    assert "Congreso nuevo" in (await site.visitor().get(f"/{site.event.slug}")).text
    line = await AuditLine.select().where(AuditLine.action == "event.changed").first()
    assert line is not None
    assert '"field":"/name/en"' in line["facts"]
    assert '"new":"Congreso nuevo"' in line["facts"]


async def test_wrong_details_are_shown_again_as_typed_with_every_problem(site: Site) -> None:
    owner = await site.signed_in("owner")
    wrong = {**DETAILS, "zone": "Mars/Olympus", "ends_on": "2025-09-30", "accent": "blue", "name.es": "Sigue <aquí>"}

    answer = await owner.post(f"/{site.event.slug}/organise/event", data=wrong)

    assert answer.status_code == 422
    assert html.escape("Sigue <aquí>", quote=False) in answer.text
    assert answer.text.count('class="field-error"') >= 1
    assert (await event_by_slug(site.event.slug)) == site.event


async def test_an_invited_organiser_comes_in_by_the_mailed_link(site: Site) -> None:
    owner = await site.signed_in("owner")

    answer = await owner.post(
        f"/{site.event.slug}/organise/team", data={"email": "Nueva@Example.mx", "role": "organiser"}
    )

    assert answer.status_code == 303
    mail = (await site.mails())[-1]
    assert mail["to"] == "nueva@example.mx"
    secret = re.search(r"/sign-in/(\S+)", mail["text"])[1]  # type: ignore[index]
    newcomer = site.visitor()
    entered = await newcomer.post(f"/sign-in/{secret}")
    assert entered.headers["location"] == f"/{site.event.slug}/organise"
    assert (await newcomer.get(f"/{site.event.slug}/organise")).status_code == 200
    assert (await newcomer.get(f"/{site.other_event.slug}/organise")).status_code == 403


async def test_the_last_owner_stays_and_only_owners_make_owners(site: Site) -> None:
    owner, organiser = await site.signed_in("owner"), await site.signed_in("organiser")
    team = f"/{site.event.slug}/organise/team"
    person = (await people.ensure_person("owner@example.mx", now=site.now)).id

    last = await owner.post(f"{team}/{person}/owner/revoke")
    upstart = await organiser.post(team, data={"email": "x@example.mx", "role": "owner"})

    assert (last.status_code, upstart.status_code) == (409, 409)
    assert await Grant.count().where(Grant.role == "owner") == 1


async def test_a_token_does_only_what_it_was_made_for_and_only_here(site: Site) -> None:
    program, other = await site.bearer("owner", "event.configure"), await site.bearer("owner", "event.team")

    assert (await program.get(f"/api/v1/events/{site.event.slug}/plugins")).status_code == 200
    assert (await program.get(f"/api/v1/events/{site.other_event.slug}/plugins")).status_code == 403
    assert (await other.get(f"/api/v1/events/{site.event.slug}/plugins")).status_code == 403


async def test_a_token_opens_no_page(site: Site) -> None:
    program = await site.bearer("owner", "event.team")

    assert (await program.get(f"/{site.event.slug}/organise/team")).status_code == 401
    assert (await program.get("/me/account")).status_code == 401


async def test_nobody_makes_a_token_with_more_than_they_hold(site: Site) -> None:
    finance = await site.signed_in("finance")

    answer = await finance.post(
        f"/{site.event.slug}/organise/tokens", data={"name": "greedy", "scopes": ["event.team"]}
    )

    assert answer.status_code == 409


async def test_a_reworded_mail_is_sent_in_the_events_own_words(site: Site) -> None:
    owner = await site.signed_in("owner")
    page = f"/{site.event.slug}/organise/mail/core.invitation/es"

    unknown = await owner.post(page, data={"subject": "Hola", "body": "{nombre}"})
    saved = await owner.post(page, data={"subject": "Bienvenido a {event}", "body": "Pase: {link}"})
    await owner.post(f"/{site.event.slug}/organise/team", data={"email": "a@example.mx", "role": "door"})
    own = (await site.mails())[-1]
    await owner.post(page, data={"restore": "1"})
    await owner.post(f"/{site.event.slug}/organise/team", data={"email": "b@example.mx", "role": "door"})
    original = (await site.mails())[-1]

    assert unknown.status_code == 409
    assert "{nombre}" in unknown.text
    assert saved.status_code == 303
    assert own["subject"] == "Bienvenido a Congreso congress"
    assert own["text"].startswith("Pase: http")
    assert original["subject"] == "Invitación al equipo de Congreso congress"


async def test_the_outbox_shows_only_its_own_events_lines(site: Site) -> None:
    owner, foreign = (
        await site.signed_in("owner"),
        await site.signed_in("owner", event=site.other_event, email="f@x.mx"),
    )
    await owner.post(f"/{site.event.slug}/organise/team", data={"email": "a@example.mx", "role": "door"})
    listed = await owner.get(f"/{site.event.slug}/organise/outbox")
    line = re.search(rf"/{site.event.slug}/organise/outbox/(\d+)\"", listed.text)[1]  # type: ignore[index]

    assert "a@example.mx" in listed.text
    assert "a@example.mx" not in (await foreign.get(f"/{site.other_event.slug}/organise/outbox")).text
    assert (await foreign.get(f"/{site.other_event.slug}/organise/outbox/{line}")).status_code == 404
    assert (await owner.get(f"/{site.event.slug}/organise/outbox/{line}")).status_code == 200


@pytest.mark.parametrize("page", ["team", "outbox", "audit"])
async def test_a_list_page_asks_as_often_for_three_rows_as_for_many(site: Site, page: str) -> None:
    owner = await site.signed_in("owner")

    async def queries_with(more: int, start: int) -> int:
        for number in range(start, start + more):
            person = await people.ensure_person(f"p{number}@example.mx", now=site.now)
            await people.invite(
                person.email,
                "door",
                event=site.event,
                visit_by="test",
                granted_by=None,
                may_grant_owner=False,
                settings=site.settings,
                now=site.now + timedelta(seconds=number),
            )
        await owner.get(f"/{site.event.slug}/organise/{page}")
        with count_queries() as seen:
            answer = await owner.get(f"/{site.event.slug}/organise/{page}")
        assert answer.status_code == 200
        return len(seen)

    assert await queries_with(3, 0) == await queries_with(297, 3)


async def test_settings_forms_of_all_plugins_open_and_save_what_they_show(site: Site) -> None:
    from plenaria.core.host.plugins import host

    owner = await site.signed_in("owner")
    for plugin, _struct in host().collect("register_settings"):
        address = f"/{site.event.slug}/organise/plugins/{plugin}"
        shown = await owner.get(address)
        saved = await owner.post(
            address, content=_as_sent(shown), headers={"Content-Type": "application/x-www-form-urlencoded"}
        )

        assert shown.status_code == 200, plugin
        assert saved.status_code == 303, (plugin, re.findall(r'class="field-error"[^>]*>([^<]*)', saved.text))
        assert _as_sent(await owner.get(address)) == _as_sent(shown)


def _as_sent(answer: httpx.Response) -> str:
    """The page's form as a browser would send it untouched."""
    from urllib.parse import urlencode

    from lxml import html as parser

    form = [
        form
        for form in parser.fromstring(answer.text).forms
        if form.get("method") == "post" and "form" in (form.get("class") or "").split()
    ][-1]
    return urlencode([(name, value) for name, value in form.form_values()])


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        ("adjust_mail", "Its changes to a mail"),
        ("adjust_anything_of_a_plugins", "Its changes to something that was handed to it"),
        ("refuse_anything_of_a_plugins", "Its check before something is done"),
        ("anything_happened", "Its reaction to something that happened"),
        ("register_personal_data", "Its part of a person’s own data"),
    ],
)
async def test_the_plugins_page_words_what_failed_also_of_a_hook_that_a_plugin_offers(
    site: Site, hook: str, words: str
) -> None:
    plugins.host().failures.note("agenda", hook, RuntimeError())

    page = await (await site.signed_in("organiser")).get("/congress/organise/plugins?lang=en")

    assert words in html.unescape(page.text)


def test_the_core_names_no_hook_that_a_plugin_offers() -> None:
    assert [hook for hook in console.PARTS if not hasattr(hookspecs, hook)] == []
