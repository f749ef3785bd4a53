"""Passkeys through the handlers, with real keys and signatures."""

import json
from datetime import timedelta
from typing import Any

import cbor2
import httpx
import msgspec
import pyotp
import pytest

from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refused
from plenaria.core.people import rules, services
from plenaria.core.people.tables import Passkey, Person, Session, SignInAttempt
from plenaria.core.storage.audit.tables import AuditLine
from tests.authenticator import PRESENT, Authenticator, text_of
from tests.site import Site

ONE_ENGINE = pytest.mark.parametrize("dialect", ["sqlite"])
ACCOUNT = "/me/account/passkeys"
ANA = "ana@example.mx"
PASSWORD = "tres palabras largas"


@pytest.fixture
def site(plenaria_site: Site) -> Site:
    """At an address that passkeys can be made for."""
    settings = msgspec.structs.replace(plenaria_site.settings, address="http://localhost:8000")
    plenaria_site.settings = settings
    plenaria_site.app.state.settings = plenaria_site.app.state.pages.settings = settings
    return plenaria_site


async def challenge(browser: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await browser.post(f"{path}/challenge", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def add(browser: httpx.AsyncClient, key: Authenticator, name: str = "Phone") -> httpx.Response:
    return await browser.post(ACCOUNT, data={"name": name, "answer": key.create(await challenge(browser, ACCOUNT))})


async def show(browser: httpx.AsyncClient, key: Authenticator, path: str = "/sign-in/passkey") -> httpx.Response:
    return await browser.post(path, data={"next": "/me/account", "answer": key.get(await challenge(browser, path))})


async def test_a_passkey_is_made_signs_in_by_two_factors_and_is_removed(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    made = await add(ana, key, "Mi teléfono")
    browser = site.visitor()

    entered = await show(browser, key)

    assert (made.status_code, entered.status_code) == (303, 303)
    assert entered.headers["location"] == "/me/account"
    assert "Mi teléfono" in (await browser.get("/me/account")).text
    kept = await Passkey.select().first()
    assert (kept["backed_up"], kept["last_used_at"]) == (True, site.now)
    strong = await Session.select(Session.strong).order_by(Session.id, ascending=False).first()
    assert strong["strong"] is True
    await browser.post(f"{ACCOUNT}/{kept['id']}/name", data={"name": "Old phone"})
    assert (await Passkey.select(Passkey.name).first())["name"] == "Old phone"
    await browser.post(f"{ACCOUNT}/{kept['id']}/remove")
    assert await Passkey.count() == 0
    assert (await show(site.visitor(), key)).status_code == 409
    assert [mail["to"] for mail in await site.mails()] == [ANA, ANA]
    assert "Mi teléfono" in (await site.mails())[0]["text"]
    actions = [row["action"] for row in await AuditLine.select(AuditLine.action).order_by(AuditLine.id)]
    assert [each for each in actions if "passkey" in each] == [
        "person.passkey_added",
        "person.passkey_renamed",
        "person.passkey_removed",
    ]


async def test_a_challenge_works_once_in_its_browser_and_for_ten_minutes(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    browser = site.visitor()
    answer = key.get(await challenge(browser, "/sign-in/passkey"))

    elsewhere = await site.visitor().post("/sign-in/passkey", data={"answer": answer})
    first = await browser.post("/sign-in/passkey", data={"answer": answer})
    again = await browser.post("/sign-in/passkey", data={"answer": answer})

    assert (elsewhere.status_code, first.status_code, again.status_code) == (409, 303, 409)
    late = key.get(await challenge(browser, "/sign-in/passkey"))
    site.now += timedelta(minutes=services.ATTEMPT_MINUTES)
    assert (await browser.post("/sign-in/passkey", data={"answer": late})).status_code == 409
    for_adding = key.get({"rpId": "localhost", **await challenge(ana, ACCOUNT)})
    assert (await ana.post("/sign-in/passkey", data={"answer": for_adding})).status_code == 409


async def test_a_counter_that_goes_back_is_refused_recorded_and_mailed(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator(count=5)
    await add(ana, key, "Key ring")
    key.count = 6
    assert (await show(site.visitor(), key)).status_code == 303

    for count in (6, 2, 0):
        key.count = count
        assert (await show(site.visitor(), key)).status_code == 409

    assert (await Passkey.select(Passkey.sign_count).first())["sign_count"] == 6
    assert await AuditLine.count().where(AuditLine.action == "person.passkey_refused") == 3
    assert "Key ring" in (await site.mails())[-1]["text"]
    key.count = 7
    assert (await show(site.visitor(), key)).status_code == 303


@ONE_ENGINE
async def test_the_mail_about_a_copy_and_about_a_reset_says_what_to_do(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator(count=5)
    await ana.post("/me/account/name", data={"language": "en"})
    await add(ana, key, "Key ring")

    await show(site.visitor(), key)
    await services.reset_factors(ANA, by="cli", now=site.now)

    added, copy, reset = [mail["text"] for mail in await site.mails()]
    assert "If it was you, there is nothing to do." in added
    assert "Remove it under “My account”, and add a new one." in copy
    assert "Sign in with a link by e-mail, and add a second factor or a passkey again." in reset
    assert "nothing to do" not in copy + reset


@ONE_ENGINE
async def test_who_is_not_confirmed_comes_to_the_form_that_adds_a_passkey_with_the_name_that_was_typed(
    site: Site,
) -> None:
    ana = await site.signed_in(email=ANA)
    await ana.post("/me/account/password", data={"password": PASSWORD})
    fresh = (await ana.get("/me/account")).text
    site.now += rules.CONFIRMED_FOR

    stale = (await ana.get("/me/account")).text
    too_late = await ana.post(f"{ACCOUNT}/challenge", headers={"Accept": "application/json"})
    asked = await ana.post(f"{ACCOUNT}/confirm", data={"name": "Mi teléfono"})
    confirmed = await ana.post(f"{ACCOUNT}/confirm", data={"name": "Mi teléfono", "confirm_password": PASSWORD})

    form, button = f'data-challenge="{ACCOUNT}/challenge"', f'action="{ACCOUNT}/confirm"'
    assert (form in fresh, button in fresh) == (True, False)
    assert (form in stale, button in stale) == (False, True)
    assert (too_late.status_code, asked.status_code, confirmed.status_code) == (403, 403, 303)
    assert '<input type="hidden" name="name" value="Mi teléfono">' in asked.text
    assert confirmed.headers["location"].startswith("/me/account?")
    back = (await ana.get(confirmed.headers["location"])).text
    assert form in back
    assert 'value="Mi teléfono"' in back


@ONE_ENGINE
async def test_a_passkey_that_was_made_while_the_confirmation_ended_is_not_lost(site: Site) -> None:
    ana, key, other = await site.signed_in(email=ANA), Authenticator(), Authenticator()
    await add(ana, other, "Computer")
    site.now += rules.CONFIRMED_FOR - timedelta(minutes=1)
    typed = {"name": "Phone", "answer": key.create(await challenge(ana, ACCOUNT))}
    site.now += timedelta(minutes=1)

    asked = await ana.post(ACCOUNT, data=typed)
    shown = other.get(await challenge(ana, "/sign-in/code/passkey"))
    done = await ana.post(ACCOUNT, data={**typed, "confirm_passkey": shown})

    assert (asked.status_code, done.status_code) == (403, 303)
    assert await Passkey.count() == 2


async def test_a_passkey_confirms_what_a_mailed_link_began(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    eve, foreign = await site.signed_in(email="eve@example.mx"), Authenticator()
    await add(eve, foreign)
    by_mail = await site.signed_in(email=ANA)
    own = (await Passkey.select(Passkey.id).order_by(Passkey.id).first())["id"]
    remove = f"{ACCOUNT}/{own}/remove"
    site.now += rules.CONFIRMED_FOR

    asked = await by_mail.post(remove)
    with_foreign = foreign.get(await challenge(by_mail, "/sign-in/code/passkey"))
    refused = await by_mail.post(remove, data={"confirm_passkey": with_foreign})
    shown = key.get(await challenge(by_mail, "/sign-in/code/passkey"))
    elsewhere = await ana.post(remove, data={"confirm_passkey": shown})
    done = await by_mail.post(remove, data={"confirm_passkey": shown})
    again = await ana.post(remove, data={"confirm_passkey": shown})

    assert 'name="confirm_passkey"' in asked.text
    assert [each.status_code for each in (asked, refused, elsewhere, done, again)] == [403, 403, 403, 303, 403]
    assert (await Passkey.count(), await Passkey.exists().where(Passkey.id == own)) == (1, False)
    assert (await by_mail.post("/me/account/password", data={"password": PASSWORD})).status_code == 303


async def test_signing_in_again_ends_the_browsers_earlier_session(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    browser = await site.signed_in(email="eve@example.mx")
    before = await Session.count()

    assert (await show(browser, key)).status_code == 303

    assert await Session.count() == before
    assert await Session.count().where(Session.person.email == "eve@example.mx") == 0


@ONE_ENGINE
async def test_challenges_are_limited_and_answers_are_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "BEGUN", 2)
    browser = site.visitor()

    answers = [(await browser.post("/sign-in/passkey", data={"answer": "{}"})).status_code for _ in range(4)]
    begun = [(await browser.post("/sign-in/passkey/challenge")).status_code for _ in range(3)]

    assert answers == [409] * 4
    assert begun == [200, 200, 429]


@ONE_ENGINE
async def test_an_answer_that_is_not_right_is_refused(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    stranger = Authenticator(user=key.user)
    sessions = await Session.count()
    wrong = {
        "another key under the same id": Authenticator(id=key.id, user=key.user),
        "an unknown key": stranger,
        "another site": Authenticator(id=key.id, user=key.user, _key=key._key, origin="https://evil.example"),
        "another port": Authenticator(id=key.id, user=key.user, _key=key._key, origin="http://localhost:8001"),
        "nobody was verified": Authenticator(id=key.id, user=key.user, _key=key._key, flags=PRESENT),
        "nobody was there": Authenticator(id=key.id, user=key.user, _key=key._key, flags=0),
        "somebody else's handle": Authenticator(id=key.id, user=b"999", _key=key._key),
        "no handle": Authenticator(id=key.id, user=b"", _key=key._key),
        "a handle that is no text": Authenticator(id=key.id, user=b"\xff", _key=key._key),
    }
    for case, authenticator in wrong.items():
        assert (await show(site.visitor(), authenticator)).status_code == 409, case
    browser = site.visitor()
    options = await challenge(browser, "/sign-in/passkey")
    other_domain = key.get({**options, "rpId": "evil.example"})
    assert (await browser.post("/sign-in/passkey", data={"answer": other_domain})).status_code == 409
    assert await Session.count() == sessions


@ONE_ENGINE
async def test_nonsense_is_refused_and_never_breaks_anything(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    deep = b"\x81" * 4000 + b"\x00"
    changes: list[dict[str, Any]] = [
        {"signature": "!"},
        {"signature": None},
        {"authenticatorData": ""},
        {"authenticatorData": text_of(b"x" * 40)},
        {"authenticatorData": text_of(bytes(32) + b"\xc5" + deep)},
        {"clientDataJSON": "W10"},
        {"clientDataJSON": "é"},
        {"userHandle": 5},
    ]
    for change in changes:
        browser = site.visitor()
        right = json.loads(key.get(await challenge(browser, "/sign-in/passkey")))
        right["response"] |= change
        answer = await browser.post("/sign-in/passkey", data={"answer": json.dumps(right)})
        assert answer.status_code == 409, change
    for text in ("", "null", "[]", "{}", "{", "x" * 30_000, '{"id":"a","response":{"clientDataJSON":"e30"}}'):
        assert (await site.visitor().post("/sign-in/passkey", data={"answer": text})).status_code == 409, text[:20]
    assert (await site.visitor().post("/sign-in/passkey", data={"answer": "x" * 100_000})).status_code == 413
    broken = json.loads(key.create(await challenge(ana, ACCOUNT)))
    for attestation in (deep, b"", cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b"x"})):
        broken["response"] = json.loads(key.create(await challenge(ana, ACCOUNT)))["response"]
        broken["response"]["attestationObject"] = text_of(attestation)
        assert (await ana.post(ACCOUNT, data={"name": "x", "answer": json.dumps(broken)})).status_code == 409
    assert await Passkey.count() == 1


async def test_a_mailbox_alone_does_not_get_around_a_passkey(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    by_mail = await site.signed_in(email=ANA)
    passkey = (await Passkey.select(Passkey.id).first())["id"]
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(site.now)

    refused = [
        await by_mail.post(f"{ACCOUNT}/challenge", headers={"Accept": "application/json"}),
        await by_mail.post(ACCOUNT, data={"name": "x", "answer": "{}"}),
        await by_mail.post(f"{ACCOUNT}/{passkey}/remove"),
        await by_mail.post("/me/account/second-factor", data={"secret": secret, "code": code}),
    ]

    assert [answer.status_code for answer in refused] == [409, 409, 409, 422]
    assert (await Person.select(Person.totp_secret).first())["totp_secret"] == ""
    assert (await by_mail.get("/me")).status_code == 200
    shown = await show(by_mail, key, "/sign-in/code/passkey")
    assert shown.status_code == 303
    assert (await add(by_mail, Authenticator(), "Second")).status_code == 303
    assert await Passkey.count() == 2


async def test_a_passkey_stands_for_the_code_and_for_the_factor_that_organisers_need(site: Site) -> None:
    site.settings = msgspec.structs.replace(site.settings, second_factor_for_organisers=True)
    site.app.state.settings = site.settings
    owner, key = await site.signed_in("owner"), Authenticator()
    console = f"/{site.event.slug}/organise"
    assert (await owner.get(console)).status_code == 403
    await add(owner, key)
    assert (await owner.get(console)).status_code == 200
    secret = pyotp.random_base32()
    await owner.post("/me/account/second-factor", data={"secret": secret, "code": pyotp.TOTP(secret).at(site.now)})

    by_mail = await site.signed_in("owner")
    assert (await by_mail.get("/me")).status_code == 401
    assert "data-passkey" in (await by_mail.get("/sign-in/code")).text
    assert (await show(by_mail, key, "/sign-in/code/passkey")).status_code == 303
    assert (await by_mail.get(console)).status_code == 200
    by_passkey = site.visitor()
    await show(by_passkey, key)
    assert (await by_passkey.get(console)).status_code == 200


@ONE_ENGINE
async def test_a_passkey_of_somebody_else_is_no_second_step_and_not_added_twice(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    eve, own = await site.signed_in(email="eve@example.mx"), Authenticator()
    await add(ana, key)
    await add(eve, own)
    by_mail = await site.signed_in(email=ANA)

    assert (await show(by_mail, own, "/sign-in/code/passkey")).status_code == 409
    assert (await add(eve, Authenticator(id=key.id))).status_code == 409
    passkey = (await Passkey.select(Passkey.id).order_by(Passkey.id).first())["id"]
    await eve.post(f"{ACCOUNT}/{passkey}/remove")
    await eve.post(f"{ACCOUNT}/{passkey}/name", data={"name": "mine"})
    assert [row["name"] for row in await Passkey.select(Passkey.name)] == ["Phone", "Phone"]
    options = await challenge(eve, ACCOUNT)
    assert [each["id"] for each in options["excludeCredentials"]] == [text_of(own.id)]
    assert (await site.visitor().post("/sign-in/code/passkey/challenge")).status_code == 404


async def test_who_lost_the_device_begins_again_with_a_mailed_link(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    secret = pyotp.random_base32()
    await ana.post("/me/account/second-factor", data={"secret": secret, "code": pyotp.TOTP(secret).at(site.now)})

    await services.reset_factors(" Ana@example.mx", by="cli", now=site.now)

    assert (await ana.get("/me")).status_code == 401
    again = await site.signed_in(email=ANA)
    assert (await add(again, Authenticator())).status_code == 303
    with pytest.raises(Refused):
        await services.reset_factors("nobody@example.mx", by="cli", now=site.now)


@ONE_ENGINE
async def test_an_erasure_stands_until_a_mailed_link_takes_it_back(site: Site) -> None:
    ana, key = await site.signed_in(email=ANA), Authenticator()
    await add(ana, key)
    await ana.post("/me/account/erasure", data={"address": ANA})

    assert (await show(site.visitor(), key)).status_code == 409
    await site.signed_in(email=ANA)
    assert (await show(site.visitor(), key)).status_code == 303
    assert await SignInAttempt.count() == 0


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://congreso.example", "congreso.example"),
        ("https://congreso.example:8443", "congreso.example"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", ""),
        ("https://[::1]", ""),
        ("http://congreso.example", ""),
    ],
)
def test_passkeys_are_offered_only_where_browsers_make_them(address: str, domain: str) -> None:
    assert services.relying_party(Settings(address=address)) == domain


async def test_where_the_address_allows_none_there_is_nothing(plenaria_site: Site) -> None:
    plenaria_site.app.state.settings = Settings(address="http://127.0.0.1:8000")
    assert (await plenaria_site.visitor().post("/sign-in/passkey/challenge")).status_code == 404
    assert "data-passkey" not in (await plenaria_site.visitor().get("/sign-in")).text
