"""Values made tidy, and values as facts of a problem: short, and builtins."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_SHOWN: Final = 80


_TURNED: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Bidirectional controls: with them a name reads as another one than it is (UAX 9, Unicode TR 36)."""


def tidy(text: str, *, strip: bool = True) -> str:
    """NFC, without what turns the writing around, without space at both ends (a password keeps everything)."""
    text = unicodedata.normalize("NFC", text)
    if strip and not text.isascii():
        text = text.translate(_TURNED)
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
