"""The database itself refuses to change the audit log: triggers against UPDATE, DELETE and TRUNCATE.

They keep out programs and mistakes. The owner of the database can drop them; that is what the chain
is for.
"""

from __future__ import annotations

from collections.abc import Sequence

from plenaria.core.storage.database import Database

TABLES = ("core_audit_line", "core_audit_seal")
HEADS = ("core_audit_head",)
_OWN = {"core_audit_line": ("id",), "core_audit_seal": ("id", "no", "line"), "core_audit_head": ("id", "size")}
"""What no second row may have: INSERT OR REPLACE would put it in the first one's place."""
REFUSAL = "the audit log is append-only"


async def refuse_changes(database: Database, tables: Sequence[str] = TABLES) -> None:
    """Set the triggers on the tables; doing it again changes nothing. For a migration's `add_raw`."""
    for statement in _statements(database, tables):
        await database.engine.run_ddl(statement)


async def refuse_replacing(database: Database) -> None:
    """SQLite's INSERT OR REPLACE deletes a row without asking the triggers against DELETE. PostgreSQL's upsert is an UPDATE."""
    if database.dialect == "sqlite":
        for table, columns in _OWN.items():
            taken = " OR ".join(f"{column} = NEW.{column}" for column in columns)
            await database.engine.run_ddl(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608 - our own names
                f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


async def allow_replacing(database: Database) -> None:
    """For a migration that goes back."""
    if database.dialect == "sqlite":
        for table in _OWN:
            await database.engine.run_ddl(f"DROP TRIGGER IF EXISTS {table}_no_replace")


async def allow_changes(database: Database, tables: Sequence[str] = TABLES) -> None:
    """Take the triggers away: for a migration that goes back, or rebuilds the tables and sets them again."""
    for table in tables:
        for change in ("update", "delete", "truncate"):
            await database.engine.run_ddl(_drop(database, table, change))


def _statements(database: Database, tables: Sequence[str]) -> list[str]:
    if database.dialect == "sqlite":
        return [_sqlite_trigger(table, change) for table in tables for change in ("update", "delete")]
    triggers = [
        statement
        for table in tables
        for change in ("update", "delete", "truncate")
        for statement in (_drop(database, table, change), _postgres_trigger(table, change))
    ]
    return [_POSTGRES_FUNCTION, *triggers]


def _sqlite_trigger(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{change} BEFORE {change.upper()} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


_POSTGRES_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION core_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def _postgres_trigger(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse()"
    )


def _drop(database: Database, table: str, change: str) -> str:
    where = "" if database.dialect == "sqlite" else f" ON {table}"
    return f"DROP TRIGGER IF EXISTS {table}_no_{change}{where}"
