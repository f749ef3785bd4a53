"""What the checks of all kinds share: where problems are collected, and which function checks which kind."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import Struct

from plenaria.core.forms.checking.facts import tidy, type_name
from plenaria.core.forms.problems import Problem
from plenaria.core.forms.schema import (
    Shape,
)

Known = Mapping[str, Mapping[str, str] | Collection[str]]
"""What `extra={"known": "rooms"}` may be, by that name: codes, or codes with their labels."""


class Unreadable(Struct, frozen=True):
    """Stands in builtins where a form's text could not be read as its field's type."""

    code: str
    facts: dict[str, Any] = {}
    sentence: str = ""


class NoValue:
    """No value: its problems have been noted."""


NO_VALUE: Final = NoValue()


MOST_PROBLEMS: Final = 100
"""From so many on the rest is not looked at: nobody reads more at once."""


@dataclass(slots=True)
class Checker:
    """One check: collects problems while it converts, each kind of value with the function that its table names."""

    known: Known
    kinds: Mapping[str, "Check"]
    required_kinds: Mapping[str, "Check"]
    """The same where a blank value will not do."""
    problems: list[Problem] = field(default_factory=list)

    def no(self, pointer: str, code: str, facts: Mapping[str, Any] | None = None, sentence: str = "") -> NoValue:
        self.problems.append(Problem(pointer, code, dict(facts or {}), sentence))
        return NO_VALUE

    @property
    def has_enough(self) -> bool:
        return len(self.problems) >= MOST_PROBLEMS

    def wrong_type(self, pointer: str, expected: str, actual: object) -> NoValue:
        return self.no(pointer, "wrong_type", {"expected": expected, "actual": type_name(actual)})

    def value(self, shape: Shape, raw: object, pointer: str, *, required: bool = False) -> Any:
        if isinstance(raw, Unreadable):
            return self.no(pointer, raw.code, raw.facts, raw.sentence)
        if raw is None and shape.kind != "any":
            return None if shape.optional else self.no(pointer, "missing" if required else "null_refused")
        if shape.optional and _is_blank(raw, shape):
            return None
        table = self.required_kinds if required and not shape.optional else self.kinds
        return table[shape.kind](self, shape, raw, pointer)


Check = Callable[[Checker, Shape, Any, str], Any]
"""The value that this raw one stands for, or NO_VALUE with its problems noted."""


def _is_blank(raw: object, shape: Shape) -> bool:
    if shape.kind == "localized" and isinstance(raw, Mapping):
        return all(isinstance(words, str) and not words.strip() for words in raw.values())
    if shape.kind in ("list", "dict"):
        return isinstance(raw, (list, tuple, Mapping)) and not raw
    return shape.kind == "text" and isinstance(raw, str) and not tidy(raw)
