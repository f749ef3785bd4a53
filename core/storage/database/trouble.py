"""What the engines' drivers raise when the database cannot serve, as `Unavailable`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import asyncpg
from prometheus_client import Counter

from plenaria.core.kernel.trouble import Unavailable, Victim
from plenaria.core.storage.database.errors import translated as translated_violation

_POSTGRES: Final[dict[str, str]] = {
    "40P01": "deadlock",
    "40001": "serialization",
    "55P03": "lock_wait",
    "57014": "timeout",
    "25P03": "timeout",  # idle in a transaction
    "25006": "read_only",
    "53100": "disk_full",
    "53300": "pool",  # too many connections
    "58030": "storage",
}
"""By SQLSTATE; the longest that fits decides."""
_POSTGRES_CLASSES: Final[dict[str, str]] = {"08": "unreachable", "53": "resources", "57P": "unreachable"}
_SQLITE: Final[dict[int, str]] = {
    sqlite3.SQLITE_BUSY: "lock_wait",
    sqlite3.SQLITE_LOCKED: "lock_wait",
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_IOERR: "storage",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_NOMEM: "resources",
}
"""By the primary result code."""
_VICTIMS: Final = ("deadlock", "serialization")
_BROKEN: Final = ("clos", "released back to the pool")
"""In the message of asyncpg's InterfaceError when the connection broke; its others are mistakes of the program."""


TROUBLE: Final = Counter(
    "plenaria_database_trouble_total", "Times that the database could not serve, by kind.", ["kind"]
)


def trouble(kind: str) -> Unavailable:
    """That kind of trouble, counted, to be raised."""
    TROUBLE.labels(kind).inc()
    return Victim(kind) if kind in _VICTIMS else Unavailable(kind)


@contextmanager
def translating() -> Iterator[None]:
    """Raises what a driver raises inside as `IntegrityViolated` or `Unavailable`, and everything else as it is."""
    try:
        yield
    except Exception as error:
        plain = translated(error)
        if plain is error:
            raise
        raise plain from error


def translated(error: Exception) -> Exception:
    """The same failure as an `IntegrityViolated` or an `Unavailable`; a failure of another kind unchanged."""
    if isinstance(error, Unavailable):
        return error
    kind = _kind_of(error)
    return translated_violation(error) if kind is None else trouble(kind)


def _kind_of(error: Exception) -> str | None:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
    if isinstance(error, asyncpg.PostgresError):
        return _of_state(error)
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return "read_only"
    if isinstance(error, asyncpg.InternalClientError) and not isinstance(error, asyncpg.OutdatedSchemaCacheError):
        return "unreachable"  # the driver lost its place: the server ended the connection between two of its messages
    if isinstance(error, asyncpg.InterfaceError):
        return "unreachable" if any(part in str(error) for part in _BROKEN) else None
    if isinstance(error, TimeoutError):
        return "timeout"
    return "unreachable" if isinstance(error, OSError) else None


def _of_state(error: Any) -> str | None:
    state = error.sqlstate or ""
    return _POSTGRES.get(state) or _POSTGRES_CLASSES.get(state[:3]) or _POSTGRES_CLASSES.get(state[:2])
