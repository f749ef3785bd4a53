"""Engines, transactions and migrations, the same on SQLite and PostgreSQL."""

from plenaria.core.storage.database.backup import backup
from plenaria.core.storage.database.database import Database, current, stock_engine
from plenaria.core.storage.database.errors import (
    CheckViolated,
    DatabaseProblem,
    ForeignKeyViolated,
    ForeignTask,
    IntegrityViolated,
    NotNullViolated,
    TransactionPoisoned,
    UniqueViolated,
)
from plenaria.core.storage.database.indexes import unindexed_keys
from plenaria.core.storage.database.migrations import migrate, migrate_backwards, schema_difference
from plenaria.core.storage.database.presence import InUse, alone, in_use
from plenaria.core.storage.database.query_count import count_queries
from plenaria.core.storage.database.repeating import repeatable
from plenaria.core.storage.database.restoring import restore
from plenaria.core.storage.database.statement import Statement, statement
from plenaria.core.storage.database.together import Leading, Ref, insert, together
from plenaria.core.storage.database.transaction import Transaction
from plenaria.core.storage.database.unit_of_work import in_transaction, lock, lock_row, locked, savepoint, transaction

__all__ = [
    "CheckViolated",
    "Database",
    "DatabaseProblem",
    "ForeignKeyViolated",
    "ForeignTask",
    "InUse",
    "IntegrityViolated",
    "Leading",
    "NotNullViolated",
    "Ref",
    "Statement",
    "Transaction",
    "TransactionPoisoned",
    "UniqueViolated",
    "alone",
    "backup",
    "count_queries",
    "current",
    "in_transaction",
    "in_use",
    "insert",
    "lock",
    "lock_row",
    "locked",
    "migrate",
    "migrate_backwards",
    "repeatable",
    "restore",
    "savepoint",
    "schema_difference",
    "statement",
    "stock_engine",
    "together",
    "transaction",
    "unindexed_keys",
]
