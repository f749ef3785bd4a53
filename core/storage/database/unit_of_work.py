"""What services write with: transactions, savepoints and locks on the current database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from plenaria.core.storage.database.database import current
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.transaction import Transaction, TransactionScope, open_transaction

Lockable = TypeVar("Lockable")


def transaction() -> TransactionScope:
    """`async with transaction() as tx`: all of it is stored, or nothing.

    SQLite: BEGIN IMMEDIATE, one writer at a time, in the order of asking. A transaction inside a transaction
    joins it; a failure that leaves the inner one poisons the outer, which then raises `TransactionPoisoned`
    instead of committing half. So does any failed statement whose error is swallowed: use `savepoint()`.
    """
    return current().engine.transaction()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """A part of the open transaction that undoes itself when it raises; the error goes on to the caller."""
    running = required_transaction()
    name, mark = await running.open_savepoint()
    try:
        yield
    except BaseException:
        await running.undo_savepoint(name, mark)
        raise
    await running.release_savepoint(name, mark)


def in_transaction() -> bool:
    """Whether the running code is inside a transaction of the current database."""
    return open_transaction(current().engine) is not None


def required_transaction() -> Transaction:
    """The open transaction; raises when there is none."""
    running = open_transaction(current().engine)
    if running is None:
        raise DatabaseProblem("This needs an open transaction: async with transaction(): …")
    return running


async def lock(name: str) -> None:
    """Makes every other transaction that asks for the same name wait, on all hosts, until this one ends.

    On SQLite the transaction already excludes every other writer, so there is nothing to do.
    """
    running = required_transaction()
    if current().dialect == "postgres":
        await running.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [name])


def locked(query: Lockable) -> Lockable:
    """The same select or objects query, holding its rows (FOR UPDATE) until the transaction ends.

        seat = await locked(Seat.objects().get(Seat.code == code))

    On SQLite the query is unchanged: the transaction already excludes every other writer.
    """
    required_transaction()
    if current().dialect == "sqlite":
        return query
    lockable: Any = query
    held: Lockable = lockable.lock_rows("UPDATE")
    return held


async def lock_row(table: Any, key: Any) -> bool:
    """Holds the row with this primary key until the transaction ends; False when there is no such row."""
    primary_key = table._meta.primary_key
    found = await locked(table.select(primary_key).where(primary_key == key))
    return bool(found)
