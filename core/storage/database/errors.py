"""What the database says no to, in the same words for both engines."""

import re
import sqlite3
from typing import Any

import asyncpg


class DatabaseProblem(Exception):
    """Anything that the database layer itself refuses or finds broken."""


class TransactionPoisoned(DatabaseProblem):
    """A failure inside the transaction was swallowed: nothing of it has been stored.

    The swallowed failure is the `__cause__`. To survive a failure inside a transaction wraps
    the part that may fail in `savepoint()`.
    """


class ForeignTask(DatabaseProblem):
    """A task other than the one that opened the transaction tried to use it (create_task, gather, wait_for)."""


class IntegrityViolated(DatabaseProblem):
    """A constraint of the schema refused a row; `columns` and `constraint` are as far as the engine tells them."""

    def __init__(self, message: str, *, constraint: str = "", columns: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.constraint = constraint
        self.columns = columns


class UniqueViolated(IntegrityViolated):
    """`columns` are always known; `constraint` only on PostgreSQL."""


class CheckViolated(IntegrityViolated):
    """`constraint` is always known."""


class ForeignKeyViolated(IntegrityViolated):
    """The engine may find out at the statement or, for a deferred constraint, at the commit."""


class NotNullViolated(IntegrityViolated):
    """`columns` holds the one column."""


_SQLITE_KINDS: dict[str, type[IntegrityViolated]] = {
    "UNIQUE constraint failed": UniqueViolated,
    "CHECK constraint failed": CheckViolated,
    "FOREIGN KEY constraint failed": ForeignKeyViolated,
    "NOT NULL constraint failed": NotNullViolated,
}
_POSTGRES_KINDS: dict[type[Exception], type[IntegrityViolated]] = {
    asyncpg.UniqueViolationError: UniqueViolated,
    asyncpg.CheckViolationError: CheckViolated,
    asyncpg.ForeignKeyViolationError: ForeignKeyViolated,
    asyncpg.NotNullViolationError: NotNullViolated,
}


def translated(error: Exception) -> Exception:
    """The same violation as an `IntegrityViolated`; any other error unchanged."""
    if isinstance(error, sqlite3.IntegrityError):
        return _from_sqlite(error)
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return _from_postgres(error)
    return error


def _from_sqlite(error: sqlite3.IntegrityError) -> Exception:
    message, _, subject = str(error).partition(": ")
    kind = _SQLITE_KINDS.get(message)
    if kind is None:
        return error
    if kind is CheckViolated:
        return kind(str(error), constraint=subject)
    columns = tuple(part.rpartition(".")[2] for part in subject.split(", ") if part)
    return kind(str(error), columns=columns)


def _from_postgres(error: Any) -> Exception:
    kind = _POSTGRES_KINDS.get(type(error))
    if kind is None:
        return error if isinstance(error, Exception) else Exception(error)
    if error.column_name:
        columns: tuple[str, ...] = (error.column_name,)
    else:
        named = re.match(r"Key \((.*?)\)=", error.detail or "")
        columns = tuple(named[1].replace('"', "").split(", ")) if named else ()
    return kind(str(error), constraint=error.constraint_name or "", columns=columns)
