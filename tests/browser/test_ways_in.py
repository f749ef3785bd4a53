"""Signing in with an identity provider and with passkeys, in Chromium: a site on localhost, a provider on another port.

`PLENARIA_SCREENSHOTS=folder` keeps a picture of each page looked at, at 390 and at 1280.
"""

import base64
import contextlib
import os
import re
import secrets
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from tests.browser.accessibility import faults_of
from tests.browser.congress import DESK, PHONE, PLENARIA, QUIET, START_LIMIT_S, Congress, _free_port
from tests.oidc_provider import CLIENT, SECRET, Provider, served

CONFIG = """
database = "sqlite:///{folder}/site.sqlite3"
key_file = "{folder}/key.pem"
address = "http://localhost:{port}"
development = true
second_factor_for_organisers = true
[identity_providers.keycloak]
name = "Keycloak"
issuer = "{issuer}"
client_id = "{client}"
"""


class Site(Congress):
    """The site, and the provider that its pages may lead to."""

    provider: Provider

    def _note_request(self, url: str) -> None:
        if not url.startswith(self.provider.issuer + "/"):
            super()._note_request(url)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with served(Provider(asks=True)) as running:
        yield running


@pytest.fixture(scope="module", name="served")
def served_site(provider: Provider, chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), _free_port()
    address = f"http://localhost:{port}"
    provider.redirect_uris = [f"{address}/sign-in/with/keycloak/callback"]
    config = folder / "plenaria.toml"
    config.write_text(CONFIG.format(folder=folder, port=port, issuer=provider.issuer, client=CLIENT))
    with _running(config, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(QUIET))
        site = Site(address, "", folder, {}, browser)
        site.provider = provider
        yield site
        site.close_visitors()
        browser.close()


class _running:  # noqa: N801 - reads as what it is
    """`plenaria migrate`, then `plenaria serve` until the block ends; the client secret comes from the environment."""

    def __init__(self, config: Path, port: int) -> None:
        own = {name: text for name, text in os.environ.items() if not name.startswith("PLENARIA_")}
        self._environment = own | {
            "PLENARIA_CONFIG": str(config),
            "PLENARIA_IDENTITY_PROVIDERS__KEYCLOAK__CLIENT_SECRET": SECRET,
        }
        self._port = port

    def __enter__(self) -> None:
        subprocess.run([PLENARIA, "migrate"], env=self._environment, check=True, capture_output=True)
        command = [PLENARIA, "serve", "--port", str(self._port), "--no-worker"]
        self._server = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._server.stdout is not None
        seen = []
        for line in self._server.stdout:
            seen.append(line)
            if "startup complete" in line:
                return
        raise AssertionError("the site did not start:\n" + "".join(seen))

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.communicate(timeout=START_LIMIT_S)


def with_authenticator(page: Page) -> tuple[CDPSession, str]:
    """A device with a fingerprint reader whose user is always there."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def credentials(devtools: CDPSession, authenticator: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})[
        "credentials"
    ]
    return found


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(16)).decode()


def _key() -> str:
    made = ec.generate_private_key(ec.SECP256R1())
    stored = made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(stored).decode()


def sign_in_with_provider(page: Page) -> None:
    page.goto("/sign-in?next=/me/account")
    page.get_by_role("button", name="Continuar con Keycloak").click()
    page.get_by_role("button", name="Continue as Ana").click()
    expect(page).to_have_url(re.compile(r"/me/account$"))


def forget_confirmations(site: Site) -> None:
    """As if everybody had signed in long ago."""
    with contextlib.closing(sqlite3.connect(site.folder / "site.sqlite3")) as database, database:
        database.execute("UPDATE core_session SET confirmed_at = NULL")


def look_at(page: Page, name: str) -> None:
    """Nothing is wrong with it at either width, for anybody."""
    folder = os.environ.get("PLENARIA_SCREENSHOTS")
    for size in (PHONE, DESK):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert faults_of(page) == [], f"{name} at {size['width']}"
        page.emulate_media(color_scheme="light")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)


def test_somebody_comes_in_through_the_provider_adds_a_passkey_and_comes_in_with_it(site: Site) -> None:
    page = site.visitor()
    devtools, authenticator = with_authenticator(page)
    page.goto("/sign-in")
    look_at(page, "sign-in")
    sign_in_with_provider(page)
    expect(page.get_by_role("main")).to_contain_text("ana@example.mx")

    page.get_by_label("Nombre de la llave de acceso").fill("Mi teléfono")
    page.get_by_role("button", name="Agregar una llave de acceso").click()

    expect(page.get_by_text("Su llave de acceso está lista.")).to_be_visible()
    assert [each["rpId"] for each in credentials(devtools, authenticator)] == ["localhost"]
    look_at(page, "account")
    page.context.clear_cookies()
    page.goto("/sign-in?next=/me/account")
    page.get_by_role("button", name="Iniciar sesión con una llave de acceso").click()
    expect(page).to_have_url(re.compile(r"/me/account$"))
    expect(page.get_by_role("main")).to_contain_text("Mi teléfono")

    page.context.clear_cookies()
    sign_in_with_provider(page)
    expect(page.get_by_text("Usted inició sesión sin llave de acceso.")).to_be_visible()
    look_at(page, "account-weak")
    page.get_by_role("link", name="Mostrar una llave de acceso").click()
    look_at(page, "passkey-step")
    page.get_by_role("button", name="Usar una llave de acceso").click()
    expect(page).to_have_url(re.compile(r"/me/account$"))
    expect(page.get_by_text("Usted inició sesión sin llave de acceso.")).to_be_hidden()
    page.get_by_role("listitem").filter(has_text="Mi teléfono").get_by_role("button", name="Quitar").click()
    page.get_by_role("dialog").locator("[data-yes]").click()
    expect(page.get_by_text("Se quitó.")).to_be_visible()
    assert credentials(devtools, authenticator)[0]["signCount"] >= 2


def test_who_was_not_confirmed_for_long_shows_a_passkey_and_goes_on_with_what_was_typed(site: Site) -> None:
    page = site.visitor()
    devtools, authenticator = with_authenticator(page)
    sign_in_with_provider(page)
    page.get_by_label("Nombre de la llave de acceso").fill("Mi teléfono")
    page.get_by_role("button", name="Agregar una llave de acceso").click()
    expect(page.get_by_text("Su llave de acceso está lista.")).to_be_visible()
    page.locator("form[data-passkey]").get_by_label("Nombre de la llave de acceso").fill("Oficina")
    forget_confirmations(site)

    page.get_by_role("button", name="Agregar una llave de acceso").click()
    expect(page.get_by_role("heading", name="Confirme que es usted")).to_be_visible()
    look_at(page, "confirm-with-passkey")
    page.get_by_role("button", name="Usar una llave de acceso").click()

    added = page.locator("form[data-passkey]").get_by_label("Nombre de la llave de acceso")
    expect(added).to_have_value("Oficina")
    forget_confirmations(site)
    page.goto("/me/account")
    expect(page.locator("form[data-passkey]")).to_have_count(0)
    expect(page.get_by_text("Primero le pedimos confirmar que es usted.")).to_be_visible()
    look_at(page, "account-unconfirmed")
    page.get_by_role("listitem").filter(has_text="Mi teléfono").get_by_role("button", name="Quitar").click()
    page.get_by_role("dialog").locator("[data-yes]").click()
    page.get_by_role("button", name="Usar una llave de acceso").click()
    expect(page.get_by_text("Se quitó.")).to_be_visible()
    assert credentials(devtools, authenticator)[0]["signCount"] >= 2
    # The page that asks is answered with 403, which the browser notes.
    site.faults[:] = [fault for fault in site.faults if "status of 403" not in fault]


def test_a_device_that_shows_nothing_and_a_passkey_that_is_not_known_say_so(site: Site) -> None:
    page = site.visitor()
    devtools, authenticator = with_authenticator(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/sign-in")

    page.get_by_role("button", name="Iniciar sesión con una llave de acceso").click()

    expect(page.get_by_role("alert")).to_contain_text("No se mostró ninguna llave de acceso.")
    look_at(page, "sign-in-no-passkey")

    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    credential = {"credentialId": _random(), "isResidentCredential": True, "rpId": "localhost", "privateKey": _key()}
    more = {"userHandle": _random(), "signCount": 1}
    devtools.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": credential | more})
    page.get_by_role("button", name="Iniciar sesión con una llave de acceso").click()

    expect(page.get_by_text("Aquí no se conoce esta llave de acceso")).to_be_visible()
    look_at(page, "passkey-refused")


def test_without_javascript_there_is_the_provider_and_the_link_by_mail(site: Site) -> None:
    page = site.visitor(java_script_enabled=False)
    page.goto("/sign-in?next=/me/account")

    expect(page.locator("form[data-passkey]")).to_be_hidden()
    sign_in_with_provider(page)

    expect(page.get_by_text("Las llaves de acceso necesitan JavaScript")).to_be_visible()


def test_a_provider_that_answers_wrongly_and_one_that_asks_for_a_mail_have_their_own_pages(
    site: Site, provider: Provider
) -> None:
    page = site.visitor()
    provider.user = {"sub": "berta", "email": "berta@example.mx"}
    page.goto("/sign-in")
    page.get_by_role("button", name="Continuar con Keycloak").click()
    page.get_by_role("button", name="Continue as Ana").click()
    expect(page.get_by_text("Enviamos un enlace a berta@example.mx")).to_be_visible()
    look_at(page, "confirm-sent")
    page.goto("/sign-in/with/keycloak/callback?state=x&code=y")
    expect(page.get_by_text("Empiece de nuevo, por favor.")).to_be_visible()
    look_at(page, "provider-trouble")
