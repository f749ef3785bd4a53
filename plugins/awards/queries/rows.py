"""Rows of the tables, and their JSON columns as structs."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Row = dict[str, Any]


def decoded(stored: Any, shape: type[T]) -> T:
    """A JSON column as a struct, whichever way the engine hands it over."""
    return msgspec.json.decode(stored, type=shape) if isinstance(stored, str) else msgspec.convert(stored, shape)
