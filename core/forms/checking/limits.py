"""Limits: how long, how many, how large."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from plenaria.core.forms.checking.checker import Checker
from plenaria.core.forms.checking.facts import as_fact

_BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("ge", "too_small", lambda number, bound: number < bound),
    ("gt", "too_small", lambda number, bound: number <= bound),
    ("le", "too_large", lambda number, bound: number > bound),
    ("lt", "too_large", lambda number, bound: number >= bound),
)


def _is_multiple(number: Any, factor: Any) -> bool:
    if isinstance(number, float) or isinstance(factor, float):
        return bool(abs(number / factor - round(number / factor)) < 1e-9)
    return bool(number % factor == 0)


def length_fits(checker: Checker, limits: Mapping[str, Any], length: int, pointer: str, of: str, most: int) -> bool:
    least, most = limits.get("min_length", 0), limits.get("max_length", most)
    if length < least:
        checker.no(pointer, "too_short", {"allowed": least, "actual": length, "of": of})
    elif length > most:
        checker.no(pointer, "too_long", {"allowed": most, "actual": length, "of": of})
    return bool(least <= length <= most)


def in_bounds(
    checker: Checker, limits: Mapping[str, Any], number: Any, pointer: str, more: Mapping[str, Any] | None = None
) -> bool:
    before = len(checker.problems)
    for name, code, is_out in _BOUNDS:
        bound = limits.get(name)
        if bound is not None and is_out(number, bound):
            facts = {"allowed": bound, "actual": as_fact(number), **(more or {})}
            checker.no(pointer, code, {**facts, "exclusive": True} if name in ("gt", "lt") else facts)
    factor = limits.get("multiple_of")
    if factor is not None and not _is_multiple(number, factor):
        checker.no(pointer, "not_a_multiple", {"allowed": factor, "actual": as_fact(number), **(more or {})})
    return len(checker.problems) == before
