"""`adjust_*` hooks: a value that is handed from plugin to plugin; what a plugin gave is checked before the next one gets it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec

from plenaria.core.kernel.values import Sheet

ADJUST_WITHIN_S: Final = 5.0
"""How long one plugin may take with the value: a transaction of the caller's may be waiting."""

ROWS_AT_ONCE: Final = 2000
"""Rows of a sheet that are checked and copied in one go."""

Guard = Callable[[], AbstractAsyncContextManager[Any]]
"""Makes the context that one plugin is called in; a savepoint where the caller has a transaction."""


def value_name(spec: Any) -> str:
    """The argument that is handed on: the first after `event`."""
    name: str = spec.argnames[1]
    return name


def is_fail_closed(spec: Any) -> bool:
    """Whether a plugin that fails stops what is being done (`hookspecs.fails_closed`)."""
    return bool(getattr(spec.function, "plenaria_fails_closed", False))


def copied(value: Any, expected: Any) -> Any:
    """The value as builtins and back: checked in depth, and nobody else's to change. Raises `msgspec.ValidationError`."""
    return msgspec.convert(msgspec.to_builtins(value), expected)


async def copied_in_parts(value: Any, expected: Any) -> Any:
    """The same; a large sheet some rows at a time, so that everybody else is answered meanwhile."""
    if not (expected is Sheet and isinstance(value, Sheet)) or len(value.rows) <= ROWS_AT_ONCE:
        return copied(value, expected)
    columns, rows = value.columns, []
    for start in range(0, len(value.rows), ROWS_AT_ONCE):
        part: Sheet = copied(Sheet(value.columns, value.rows[start : start + ROWS_AT_ONCE]), Sheet)
        columns = part.columns
        rows += part.rows
        await asyncio.sleep(0)
    return Sheet(columns, rows)


async def adjusted(value: Any, expected: Any, call: Callable[[Any], Any], guard: Guard) -> Any:
    """What one plugin makes of the value. Raises whatever the plugin raises, `TimeoutError` or `ValidationError`."""
    async with guard():
        async with asyncio.timeout(ADJUST_WITHIN_S):
            answer = await call(await copied_in_parts(value, expected))
        return await copied_in_parts(answer, expected)
