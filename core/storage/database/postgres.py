"""The engine for production: asyncpg's pool, with transactions that always give their connection back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from plenaria.core.storage.database import query_count
from plenaria.core.storage.database.errors import DatabaseProblem, TransactionPoisoned, translated
from plenaria.core.storage.database.transaction import TransactionScope, open_transaction, uninterrupted
from plenaria.core.storage.database.values import refuse_naive_datetimes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PostgresSettings:
    """How the pool is opened; each can be given in the address, as in `postgresql://…/name?pool_max=5`."""

    pool_min: int = 1
    pool_max: int = 10
    acquire_timeout_s: float = 10.0
    """How long a request waits for a free connection before it fails."""
    lock_timeout_s: float = 10.0
    """How long a statement waits for a row that another transaction holds."""


async def _leave_as_it_is(_: Any) -> None:
    """Nothing is left on a connection that goes back, so that asyncpg need not send its RESET ALL each time.

    No code may use LISTEN, SET without LOCAL, or advisory locks of a session on a connection of the pool (a test looks);
    asyncpg itself rolls back a transaction that is still open.
    """


class _ConnectionInTransaction:
    """A connection of the pool between BEGIN and its release."""

    def __init__(self, pool: asyncpg.Pool, connection: Any) -> None:
        self._pool = pool
        self._connection = connection

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Any]:
        rows: list[Any] = await self._connection.fetch(sql, *args)
        return rows

    async def commit(self) -> None:
        # PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and no error.
        if await self._connection.execute("COMMIT") != "COMMIT":
            raise TransactionPoisoned("PostgreSQL rolled the transaction back instead of committing it.")

    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")

    async def release(self) -> None:
        try:
            if self._connection.is_in_transaction():
                await self._connection.execute("ROLLBACK")
        except Exception:
            log.exception("A connection could not roll back and is replaced")
            self._connection.terminate()
        try:
            await self._pool.release(self._connection)
        except Exception:
            log.exception("A connection could not be given back to the pool")


class PooledPostgresEngine(PostgresEngine):
    """Piccolo's engine with own transactions; `start()` opens the pool."""

    def __init__(self, dsn: str, settings: PostgresSettings | None = None) -> None:
        super().__init__(config={"dsn": dsn})
        self._settings = settings or PostgresSettings()

    async def check_version(self) -> None:
        """Nothing: Piccolo's would connect, in a thread, while the engine is being constructed."""

    def get_version_sync(self) -> float:
        return float(self.min_version_number)

    async def start(self) -> None:
        self.pool = await asyncpg.create_pool(
            **self.config,
            min_size=self._settings.pool_min,
            max_size=max(self._settings.pool_min, self._settings.pool_max),
            reset=_leave_as_it_is,
            server_settings={
                "application_name": "plenaria",
                "timezone": "UTC",
                "lock_timeout": f"{int(self._settings.lock_timeout_s * 1000)}ms",
            },
        )

    async def stop(self) -> None:
        """Waits for the running queries, then closes the pool."""
        if self.pool is not None:
            await self.pool.close()
        self.pool = None

    async def forget_plans(self) -> None:
        """Replaces the connections, whose prepared statements a restored schema has made invalid."""
        await self._pool.expire_connections()

    def transaction(self, allow_nested: bool = True) -> TransactionScope:  # type: ignore[override]
        """Always nestable, whatever Piccolo's own code asks for."""
        return TransactionScope(self, self._begin)

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
        try:
            if transaction is not None:
                return list(await transaction.execute(sql, args))
            async with self._pool.acquire(timeout=self._settings.acquire_timeout_s) as connection:
                return list(await connection.fetch(sql, *args))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise translated(error) from error

    @property
    def _pool(self) -> asyncpg.Pool:
        if self.pool is None:
            raise DatabaseProblem("The database is not open.")
        return self.pool

    async def _begin(self) -> _ConnectionInTransaction:
        pool = self._pool
        held = _ConnectionInTransaction(pool, await pool.acquire(timeout=self._settings.acquire_timeout_s))
        try:
            await held.execute("BEGIN")
        except BaseException:
            await uninterrupted(held.release())
            raise
        return held
