"""`adjust_*` hooks: a value that is handed from plugin to plugin; what a plugin gave is checked before the next one gets it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec

ADJUST_WITHIN_S: Final = 5.0
"""How long one plugin may take with the value: a transaction of the caller's may be waiting."""

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


async def adjusted(value: Any, expected: Any, call: Callable[[Any], Any], guard: Guard) -> Any:
    """What one plugin makes of the value. Raises whatever the plugin raises, `TimeoutError` or `ValidationError`."""
    async with guard():
        async with asyncio.timeout(ADJUST_WITHIN_S):
            answer = await call(copied(value, expected))
        return copied(answer, expected)
