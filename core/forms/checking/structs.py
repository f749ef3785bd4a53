"""Structs: their fields, unknown ones, and what the Struct itself has to say; money."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from msgspec import Struct

from plenaria.core.forms.checking.checker import NO_VALUE, Checker, NoValue
from plenaria.core.forms.checking.facts import as_fact
from plenaria.core.forms.checking.limits import in_bounds
from plenaria.core.forms.problems import Problem, step
from plenaria.core.forms.schema import (
    FieldShape,
    Shape,
    fields_of,
    tag_of,
)
from plenaria.core.kernel.values import N_, Money, Window

MOST_MONEY: Final = 10**15


def check_struct(checker: Checker, struct_type: type[Struct], raw: object, pointer: str) -> Any:
    """The Struct that a mapping describes, every one of its fields checked; then what it says of itself as a whole."""
    if not isinstance(raw, Mapping):
        return checker.wrong_type(pointer, "table", raw)
    before = len(checker.problems)
    fields = fields_of(struct_type)
    _unknown_fields(checker, struct_type, fields, raw, pointer)
    values = {field.name: _field(checker, field, raw, pointer) for field in fields if _is_asked(field, raw)}
    if len(checker.problems) > before:
        return NO_VALUE
    return _whole(checker, struct_type, values, pointer)


def _is_asked(field: FieldShape, raw: Mapping[Any, Any]) -> bool:
    return field.required or field.key in raw


def _field(checker: Checker, field: FieldShape, raw: Mapping[Any, Any], pointer: str) -> Any:
    here = step(pointer, field.key)
    if field.key not in raw:
        return checker.no(here, "missing")
    return checker.value(field.shape, raw[field.key], here, required=field.required)


def _unknown_fields(
    checker: Checker, struct_type: type[Struct], fields: tuple[FieldShape, ...], raw: Mapping[Any, Any], pointer: str
) -> None:
    allowed = [field.key for field in fields]
    tag = tag_of(struct_type)
    for key in raw:
        if checker.has_enough:
            return
        if tag is not None and key == tag[0]:
            if raw[key] != tag[1]:
                checker.no(step(pointer, key), "not_a_choice", {"allowed": [tag[1]]})
        elif key not in allowed:
            name = as_fact(key)
            facts: dict[str, Any] = {"name": name, "allowed": allowed}
            if isinstance(name, str) and (meant := get_close_matches(name, allowed, 1)):
                facts["meant"] = meant[0]
            checker.no(step(pointer, str(name)), "unknown_field", facts)


def _whole(checker: Checker, struct_type: type[Struct], values: dict[str, Any], pointer: str) -> Any:
    try:
        value = struct_type(**values)
    except (ValueError, TypeError) as error:
        return checker.no(pointer, "invalid", {"reason": str(error)})
    found = [problem.under(pointer) for problem in _own_problems(value)]
    checker.problems.extend(found)
    return NO_VALUE if found else value


def struct(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return check_struct(checker, shape.struct, raw, pointer)


def money(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    amount = check_struct(checker, Money, raw, pointer)
    if isinstance(amount, NoValue):
        return amount
    least = 0 if not shape.extra.get("negative") else -MOST_MONEY
    limits = {"ge": least, "le": MOST_MONEY, **shape.limits}
    as_money = {"as": "money", "currency": amount.currency}
    return amount if in_bounds(checker, limits, amount.minor, pointer, as_money) else NO_VALUE


def _own_problems(value: Any) -> Iterable[Problem]:
    if isinstance(value, Window):
        yield from _window_problems(value)
    own = getattr(value, "problems", None)
    if callable(own):
        yield from own()


def _window_problems(window: Window) -> Iterable[Problem]:
    if window.opens_at is not None and window.closes_at is not None and window.closes_at <= window.opens_at:
        facts = {"opens_at": window.opens_at.isoformat(), "closes_at": window.closes_at.isoformat()}
        yield Problem("/closes_at", "closes_before_it_opens", facts, N_("Must be after the opening."))
