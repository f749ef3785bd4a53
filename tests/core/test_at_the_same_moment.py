"""Two requests at once: each door's effect once, on both engines."""

import asyncio
from datetime import timedelta

import pyotp

from plenaria.core.events import services as events
from plenaria.core.events.details import EventDetails
from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.kernel.values import Refused
from plenaria.core.mail.tables import MailOverride
from plenaria.core.people import services as people
from plenaria.core.people.tables import Grant, Person, Session
from plenaria.core.storage.audit.tables import AuditLine
from tests.site import NOW, Site

TWICE = 4


async def test_one_address_becomes_one_person(site: Site) -> None:
    made = await asyncio.gather(*(people.ensure_person("ana@example.mx", now=NOW) for _ in range(TWICE)))

    assert len({person.id for person in made}) == 1
    assert await Person.count() == 1


async def test_somebody_is_invited_once(site: Site) -> None:
    owner = await site.signed_in("owner")
    form = {"email": "ana@example.mx", "role": "programme"}

    answers = await asyncio.gather(*(owner.post(f"/{site.event.slug}/organise/team", data=form) for _ in range(TWICE)))

    assert {answer.status_code for answer in answers} == {303}
    assert await Grant.count().where(Grant.role == "programme") == 1
    assert await AuditLine.count().where(AuditLine.action == "team.granted") == 2


async def test_two_owners_who_remove_each_other_do_not_leave_an_event_without_one(site: Site) -> None:
    first = await site.signed_in("owner", email="ana@example.mx")
    second = await site.signed_in("owner", email="berta@example.mx")
    ids = {row["email"]: row["id"] for row in await Person.select(Person.id, Person.email)}
    team = f"/{site.event.slug}/organise/team"

    answers = await asyncio.gather(
        first.post(f"{team}/{ids['berta@example.mx']}/owner/revoke"),
        second.post(f"{team}/{ids['ana@example.mx']}/owner/revoke"),
    )

    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert await Grant.count().where(Grant.role == "owner") == 1


async def test_an_events_address_is_given_once(site: Site) -> None:
    details = EventDetails(name={"es": "Congreso"}, starts_on=NOW.date(), ends_on=NOW.date())

    async def create() -> str:
        try:
            await events.create_event("twins", details, by="test", now=NOW)
        except Refused as refused:
            return refused.refusals[0].code
        return "created"

    assert sorted(await asyncio.gather(*(create() for _ in range(TWICE)))) == ["created"] + ["slug_taken"] * (TWICE - 1)
    assert await Event.count().where(Event.slug == "twins") == 1


async def test_a_plugin_without_a_row_yet_is_switched_on_once(site: Site) -> None:
    owner = await site.signed_in("owner")
    plugin = site.event.plugins[0]
    await EventPlugin.delete().where(EventPlugin.event == site.event.id)
    switch = f"/{site.event.slug}/organise/plugins/{plugin}/switch"

    answers = await asyncio.gather(*(owner.post(switch, data={"on": "1"}) for _ in range(TWICE)))

    assert {answer.status_code for answer in answers} == {303}
    assert await EventPlugin.count().where(EventPlugin.event == site.event.id) == 1


async def test_a_wording_is_kept_once(site: Site) -> None:
    owner = await site.signed_in("owner")
    page = f"/{site.event.slug}/organise/mail/core.invitation/es"

    answers = await asyncio.gather(
        *(owner.post(page, data={"subject": f"Entre {each}", "body": "{link}"}) for each in range(TWICE))
    )

    assert {answer.status_code for answer in answers} == {303}
    assert await MailOverride.count() == 1


async def test_a_token_is_revoked_once(site: Site) -> None:
    await site.bearer("owner", "event.view")
    owner = await site.signed_in("owner")

    answers = await asyncio.gather(
        *(owner.post(f"/{site.event.slug}/organise/tokens/1/revoke") for _ in range(TWICE)),
    )

    assert {answer.status_code for answer in answers} == {303}
    assert await AuditLine.count().where(AuditLine.action == "token.revoked") == 1


async def test_a_second_factors_code_opens_one_session(site: Site) -> None:
    secret = pyotp.random_base32()
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/second-factor", data={"secret": secret, "code": pyotp.TOTP(secret).at(site.now)})
    site.now += timedelta(minutes=2)
    half = await site.signed_in(email="ana@example.mx")
    code = {"code": pyotp.TOTP(secret).at(site.now)}

    answers = await asyncio.gather(*(half.post("/sign-in/code", data=code) for _ in range(TWICE)))

    assert [answer.status_code for answer in answers].count(303) >= 1
    assert await Session.count().where(Session.strong.eq(True)) == 2
