"""Engines, transactions and migrations, the same on SQLite and PostgreSQL."""

from core.database.database import Database, current
from core.database.errors import (
    CheckViolated,
    DatabaseProblem,
    ForeignKeyViolated,
    ForeignTask,
    IntegrityViolated,
    NotNullViolated,
    TransactionPoisoned,
    UniqueViolated,
)
from core.database.migrations import migrate, migrate_backwards, schema_difference
from core.database.query_count import count_queries
from core.database.transaction import Transaction
from core.database.unit_of_work import in_transaction, lock, lock_row, locked, savepoint, transaction

__all__ = [
    "CheckViolated",
    "Database",
    "DatabaseProblem",
    "ForeignKeyViolated",
    "ForeignTask",
    "IntegrityViolated",
    "NotNullViolated",
    "Transaction",
    "TransactionPoisoned",
    "UniqueViolated",
    "count_queries",
    "current",
    "in_transaction",
    "lock",
    "lock_row",
    "locked",
    "migrate",
    "migrate_backwards",
    "savepoint",
    "schema_difference",
    "transaction",
]
