"""Signing in with an identity provider, against a real one on this machine."""

import html
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pyotp
import pytest

from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.settings import IdentityProvider
from plenaria.core.people import rules, services
from plenaria.core.people.services import provider_client
from plenaria.core.people.tables import Identity, Person, Session, SignInAttempt
from plenaria.core.storage.audit.tables import AuditLine
from tests.oidc_provider import CLIENT, SECRET, Provider, served
from tests.site import Site

ONE_ENGINE = pytest.mark.parametrize("dialect", ["sqlite"])


def forget_providers() -> None:
    """What a new process knows of them."""
    provider_client._metadata.clear()
    provider_client._keys.clear()


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with served(Provider()) as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, site: Site) -> Provider:
    """Known to the site as “keycloak”; Ana is signed in there, and everything it says is right."""
    fresh = Provider()
    for name in ("user", "wrong", "algorithm", "hangs_s", "broken", "names_itself", "asked"):
        setattr(running, name, getattr(fresh, name))
    running.redirect_uris = [f"{site.settings.address}/sign-in/with/keycloak/callback"]
    running.now = lambda: float(site.now.timestamp())  # later, too: the test moves the site's clock
    forget_providers()
    configure(site, keycloak=known(running))
    return running


def known(provider: Provider, **more: Any) -> IdentityProvider:
    return IdentityProvider(name="Keycloak", issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, **more)


def configure(site: Site, **providers: IdentityProvider) -> None:
    site.settings = msgspec.structs.replace(site.settings, identity_providers=providers)
    site.app.state.settings = site.app.state.pages.settings = site.settings


async def away(browser: httpx.AsyncClient, start: str = "/sign-in/with/keycloak", next_page: str = "/me") -> str:
    """Where the page of the first half leads."""
    answer = await browser.post(start, data={"next": next_page})
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r'<a class="button" href="([^"]+)"', answer.text)[1])  # type: ignore[index]


async def approved(address: str) -> str:
    """The provider's answer, as the path that the browser is sent to."""
    async with httpx.AsyncClient() as at_provider:
        answer = await at_provider.get(address)
    assert answer.status_code == 302, answer.text
    found = urlsplit(answer.headers["location"])
    return f"{found.path}?{found.query}"


async def sign_in(browser: httpx.AsyncClient, next_page: str = "/me") -> httpx.Response:
    return await browser.get(await approved(await away(browser, next_page=next_page)))


async def test_a_verified_address_makes_an_account_that_is_found_by_its_subject_ever_after(
    site: Site, provider: Provider
) -> None:
    browser = site.visitor()

    first = await sign_in(browser, "/me/account")
    provider.user["email"] = "another@example.mx"
    site.now += timedelta(days=1)
    second = await sign_in(site.visitor())

    assert (first.status_code, first.headers["location"]) == (303, "/me/account")
    assert second.status_code == 303
    assert "ana@example.mx" in (await browser.get("/me/account")).text
    assert [row["email"] for row in await Person.select()] == ["ana@example.mx"]
    kept = await Identity.select().first()
    assert (kept["issuer"], kept["subject"]) == (provider.issuer, "ana-1")
    assert kept["last_used_at"] - kept["created_at"] == timedelta(days=1)
    assert [mail["to"] for mail in await site.mails()] == ["ana@example.mx"]
    assert "Keycloak" in (await site.mails())[0]["text"]
    assert "person.identity_linked" in [row["action"] for row in await AuditLine.select(AuditLine.action)]
    assert await SignInAttempt.count() == 0


async def test_an_unverified_address_has_to_be_confirmed_by_mail_in_the_same_browser(
    site: Site, provider: Provider
) -> None:
    ana = await services.ensure_person("ana@example.mx", now=site.now)
    provider.user["email_verified"] = False
    browser = site.visitor()

    sent = await sign_in(browser, "/me/account")

    assert (sent.status_code, await Identity.count(), await Session.count()) == (200, 0, 0)
    link = re.search(r"/sign-in/confirm/\S+", (await site.mails())[-1]["text"])[0]  # type: ignore[index]
    elsewhere = site.visitor()
    assert (await elsewhere.get(link)).status_code == 409
    assert (await elsewhere.post(link)).status_code == 409
    assert (await browser.get(link)).status_code == 200
    confirmed = await browser.post(link)
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/me/account")
    assert (await browser.post(link)).status_code == 409
    assert [row["person"] for row in await Identity.select(Identity.person)] == [ana.id]
    assert (await sign_in(site.visitor())).status_code == 303


@ONE_ENGINE
async def test_an_address_without_email_verified_is_believed_only_in_named_domains(
    site: Site, provider: Provider
) -> None:
    provider.user["email_verified"] = None
    assert (await sign_in(site.visitor())).status_code == 200
    assert await Identity.count() == 0

    configure(site, keycloak=known(provider, trusted_domains=("example.mx",)))

    assert (await sign_in(site.visitor())).status_code == 303
    provider.user = {"sub": "eve", "email": "eve@example.mx", "email_verified": False}
    assert (await sign_in(site.visitor())).status_code == 200
    provider.user = {"sub": "eve", "email": "eve@notexample.mx"}
    assert (await sign_in(site.visitor())).status_code == 200
    provider.user = {"sub": "eve"}
    assert "sent no e-mail address" in (await sign_in(site.visitor(**{"Accept-Language": "en"}))).text
    assert [row["subject"] for row in await Identity.select(Identity.subject)] == ["ana-1"]


@ONE_ENGINE
async def test_another_subject_with_the_address_of_an_account_is_not_let_in_by_the_address_alone(
    site: Site, provider: Provider
) -> None:
    assert (await sign_in(site.visitor())).status_code == 303
    provider.user["sub"] = "ana-2"

    answer = await sign_in(site.visitor())

    assert answer.status_code == 200
    assert await Identity.count() == 1


WRONG: dict[str, dict[str, Any]] = {
    "nonce": {"wrong": {"nonce": "another"}},
    "no nonce": {"wrong": {"nonce": None}},
    "issuer": {"wrong": {"iss": "https://evil.example"}},
    "audience": {"wrong": {"aud": "another-client"}},
    "authorized party": {"wrong": {"aud": [CLIENT, "another-client"], "azp": "another-client"}},
    "several audiences and no authorized party": {"wrong": {"aud": ["another-client"]}},
    "expired": {"wrong": {"exp": 1_000_000_000}},
    "no end": {"wrong": {"exp": None}},
    "issued tomorrow": {"wrong": {"iat": 2_000_000_000}},
    "no subject": {"wrong": {"sub": None}},
    "an empty subject": {"wrong": {"sub": ""}},
    "a subject that is a list": {"wrong": {"sub": ["ana-1"]}},
    "another access token": {"wrong": {"at_hash": "AAAA"}},
    "alg none": {"algorithm": "none"},
    "signed with the client secret": {"algorithm": "HS256"},
    "signed with a weaker algorithm": {"algorithm": "RS384"},
    "no token": {"broken": {"/token": {"access_token": "x"}}},
    "a token that is none": {"broken": {"/token": {"access_token": "x", "id_token": "x.y.z"}}},
    "a list": {"broken": {"/token": [1, 2]}},
    "no keys": {"broken": {"/jwks": {"keys": "none"}}},
    "keys of nonsense": {"broken": {"/jwks": {"keys": [{"kty": "RSA", "n": 5}]}}},
}


@ONE_ENGINE
async def test_an_answer_that_is_not_right_signs_nobody_in(site: Site, provider: Provider) -> None:
    for case, change in WRONG.items():
        fresh = Provider()
        for name in ("wrong", "algorithm", "broken"):
            setattr(provider, name, change.get(name, getattr(fresh, name)))
        forget_providers()

        answer = await sign_in(site.visitor())

        assert answer.status_code == 502, case
        assert "plenaria_session" not in answer.headers.get("set-cookie", ""), case
    assert await Session.count() == 0
    assert await Person.count() == 0


@ONE_ENGINE
async def test_a_state_works_once_in_the_browser_that_began_and_for_ten_minutes(site: Site, provider: Provider) -> None:
    browser = site.visitor()
    path = await approved(await away(browser))
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}

    assert (await site.visitor().get(path)).status_code == 409
    assert (await browser.get(path.replace("state=", "state=x"))).status_code == 409
    assert (await browser.get(path + f"&state={query['state']}")).status_code == 409
    assert (await browser.get(path)).status_code == 303
    assert (await browser.get(path)).status_code == 409
    late = await approved(await away(browser))
    site.now += timedelta(minutes=services.ATTEMPT_MINUTES)
    assert (await browser.get(late)).status_code == 409
    assert await Session.count() == 1


@ONE_ENGINE
async def test_a_code_that_was_used_already_is_the_providers_no(site: Site, provider: Provider) -> None:
    first = site.visitor()
    used = await approved(await away(first))
    assert (await first.get(used)).status_code == 303
    second = site.visitor()
    path = await approved(await away(second))

    code, other_code = (parse_qs(urlsplit(each).query)["code"][0] for each in (used, path))
    answer = await second.get(path.replace(other_code, code))

    assert answer.status_code == 502
    assert await Session.count() == 1


@ONE_ENGINE
async def test_an_answer_of_another_provider_is_refused_before_its_code_goes_anywhere(
    site: Site, provider: Provider
) -> None:
    configure(site, keycloak=known(provider), other=known(provider))
    browser = site.visitor()
    path = await approved(await away(browser))
    assert (await browser.get(path.replace("/keycloak/", "/other/"))).status_code == 409
    path = await approved(await away(browser))
    provider.asked.clear()
    mixed = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", path)
    assert (await browser.get(mixed)).status_code == 502
    path = re.sub(r"&iss=[^&]+", "", await approved(await away(browser)))
    assert (await browser.get(path)).status_code == 502
    assert "/token" not in provider.asked

    assert (await browser.get("/sign-in/with/nobody/callback?code=x&state=y")).status_code == 404


@ONE_ENGINE
async def test_changed_keys_are_asked_for_again_and_known_ones_are_not(site: Site, provider: Provider) -> None:
    await sign_in(site.visitor())
    provider.asked.clear()
    assert (await sign_in(site.visitor())).status_code == 303
    assert provider.asked == ["/authorize", "/token"]

    provider.change_key()

    assert (await sign_in(site.visitor())).status_code == 303
    assert provider.asked[2:] == ["/authorize", "/token", "/jwks"]


@ONE_ENGINE
async def test_a_provider_that_is_down_hangs_or_floods_has_its_own_page(
    site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    english = {"Accept-Language": "en"}
    nobody = msgspec.structs.replace(known(provider), issuer="http://127.0.0.1:9")
    configure(site, keycloak=known(provider), nobody=nobody)
    down = await site.visitor(**english).post("/sign-in/with/nobody")
    monkeypatch.setattr(provider_client, "ANSWER_WITHIN_S", 0.3)
    provider.hangs_s = 1.0
    hanging = await site.visitor(**english).post("/sign-in/with/keycloak")
    provider.hangs_s = 0.0
    provider.broken = {"/.well-known/openid-configuration": {"issuer": "x" * provider_client.LARGEST_ANSWER}}
    flooding = await site.visitor(**english).post("/sign-in/with/keycloak")

    for answer in (down, hanging, flooding):
        assert answer.status_code == 503
        assert "Keycloak does not answer right now" in answer.text
        assert 'href="/sign-in"' in answer.text
    assert SECRET not in caplog.text


@ONE_ENGINE
async def test_a_discovery_document_of_another_issuer_or_without_https_is_not_believed(
    site: Site, provider: Provider
) -> None:
    right = {
        "issuer": provider.issuer,
        "authorization_endpoint": f"{provider.issuer}/authorize",
        "token_endpoint": f"{provider.issuer}/token",
        "jwks_uri": f"{provider.issuer}/jwks",
    }
    for wrong in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://10.0.0.1/token"}, {"jwks_uri": None}):
        provider.broken = {"/.well-known/openid-configuration": right | wrong}
        assert (await site.visitor().post("/sign-in/with/keycloak")).status_code == 502, wrong


@ONE_ENGINE
async def test_who_says_no_at_the_provider_is_not_signed_in(site: Site, provider: Provider) -> None:
    browser = site.visitor()
    path = await approved(await away(browser))

    answer = await browser.get(re.sub(r"code=[^&]+", "error=access_denied", path))

    assert answer.status_code == 403
    assert await Session.count() == 0


async def test_an_account_is_linked_and_unlinked_on_its_page(site: Site, provider: Provider) -> None:
    provider.user = {"sub": "berta-9", "email": "private@example.org", "email_verified": True}
    berta = await site.signed_in(email="berta@example.mx")

    path = await approved(await away(berta, "/me/account/identities/keycloak"))
    linked = await berta.get(path)

    assert (linked.status_code, linked.headers["location"]) == (303, "/me/account")
    identity = await Identity.select().first()
    page = (await berta.get("/me/account")).text
    remove = f"/me/account/identities/{identity['id']}/remove"
    assert remove in page
    assert (await sign_in(site.visitor())).status_code == 303
    assert [row["email"] for row in await Person.select()] == ["berta@example.mx"]
    ana = await site.signed_in(email="ana@example.mx")
    await ana.post(remove)
    assert await Identity.count() == 1
    await berta.post(remove)
    assert await Identity.count() == 0
    assert [mail["to"] for mail in await site.mails()] == ["berta@example.mx"] * 2


async def test_linking_and_unlinking_ask_first_who_it_is(site: Site, provider: Provider) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    password = {"password": "tres palabras largas"}
    await ana.post("/me/account/password", data=password)
    start = "/me/account/identities/keycloak"
    site.now += rules.CONFIRMED_FOR

    asked = await ana.post(start)
    left = await ana.post(start, data={"confirm_password": password["password"]})
    linked = await ana.get(await approved(await away(ana, start)))
    remove = f"/me/account/identities/{(await Identity.select(Identity.id).first())['id']}/remove"
    site.now += rules.CONFIRMED_FOR
    still = await ana.post(remove)

    assert (asked.status_code, left.status_code, linked.status_code, still.status_code) == (403, 200, 303, 403)
    assert f'action="{start}"' in asked.text
    assert await Identity.count() == 1
    assert (await ana.post(remove, data={"confirm_password": password["password"]})).status_code == 303
    assert await Identity.count() == 0


async def test_signing_in_again_ends_the_browsers_earlier_session(site: Site, provider: Provider) -> None:
    browser = await site.signed_in(email="ana@example.mx")
    earlier = browser.cookies["plenaria_session"]
    other = await site.signed_in(email="ana@example.mx")

    assert (await sign_in(browser)).status_code == 303
    provider.user = {"sub": "berta", "email": "berta@example.mx", "email_verified": False}
    await sign_in(browser)
    link = re.search(r"/sign-in/confirm/\S+", (await site.mails())[-1]["text"])[0]  # type: ignore[index]
    assert (await browser.post(link)).status_code == 303

    berta = await Person.select(Person.id).where(Person.email == "berta@example.mx").first()
    sessions = await Session.select(Session.person, Session.token_hash).order_by(Session.id)
    assert [row["token_hash"] == hashed(other.cookies["plenaria_session"]) for row in sessions] == [True, False]
    assert sessions[-1]["person"] == berta["id"]
    assert earlier != browser.cookies["plenaria_session"]


@ONE_ENGINE
async def test_an_identity_of_somebody_else_is_not_taken_over_by_linking(site: Site, provider: Provider) -> None:
    assert (await sign_in(site.visitor())).status_code == 303
    eve = await site.signed_in(email="eve@example.mx")

    answer = await eve.get(await approved(await away(eve, "/me/account/identities/keycloak")))

    assert answer.status_code == 409
    owner = (await Person.select(Person.id).where(Person.email == "ana@example.mx").first())["id"]
    assert [row["person"] for row in await Identity.select(Identity.person)] == [owner]


@ONE_ENGINE
async def test_a_link_that_one_began_is_not_ended_by_another_account_in_that_browser(
    site: Site, provider: Provider
) -> None:
    browser = await site.signed_in(email="berta@example.mx")
    path = await approved(await away(browser, "/me/account/identities/keycloak"))
    other = await site.signed_in(email="eve@example.mx")
    browser.cookies.set("plenaria_session", other.cookies["plenaria_session"])

    assert (await browser.get(path)).status_code == 409
    browser.cookies.delete("plenaria_session")
    assert (await browser.get(path)).status_code == 409
    assert await Identity.count() == 0


@ONE_ENGINE
async def test_a_second_factor_is_still_asked_for_and_an_erasure_stands(site: Site, provider: Provider) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    secret = pyotp.random_base32()
    await ana.post("/me/account/second-factor", data={"secret": secret, "code": pyotp.TOTP(secret).at(site.now)})
    browser = site.visitor()

    answer = await sign_in(browser)

    assert answer.headers["location"] == "/sign-in/code?next=%2Fme"
    assert (await browser.get("/me")).status_code == 401
    await ana.post("/me/account/erasure", data={"address": "ana@example.mx"})
    blocked = await sign_in(site.visitor(**{"Accept-Language": "en"}))
    assert blocked.status_code == 409
    assert "to be erased" in blocked.text


@ONE_ENGINE
async def test_the_first_half_says_nothing_secret_in_a_log_and_keeps_only_hashes(
    site: Site, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = site.visitor()

    address = await away(browser)

    state = parse_qs(urlsplit(address).query)["state"][0]
    kept = str(await SignInAttempt.select())
    assert state not in kept
    assert browser.cookies["plenaria_provider"] not in kept
    assert SECRET not in caplog.text + address
    assert SECRET not in repr(site.settings)
