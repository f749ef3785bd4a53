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
from plenaria.core.people import services
from plenaria.core.people.tables import Passkey, Person, Session, SignInAttempt
from plenaria.core.storage.audit.tables import AuditLine
from tests.authenticator import PRESENT, Authenticator, text_of
from tests.site import Site

ONE_ENGINE = pytest.mark.parametrize("dialect", ["sqlite"])
ACCOUNT = "/me/account/passkeys"
ANA = "ana@example.mx"


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

    await services.reset_factors(" Ana@example.mx", by="cli", settings=site.settings, now=site.now)

    assert (await ana.get("/me")).status_code == 401
    again = await site.signed_in(email=ANA)
    assert (await add(again, Authenticator())).status_code == 303
    with pytest.raises(Refused):
        await services.reset_factors("nobody@example.mx", by="cli", settings=site.settings, now=site.now)


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
