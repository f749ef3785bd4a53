"""The embedded engine: one writer behind a first-come-first-served lock, a few readers, one file in WAL mode.

Piccolo's stock engine opens a connection, and with it a thread and a file, for every query. Here every
connection lives as long as the engine and owns one thread; a statement costs one hop to that thread.
"""

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from piccolo.engine.sqlite import SQLiteEngine, TransactionType
from piccolo.querystring import QueryString

from plenaria.core.storage.database import query_count, sqlite_schema
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.transaction import Transaction, TransactionScope, open_transaction, uninterrupted
from plenaria.core.storage.database.trouble import translating, trouble
from plenaria.core.storage.database.values import refuse_naive_datetimes

log = logging.getLogger(__name__)
Result = TypeVar("Result")
Row = dict[str, Any]

_READS = re.compile(r"\s*(SELECT|EXPLAIN|VALUES)\b", re.IGNORECASE)
_READS_WITH = re.compile(r"\s*WITH\b(?!.*\b(INSERT|UPDATE|DELETE|REPLACE)\b)", re.IGNORECASE | re.DOTALL)

_MIGRATION_WAIT_MS = 3_600_000


@dataclass(frozen=True)
class SQLiteSettings:
    """How the connections are opened; each can be given in the address, as in `sqlite:///x.db?readers=2`."""

    readers: int = 4
    synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL"
    """FULL: a commit survives a power failure, at the price of one disk sync per commit. NORMAL may lose the
    last commits then (never corrupts); OFF is for tests."""
    busy_timeout_s: float = 10.0
    """How long a statement waits for another process that writes."""
    acquire_timeout_s: float = 10.0
    """How long a write waits for its turn, and a read for a free reader, inside the process."""


class SQLiteConnection:
    """One sqlite3 connection and the only thread that ever touches it."""

    def __init__(self, path: str, settings: SQLiteSettings, *, read_only: bool) -> None:
        self._path = path
        self._settings = settings
        self._read_only = read_only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        await self.in_thread(self._open)

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return await self.in_thread(self._execute, sql, args)

    async def in_thread(self, work: Callable[..., Result], *args: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def close(self) -> None:
        await self.in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def reset(self) -> None:
        """Leaves the connection without a transaction and with its settings as opened, if need be by reopening it."""
        await self.in_thread(self._reset)

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection, for use in this connection's thread only."""
        if self._connection is None:
            raise DatabaseProblem("The database connection is closed.")
        return self._connection

    def _open(self) -> None:
        connection = sqlite3.connect(
            self._path,
            timeout=self._settings.busy_timeout_s,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            isolation_level=None,
            cached_statements=512,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        if self._read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            _use_wal(connection, self._settings.busy_timeout_s)
            connection.execute(f"PRAGMA synchronous = {self._settings.synchronous}")
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _reset(self) -> None:
        try:
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK")
            self.raw.execute("PRAGMA foreign_keys = ON")
            self.raw.execute(f"PRAGMA busy_timeout = {int(self._settings.busy_timeout_s * 1000)}")
        except sqlite3.Error:
            log.exception("A connection could not roll back and is replaced")
            self._close()
            self._open()

    def _execute(self, sql: str, args: Sequence[Any]) -> list[Row]:
        cursor = self.raw.execute(sql, args)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class _WriterInTransaction:
    """The writer between BEGIN IMMEDIATE and its release."""

    def __init__(self, engine: "PersistentSQLiteEngine") -> None:
        self._engine = engine

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return await self._engine.writer.execute(sql, args)

    async def commit(self) -> None:
        await self._engine.writer.execute("COMMIT")

    async def rollback(self) -> None:
        await self._engine.writer.reset()

    async def release(self) -> None:
        try:
            await self._engine.writer.reset()
        except Exception:
            log.exception("The writer could not be reset")
        finally:
            self._engine.release_writer()


class PersistentSQLiteEngine(SQLiteEngine):
    """Piccolo's engine with connections that stay open; `start()` before the first query."""

    def __init__(self, path: str, settings: SQLiteSettings | None = None) -> None:
        super().__init__(path=path)
        self._settings = settings or SQLiteSettings()
        self.writer = SQLiteConnection(path, self._settings, read_only=False)
        self._writer_turn = asyncio.Lock()
        self._readers: asyncio.LifoQueue[SQLiteConnection] = asyncio.LifoQueue()
        self._all_readers: list[SQLiteConnection] = []

    async def start(self) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        with translating():
            await self._open_all()

    async def _open_all(self) -> None:
        await self.writer.open()
        for _ in range(self._settings.readers):
            reader = SQLiteConnection(self.path, self._settings, read_only=True)
            await reader.open()
            self._all_readers.append(reader)
            self._readers.put_nowait(reader)

    async def stop(self) -> None:
        """Waits for the running write, then closes every connection."""
        async with self._writer_turn:
            for connection in [*self._all_readers, self.writer]:
                await connection.close()
            self._all_readers.clear()

    def transaction(  # type: ignore[override]  # joins, poisons and releases, which Piccolo's cannot
        self,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
        *,
        without_foreign_keys: bool = False,
    ) -> TransactionScope:
        """Always BEGIN IMMEDIATE and always nestable, whatever Piccolo's own code asks for.

        `without_foreign_keys` is for migrations that rebuild a table: they check the keys themselves.
        """
        return TransactionScope(self, self._begin_without_foreign_keys if without_foreign_keys else self._begin)

    @asynccontextmanager
    async def writing_alone(self) -> AsyncIterator[SQLiteConnection]:
        """The writer outside any transaction, for pragmas that a transaction ignores, and for backups."""
        await self._take_writer(self._settings.acquire_timeout_s)
        try:
            yield self.writer
        finally:
            try:
                await uninterrupted(self.writer.reset())
            finally:  # a cancellation during the reset is raised after it
                self._writer_turn.release()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SQLiteConnection]:
        async with _waiting_at_most(self._settings.acquire_timeout_s):
            reader = await self._readers.get()
        try:
            yield reader
        finally:
            self._readers.put_nowait(reader)

    async def _take_writer(self, within_s: float | None) -> None:
        async with _waiting_at_most(within_s):
            await self._writer_turn.acquire()

    def release_writer(self) -> None:
        self._writer_turn.release()

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> list[Row]:
        sql, args = querystring.compile_string(engine_type="sqlite")
        refuse_naive_datetimes(args)
        return await self.execute(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> list[Row]:
        """Runs DDL as Piccolo writes it for PostgreSQL; what SQLite cannot alter is done by rebuilding the table."""
        change = sqlite_schema.change_for(ddl)
        if change is None:
            return await self.execute(ddl)
        async with self.transaction() as transaction:
            await sqlite_schema.rebuild(transaction.execute, change)
        return []

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Runs one statement: in the open transaction, else a read on a reader, else as a write of its own."""
        query_count.note(sql)
        with translating():
            return list(await self._on_the_right_connection(sql, args))

    async def _on_the_right_connection(self, sql: str, args: Sequence[Any]) -> Sequence[Row]:
        transaction: Transaction | None = open_transaction(self)
        if transaction is not None:
            return await transaction.execute(sql, args)
        if _READS.match(sql) or _READS_WITH.match(sql):
            async with self.reading() as reader:
                return await reader.execute(sql, args)
        async with self.writing_alone() as writer:
            return await writer.execute(sql, args)

    async def _begin(self) -> _WriterInTransaction:
        return await self._begin_with("BEGIN IMMEDIATE", within_s=self._settings.acquire_timeout_s)

    async def _begin_without_foreign_keys(self) -> _WriterInTransaction:
        # SQLite ignores the pragma inside a transaction; reset() turns the keys on again. Another process that
        # migrates may take long: the one that waits for it must not give up.
        return await self._begin_with(
            "PRAGMA foreign_keys = OFF",
            f"PRAGMA busy_timeout = {_MIGRATION_WAIT_MS}",
            "BEGIN IMMEDIATE",
            within_s=None,
        )

    async def _begin_with(self, *statements: str, within_s: float | None) -> _WriterInTransaction:
        await self._take_writer(within_s)
        held = _WriterInTransaction(self)
        try:
            with translating():
                for statement in statements:
                    await self.writer.execute(statement)
        except BaseException:
            await uninterrupted(held.release())
            raise
        return held


@asynccontextmanager
async def _waiting_at_most(seconds: float | None) -> AsyncIterator[None]:
    """Raises `Unavailable` when what is awaited inside does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise trouble("pool") from error


def _use_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switches to WAL; SQLite does not wait by itself when another process switches at the same moment."""
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.02)
