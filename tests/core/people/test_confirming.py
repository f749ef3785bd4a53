"""What opens the account is changed only by who has just shown that it is theirs; the person hears of it by mail."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pyotp
import pytest

from plenaria.core.host.visit import TokenView, Visit
from plenaria.core.kernel.values import Refused
from plenaria.core.people import rules, services
from plenaria.core.people.tables import ApiToken, Erasure, Grant, Person
from tests.site import NOW, Site

PASSWORD = "tres palabras largas"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _hidden(page: str) -> dict[str, str]:
    """The fields that the page keeps of the form that was sent."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {unescape(name): unescape(value) for name, value in found}


async def _later(site: Site, role: str = "") -> httpx.AsyncClient:
    """Ana's browser, signed in so long ago that it is not confirmed any more."""
    ana = await site.signed_in(role, email="ana@example.mx")
    site.now += rules.CONFIRMED_FOR
    return ana


@pytest.mark.parametrize(("minutes", "is_confirmed"), [(0, True), (14, True), (15, False), (10_000, False)])
def test_how_long_a_proof_is_good(minutes: int, is_confirmed: bool) -> None:
    assert rules.is_confirmed(NOW, NOW + timedelta(minutes=minutes)) is is_confirmed


def test_who_never_showed_it_is_not_confirmed() -> None:
    assert not rules.is_confirmed(None, NOW)


async def test_nothing_that_opens_an_account_is_changed_unconfirmed(site: Site) -> None:
    ana = await _later(site, "owner")
    event = f"/{site.event.slug}/organise"
    code = pyotp.TOTP(SECRET).at(site.now)

    answers = [
        await ana.post("/me/account/password", data={"password": PASSWORD}),
        await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": code}),
        await ana.post(f"{event}/tokens", data={"name": "x", "scopes": "event.view"}),
        await ana.post(f"{event}/team", data={"email": "eve@example.mx", "role": "owner"}),
        await ana.post("/me/account/erasure", data={"address": "ana@example.mx"}),
        await ana.post("/api/v1/me/erasure", json={"address": "ana@example.mx"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    person = await Person.select().where(Person.email == "ana@example.mx").first()
    assert (person["password_hash"], person["totp_secret"]) == ("", "")
    assert (await ApiToken.count(), await Erasure.count(), await Grant.count()) == (0, 0, 1)
    assert await site.mails() == []


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_adding_an_organiser_asks_for_nothing_more(site: Site) -> None:
    ana = await _later(site, "owner")

    answer = await ana.post(f"/{site.event.slug}/organise/team", data={"email": "eve@example.mx", "role": "organiser"})

    assert answer.status_code == 303


async def test_the_password_confirms_and_what_was_typed_is_carried_out(site: Site) -> None:
    ana = await site.signed_in("owner", email="ana@example.mx")
    await ana.post("/me/account/password", data={"password": PASSWORD})
    site.now += rules.CONFIRMED_FOR
    tokens = f"/{site.event.slug}/organise/tokens"

    asked = await ana.post(f"{tokens}?lang=en", data={"name": "the “door”", "scopes": ["event.view"], "days": "90"})
    wrong = await ana.post(tokens, data={**_hidden(asked.text), "confirm_password": "not mine"})
    right = await ana.post(tokens, data={**_hidden(wrong.text), "confirm_password": PASSWORD})

    assert "Confirm that it is you" in asked.text
    assert _hidden(asked.text) == _hidden(wrong.text)
    assert (wrong.status_code, right.status_code) == (403, 200)
    token = await ApiToken.select().first()
    assert (token["name"], token["expires_at"] - site.now) == ("the “door”", timedelta(days=90))
    assert (await ana.post(tokens, data={"name": "next", "scopes": "event.view"})).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_code_confirms(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": pyotp.TOTP(SECRET).at(site.now)})
    site.now += rules.CONFIRMED_FOR

    asked = await ana.post("/me/account/password", data={"password": PASSWORD})
    code = pyotp.TOTP(SECRET).at(site.now)
    done = await ana.post("/me/account/password", data={**_hidden(asked.text), "confirm_code": code})

    assert (asked.status_code, done.status_code) == (403, 303)


async def test_a_fresh_link_in_the_same_browser_confirms_and_nothing_typed_is_lost(site: Site) -> None:
    ana = await _later(site)
    asked = await ana.post("/me/account/password", data={"password": PASSWORD})

    sent = await ana.post("/me/account/password?lang=en", data={**_hidden(asked.text), "confirm_by": "link"})
    too_early = await ana.post("/me/account/password?lang=en", data=_hidden(sent.text))
    secret = (await site.mails())[-1]["text"].partition("/sign-in/")[2].split()[0]
    await ana.post(f"/sign-in/{secret}")
    done = await ana.post("/me/account/password", data=_hidden(too_early.text))

    assert "We sent you a link" in sent.text
    assert "Not confirmed yet" in too_early.text
    assert done.status_code == 303
    again = site.visitor()
    typed = {"email": "ana@example.mx", "password": PASSWORD}
    assert (await again.post("/sign-in/password", data=typed)).status_code == 303


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_wrong_proofs_are_counted_like_wrong_passwords(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/password", data={"password": PASSWORD})
    site.now += rules.CONFIRMED_FOR + timedelta(hours=1)
    data = {"password": "una contraseña nueva"}

    for _ in range(10):
        await ana.post("/me/account/password", data={**data, "confirm_password": "not mine"})
    right = await ana.post("/me/account/password", data={**data, "confirm_password": PASSWORD})

    assert right.status_code == 403
    assert (await Person.select().first())["failed_sign_ins"] == 10


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_token_makes_an_owner(site: Site) -> None:
    program = await site.bearer("owner", "event.configure", "event.team")
    address = f"/api/v1/events/{site.event.slug}/declaration"
    declaration = (await program.get(f"{address}?team=true")).json()
    helper = {**declaration, "team": [*declaration["team"], {"email": "eve@example.mx", "role": "door"}]}
    owner = {**declaration, "team": [*declaration["team"], {"email": "eve@example.mx", "role": "owner"}]}

    assert (await program.put(address, json=owner)).status_code == 403
    assert (await program.put(address, json=helper)).status_code == 200


@pytest.mark.parametrize(
    ("language", "set_words", "what_to_do"),
    [
        ("en", "The password of your account was set.", "If it was not you"),
        ("es", "Se estableció la contraseña de su cuenta.", "Si no fue usted"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_person_is_written_to_in_their_language(
    site: Site, language: str, set_words: str, what_to_do: str
) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post("/me/account/name", data={"language": language})

    await ana.post("/me/account/password", data={"password": PASSWORD})

    (mail,) = await site.mails()
    assert (mail["to"], mail["language"]) == ("ana@example.mx", language)
    assert set_words in mail["text"]
    assert what_to_do in mail["text"]
    assert PASSWORD not in str(mail)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_every_change_of_what_opens_the_account_is_mailed_once(site: Site) -> None:
    ana = await site.signed_in("owner", email="ana@example.mx")
    await ana.post("/me/account/name", data={"language": "en"})

    await ana.post("/me/account/password", data={"password": PASSWORD})
    await ana.post("/me/account/second-factor", data={"secret": SECRET, "code": pyotp.TOTP(SECRET).at(site.now)})
    site.now += timedelta(minutes=2)
    code = pyotp.TOTP(SECRET).at(site.now)
    await ana.post("/me/account/second-factor", data={"off": "1", "code": code})
    await ana.post(f"/{site.event.slug}/organise/tokens", data={"name": "door", "scopes": "event.view"})

    texts = [mail["text"] for mail in await site.mails()]
    assert [text.partition("\n")[0] for text in texts] == [
        "The password of your account was set.",
        "A second factor was switched on for your account.",
        "The second factor of your account was switched off.",
        "An access token was made in your name: “door”, for Congress congress.",
    ]


@pytest.mark.parametrize("token", [None, TokenView(1, None, ("event.view",))])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_services_refuse_whatever_a_handler_forgets(site: Site, token: TokenView | None) -> None:
    ana = await services.ensure_person("ana@example.mx", now=NOW)
    visit = Visit(NOW, person=ana, roles={None: ("owner",)}, token=token, confirmed_at=NOW if token else None)

    for work in (
        services.set_password(visit, PASSWORD),
        services.enable_second_factor(visit, SECRET, pyotp.TOTP(SECRET).at(NOW)),
        services.make_token(visit, site.event, name="x", scopes=["event.view"]),
        services.leave_for_provider("x", next_page="/me", settings=site.settings, now=NOW, visit=visit),
        services.unlink(visit, 1, settings=site.settings),
        services.begin_adding(visit, settings=site.settings),
        services.add_passkey(visit, "{}", name="x", browser="", settings=site.settings),
        services.remove_passkey(visit, 1),
    ):
        with pytest.raises(Refused) as refused:
            await work
        assert [each.code for each in refused.value.refusals] == ["confirmation_needed"]
