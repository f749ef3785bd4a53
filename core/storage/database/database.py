"""The one database of a running process."""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.postgres import PooledPostgresEngine, PostgresSettings
from plenaria.core.storage.database.sqlite import PersistentSQLiteEngine, SQLiteSettings

Settings = TypeVar("Settings")

_current: "Database | None" = None


class Database:
    """An address and, once open, its connections.

    `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user:password@host:5432/name`; the
    fields of `SQLiteSettings` and `PostgresSettings` may follow as `?name=value`, also asyncpg's.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.dialect: Literal["sqlite", "postgres"]
        self.engine: PersistentSQLiteEngine | PooledPostgresEngine
        self.is_open = False
        scheme = urlsplit(url).scheme
        if scheme == "sqlite":
            self.dialect, self.engine = "sqlite", _sqlite_engine(url)
        elif scheme in ("postgresql", "postgres"):
            self.dialect, self.engine = "postgres", _postgres_engine(url)
        else:
            raise DatabaseProblem(
                f"The database address starts with {scheme or 'nothing'!r}; it must start with sqlite:/// or postgresql://."
            )

    async def open(self, tables: Iterable[type[Table]] = ()) -> None:
        """Connects, lets these tables speak to this database and becomes `current()`."""
        global _current  # noqa: PLW0603 - one database a process
        await self.engine.start()
        for table in tables:
            table._meta.db = self.engine
        self.is_open = True
        _current = self

    async def close(self) -> None:
        """Lets running statements end and closes every connection; a second call does nothing."""
        global _current  # noqa: PLW0603 - one database a process
        if not self.is_open:
            return
        self.is_open = False
        if _current is self:
            _current = None
        await self.engine.stop()

    async def fetch(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """The rows of one statement in this database's own SQL (`?` on SQLite, `$1` on PostgreSQL).

        Runs inside the open transaction, if there is one.
        """
        return self.engine.transform_response_to_dicts(await self.engine.execute(sql, args))


def stock_engine(url: str) -> SQLiteEngine | PostgresEngine:
    """Piccolo's own engine for the same address, which connects for each query: for its command line only."""
    engine = Database(url).engine
    if isinstance(engine, PersistentSQLiteEngine):
        return SQLiteEngine(path=engine.path)
    return PostgresEngine(config=engine.config)


def current() -> Database:
    """The database that was opened last and is still open."""
    if _current is None:
        raise DatabaseProblem("No database is open in this process.")
    return _current


def _sqlite_engine(url: str) -> PersistentSQLiteEngine:
    address, _, query = url.partition("?")
    path = address.removeprefix("sqlite:///")
    if path in ("", ":memory:") or path == address:
        raise DatabaseProblem("An SQLite address names a file: sqlite:///var/plenaria.sqlite3.")
    return PersistentSQLiteEngine(path, _settings(SQLiteSettings, dict(parse_qsl(query))))


def _postgres_engine(url: str) -> PooledPostgresEngine:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    ours = {name: options.pop(name) for name in PostgresSettings.__dataclass_fields__ if name in options}
    dsn = urlunsplit(parts._replace(scheme="postgresql", query=urlencode(options)))
    return PooledPostgresEngine(dsn, _settings(PostgresSettings, ours))


def _settings(kind: type[Settings], options: dict[str, str]) -> Settings:
    unknown = sorted(options.keys() - kind.__dataclass_fields__.keys())  # type: ignore[attr-defined]
    if unknown:
        raise DatabaseProblem(f"The database address has unknown options: {', '.join(unknown)}.")
    try:
        return msgspec.convert(options, kind, strict=False)
    except msgspec.ValidationError as error:
        raise DatabaseProblem(f"An option of the database address is wrong: {error}.") from error
