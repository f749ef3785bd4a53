"""Queries whose SQL is written once: `@statement` around a function that makes a Piccolo query of its parameters.

    @statement
    def by_code(event: int, code: str) -> Any:
        return Seat.select().where((Seat.event == event) & (Seat.code == code))

    rows = await by_code(event.id, "A1")

Piccolo composes its text anew for each query: of what an order cost, 60 % (decision 0023). Here the function is called once
for each engine, with slots in place of the values; a call afterwards binds values to the text that it gave. What would make
the text depend on a value is refused while it is written: `if value`, `is_in(values)`, an f-string.
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import update_wrapper
from typing import Any, Final, Generic, NoReturn, ParamSpec, Union, get_args, get_origin
from uuid import UUID

from plenaria.core.storage.database.database import current
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.values import refuse_naive_datetimes

P = ParamSpec("P")
Row = dict[str, Any]

_BOUND: Final = (str, bytes, int, float, Decimal, datetime, date, time, UUID, type(None))


class Slot(str):
    """Stands for a parameter's value while the text is written. A `str`, so that Piccolo takes it for any column as it is."""

    def _refuse(self, *_: object) -> NoReturn:
        raise DatabaseProblem(
            f"A statement's text must not depend on the value of {str.__str__(self)}: write a query of its own for each case."
        )

    __bool__ = __iter__ = __len__ = __format__ = __getitem__ = __contains__ = __add__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse


@dataclass(frozen=True)
class _Written:
    text: str
    arguments: tuple[Any, ...]
    """Slots, and the values that the query itself states."""


class Statement(Generic[P]):
    """A query that was written once for each engine; made by `@statement`."""

    def __init__(self, make: Callable[P, Any]) -> None:
        self._make = make
        self._names = tuple(inspect.signature(make).parameters)
        self._may_be_none: frozenset[str] | None = None
        self._written: dict[str, _Written] = {}
        update_wrapper(self, make)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[Row]:
        """The rows, in the open transaction if there is one."""
        database = current()
        written = self._written.get(database.dialect) or self._write(database.dialect)
        values = self._values(args, kwargs)
        bound = [values[str.__str__(each)] if type(each) is Slot else each for each in written.arguments]
        refuse_naive_datetimes(bound)
        return await database.fetch(written.text, *bound)

    async def first(self, *args: P.args, **kwargs: P.kwargs) -> Row | None:
        """The first row."""
        rows = await self(*args, **kwargs)
        return rows[0] if rows else None

    def _values(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        values = {**dict(zip(self._names, args, strict=False)), **kwargs}
        if len(values) != len(self._names) or len(args) + len(kwargs) != len(values):
            inspect.signature(self._make).bind(*args, **kwargs)  # says what is wrong
        return {name: self._bindable(name, value) for name, value in values.items()}

    def _bindable(self, name: str, value: Any) -> Any:
        if isinstance(value, Enum):
            value = value.value
        if not isinstance(value, _BOUND):
            raise DatabaseProblem(f"{type(value).__name__} cannot be bound as {name}: encode it first.")
        if value is None and name not in self._nullable():
            raise DatabaseProblem(f"{name} is None, and `= NULL` finds nothing: use is_null() in a query of its own.")
        return value

    def _nullable(self) -> frozenset[str]:
        if self._may_be_none is None:
            parameters = inspect.signature(self._make, eval_str=True).parameters.values()
            self._may_be_none = frozenset(each.name for each in parameters if _takes_none(each.annotation))
        return self._may_be_none

    def _write(self, dialect: str) -> _Written:
        first, second = self._compiled(dialect), self._compiled(dialect)
        if first != second:
            raise DatabaseProblem(f"{self._make.__qualname__} gives another query each time: pass what changes.")
        self._written[dialect] = first
        return first

    def _compiled(self, dialect: str) -> _Written:
        make: Callable[..., Any] = self._make
        queries = make(*(Slot(name) for name in self._names)).querystrings
        if len(queries) != 1:
            raise DatabaseProblem(f"{self._make.__qualname__} is {len(queries)} queries; a statement is one.")
        text, arguments = queries[0].compile_string(engine_type=dialect)
        return _Written(text, tuple(arguments))


def statement(make: Callable[P, Any]) -> Statement[P]:
    """The query that `make` writes, compiled once for each engine; its parameters are bound by each call."""
    return Statement(make)


def _takes_none(annotation: Any) -> bool:
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return annotation is Any or annotation is None or (is_union and type(None) in get_args(annotation))
