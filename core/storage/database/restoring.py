"""Back to a backup: looked at whole before anything is touched, and the database of before is kept beside.

A file is refused that is damaged, not Plenaria's, written by a newer release, or that holds the data of plugins which are not
installed. What an older release wrote is welcome: `migrate` brings it up.
"""

import re
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Final

from piccolo.conf.apps import AppConfig

from plenaria.core.storage.database.backup import (
    backup,
    digest_file,
    digest_of,
    refuse_in_transaction,
    run_program,
)
from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.migrations import Applied, applied_migrations, migrations_of
from plenaria.core.storage.database.postgres import PooledPostgresEngine
from plenaria.core.storage.database.sqlite import PersistentSQLiteEngine
from plenaria.core.storage.database.stamp import APPLICATION_ID, CORE
from plenaria.core.storage.database.transaction import uninterrupted

# pg_restore drops what the dump holds; a table that came after the backup has to go as well.
_DROP_ALL_TABLES: Final = """
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', found.tablename);
  END LOOP;
END $$;
"""
_TABLE_ENTRY: Final = re.compile(r"^\d+; \d+ \d+ TABLE public (\S+) ", re.MULTILINE)
_COPIED_ROWS: Final = re.compile(
    r"^COPY public\.migration \(([^)]*)\) FROM stdin;\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself."""

    applied: tuple[Applied, ...]
    tables: frozenset[str]


async def restore(
    database: Database,
    path: Path,
    *,
    apps: Sequence[AppConfig],
    now: datetime,
    keep_in: Path | None = None,
    without_plugins: Collection[str] = (),
    afterwards: Mapping[str, str] = MappingProxyType({}),
) -> Path | None:
    """Makes the database what it was at the backup, all or nothing; returns where the one of before is kept.

    None when there was nothing to keep. It lies in `keep_in`, else beside the database (SQLite) or beside `path` (PostgreSQL).
    `afterwards` are statements by the table that they need; where the backup has it, they come with the copy or not at all.
    `without_plugins` are plugins whose data may come back although they are not installed. Compare with `schema_difference`
    afterwards: an old backup needs `migrate`. The caller holds the database `alone`. Raises DatabaseProblem.
    """
    refuse_in_transaction(database)
    contents = await contents_of(database, path)
    present = await applied_migrations(database)
    _refuse_unfit(path, contents, apps, {one.app for one in present} | set(without_plugins))
    kept = _place_to_keep(database, path, keep_in, now) if present else None
    if kept is not None:
        await backup(database, kept)
    statements = [statement for table, statement in afterwards.items() if table in contents.tables]
    await _replace(database, path, statements)
    return kept


async def contents_of(database: Database, path: Path) -> Contents:
    """Reads the whole backup. Raises DatabaseProblem when it is damaged or for another kind of database."""
    _refuse_missing(path)
    _refuse_other_digest(path)
    if isinstance(database.engine, PooledPostgresEngine):
        return await _contents_of_dump(path)
    async with database.engine.reading() as reader:
        return await uninterrupted(reader.in_thread(_contents_of_file, path))


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        raise DatabaseProblem(f"There is no file {path}.")


def _refuse_other_digest(path: Path) -> None:
    """Backups made before there were digest files, and those moved without theirs, are taken as they are."""
    if path.is_file() and digest_file(path).is_file():
        noted = digest_file(path).read_text("utf-8", errors="replace").split()
        if noted[:1] != [digest_of(path)]:
            raise DatabaseProblem(f"{path} is damaged: its SHA-256 is not the one in {digest_file(path).name}.")


def _contents_of_file(path: Path) -> Contents:
    with _readable(path) as source:
        if source.execute("PRAGMA integrity_check").fetchone() != (b"ok",):
            raise DatabaseProblem(f"{path} is damaged.")
        if source.execute("PRAGMA application_id").fetchone()[0] not in (APPLICATION_ID, 0):  # 0: of an early release
            raise _foreign(path)
        names = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        tables = frozenset(name.decode(errors="replace") for (name,) in names)
        if "migration" not in tables:
            raise _foreign(path)
        rows = source.execute("SELECT app_name, name FROM migration ORDER BY id").fetchall()
    return Contents(tuple(Applied(_text(app), _text(name)) for app, name in rows), tables)


def _text(stored: object) -> str:
    return stored.decode(errors="replace") if isinstance(stored, bytes) else str(stored)


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    """The file opened for reading; what SQLite cannot read becomes one line. Texts come as bytes: damaged ones are no UTF-8."""
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    source.text_factory = bytes
    try:
        source.execute("PRAGMA query_only = ON")
        yield source
    except sqlite3.OperationalError as error:
        if "no such column" in str(error):
            raise _foreign(path) from error
        raise DatabaseProblem(f"{path} cannot be read as an SQLite backup: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise DatabaseProblem(f"{path} is not an SQLite backup: {error}.") from error
    except UnicodeDecodeError as error:  # SQLite quotes a damaged name, and CPython reads its message as UTF-8
        raise DatabaseProblem(f"{path} is damaged.") from error
    finally:
        source.close()


async def _contents_of_dump(path: Path) -> Contents:
    """Of a dump in the custom, directory or tar format: its table of contents and its table of migrations."""
    tables = frozenset(_TABLE_ENTRY.findall(await run_program(None, "pg_restore", "--list", str(path))))
    if "migration" not in tables:
        raise _foreign(path)
    script = await run_program(None, "pg_restore", "--data-only", "--table=migration", "--file=-", str(path))
    copied = _COPIED_ROWS.search(script)
    if copied is None:
        raise _foreign(path)
    columns = [name.strip(' "') for name in copied[1].split(",")]
    if not {"app_name", "name"} <= set(columns):
        raise _foreign(path)
    rows = [dict(zip(columns, line.split("\t"), strict=False)) for line in copied[2].splitlines()]
    return Contents(tuple(Applied(row.get("app_name", ""), row.get("name", "")) for row in rows), tables)


def _refuse_unfit(path: Path, contents: Contents, apps: Sequence[AppConfig], expected: Collection[str]) -> None:
    """`expected`: apps whose data may be in the backup although nobody here knows them."""
    known = {app.app_name: {one.id for one in migrations_of(app)} for app in apps}
    applied = {name: {one.id for one in contents.applied if one.app == name} for name in known}
    if not applied.get(CORE, set()) & known[CORE]:
        raise _foreign(path)
    for name, ids in applied.items():
        if newer := sorted(ids - known[name]):
            raise DatabaseProblem(
                f"{path} was written by a newer release: it holds the migration {newer[0]} of {name}, unknown to this one."
            )
    if others := sorted({one.app for one in contents.applied} - known.keys() - set(expected)):
        raise DatabaseProblem(
            f"{path} holds the data of plugins that are not installed here: {', '.join(others)}. "
            "Install them, or say --without-plugin NAME to bring the data back without its plugin."
        )
    for app in apps:
        complete = applied[app.app_name] == known[app.app_name]
        names = {table._meta.tablename for table in app.table_classes}
        if complete and (missing := sorted(names - contents.tables)):
            raise DatabaseProblem(f"{path} is not whole: the table {missing[0]} of {app.app_name} is missing.")


def _foreign(path: Path) -> DatabaseProblem:
    return DatabaseProblem(f"{path} is not a backup of Plenaria.")


def _place_to_keep(database: Database, path: Path, keep_in: Path | None, now: datetime) -> Path:
    is_file = isinstance(database.engine, PersistentSQLiteEngine)
    beside = Path(database.engine.path) if isinstance(database.engine, PersistentSQLiteEngine) else path
    stem = beside.name if is_file else "plenaria"
    name = f"{stem}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    places = (
        ((keep_in or beside.parent) / f"{name}{again}") for again in chain([""], (f"-{number}" for number in count(2)))
    )
    return next(place for place in places if not place.exists())


async def _replace(database: Database, path: Path, afterwards: Sequence[str]) -> None:
    if isinstance(database.engine, PersistentSQLiteEngine):
        beside = Path(database.engine.path)
        async with database.engine.writing_alone() as writer:
            await uninterrupted(writer.in_thread(lambda: _copy_in(path, writer.raw, beside, afterwards)))
    else:
        await _replace_postgres(database.engine, path, afterwards)


def _copy_in(path: Path, target: sqlite3.Connection, beside: Path, afterwards: Sequence[str]) -> None:
    """By way of a private copy in the folder of `beside`: the target goes from before to the finished state at once."""
    with tempfile.TemporaryDirectory(prefix=".plenaria-restore-", dir=beside.resolve().parent) as folder:
        prepared = sqlite3.connect(Path(folder) / "prepared.db", isolation_level=None)
        try:
            with _readable(path) as source:
                source.backup(prepared)
            prepared.execute("PRAGMA foreign_keys = ON")
            for statement in afterwards:
                prepared.execute(statement)
            prepared.backup(target)
        finally:
            prepared.close()


async def _replace_postgres(engine: PooledPostgresEngine, path: Path, afterwards: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="plenaria-restore-") as folder:
        drop, script, after = (Path(folder) / name for name in ("drop.sql", "restore.sql", "after.sql"))
        drop.write_text(_DROP_ALL_TABLES)
        statements = ["SET LOCAL search_path = public", *afterwards]  # the dump empties it
        after.write_text("".join(f"{each};\n" for each in statements))
        await run_program(None, "pg_restore", "--clean", "--if-exists", "--no-owner", f"--file={script}", str(path))
        files = [f"--file={each}" for each in (drop, script, after)]
        await run_program(
            engine, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *files
        )
    await engine.forget_plans()
