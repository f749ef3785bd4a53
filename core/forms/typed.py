"""What a person typed: an HTML form's flat names as a tree, and a value as it would be typed.

Names: `-` goes into a field or a list item, `.` picks a language or a key (`ticket_types-0-name.es`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from enum import Enum
from itertools import islice
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from plenaria.core.forms.schema import Shape, fields_of
from plenaria.core.kernel.money import typed_amount

FormData = Mapping[str, Any] | Iterable[tuple[str, Any]]
"""A multi-dict (anything with `multi_items()` or repeated `items()`), a dict of texts or lists, or pairs."""

Flat = dict[str, list[Any]]

MOST_INDEX_DIGITS: Final = 6
LONGEST_NAME: Final = 200
"""Characters of a field's name; a longer one is none of ours."""
MOST_KEYS: Final = 200
"""Languages or keys of one field that are read and drawn."""
OFF: Final = frozenset({"", "false", "off", "0", "no"})


class Typed:
    """One name of a form with what was typed there and everything below it."""

    __slots__ = ("below", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.below: dict[str, Typed] = {}

    def at(self, key: str) -> "Typed | None":
        return self.below.get(key)

    @property
    def text(self) -> Any:
        """The last value typed here ("" without one); an upload stays what it is."""
        return self.values[-1] if self.values else ""

    def indices(self) -> list[str]:
        """The list items below, in their order."""
        return sorted((key for key in self.below if is_index(key)), key=int)

    def languages(self) -> dict[str, "Typed"]:
        found = ((key[1:], below) for key, below in self.below.items() if key.startswith("."))
        return dict(islice(found, MOST_KEYS))


def is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= MOST_INDEX_DIGITS


def flat(form_data: FormData) -> Flat:
    """Every value by name, repeated names in their order."""
    found: Flat = {}
    for name, value in _pairs(form_data):
        if len(str(name)) > LONGEST_NAME:
            continue
        values = found.setdefault(str(name), [])
        if isinstance(value, (list, tuple)):
            values.extend(value)
        else:
            values.append(value)
    return found


def _pairs(form_data: FormData) -> Iterable[tuple[str, Any]]:
    multi_items = getattr(form_data, "multi_items", None)
    if callable(multi_items):
        return cast(Iterable[tuple[str, Any]], multi_items())
    return form_data.items() if isinstance(form_data, Mapping) else form_data


def tree(data: Flat) -> Typed:
    root = Typed()
    for name, values in data.items():
        node = root
        for part in path_of(name):
            node = node.below.setdefault(part, Typed())
        node.values.extend(values)
    return root


def path_of(name: str) -> list[str]:
    """`a-0-b.es` as a, 0, b and .es."""
    stem, dot, rest = name.partition(".")
    return [*stem.split("-"), *([dot + rest] if dot else [])]


def below(name: str, key: str | int) -> str:
    """The name of a field or list item inside `name`."""
    return f"{name}-{key}" if name else str(key)


def as_typed(struct_type: type[Struct], value: Any, zone: ZoneInfo) -> Flat:
    """The form data that a person would have sent for this value; the defaults when it is None."""
    return dict(_struct(struct_type, value, "", zone))


def _struct(struct_type: type[Struct], value: Any, name: str, zone: ZoneInfo) -> Iterator[tuple[str, list[Any]]]:
    for field in fields_of(struct_type):
        one = getattr(value, field.name) if value is not None else field.initial()
        yield from typed_value(field.shape, one, below(name, field.key), zone)


def typed_value(shape: Shape, value: Any, name: str, zone: ZoneInfo) -> Iterator[tuple[str, list[Any]]]:
    """Name and values of every control that this value fills."""
    if shape.kind == "struct":
        if value is not None or not shape.optional:
            yield from _struct(shape.struct, value, name, zone)
    elif value is None:
        yield name, [""]
    elif shape.kind == "list":
        yield from _list(shape, value, name, zone)
    elif shape.kind == "localized":
        for language, words in value.items():
            yield f"{name}.{language}", [words]
    elif shape.kind == "dict" and "choices" in shape.extra:
        for key, one in value.items():
            yield from typed_value(cast(Shape, shape.item), one, f"{name}.{key}", zone)
    elif shape.kind == "money":
        yield name, [typed_amount(value.minor, value.currency)]
        yield below(name, "currency"), [value.currency]
    elif shape.kind == "bool":
        if value or shape.optional:
            yield name, ["true" if value else "false"]
    elif shape.kind == "datetime":
        yield from _datetime(shape, value, name, zone)
    else:
        yield name, [_text(shape, value)]


def _list(shape: Shape, value: Iterable[Any], name: str, zone: ZoneInfo) -> Iterator[tuple[str, list[Any]]]:
    item = cast(Shape, shape.item)
    if shape.is_multiselect:
        yield name, [_text(item, one) for one in value]
    elif shape.is_lines:
        yield name, ["\n".join(value)]
    else:
        for index, one in enumerate(value):
            here = below(name, index)
            if item.kind == "struct":
                yield here, [""]
            yield from typed_value(item, one, here, zone)


def _datetime(shape: Shape, value: datetime, name: str, zone: ZoneInfo) -> Iterator[tuple[str, list[Any]]]:
    local = value if shape.limits.get("tz") is False else value.astimezone(zone)
    yield name, [_clock(local.replace(tzinfo=None, fold=0))]
    if local.tzinfo is not None and local.fold:
        yield below(name, "fold"), ["1"]


def _clock(value: datetime | time) -> str:
    timespec = "microseconds" if value.microsecond else "seconds" if value.second else "minutes"
    return value.isoformat(timespec=timespec)


def _text(shape: Shape, value: Any) -> str:
    if isinstance(value, str) and shape.kind in ("text", "choice") and not isinstance(value, Enum):
        return value
    if shape.kind == "choice":
        return choice_text(value.value if isinstance(value, Enum) else value)
    if shape.kind == "int" and shape.wanted_kind == "money":
        return typed_amount(value, str(shape.extra.get("currency", "MXN")))
    if shape.kind in ("any", "union", "other", "dict"):
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    if isinstance(value, time):
        return _clock(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def choice_text(value: Any) -> str:
    """A choice as the value of an <option>."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def to_utc(local: datetime, zone: ZoneInfo, *, fold: int = 0) -> datetime | None:
    """The instant of a wall-clock time, the first of two; None when the clocks skip it."""
    instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local.replace(fold=0) else None
