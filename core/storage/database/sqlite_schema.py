"""ALTER TABLE for SQLite: what it lacks is done by rebuilding the table, as its documentation describes.

https://www.sqlite.org/lang_altertable.html#otheralter. Constraints become real ones inside the table, so SQLite
enforces the same as PostgreSQL and names them in its errors.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from plenaria.core.storage.database.errors import DatabaseProblem

Execute = Callable[..., Awaitable[Sequence[Any]]]

_ALTER = re.compile(r'\s*ALTER TABLE "?(?P<table>\w+)"? (?P<action>.*)\Z', re.DOTALL)
_NATIVE = re.compile(r"RENAME (TO|COLUMN)\b")
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\(|\)|,|[^\s'"(),]+""")
# The words with which a clause of a column definition begins; NOT NULL is one clause of two words.
_CLAUSES = {"PRIMARY", "UNIQUE", "NOT", "NULL", "REFERENCES", "DEFAULT", "CHECK", "COLLATE", "CONSTRAINT"}


@dataclass(frozen=True)
class Change:
    """One action on one table that needs a rebuild."""

    table: str
    action: str


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    clauses: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        return " ".join(part for part in (f'"{self.name}"', self.type, *self.clauses) if part)

    def without(self, word: str) -> "Column":
        return replace(self, clauses=tuple(one for one in self.clauses if not one.startswith(word)))

    def with_clause(self, clause: str) -> "Column":
        return replace(self, clauses=(*self.clauses, clause))


@dataclass
class TableDefinition:
    """A CREATE TABLE statement taken apart; `constraints` are its table constraints by name ("" when unnamed)."""

    name: str
    columns: list[Column] = field(default_factory=list)
    constraints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sql(self) -> str:
        return self.sql_as(self.name)

    def sql_as(self, name: str) -> str:
        named = [f'CONSTRAINT "{own}" {body}' if own else body for own, body in self.constraints]
        return f'CREATE TABLE "{name}" ({", ".join([column.sql for column in self.columns] + named)})'

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise DatabaseProblem(f"The table {self.name} has no column {name}.")

    def replace_column(self, changed: Column) -> None:
        self.columns = [changed if one.name == changed.name else one for one in self.columns]


def change_for(ddl: str) -> Change | None:
    """The rebuild that this statement asks for; None when SQLite can run it itself."""
    altered = _ALTER.match(ddl)
    if altered is None or _NATIVE.match(altered["action"]):
        return None
    return Change(altered["table"], altered["action"].strip())


def read_definition(sql: str) -> TableDefinition:
    """Takes a CREATE TABLE statement apart."""
    head, _, rest = sql.partition("(")
    definition = TableDefinition(_unquoted(head.split()[-1]))
    for part in _split(rest[: rest.rindex(")")]):
        first = part.split(maxsplit=1)[0].upper()
        if first == "CONSTRAINT":
            _, name, body = part.split(maxsplit=2)
            definition.constraints.append((_unquoted(name), body))
        elif first in ("UNIQUE", "CHECK", "FOREIGN", "PRIMARY"):
            definition.constraints.append(("", part))
        else:
            definition.columns.append(read_column(part))
    return definition


def read_column(sql: str) -> Column:
    """Takes a column definition apart."""
    depth = 0
    before = ""
    starts: list[int] = []
    tokens = list(_TOKEN.finditer(sql))
    for token in tokens[1:]:
        word = token[0].upper()
        if depth == 0 and word in _CLAUSES and not _continues(before, word):
            starts.append(token.start())
        depth += {"(": 1, ")": -1}.get(word, 0)
        before = word
    bounds = [tokens[0].end(), *starts, len(sql)]
    kind, *clauses = (sql[start:end].strip() for start, end in pairwise(bounds))
    return Column(_unquoted(tokens[0][0]), kind, tuple(clauses))


def apply(definition: TableDefinition, action: str) -> None:
    """Changes the definition as Piccolo's ALTER TABLE action says.

    Raises DatabaseProblem for an action that is not known here: a migration then needs its own SQL.
    """
    for pattern, change in _ACTIONS:
        matched = pattern.fullmatch(action)
        if matched is not None:
            change(definition, *matched.groups())
            return
    raise DatabaseProblem(f"SQLite cannot do this, and no rebuild is known for it: {definition.name}: {action}")


async def rebuild(execute: Execute, change: Change) -> None:
    """Makes the table anew with the change, its rows, indexes and triggers.

    Needs a transaction. A table with rows also needs `foreign_keys = OFF`, set before the transaction began:
    with foreign keys on, dropping the old table deletes the rows of other tables that point to it.
    """
    table = change.table
    found = await execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [table])
    if not found:
        raise DatabaseProblem(f"There is no table {table} to alter.")
    await _refuse_if_children_are_in_danger(execute, table)
    before, after = read_definition(found[0]["sql"]), read_definition(found[0]["sql"])
    apply(after, change.action)
    await _swap(execute, before, after)


async def _refuse_if_children_are_in_danger(execute: Execute, table: str) -> None:
    pragma = await execute("PRAGMA foreign_keys")
    rows = await execute(f'SELECT 1 FROM "{table}" LIMIT 1')  # noqa: S608  # the name comes from the schema
    if rows and pragma[0]["foreign_keys"]:
        raise DatabaseProblem(f"The table {table} has rows; alter it in a migration, which guards its children.")


async def _swap(execute: Execute, before: TableDefinition, after: TableDefinition) -> None:
    table, new = after.name, f"_new_{after.name}"
    kept = ", ".join(f'"{one.name}"' for one in after.columns if one.name in {old.name for old in before.columns})
    dependents = await execute(
        "SELECT sql, name FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        [table],
    )
    gone = {one.name for one in before.columns} - {one.name for one in after.columns}
    await execute(after.sql_as(new))
    await execute(f'INSERT INTO "{new}" ({kept}) SELECT {kept} FROM "{table}"')  # noqa: S608
    await execute(f'DROP TABLE "{table}"')
    # Without this the rename checks triggers and views of other tables, which just now point nowhere.
    await execute("PRAGMA legacy_alter_table = ON")
    try:
        await execute(f'ALTER TABLE "{new}" RENAME TO "{table}"')
    finally:
        await execute("PRAGMA legacy_alter_table = OFF")
    for dependent in dependents:
        if not any(f'"{name}"' in dependent["sql"].partition("(")[2] for name in gone):
            await execute(dependent["sql"])


def _add_constraint(definition: TableDefinition, name: str, body: str) -> None:
    if re.match(r"UNIQUE NULLS NOT DISTINCT", body):
        raise DatabaseProblem(f"SQLite has no NULLS NOT DISTINCT (constraint {name} of {definition.name}).")
    if any(own.lower() == name.lower() for own, _ in definition.constraints):
        raise DatabaseProblem(f"The table {definition.name} already has a constraint {name}.")
    definition.constraints.append((name, body))


def _drop_constraint(definition: TableDefinition, name: str) -> None:
    definition.constraints = [one for one in definition.constraints if one[0].lower() != name.lower()]
    # PostgreSQL's names for the constraints of a single column.
    for column in definition.columns:
        if name == f"{definition.name}_{column.name}_key":
            definition.replace_column(column.without("UNIQUE"))
        if name == f"{definition.name}_{column.name}_fkey":
            definition.replace_column(column.without("REFERENCES"))


def _add_column(definition: TableDefinition, sql: str) -> None:
    column = read_column(sql)
    if "DEFAULT None" in column.clauses:  # Piccolo writes it for values that SQLite's DDL cannot express
        column = column.without("DEFAULT")
    definition.columns.append(column)


def _drop_column(definition: TableDefinition, name: str) -> None:
    definition.columns.remove(definition.column(name))
    mentioned = re.compile(rf'"{re.escape(name)}"')
    # As PostgreSQL does, a constraint that needs the column goes with it.
    definition.constraints = [one for one in definition.constraints if not mentioned.search(one[1])]


def _set_type(definition: TableDefinition, name: str, kind: str, using: str | None) -> None:
    definition.replace_column(replace(definition.column(name), type=kind))


def _set_not_null(definition: TableDefinition, name: str) -> None:
    definition.replace_column(definition.column(name).without("NULL").without("NOT").with_clause("NOT NULL"))


def _drop_not_null(definition: TableDefinition, name: str) -> None:
    definition.replace_column(definition.column(name).without("NOT"))


def _set_default(definition: TableDefinition, name: str, value: str) -> None:
    definition.replace_column(definition.column(name).without("DEFAULT").with_clause(f"DEFAULT {value}"))


def _drop_default(definition: TableDefinition, name: str) -> None:
    definition.replace_column(definition.column(name).without("DEFAULT"))


def _add_unique(definition: TableDefinition, name: str) -> None:
    definition.replace_column(definition.column(name).without("UNIQUE").with_clause("UNIQUE"))


def _add_foreign_key(definition: TableDefinition, name: str, column: str, reference: str) -> None:
    changed = definition.column(column).without("REFERENCES").with_clause(reference)
    definition.replace_column(changed)


_ACTIONS: list[tuple[re.Pattern[str], Callable[..., None]]] = [
    (
        re.compile(r'ADD CONSTRAINT "?(\w+)"? FOREIGN KEY \("(\w+)"\) (REFERENCES .*)', re.DOTALL),
        _add_foreign_key,
    ),
    (re.compile(r'ADD CONSTRAINT "?(\w+)"? (.*)', re.DOTALL), _add_constraint),
    (re.compile(r'DROP CONSTRAINT (?:IF EXISTS )?"?(\w+)"?'), _drop_constraint),
    (re.compile(r'ADD UNIQUE \("(\w+)"\)'), _add_unique),
    (re.compile(r"ADD COLUMN (.*)", re.DOTALL), _add_column),
    (re.compile(r'DROP COLUMN "(\w+)"'), _drop_column),
    (re.compile(r'ALTER COLUMN "(\w+)" SET NOT NULL'), _set_not_null),
    (re.compile(r'ALTER COLUMN "(\w+)" DROP NOT NULL'), _drop_not_null),
    (re.compile(r'ALTER COLUMN "(\w+)" SET DEFAULT (.*)', re.DOTALL), _set_default),
    (re.compile(r'ALTER COLUMN "(\w+)" DROP DEFAULT'), _drop_default),
    (re.compile(r'ALTER COLUMN "(\w+)" TYPE (.*?)(?: USING (.*))?'), _set_type),
]


def _continues(before: str, word: str) -> bool:
    """Whether a word that may begin a clause goes on with the one before: NOT NULL, SET NULL, DEFAULT NULL, …"""
    if word == "NULL":
        return before in ("NOT", "SET", "DEFAULT")
    return word == "DEFAULT" and before == "SET"


def _split(body: str) -> list[str]:
    """The parts between the commas that stand outside parentheses and quotes."""
    depth = 0
    commas = [-1]
    for token in _TOKEN.finditer(body):
        if token[0] == "," and depth == 0:
            commas.append(token.start())
        depth += {"(": 1, ")": -1}.get(token[0], 0)
    return [body[start + 1 : end].strip() for start, end in pairwise([*commas, len(body)])]


def _unquoted(name: str) -> str:
    return name.strip('"')
