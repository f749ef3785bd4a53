"""What `plenaria check` warns of: allowed, but seldom meant on a server that others reach. Each line says what to do."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.settings import Settings

if TYPE_CHECKING:
    from piccolo.table import Table

SAMPLE_SECRETS: Final = frozenset(
    {"password", "secret", "changeme", "change-me", "plenaria", "postgres", "admin", "test"}
)
"""Passwords as they stand in examples."""


def cautions(settings: Settings, config: Path | None) -> list[str]:
    """One line each, in the current language; empty where all is well."""
    return [
        *_about_address(settings),
        *_about_mail(settings),
        *_about_secrets(settings),
        *_about_file(settings, config),
    ]


def about_retention() -> Iterator[str]:
    """Names in the setting `retention` that are no kind of data."""
    from plenaria.core.events import retention

    for name in retention.unknown():
        yield fill(gettext("retention names “{name}”, which is no kind of data here"), {"name": name})


def about_tables(tables: "Iterable[type[Table]]") -> Iterator[str]:
    """Foreign keys of plugins' tables that no index begins with."""
    from plenaria.core.storage.database import unindexed_keys

    for key in unindexed_keys(tables):
        message = gettext("no index begins with the foreign key {key}: who asks by it reads the whole table")
        yield fill(message, {"key": key})


def _about_address(settings: Settings) -> Iterator[str]:
    if not settings.secure:
        message = gettext(
            "the address is {address}: without https, cookies can be read on the way; set address to https://…"
        )
        yield fill(message, {"address": settings.address})
    elif not settings.trusted_proxies:
        yield gettext(
            "the address is https and trusted_proxies is empty: all callers seem to be the proxy, and limits count them as one; "
            "name the proxy's own address there"
        )
    if settings.development:
        yield gettext(
            "development mode is on: kept mails with sign-in links can be read, /patterns is open, and logs show more; "
            "set development = false"
        )


def _about_mail(settings: Settings) -> Iterator[str]:
    if not settings.mail.host:
        yield gettext("no mail host is set: mail stays in the outbox and nobody can sign in by link; set [mail] host")
    elif settings.mail.security == "none" and settings.mail.host not in ("localhost", "127.0.0.1", "::1"):
        yield gettext(
            "mail goes to its server unencrypted, sign-in links with it; set [mail] security to starttls or tls"
        )


def _about_secrets(settings: Settings) -> Iterator[str]:
    for setting, password in (("database", _database_password(settings)), ("mail.password", settings.mail.password)):
        if password.lower() in SAMPLE_SECRETS:
            message = gettext("{setting} has a password as in an example; set one of its own: openssl rand -hex 24")
            yield fill(message, {"setting": setting})


def _about_file(settings: Settings, config: Path | None) -> Iterator[str]:
    """A file with a password in it that everybody on the machine may read."""
    if config is None or os.name != "posix" or not config.is_file():
        return
    text = config.read_text(encoding="utf-8")
    held = [password for password in (_database_password(settings), settings.mail.password) if password]
    if stat.S_IMODE(config.stat().st_mode) & 0o004 and any(password in text for password in held):
        message = gettext("{path} holds a password and everybody on this machine may read it; run: chmod 640 {path}")
        yield fill(message, {"path": config})


def _database_password(settings: Settings) -> str:
    return urlsplit(settings.database).password or ""
