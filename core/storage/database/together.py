"""Rows into one table or several, in one round trip: their INSERT is written once for each engine and number of rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Final

import msgspec
from piccolo.table import Table

from plenaria.core.storage.database.database import current
from plenaria.core.storage.database.values import refuse_naive_datetimes

LEADING: Final = "leading"
_KEPT: Final = 400
"""Texts kept of `together`: one for each number of rows that was asked for."""


@dataclass(frozen=True)
class Ref:
    """The key that the only row of an earlier part gets, as the value of a foreign key."""

    part: str


@dataclass(frozen=True)
class Leading:
    """An UPDATE … RETURNING before the rows, `{}` for each argument: it locks what they point to."""

    text: str
    arguments: Sequence[Any]


async def insert(*rows: Table) -> list[int]:
    """Stores rows of one table and returns their keys; in the open transaction, if there is one."""
    keys: list[int] = (await together({"rows": rows}))["rows"]
    return keys


async def together(parts: Mapping[str, Sequence[Table]], *, leading: Leading | None = None) -> dict[str, Any]:
    """Stores the rows of every part and returns their keys by part; under `leading` the row that it gave, or None.

        found = await together({"order": [OrderRow(…)], "tickets": [TicketRow(order=Ref("order"), …), …]})

    PostgreSQL: one statement, whose parts see nothing of each other but by `Ref` and run in no promised order: no lock may
    depend on it. SQLite: one after another. Call it in a transaction: the parts belong together.
    """
    filled = {name: rows for name, rows in parts.items() if rows}
    return await (_at_once if current().dialect == "postgres" else _in_turn)(filled, leading)


async def _in_turn(parts: Mapping[str, Sequence[Table]], leading: Leading | None) -> dict[str, Any]:
    database = current()
    found: dict[str, Any] = {}
    if leading is not None:
        given = await database.fetch(leading.text.replace("{}", "?"), *leading.arguments)
        found[LEADING] = given[0] if given else None
    for name, rows in parts.items():
        values = [found[each.part][0] if type(each) is Ref else each for each in _values(rows)]
        refuse_naive_datetimes(values)
        stored = await database.fetch(_insert(type(rows[0]), len(rows), ["?"] * len(values)), *values)
        found[name] = [row["key"] for row in stored]
    return found


async def _at_once(parts: Mapping[str, Sequence[Table]], leading: Leading | None) -> dict[str, Any]:
    values = {name: _values(rows) for name, rows in parts.items()}
    text = _text(parts, values, leading)
    bound = [*(leading.arguments if leading else ()), *(v for of in values.values() for v in of if type(v) is not Ref)]
    refuse_naive_datetimes(bound)
    found: dict[str, Any] = {LEADING: None} | {name: [] for name in parts}
    for row in await current().fetch(text, *bound):
        if row["part"] == LEADING:
            found[LEADING] = msgspec.json.decode(row["given"])
        else:
            found[row["part"]].append(row["key"])
    return found


_texts: dict[object, str] = {}


def _text(parts: Mapping[str, Sequence[Table]], values: Mapping[str, Sequence[Any]], leading: Leading | None) -> str:
    refs = tuple(
        (name, at, each.part) for name, of in values.items() for at, each in enumerate(of) if type(each) is Ref
    )
    tables = tuple((name, type(rows[0]), len(rows)) for name, rows in parts.items())
    shape = (leading.text if leading else "", tables, refs)
    if shape not in _texts:
        if len(_texts) >= _KEPT:
            _texts.clear()
        _texts[shape] = _written(parts, values, leading)
    return _texts[shape]


def _written(parts: Mapping[str, Sequence[Table]], values: Mapping[str, Sequence[Any]], leading: Leading | None) -> str:
    """WITH one CTE for each part, then the keys of all of them. Names come from tables and from code, never from outside."""
    bound = count(1)
    steps, answers = [], []
    if leading is not None:
        steps.append(f'"{LEADING}" AS ({_numbered(leading.text, bound)})')
        given = "NULL::bigint AS key, row_to_json(l)::text AS given"
        answers.append(f"SELECT '{LEADING}' AS part, {given} FROM \"{LEADING}\" l")  # noqa: S608
    for name, rows in parts.items():
        marks = [f'(SELECT key FROM "{v.part}")' if type(v) is Ref else f"${next(bound)}" for v in values[name]]  # noqa: S608
        steps.append(f'"{name}" AS ({_insert(type(rows[0]), len(rows), marks)})')
        answers.append(f"SELECT '{name}' AS part, key::bigint AS key, NULL::text AS given FROM \"{name}\"")  # noqa: S608
    return f"WITH {', '.join(steps)} {' UNION ALL '.join(answers)}"


def _numbered(text: str, bound: Iterator[int]) -> str:
    first, *rest = text.split("{}")
    return first + "".join(f"${next(bound)}{each}" for each in rest)


def _insert(table: type[Table], rows: int, marks: Sequence[str]) -> str:
    """INSERT of these values in so many rows, which gives the `key` of each."""
    width = len(marks) // rows
    groups = ", ".join(f"({', '.join(marks[start : start + width])})" for start in range(0, len(marks), width))
    names = ", ".join(f'"{column}"' for column, _ in _columns(table))
    key = table._meta.primary_key._meta.db_column_name
    return f'INSERT INTO "{table._meta.tablename}" ({names}) VALUES {groups} RETURNING "{key}" AS key'  # noqa: S608


def _values(rows: Sequence[Table]) -> list[Any]:
    names = [name for _, name in _columns(type(rows[0]))]
    return [getattr(row, name) for row in rows for name in names]


@cache
def _columns(table: type[Table]) -> tuple[tuple[str, str], ...]:
    """Name in the database, name of the attribute; without the key, which the database gives."""
    columns = [column for column in table._meta.columns if not column._meta.primary_key]
    return tuple((column._meta.db_column_name, column._meta.name) for column in columns)
