"""Rows of the tables: their JSON columns, and searching in them."""

from typing import Any, Final

import msgspec

from plenaria.plugins.registration.rules import pattern, typed_code

Row = dict[str, Any]

PAGE: Final = 50
"""Rows on one page of a list."""


def decoded(stored: Any) -> Any:
    """The builtins of a JSON column: SQLite gives it as text, PostgreSQL too unless asked otherwise."""
    return msgspec.json.decode(stored) if isinstance(stored, (str, bytes)) else stored


def matches(table: Any, search: str) -> Any:
    """The condition that a row's search text or its code is what was typed."""
    return table.search.like(pattern(search)) | (table.code == typed_code(search))
