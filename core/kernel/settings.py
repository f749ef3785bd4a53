"""What one installation decides: `config/plenaria.toml`, overridden by `PLENARIA_…` in the environment.

A nested setting is overridden with two underscores: `PLENARIA_MAIL__HOST`.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final

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


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, text in environment.items():
        if not name.startswith("PLENARIA_") or name in NOT_SETTINGS:
            continue
        outer, _, inner = name.removeprefix("PLENARIA_").lower().partition("__")
        known = {field.name for field in msgspec.structs.fields(Settings)}
        if outer not in known:
            raise Misconfigured(f"{name}: the environment sets this, but there is no such setting")
        if inner:
            within = values.setdefault(outer, {})
            if not isinstance(within, dict):
                raise Misconfigured(f"{name}: “{outer}” has nothing inside it")
            within[inner] = text
        elif outer in ("disabled_plugins", "languages", "trusted_proxies"):
            values[outer] = [part.strip() for part in text.split(",") if part.strip()]
        else:
            values[outer] = text
