"""One text for one value: the JSON Canonicalization Scheme (RFC 8785) and SHA-256 over it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import msgspec
import rfc8785

LARGEST_INTEGER = 2**53 - 1
"""Beyond it a reader that keeps numbers as IEEE 754 doubles is not exact (RFC 8785 section 3.2.2.3)."""


class NotJSON(ValueError):
    """A value that JSON cannot hold without loss; `pointer` (RFC 6901) says where it sits."""

    def __init__(self, pointer: str, why: str) -> None:
        super().__init__(f"{pointer or 'the value'}: {why}")
        self.pointer = pointer
        self.why = why


def canonical(value: object) -> bytes:
    """The only UTF-8 text of `value`: no spaces, keys in UTF-16 order, numbers as ECMAScript writes them.

    Raises NotJSON for whatever `plain` refuses.
    """
    return rfc8785.dumps(plain(value))


def digest(value: object) -> str:
    """SHA-256 of the canonical text, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def plain(value: object) -> Any:
    """`value` as None, bool, int, float, str, list and dict, ready for RFC 8785.

    The one place that decides how richer values are written:
    an aware datetime as RFC 3339 in UTC with exactly six decimals, `2025-09-11T05:59:59.000000Z`;
    a date as `2025-09-10`; an Enum as its value; a tuple as a list; a msgspec Struct as an object of
    its encoded field names, tag included, defaults never left out.

    Raises NotJSON for everything else: naive datetimes, NaN and infinities, integers beyond ±(2**53 - 1),
    unpaired surrogates, bytes, sets, Decimal, keys that are not plain strings, and values nested too deep
    or within themselves. Nothing is rounded and nothing is guessed.
    """
    try:
        return _plain(value, "")
    except RecursionError:
        raise NotJSON("", "it is nested too deep, or contains itself") from None


def _plain(value: object, pointer: str) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, pointer)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, pointer)
    if isinstance(value, int):
        return _integer(value, pointer)
    if isinstance(value, float):
        return _number(value, pointer)
    if isinstance(value, datetime):
        return _instant(value, pointer)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, pointer): _plain(item, _below(pointer, key)) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        return _object(value, pointer)
    raise NotJSON(pointer, f"JSON has no {type(value).__name__}")


def _text(value: str, pointer: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJSON(pointer, "an unpaired surrogate is no Unicode text") from None
    return str(value)


def _integer(value: int, pointer: str) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise NotJSON(pointer, "the integer exceeds 2**53 - 1; write it as text")
    return int(value)


def _number(value: float, pointer: str) -> float:
    if not math.isfinite(value):
        raise NotJSON(pointer, f"JSON has no {value}")
    return float(value)


def _instant(value: datetime, pointer: str) -> str:
    if value.utcoffset() is None:
        raise NotJSON(pointer, "the datetime has no time zone")
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        raise NotJSON(pointer, "the datetime lies outside the years 1 to 9999 in UTC") from None
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _key(key: object, pointer: str) -> str:
    # A str that is also an Enum hashes apart from its own text, so two keys could become one.
    if type(key) is not str:
        raise NotJSON(pointer, f"a key is {type(key).__name__}, not text")
    return _text(key, pointer)


def _below(pointer: str, key: object) -> str:
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _object(value: msgspec.Struct, pointer: str) -> dict[str, Any]:
    config = value.__struct_config__
    tag = {} if config.tag is None else {str(config.tag_field): config.tag}
    return tag | {
        field.encode_name: _plain(getattr(value, field.name), _below(pointer, field.encode_name))
        for field in msgspec.structs.fields(value)
    }
