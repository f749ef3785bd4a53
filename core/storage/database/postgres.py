"""The engine for production: asyncpg's pool, with transactions that always give their connection back."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database import query_count
from plenaria.core.storage.database.errors import DatabaseProblem, TransactionPoisoned
from plenaria.core.storage.database.hosts import connect_to_first, single_addresses
from plenaria.core.storage.database.transaction import TransactionScope, open_transaction, uninterrupted
from plenaria.core.storage.database.trouble import translating, trouble
from plenaria.core.storage.database.values import refuse_naive_datetimes

log = logging.getLogger(__name__)

_WITHOUT_LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
_CLOSE_WITHIN_S = 10.0
_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True)
class PostgresSettings:
    """How the pool is opened; each can be given in the address, as in `postgresql://…/name?pool_max=5`."""

    pool_min: int = 1
    pool_max: int = 10
    acquire_timeout_s: float = 10.0
    """How long a request waits for a free connection before it fails."""
    lock_timeout_s: float = 10.0
    """How long a statement waits for a row that another transaction holds."""
    statement_timeout_s: float = 20.0
    """How long one statement may take; migrations have no limit."""
    idle_in_transaction_timeout_s: float = 60.0
    """How long a transaction may stand still before the server ends it and frees what it holds."""
    command_timeout_s: float = 25.0
    """How long an answer of the server is waited for; longer than `statement_timeout_s`, so that it is missed only when
    the server stands still or has vanished. The connection is then given up."""
    connect_timeout_s: float = 3.0
    """How long connecting to one host of the address may take."""
    dead_peer_timeout_s: float = 10.0
    """How long the network may leave data unacknowledged before the connection counts as broken."""


class _Connection:
    """A connection of the pool; one that does not answer, broke, or may not write is given up at once."""

    def __init__(self, connection: Any, answer_within_s: float | None) -> None:
        self.pooled = connection
        self._answer_within_s = answer_within_s

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Any]:
        with self._watched():
            rows: list[Any] = await self.pooled.fetch(sql, *args)
        return rows

    async def run(self, sql: str) -> str:
        with self._watched():
            status: str = await self.pooled.execute(sql)
        return status

    def give_up(self) -> None:
        with suppress(asyncpg.InterfaceError):  # released already
            self.pooled.terminate()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Closes the connection when its answer does not come in time.

        It does not cancel the statement: a cancelled COMMIT that waits for a synchronous standby counts as done on the
        primary, for everybody to see, though it may be lost with it.
        """
        overdue: list[bool] = []
        watch = self._watch(overdue.append)
        try:
            with translating():
                yield
        except Unavailable as broken:
            if broken.kind in ("unreachable", "read_only", "timeout"):
                self.give_up()
            if overdue:
                raise trouble("timeout") from broken
            raise
        finally:
            if watch is not None:
                watch.cancel()

    def _watch(self, note: Callable[[bool], None]) -> asyncio.TimerHandle | None:
        def cut_off() -> None:
            note(True)
            self.give_up()

        if self._answer_within_s is None:
            return None
        return asyncio.get_running_loop().call_later(self._answer_within_s, cut_off)


async def _leave_as_it_is(_: Any) -> None:
    """Nothing is left on a connection that goes back, so that asyncpg need not send its RESET ALL each time.

    No code may use LISTEN, SET without LOCAL, or advisory locks of a session on a connection of the pool (a test looks);
    asyncpg itself rolls back a transaction that is still open.
    """


class _ConnectionInTransaction:
    """A connection of the pool between BEGIN and its release."""

    def __init__(self, pool: asyncpg.Pool, connection: _Connection) -> None:
        self._pool = pool
        self._connection = connection

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Any]:
        return await self._connection.fetch(sql, args)

    async def commit(self) -> None:
        # PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and no error.
        if await self._connection.run("COMMIT") != "COMMIT":
            raise TransactionPoisoned("PostgreSQL rolled the transaction back instead of committing it.")

    async def rollback(self) -> None:
        if not self._connection.pooled.is_closed():
            await self._connection.run("ROLLBACK")

    async def release(self) -> None:
        pooled = self._connection.pooled
        try:
            if not pooled.is_closed() and pooled.is_in_transaction():
                await self._connection.run("ROLLBACK")
        except Exception as error:
            log.warning("a connection could not roll back and is replaced: %s", type(error).__name__)
            self._connection.give_up()
        try:
            await self._pool.release(pooled)
        except Exception as error:
            log.warning("a connection could not be given back to the pool: %s", type(error).__name__)


class PooledPostgresEngine(PostgresEngine):
    """Piccolo's engine with own transactions; `start()` opens the pool."""

    def __init__(self, dsn: str, settings: PostgresSettings | None = None) -> None:
        super().__init__(config={"dsn": dsn})
        self._settings = settings or PostgresSettings()
        self._addresses = single_addresses(dsn)

    async def check_version(self) -> None:
        """Nothing: Piccolo's would connect, in a thread, while the engine is being constructed."""

    def get_version_sync(self) -> float:
        return float(self.min_version_number)

    async def start(self) -> None:
        limits = self._settings
        with translating():
            self.pool = await asyncpg.create_pool(
                **self.config,
                connect=self._connect,
                min_size=0,  # asyncpg would log a traceback for each attempt to fill it again
                max_size=max(limits.pool_min, limits.pool_max),
                reset=_leave_as_it_is,
                server_settings={
                    "application_name": "plenaria",
                    "timezone": "UTC",
                    "lock_timeout": _milliseconds(limits.lock_timeout_s),
                    "statement_timeout": _milliseconds(limits.statement_timeout_s),
                    "idle_in_transaction_session_timeout": _milliseconds(limits.idle_in_transaction_timeout_s),
                },
            )
        await self._warm_up(limits.pool_min)

    async def _warm_up(self, connections: int) -> None:
        opened = [await self._acquire(None) for _ in range(connections)]
        for each in opened:
            await self._give_back(each)

    async def _connect(self, *_: Any, **options: Any) -> Any:
        limits = self._settings
        return await connect_to_first(
            self._addresses, options, within_s=limits.connect_timeout_s, dead_after_s=limits.dead_peer_timeout_s
        )

    async def connect_aside(self, **options: Any) -> Any:
        """A connection outside the pool, which the caller closes, to the first host that takes one. Raises `Unavailable`."""
        with translating():
            return await self._connect(**options)

    async def stop(self) -> None:
        """Waits for the running queries, then closes the pool; a server that does not answer is not waited for."""
        if self.pool is not None:
            try:
                await asyncio.wait_for(self.pool.close(), _CLOSE_WITHIN_S)
            except _BROKEN as error:
                log.warning("the connections could not be closed in order: %s", type(error).__name__)
                self.pool.terminate()
        self.pool = None

    async def forget_plans(self) -> None:
        """Replaces the connections, whose prepared statements a restored schema has made invalid."""
        await self._pool.expire_connections()

    def transaction(  # type: ignore[override]
        self, allow_nested: bool = True, *, without_limits: bool = False
    ) -> TransactionScope:
        """Always nestable, whatever Piccolo's own code asks for.

        `without_limits` is for migrations: their statements may take, and wait, as long as they need.
        """
        return TransactionScope(self, self._begin_without_limits if without_limits else self._begin)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        sql, args = querystring.compile_string(engine_type="postgres")
        refuse_naive_datetimes(args)
        return await self.execute(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        return await self.execute(ddl)

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Any]:
        """Runs one statement: in the open transaction, else on a connection of the pool on its own."""
        query_count.note(sql)
        transaction = open_transaction(self)
        if transaction is not None:
            return list(await transaction.execute(sql, args))
        connection = await self._acquire(self._settings.command_timeout_s)
        try:
            return await connection.fetch(sql, args)
        finally:
            await self._give_back(connection)

    @property
    def _pool(self) -> asyncpg.Pool:
        if self.pool is None:
            raise DatabaseProblem("The database is not open.")
        return self.pool

    async def _acquire(self, answer_within_s: float | None) -> _Connection:
        """A connection of the pool. Raises `Unavailable`."""
        pool = self._pool
        with translating():
            try:
                pooled = await pool.acquire(timeout=self._settings.acquire_timeout_s)
            except TimeoutError as error:
                raise trouble("pool") from error
        return _Connection(pooled, answer_within_s)

    async def _give_back(self, connection: _Connection) -> None:
        """A connection that cannot be reset is thrown away by the pool; what was done with it is done."""
        with suppress(*_BROKEN):
            await self._pool.release(connection.pooled)

    async def _begin(self) -> _ConnectionInTransaction:
        return await self._begin_with("BEGIN", answer_within_s=self._settings.command_timeout_s)

    async def _begin_without_limits(self) -> _ConnectionInTransaction:
        return await self._begin_with(
            "BEGIN", *(f"SET LOCAL {name} = 0" for name in _WITHOUT_LIMITS), answer_within_s=None
        )

    async def _begin_with(self, *statements: str, answer_within_s: float | None) -> _ConnectionInTransaction:
        held = _ConnectionInTransaction(self._pool, await self._acquire(answer_within_s))
        try:
            for statement in statements:
                await held.execute(statement)
        except BaseException:
            await uninterrupted(held.release())
            raise
        return held


def _milliseconds(seconds: float) -> str:
    return f"{int(seconds * 1000)}ms"
