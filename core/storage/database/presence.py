"""Who uses a database: `serve` and `worker` hold a shared lock on it, `restore` needs it for itself alone.

SQLite: a lock (flock) on a file beside the database. PostgreSQL: a session's advisory lock on a connection of its own, which is
taken again when the connection is lost. Both end with the process, however it ends.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncpg

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.postgres import PooledPostgresEngine

if sys.platform != "win32":  # there a restore is not kept from running beside the service
    import fcntl

log = logging.getLogger(__name__)

_NAME: Final = "plenaria in use"
LOOK_AGAIN_S: Final = 10.0
"""How often the connection that holds the lock is looked at."""
_ANSWER_WITHIN_S: Final = 5.0


class InUse(DatabaseProblem):
    """Another process uses the database in a way that excludes this one."""


@asynccontextmanager
async def in_use(database: Database, *, look_again_s: float = LOOK_AGAIN_S) -> AsyncIterator[None]:
    """Holds the database's shared lock. Raises InUse while a restore runs."""
    message = "A restore is running on this database: wait until it has ended."
    if not isinstance(database.engine, PooledPostgresEngine):
        with _file_lock(database.engine.path, exclusive=False, message=message):
            yield
        return
    connection = await _locked_connection(database.engine, "pg_try_advisory_lock_shared", message)
    holding = asyncio.create_task(_hold(database.engine, connection, look_again_s))
    try:
        yield
    finally:
        holding.cancel()
        with suppress(asyncio.CancelledError):
            await holding


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Holds the lock exclusively. Raises InUse while a `serve` or a `worker` runs, on whatever host."""
    message = "The database is in use: stop every `plenaria serve` and `plenaria worker` first."
    if not isinstance(database.engine, PooledPostgresEngine):
        with _file_lock(database.engine.path, exclusive=True, message=message):
            yield
        return
    connection = await _locked_connection(database.engine, "pg_try_advisory_lock", message)
    try:
        yield
    finally:
        await connection.close()


@contextmanager
def _file_lock(path: str, *, exclusive: bool, message: str) -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    resolved = Path(path).resolve()
    descriptor = os.open(resolved.with_name(resolved.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUse(message) from None
    try:
        yield
    finally:
        os.close(descriptor)


async def _locked_connection(engine: PooledPostgresEngine, function: str, message: str) -> Any:
    connection = await engine.connect_aside(server_settings={"application_name": "plenaria presence"})
    try:
        sql = f"SELECT {function}(hashtextextended($1, 0))"
        if not await connection.fetchval(sql, _NAME, timeout=_ANSWER_WITHIN_S):
            raise InUse(message)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _hold(engine: PooledPostgresEngine, connection: Any, look_again_s: float) -> None:
    """Keeps the lock until cancelled: a lost connection is replaced as soon as the server answers again."""
    held: Any = connection
    try:
        while True:
            await asyncio.sleep(look_again_s)
            if held is not None and not await _answers(held):
                held.terminate()
                held = None
            if held is None:
                held = await _taken_again(engine)
    finally:
        if held is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await held.close(timeout=_ANSWER_WITHIN_S)


async def _answers(connection: Any) -> bool:
    try:
        await connection.execute("SELECT 1", timeout=_ANSWER_WITHIN_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def _taken_again(engine: PooledPostgresEngine) -> Any:
    try:
        return await _locked_connection(engine, "pg_try_advisory_lock_shared", "A restore runs beside this process.")
    except (
        OSError,
        TimeoutError,
        DatabaseProblem,
        Unavailable,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        log.warning("the lock that keeps a restore away is not held", extra={"error": type(error).__name__})
        return None
