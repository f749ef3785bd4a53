"""A copy of the whole database in one file, and back.

SQLite: a database file, made while the service runs. PostgreSQL: pg_dump's custom format. A file of one kind is not
for a database of the other. Both hold personal data: only the owner of the process may read the file.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.postgres import PooledPostgresEngine
from plenaria.core.storage.database.sqlite import PersistentSQLiteEngine
from plenaria.core.storage.database.transaction import open_transaction, uninterrupted

# pg_restore drops what the dump holds; a table that came after the backup has to go as well.
_DROP_ALL_TABLES = """
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', found.tablename);
  END LOOP;
END $$;
"""


async def backup(database: Database, path: Path) -> None:
    """Writes the database as of one instant; writers go on meanwhile. The file must not exist yet.

    It appears under its name only when it is complete. Raises DatabaseProblem, also when pg_dump is missing.
    """
    _refuse_in_transaction(database)
    with _file_when_complete(path) as partial:
        await _write(database, partial)


async def restore(database: Database, path: Path) -> None:
    """Makes the database what it was at the backup; everything since is lost. All or nothing.

    No other process may use the database meanwhile. Compare with `schema_difference` afterwards: an old
    backup needs `migrate`. Raises DatabaseProblem for a file that is not a backup of this kind of database.
    """
    _refuse_in_transaction(database)
    _refuse_missing(path)
    if isinstance(database.engine, PersistentSQLiteEngine):
        await _restore_sqlite(database.engine, path)
    else:
        await _restore_postgres(database.engine, path)


@contextmanager
def _file_when_complete(path: Path) -> Iterator[Path]:
    if path.exists():
        raise DatabaseProblem(f"{path} exists already; a backup never overwrites one.")
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        yield partial
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise DatabaseProblem(f"There is no file {path}.")


async def _write(database: Database, path: Path) -> None:
    if isinstance(database.engine, PooledPostgresEngine):
        await _run(database.engine, "pg_dump", "--format=custom", "--no-owner", f"--file={path}")
        return
    async with database.engine.reading() as reader:
        await uninterrupted(reader.in_thread(lambda: _copy_out(reader.raw, path)))


def _copy_out(source: sqlite3.Connection, path: Path) -> None:
    target = sqlite3.connect(path)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a -wal beside it
    finally:
        target.close()


async def _restore_sqlite(engine: PersistentSQLiteEngine, path: Path) -> None:
    async with engine.writing_alone() as writer:
        await uninterrupted(writer.in_thread(lambda: _copy_in(path, writer.raw)))


def _copy_in(path: Path, target: sqlite3.Connection) -> None:
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        source.execute("PRAGMA query_only = ON")
        if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise DatabaseProblem(f"{path} is damaged.")
        if not source.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone():
            raise DatabaseProblem(f"{path} is not a backup of this service.")
        source.backup(target)
    except sqlite3.DatabaseError as error:
        raise DatabaseProblem(f"{path} is not an SQLite backup: {error}.") from error
    finally:
        source.close()


async def _restore_postgres(engine: PooledPostgresEngine, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="plenaria-restore-") as folder:
        script, drop = Path(folder) / "restore.sql", Path(folder) / "drop.sql"
        drop.write_text(_DROP_ALL_TABLES)
        await _run(None, "pg_restore", "--clean", "--if-exists", "--no-owner", f"--file={script}", str(path))
        files = [f"--file={drop}", f"--file={script}"]
        await _run(engine, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *files)
    await engine.forget_plans()


async def _run(engine: PooledPostgresEngine | None, program: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's client programs; the password goes by the environment, which others cannot list."""
    found = shutil.which(program)
    if found is None:
        raise DatabaseProblem(f"The program {program} is missing; install PostgreSQL's client programs.")
    environment = dict(os.environ)
    address = []
    if engine is not None:
        dsn, password = _without_password(engine.config["dsn"])
        address = [f"--dbname={dsn}"]
        environment |= {"PGPASSWORD": password} if password else {}
    process = await asyncio.create_subprocess_exec(
        found, *address, *arguments, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, output = await process.communicate()
    if process.returncode:
        raise DatabaseProblem(f"{program} failed: {output.decode(errors='replace').strip()}")


def _without_password(dsn: str) -> tuple[str, str]:
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, ""
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), unquote(parts.password)


def _refuse_in_transaction(database: Database) -> None:
    if open_transaction(database.engine) is not None:
        raise DatabaseProblem("A backup or a restore cannot run inside a transaction.")
