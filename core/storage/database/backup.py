"""A copy of the whole database in one file.

SQLite: a database file, made while the service runs. PostgreSQL: pg_dump's custom format. A file of one kind is not
for a database of the other. Both hold personal data: only the owner of the process may read the file. Beside it lies its
SHA-256, as `sha256sum --check` reads it. The way back is `plenaria.core.storage.database.restoring`.
"""

import asyncio
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.hosts import WRITABLE, single_addresses
from plenaria.core.storage.database.postgres import PooledPostgresEngine
from plenaria.core.storage.database.transaction import open_transaction, uninterrupted


async def backup(database: Database, path: Path) -> None:
    """Writes the database as of one instant; writers go on meanwhile. The file must not exist yet.

    It appears under its name only when it is complete. Raises DatabaseProblem, also when pg_dump is missing.
    """
    refuse_in_transaction(database)
    with _file_when_complete(path) as partial:
        await _write(database, partial)


def digest_file(path: Path) -> Path:
    """Where the SHA-256 of a backup lies."""
    return path.with_name(path.name + ".sha256")


def digest_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _file_when_complete(path: Path) -> Iterator[Path]:
    if path.exists():
        raise DatabaseProblem(f"{path} exists already; a backup never overwrites one.")
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        yield partial
        digest_file(path).write_text(f"{digest_of(partial)}  {path.name}\n", "utf-8")
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


async def _write(database: Database, path: Path) -> None:
    if isinstance(database.engine, PooledPostgresEngine):
        await run_program(database.engine, "pg_dump", "--format=custom", "--no-owner", f"--file={path}")
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


async def run_program(engine: PooledPostgresEngine | None, program: str, *arguments: str) -> str:
    """Runs one of PostgreSQL's client programs and returns what it printed.

    The password goes by the environment, which others cannot list. Raises DatabaseProblem with the program's first error.
    """
    found = shutil.which(program)
    if found is None:
        raise DatabaseProblem(f"The program {program} is missing; install PostgreSQL's client programs.")
    environment = dict(os.environ) | {"PGOPTIONS": "-c client_min_messages=warning", "LC_MESSAGES": "C"}
    address = []
    if engine is not None:
        dsn, password = _without_password(engine.config["dsn"])
        address = [f"--dbname={dsn}"]
        environment |= {"PGPASSWORD": password} if password else {}
        if len(single_addresses(dsn)) > 1:  # one that has vanished or only reads is passed over, as by the engine
            environment = {"PGTARGETSESSIONATTRS": WRITABLE, "PGCONNECT_TIMEOUT": "3"} | environment
    process = await asyncio.create_subprocess_exec(
        found, *address, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, problems = await process.communicate()
    if process.returncode:
        raise DatabaseProblem(f"{program} failed: {_first_error(problems.decode(errors='replace'))}")
    return printed.decode(errors="replace")


def _first_error(problems: str) -> str:
    lines = [line.strip() for line in problems.splitlines() if line.strip()]
    return next((line for line in lines if "error:" in line.lower()), lines[0] if lines else "it gave no reason")


def _without_password(dsn: str) -> tuple[str, str]:
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, ""
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), unquote(parts.password)


def refuse_in_transaction(database: Database) -> None:
    if open_transaction(database.engine) is not None:
        raise DatabaseProblem("A backup or a restore cannot run inside a transaction.")
