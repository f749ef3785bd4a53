"""Values made tidy, and values as facts of a problem: short, and builtins."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_SHOWN: Final = 80


def tidy(text: str, *, strip: bool = True) -> str:
    text = unicodedata.normalize("NFC", text)
    return text.strip() if strip else text


def as_fact(value: object) -> str | int | float | bool:
    """The value as a fact: short, and a builtin."""
    if isinstance(value, str):
        text = "".join(
            c if unicodedata.category(c) not in ("Cc", "Cs") else "\N{REPLACEMENT CHARACTER}" for c in value[:_SHOWN]
        )
        return text if len(value) <= _SHOWN else text + "…"
    if isinstance(value, int) and abs(value) > 10**30:
        return "…"
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return str(value)
    return type_name(value)


def type_name(value: object) -> str:
    names = {str: "text", bool: "yes_or_no", int: "whole_number", float: "number", type(None): "nothing"}
    if isinstance(value, Mapping):
        return "table"
    if isinstance(value, (list, tuple)):
        return "list"
    return names.get(type(value), type(value).__name__)
