"""Numbers: yes or no, whole, with fractions, exact."""

import math
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from plenaria.core.forms.checking.checker import NO_VALUE, Checker
from plenaria.core.forms.checking.facts import tidy
from plenaria.core.forms.checking.limits import in_bounds
from plenaria.core.forms.checking.structs import MOST_MONEY
from plenaria.core.forms.schema import (
    Shape,
)

_LARGEST: Final = 2**63 - 1
_MOST_DECIMAL_DIGITS: Final = 30


def yes_or_no(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return raw if isinstance(raw, bool) else checker.wrong_type(pointer, "yes_or_no", raw)


def whole_number(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        return checker.wrong_type(pointer, "whole_number", raw)
    limits = {"ge": -_LARGEST, "le": _LARGEST, **shape.limits}
    if shape.wanted_kind == "money":
        as_money = {"as": "money", "currency": shape.extra.get("currency", "MXN")}
        limits = {"ge": -MOST_MONEY, "le": MOST_MONEY, **shape.limits}
        return raw if in_bounds(checker, limits, raw, pointer, as_money) else NO_VALUE
    return raw if in_bounds(checker, limits, raw, pointer) else NO_VALUE


def number(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return checker.wrong_type(pointer, "number", raw)
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return checker.wrong_type(pointer, "number", raw)
    return number if in_bounds(checker, shape.limits, number, pointer) else NO_VALUE


def decimal(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        return checker.wrong_type(pointer, "number", raw)
    try:
        number = Decimal(tidy(raw) if isinstance(raw, str) else repr(raw) if isinstance(raw, float) else raw)
    except (InvalidOperation, ValueError):
        return checker.wrong_type(pointer, "number", raw)
    if not number.is_finite() or _digits(number) > _MOST_DECIMAL_DIGITS:
        return checker.wrong_type(pointer, "number", raw)
    return number if in_bounds(checker, shape.limits, number, pointer) else NO_VALUE


def _digits(number: Decimal) -> int:
    return max(len(number.as_tuple().digits), abs(number.adjusted()))
