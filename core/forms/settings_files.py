"""Settings as files: what TOML can hold, the line where a setting stands, and what differs between two."""

from datetime import date, datetime, time
from typing import Any

import msgspec


def as_toml(value: object) -> Any:
    """Builtins for a TOML document, which has no null: a None is left out, so it must be the default."""
    return _without_none(msgspec.to_builtins(value, builtin_types=(datetime, date, time)))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value
