"""Values of no type that is known here: any builtins, and types that only msgspec knows."""

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from plenaria.core.forms.checking.checker import Checker
from plenaria.core.forms.checking.facts import as_fact
from plenaria.core.forms.checking.texts import text
from plenaria.core.forms.problems import step
from plenaria.core.forms.schema import (
    Shape,
)

_DEEPEST: Final = 20
_FREE_TEXT: Final = Shape(kind="text", extra={"kind": "textarea"})


def anything(checker: Checker, shape: Shape, raw: object, pointer: str, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return checker.no(pointer, "too_long", {"allowed": _DEEPEST, "of": "levels"})
    if isinstance(raw, str):
        return text(checker, _FREE_TEXT, raw, pointer)
    if isinstance(raw, Mapping):
        pairs = {str(as_fact(key)): one for key, one in raw.items() if not checker.has_enough}
        return {key: anything(checker, shape, one, step(pointer, key), depth + 1) for key, one in pairs.items()}
    if isinstance(raw, (list, tuple)):
        return [anything(checker, shape, one, step(pointer, index), depth + 1) for index, one in enumerate(raw)]
    if isinstance(raw, float) and not math.isfinite(raw):
        return checker.wrong_type(pointer, "number", raw)
    return raw


def other(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    try:
        return msgspec.convert(raw, shape.python)
    except (msgspec.ValidationError, ValueError, TypeError, OverflowError, RecursionError):
        return checker.wrong_type(pointer, "other", raw)
