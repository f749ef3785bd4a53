"""Texts, choices and identifiers."""

import unicodedata
from functools import lru_cache
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from plenaria.core.forms.checking.checker import NO_VALUE, Checker
from plenaria.core.forms.checking.facts import as_fact, tidy
from plenaria.core.forms.checking.limits import length_fits
from plenaria.core.forms.schema import (
    MOST_TEXT,
    Shape,
    compiled,
    is_slug,
    is_zone,
)
from plenaria.core.kernel.values import EMAIL

_LONGEST: Final = 2**63 - 1


_FORMATS: Final = {
    "email": (EMAIL, "name@example.org"),
    "url": (r"^https?://[^\s/?#@<>\"]+([/?#][^\s<>\"]*)?$", "https://example.org/page"),
    "colour": (r"^#[0-9a-fA-F]{6}$", "#0b5fff"),
}


def text(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return _text(checker, shape, raw, pointer, required=False)


def required_text(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return _text(checker, shape, raw, pointer, required=True)


def _text(checker: Checker, shape: Shape, raw: object, pointer: str, *, required: bool) -> Any:
    if not isinstance(raw, str):
        return checker.wrong_type(pointer, "text", raw)
    is_long = shape.is_long
    text = tidy(raw, strip=shape.wanted_kind != "password")
    if is_long:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (place := _control_character(text, allowed="\n\t" if is_long else "")) >= 0:
        facts = {"position": place + 1, "character": f"U+{ord(text[place]):04X}"}
        return checker.no(pointer, "control_characters", facts)
    if required and not text:
        return checker.no(pointer, "missing")
    most = min(shape.limits.get("max_length", MOST_TEXT), shape.extra.get("max_length", _LONGEST))
    if not length_fits(checker, {**shape.limits, "max_length": most}, len(text), pointer, "characters", MOST_TEXT):
        return NO_VALUE
    return text if not text or _has_its_form(checker, shape, text, pointer) else NO_VALUE


def _has_its_form(checker: Checker, shape: Shape, text: str, pointer: str) -> bool:
    before = len(checker.problems)
    pattern = shape.limits.get("pattern")
    if is_zone(shape):
        if not _is_zone_name(text):
            checker.no(pointer, "bad_zone", {"actual": as_fact(text)})
    elif pattern is not None and not compiled(pattern).search(text):
        _note_pattern(checker, shape, text, pointer)
    elif (known := _FORMATS.get(shape.wanted_kind)) and not compiled(known[0]).search(text):
        checker.no(pointer, "bad_pattern", {"example": known[1]})
    allowed = _allowed(checker, shape)
    if allowed is not None and text not in allowed:
        checker.no(pointer, "not_a_choice", {"allowed": allowed, "actual": as_fact(text)})
    return len(checker.problems) == before


def _note_pattern(checker: Checker, shape: Shape, text: str, pointer: str) -> None:
    if is_slug(shape):
        checker.no(pointer, "bad_slug", {"actual": as_fact(text)})
        return
    facts = {"pattern": shape.limits["pattern"]}
    if example := shape.extra.get("example"):
        facts["example"] = example
    checker.no(pointer, "bad_pattern", facts, shape.extra.get("pattern_words", ""))


def _allowed(checker: Checker, shape: Shape) -> list[str] | None:
    name = shape.extra.get("known")
    if name is not None:
        return [str(code) for code in checker.known[name]] if name in checker.known else None
    choices = shape.extra.get("choices")
    return [str(choice) for choice in choices] if choices else None


def choice(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    for value, member in shape.choices.items():
        if type(raw) is type(value) and raw == value:
            return member
    return checker.no(pointer, "not_a_choice", {"allowed": list(shape.choices), "actual": as_fact(raw)})


def uuid(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    try:
        return raw if isinstance(raw, UUID) else UUID(cast(str, raw))
    except (ValueError, AttributeError, TypeError):
        return checker.wrong_type(pointer, "uuid", raw)


def _control_character(text: str, *, allowed: str) -> int:
    """Where the first control character or lone surrogate stands, -1 without one."""
    if text.isprintable():
        return -1
    for place, character in enumerate(text):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in allowed:
            return place
    return -1


@lru_cache(maxsize=1024)
def _is_zone_name(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return "/" in name or name == "UTC"
