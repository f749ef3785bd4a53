"""Rows into several tables at once: `insertion` writes an INSERT's text once, `together` sends several in one round trip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import msgspec
from piccolo.columns import Column
from piccolo.columns.defaults.base import Default
from piccolo.table import Table

from plenaria.core.storage.database.database import current
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.values import refuse_naive_datetimes

Values = Mapping[str, Any]
_KEPT: Final = 400
"""Texts kept of `together`: one for each number of rows that was asked for."""


@dataclass(frozen=True)
class Ref:
    """The key that an earlier part's row got."""

    part: str


class Insertion:
    """INSERT of rows with these columns; the table's other columns get its own defaults. Made by `insertion`."""

    def __init__(self, table: type[Table], *columns: Column) -> None:
        self._table = table
        self._given = [column._meta.db_column_name for column in columns]
        self._defaults = _defaults(table, set(self._given))
        names = ", ".join(f'"{name}"' for name in [*self._given, *self._defaults])
        self.head = f'INSERT INTO "{table._meta.tablename}" ({names}) VALUES '  # noqa: S608 - names of the schema
        self.key = table._meta.primary_key._meta.db_column_name

    def row(self, values: Values) -> list[Any]:
        """The values of one row, in the order of the columns."""
        if len(values) != len(self._given):
            raise DatabaseProblem(f"{self._table.__name__} wants {self._given}, not {sorted(values)}.")
        return [*(values[name] for name in self._given), *self._defaults.values()]

    async def __call__(self, *rows: Values) -> list[int]:
        """Their keys. Runs in the open transaction, if there is one."""
        keys: list[int] = (await together(Part("rows", self, rows)))["rows"]
        return keys


@dataclass(frozen=True)
class Part:
    """Rows of one table; `name` is what a `Ref` of a later part says."""

    name: str
    insertion: Insertion
    rows: Sequence[Values]


@dataclass(frozen=True)
class Leading:
    """An UPDATE … RETURNING that runs before the insertions, `{}` for each argument; it locks what they point to."""

    text: str
    arguments: Sequence[Any]


_texts: dict[object, str] = {}


def insertion(table: type[Table], *columns: Column) -> Insertion:
    """INSERT of rows with these columns, whose text is written once."""
    return Insertion(table, *columns)


async def together(*parts: Part, leading: Leading | None = None) -> dict[str, Any]:
    """Inserts everything and returns keys by part; under `leading` the row that it gave, or None.

    PostgreSQL: one statement. Its parts see nothing of each other but by `Ref`, and run in no promised order after `leading`.
    SQLite: one after another. A `Ref` is to a part of one row. Call it in a transaction: the parts belong together.
    """
    filled = [part for part in parts if part.rows]
    if current().dialect == "postgres":
        return await _at_once(filled, leading)
    return await _in_turn(filled, leading)


async def _in_turn(parts: Sequence[Part], leading: Leading | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if leading is not None:
        rows = await current().fetch(leading.text.replace("{}", "?"), *leading.arguments)
        found["leading"] = rows[0] if rows else None
    for part in parts:
        values = [_meant(each, found) for row in part.rows for each in part.insertion.row(row)]
        refuse_naive_datetimes(values)
        marks = _marks(len(part.rows), ["?"] * len(values))
        text = f'{part.insertion.head}{marks} RETURNING "{part.insertion.key}"'
        found[part.name] = [row[part.insertion.key] for row in await current().fetch(text, *values)]
    return found


def _meant(value: Any, found: Mapping[str, Any]) -> Any:
    return found[value.part][0] if type(value) is Ref else value


async def _at_once(parts: Sequence[Part], leading: Leading | None) -> dict[str, Any]:
    values = [[each for row in part.rows for each in part.insertion.row(row)] for part in parts]
    shape = (
        leading.text if leading else "",
        tuple(
            (part.name, part.insertion.head, len(part.rows), _refs(of)) for part, of in zip(parts, values, strict=True)
        ),
    )
    text = _texts.get(shape)
    if text is None:
        if len(_texts) >= _KEPT:
            _texts.clear()
        text = _texts[shape] = _written(parts, values, leading)
    bound = [*(leading.arguments if leading else ()), *(each for of in values for each in of if type(each) is not Ref)]
    refuse_naive_datetimes(bound)
    rows = await current().fetch(text, *bound)
    found: dict[str, Any] = {part.name: [] for part in parts} | {"leading": None}
    for row in rows:
        if row["part"] == "leading":
            found["leading"] = msgspec.json.decode(row["given"])
        else:
            found[row["part"]].append(row["key"])
    return found


def _refs(values: Sequence[Any]) -> tuple[tuple[int, str], ...]:
    return tuple((place, each.part) for place, each in enumerate(values) if type(each) is Ref)


def _written(parts: Sequence[Part], values: Sequence[Sequence[Any]], leading: Leading | None) -> str:
    """WITH one CTE for each part, then the keys of all of them. Names come from tables and from code, never from outside."""
    bound = count(1)
    steps, answers = [], []
    if leading is not None:
        steps.append(f'"leading" AS ({_numbered(leading.text, bound)})')
        answers.append(
            """SELECT 'leading' AS part, NULL::bigint AS key, row_to_json(l)::text AS given FROM "leading" l"""
        )
    for part, of in zip(parts, values, strict=True):
        marks = _marks(len(part.rows), [_mark(value, bound) for value in of])
        steps.append(f'"{part.name}" AS ({part.insertion.head}{marks} RETURNING "{part.insertion.key}" AS key)')
        chosen = f"SELECT {_quoted(part.name)} AS part, key::bigint AS key, NULL::text AS given"
        answers.append(f'{chosen} FROM "{part.name}"')
    return f"WITH {', '.join(steps)} {' UNION ALL '.join(answers)}"


def _quoted(name: str) -> str:
    return f"'{name}'"


def _mark(value: Any, bound: Iterator[int]) -> str:
    return f'(SELECT key FROM "{value.part}")' if type(value) is Ref else f"${next(bound)}"  # noqa: S608


def _numbered(text: str, bound: Iterator[int]) -> str:
    first, *rest = text.split("{}")
    return first + "".join(f"${next(bound)}{each}" for each in rest)


def _marks(rows: int, marks: Sequence[str]) -> str:
    """`(…), (…)`: these in so many rows."""
    width = len(marks) // rows
    return ", ".join(f"({', '.join(marks[start : start + width])})" for start in range(0, len(marks), width))


def _defaults(table: type[Table], given: set[str]) -> dict[str, Any]:
    """What the columns that are not given hold; one that differs each time is to be given."""
    found = {}
    for column in table._meta.columns:
        name = column._meta.db_column_name
        if name in given or column._meta.primary_key:
            continue
        default = getattr(column, "default", None)
        if callable(default) or isinstance(default, Default):
            raise DatabaseProblem(f"{table.__name__}.{name} has another default each time: give it.")
        found[name] = column.get_default_value()
    return found
