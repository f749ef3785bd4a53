"""What one installation decides: `config/plenaria.toml`, overridden by `PLENARIA_…` in the environment.

A nested setting is overridden with two underscores: `PLENARIA_MAIL__HOST`, `PLENARIA_IDENTITY_PROVIDERS__GOOGLE__CLIENT_SECRET`.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

NOT_SETTINGS: Final = frozenset(
    f"PLENARIA_{name}"
    for name in (
        "CONFIG",
        "SERVE_WITH_WORKER",  # from `serve --workers` to its processes
        *("REQUIRE_ALL", "SHARED_DATA", "READERS", "LIBICAL", "COSPLIB", "SCREENSHOTS"),  # of the tests
    )
)
"""Variables of ours that are no settings. Any other unknown one is misspelt, and stops the start."""


LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z"
"""A language's code (BCP 47): es, pt-BR."""


class Mail(Struct, forbid_unknown_fields=True, frozen=True):
    """The server that takes mail. Without a host mail stays in the outbox, readable there in development."""

    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    username: str = ""
    password: str = ""
    security: Annotated[str, Meta(pattern="^(starttls|tls|none)$")] = "starttls"
    sender: str = "Plenaria <no-reply@localhost>"
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 20.0
    connections: Annotated[int, Meta(ge=1, le=50)] = 4
    """How many mails a worker hands over at once; urgent ones (sign-in links) have as many connections of their own."""
    rate_per_minute: Annotated[int, Meta(ge=0, le=100_000)] = 0
    """How many mails a worker hands over in a minute, where the server bounds it; 0 for no limit."""


class Serve(Struct, forbid_unknown_fields=True, frozen=True):
    """What one process of `plenaria serve` puts up with."""

    connections: Annotated[int, Meta(ge=10, le=100_000)] = 1_000
    """Open at once; a request on one more is answered 503 at once."""
    head_timeout_s: Annotated[int, Meta(ge=1, le=300)] = 10
    body_timeout_s: Annotated[int, Meta(ge=1, le=3600)] = 30
    """How long a body may take; every 10 kB that arrive earn it another second."""


PROVIDER: Final = r"^[a-z][a-z0-9]{0,29}\Z"
"""A provider's name in our addresses and in the environment."""


class IdentityProvider(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Somebody else who says who a person is, by OpenID Connect: Google, Microsoft Entra, Keycloak."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    """What stands on the button."""
    issuer: Annotated[str, Meta(pattern=r"^https?://[^?#\s@]+\Z")]
    """Exactly as the provider writes it in its ID tokens. http only on this machine."""
    client_id: Annotated[str, Meta(min_length=1)]
    client_secret: str = ""
    client_secret_file: str = ""
    """A file that holds the secret, read at the start; instead of `client_secret`."""
    scopes: tuple[str, ...] = ("openid", "email")
    trusted_domains: tuple[Annotated[str, Meta(pattern=r"^[a-z0-9.-]+\Z")], ...] = ()
    """Domains whose addresses are believed although the provider sends no `email_verified` (Microsoft Entra)."""

    def __post_init__(self) -> None:
        if self.issuer.startswith("http://") and not is_loopback(self.issuer):
            raise ValueError(f"issuer: {self.issuer} needs https")
        if "openid" not in self.scopes:
            raise ValueError("scopes: “openid” is missing")

    def __repr__(self) -> str:
        """Without the secret: settings may end up in a log."""
        return f"IdentityProvider(name={self.name!r}, issuer={self.issuer!r}, client_id={self.client_id!r})"


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine itself."""
    return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


class Settings(Struct, forbid_unknown_fields=True, frozen=True):
    """The settings of an installation, with their defaults."""

    database: str = "sqlite:///var/plenaria.sqlite3"
    """`sqlite:///path` or `postgresql://user:password@host:port/name`."""
    address: Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+\Z")] = "http://127.0.0.1:8000"
    """How the outside world calls us, scheme and host; links in mails and calendars start with it."""
    title: str = "Plenaria"
    development: bool = False
    """Shows /patterns and the mail that was kept back; relaxes Secure cookies."""
    key_file: str = "var/signing-key.pem"
    """The Ed25519 key that signs receipts; made at the first start, mode 0600."""
    upload_limit_mb: Annotated[int, Meta(ge=1, le=200)] = 25
    sign_in_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15
    session_days: Annotated[int, Meta(ge=1, le=365)] = 30
    erasure_days: Annotated[int, Meta(ge=1, le=90)] = 15
    """How long a person's data is blocked before it is erased, and can be taken back by signing in."""
    retention: dict[str, Annotated[int, Meta(ge=0, le=36_500)]] = {}
    """Days that a kind of data is kept, where it differs from the default: `plenaria retention report` names the kinds."""
    second_factor_for_organisers: bool = False
    disabled_plugins: tuple[str, ...] = ()
    """Plugins that are installed but not to be loaded at all."""
    languages: Annotated[tuple[Annotated[str, Meta(pattern=LANGUAGE, max_length=8)], ...], Meta(min_length=1)] = (
        "es",
        "en",
    )
    """The languages of pages and mails, the fallback first; each but English needs a catalogue."""
    locale_folder: str = ""
    """A folder with more catalogues, `<language>/LC_MESSAGES/messages.po`: they come before those that are built in."""
    trusted_proxies: tuple[str, ...] = ()
    """Our own reverse proxies, addresses or networks (`10.0.0.0/8`): only their X-Forwarded-For is believed."""
    mail: Mail = Mail()
    serve: Serve = Serve()
    identity_providers: dict[Annotated[str, Meta(pattern=PROVIDER)], IdentityProvider] = {}
    """By the name in their addresses: `[identity_providers.google]` is led back to `/sign-in/with/google/callback`."""

    def __post_init__(self) -> None:
        for network in self.trusted_proxies:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(f"trusted_proxies: no address and no network, as in 10.0.0.0/8: {error}") from None

    @property
    def secure(self) -> bool:
        """Whether the outside address is https: cookies are then `Secure`."""
        return self.address.startswith("https://")


class Misconfigured(Exception):
    """The configuration cannot be used; the message is one clear line."""


def load(path: Path | None = None, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from a TOML file (none: defaults), the environment, then `overrides`. Raises `Misconfigured`."""
    values: dict[str, Any] = {}
    if path is not None:
        values = _read(path)
    _override(values, os.environ if environment is None else environment)
    values.update(overrides)
    if isinstance(address := values.get("address"), str):
        values["address"] = address.strip().rstrip("/")
    _read_secrets(values.get("identity_providers"))
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"{path or 'settings'}: {error}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"{path}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: not readable as TOML: {error}") from None


def _read_secrets(providers: Any) -> None:
    """Put what the providers' secret files hold in their place. What is no table is left to the check that follows."""
    for provider in providers.values() if isinstance(providers, dict) else ():
        if isinstance(provider, dict) and (path := provider.get("client_secret_file")):
            try:
                provider["client_secret"] = Path(str(path)).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise Misconfigured(f"client_secret_file: {path} cannot be read: {error}") from None


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, text in environment.items():
        if not name.startswith("PLENARIA_") or name in NOT_SETTINGS:
            continue
        outer, _, inner = name.removeprefix("PLENARIA_").lower().partition("__")
        known = {field.name for field in msgspec.structs.fields(Settings)}
        if outer not in known:
            raise Misconfigured(f"{name}: the environment sets this, but there is no such setting")
        if inner:
            _put(values, [outer, *inner.split("__")], text, name)
        elif outer in ("disabled_plugins", "languages", "trusted_proxies"):
            values[outer] = [part.strip() for part in text.split(",") if part.strip()]
        else:
            values[outer] = text


_LISTS_INSIDE: Final = ("scopes", "trusted_domains")


def _put(values: dict[str, Any], path: list[str], text: str, name: str) -> None:
    """`PLENARIA_MAIL__HOST` into the table `mail`; further underscores lead further in."""
    *tables, last = path
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise Misconfigured(f"{name}: “{table}” has nothing inside it")
    values[last] = [part.strip() for part in text.split(",") if part.strip()] if last in _LISTS_INSIDE else text
