"""Builtins (of TOML, of JSON, of a form) into a Struct, or every problem with them.

One pass, field by field: msgspec's own conversion stops at the first problem.
"""

import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from plenaria.core.forms.problems import Checked, Problem, step
from plenaria.core.forms.schema import (
    LONG_TEXT_FROM,
    MOST_ITEMS,
    MOST_TEXT,
    FieldShape,
    Shape,
    compiled,
    fields_of,
    is_slug,
    is_zone,
    tag_of,
    unique_key,
)
from plenaria.core.kernel.languages import LANGUAGES
from plenaria.core.kernel.values import EMAIL, N_, Money, Window

S = TypeVar("S", bound=Struct)

Known = Mapping[str, Mapping[str, str] | Collection[str]]
"""What `extra={"known": "rooms"}` may be, by that name: codes, or codes with their labels."""

_LARGEST: Final = 2**63 - 1
_MOST_MONEY: Final = 10**15
_MOST_DECIMAL_DIGITS: Final = 30
_DEEPEST: Final = 20
_SHOWN: Final = 80
_LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_FORMATS: Final = {
    "email": (EMAIL, "name@example.org"),
    "url": (r"^https?://[^\s/?#@<>\"]+([/?#][^\s<>\"]*)?$", "https://example.org/page"),
    "colour": (r"^#[0-9a-fA-F]{6}$", "#0b5fff"),
}


class Unreadable(Struct, frozen=True):
    """Stands in builtins where a form's text could not be read as its field's type."""

    code: str
    facts: dict[str, Any] = {}
    sentence: str = ""


class _No:
    """No value: its problems have been noted."""


_NO: Final = _No()


def check(struct_type: type[S], builtins: object, *, known: Known | None = None) -> Checked[S]:
    """The Struct that these builtins describe, or all their problems; never raises for bad data.

    Text is NFC-normalised and stripped, instants become UTC; a blank optional text, list or mapping becomes
    None. A required text may not be blank. `known` holds what references (`extra={"known": "rooms"}`) may be.
    """
    checker = _Checker(known or {})
    value = checker.struct(struct_type, builtins, "")
    if checker.problems or isinstance(value, _No):
        return Checked(None, tuple(checker.problems))
    return Checked(cast(S, value), ())


class _Checker:
    """One check: collects problems while it converts."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.problems: list[Problem] = []

    def no(self, pointer: str, code: str, facts: Mapping[str, Any] | None = None, sentence: str = "") -> _No:
        self.problems.append(Problem(pointer, code, dict(facts or {}), sentence))
        return _NO

    def wrong_type(self, pointer: str, expected: str, actual: object) -> _No:
        return self.no(pointer, "wrong_type", {"expected": expected, "actual": _type_name(actual)})

    def value(self, shape: Shape, raw: object, pointer: str, *, required: bool = False) -> Any:
        if isinstance(raw, Unreadable):
            return self.no(pointer, raw.code, raw.facts, raw.sentence)
        if raw is None and shape.kind != "any":
            return None if shape.optional else self.no(pointer, "missing")
        if shape.optional and _is_blank(raw, shape):
            return None
        method: Callable[..., Any] = getattr(self, f"_{shape.kind}")
        if shape.kind in ("text", "localized"):
            return method(shape, raw, pointer, required=required and not shape.optional)
        return method(shape, raw, pointer)

    # -- Structs

    def struct(self, struct_type: type[Struct], raw: object, pointer: str) -> Any:
        if not isinstance(raw, Mapping):
            return self.wrong_type(pointer, "table", raw)
        before = len(self.problems)
        fields = fields_of(struct_type)
        self._unknown_fields(struct_type, fields, raw, pointer)
        values = {field.name: self._field(field, raw, pointer) for field in fields if self._is_asked(field, raw)}
        if len(self.problems) > before:
            return _NO
        return self._whole(struct_type, values, pointer)

    def _is_asked(self, field: FieldShape, raw: Mapping[Any, Any]) -> bool:
        return field.required or field.key in raw

    def _field(self, field: FieldShape, raw: Mapping[Any, Any], pointer: str) -> Any:
        here = step(pointer, field.key)
        if field.key not in raw:
            return self.no(here, "missing")
        return self.value(field.shape, raw[field.key], here, required=field.required)

    def _unknown_fields(
        self, struct_type: type[Struct], fields: tuple[FieldShape, ...], raw: Mapping[Any, Any], pointer: str
    ) -> None:
        allowed = [field.key for field in fields]
        tag = tag_of(struct_type)
        for key in raw:
            if tag is not None and key == tag[0]:
                if raw[key] != tag[1]:
                    self.no(step(pointer, key), "not_a_choice", {"allowed": [tag[1]]})
            elif key not in allowed:
                name = _shown(key)
                facts: dict[str, Any] = {"name": name, "allowed": allowed}
                if isinstance(name, str) and (meant := get_close_matches(name, allowed, 1)):
                    facts["meant"] = meant[0]
                self.no(step(pointer, str(name)), "unknown_field", facts)

    def _whole(self, struct_type: type[Struct], values: dict[str, Any], pointer: str) -> Any:
        try:
            value = struct_type(**values)
        except (ValueError, TypeError) as error:
            return self.no(pointer, "invalid", {"reason": str(error)})
        found = [problem.under(pointer) for problem in _own_problems(value)]
        self.problems.extend(found)
        return _NO if found else value

    def _struct(self, shape: Shape, raw: object, pointer: str) -> Any:
        return self.struct(shape.struct, raw, pointer)

    def _money(self, shape: Shape, raw: object, pointer: str) -> Any:
        money = self.struct(Money, raw, pointer)
        if isinstance(money, _No):
            return money
        least = 0 if not shape.extra.get("negative") else -_MOST_MONEY
        limits = {"ge": least, "le": _MOST_MONEY, **shape.limits}
        as_money = {"as": "money", "currency": money.currency}
        return money if self._in_bounds(limits, money.minor, pointer, as_money) else _NO

    # -- Several

    def _list(self, shape: Shape, raw: object, pointer: str) -> Any:
        if not isinstance(raw, (list, tuple)):
            return self.wrong_type(pointer, "list", raw)
        if not self._length(shape.limits, len(raw), pointer, "items", MOST_ITEMS):
            return _NO
        item = cast(Shape, shape.item)
        if item.kind == "text" and (choices := _choices_of(shape)):
            item = msgspec.structs.replace(item, extra={**choices, **item.extra})
        before = len(self.problems)
        values = [self.value(item, one, step(pointer, index), required=True) for index, one in enumerate(raw)]
        self._unique(shape, raw, pointer)
        if len(self.problems) > before:
            return _NO
        try:
            return shape.container(values)
        except TypeError:
            return self.wrong_type(pointer, "list", raw)

    def _unique(self, shape: Shape, raw: Iterable[Any], pointer: str) -> None:
        key = unique_key(shape)
        if key is None:
            return
        seen: dict[Any, int] = {}
        for index, item in enumerate(raw):
            found = item.get(key) if key and isinstance(item, Mapping) else item
            found = _tidy(found) if isinstance(found, str) else found
            if not isinstance(found, (str, int)):
                continue
            if found in seen:
                here = step(pointer, index)
                facts = {"value": _shown(found), "first": seen[found]}
                self.no(step(here, key) if key else here, "not_unique", facts)
            else:
                seen[found] = index

    def _dict(self, shape: Shape, raw: object, pointer: str) -> Any:
        if not isinstance(raw, Mapping):
            return self.wrong_type(pointer, "table", raw)
        if not self._length(shape.limits, len(raw), pointer, "items", MOST_ITEMS):
            return _NO
        before = len(self.problems)
        values = {}
        for name, one in raw.items():
            here = step(pointer, str(_shown(name)))
            key = self.value(cast(Shape, shape.key), name, here)
            if "choices" in shape.extra and name not in shape.extra["choices"]:
                self.no(here, "not_a_choice", {"allowed": [str(choice) for choice in shape.extra["choices"]]})
            found = self.value(cast(Shape, shape.item), one, here)
            if len(self.problems) == before:
                values[key] = found
        return values if len(self.problems) == before else _NO

    def _localized(self, shape: Shape, raw: object, pointer: str, *, required: bool) -> Any:
        if not isinstance(raw, Mapping):
            return self.wrong_type(pointer, "languages", raw)
        if not self._length({}, len(raw), pointer, "items", MOST_ITEMS):
            return _NO
        before = len(self.problems)
        text = localized_item(shape)
        values = {}
        for language, words in raw.items():
            here = step(pointer, str(_shown(language)))
            if not isinstance(language, str) or not compiled(_LANGUAGE).match(language):
                self.no(here, "unknown_field", {"name": _shown(language), "allowed": list(LANGUAGES)})
            elif not (isinstance(words, str) and not words.strip()):
                values[language] = self.value(text, words, here)
        if len(self.problems) > before:
            return _NO
        return self.no(pointer, "missing") if required and not values else values

    def _union(self, shape: Shape, raw: object, pointer: str) -> Any:
        """The first alternative that takes it; else the problems of the one its tag names, or of the last."""
        noted = self.problems
        tried: list[Problem] = []
        for alternative in shape.alternatives:
            self.problems = []
            value = self.value(alternative, raw, pointer)
            tried, found = self.problems, not self.problems
            self.problems = noted
            if found:
                return value
            if _is_tagged_as(alternative, raw):
                break
        self.problems.extend(tried)
        return _NO

    # -- Texts

    def _text(self, shape: Shape, raw: object, pointer: str, *, required: bool) -> Any:
        if not isinstance(raw, str):
            return self.wrong_type(pointer, "text", raw)
        is_long = shape.is_long
        text = _tidy(raw, strip=shape.wanted_kind != "password")
        if is_long:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if (place := _control_character(text, allowed="\n\t" if is_long else "")) >= 0:
            facts = {"position": place + 1, "character": f"U+{ord(text[place]):04X}"}
            return self.no(pointer, "control_characters", facts)
        if required and not text:
            return self.no(pointer, "missing")
        most = min(shape.limits.get("max_length", MOST_TEXT), shape.extra.get("max_length", _LARGEST))
        if not self._length({**shape.limits, "max_length": most}, len(text), pointer, "characters", MOST_TEXT):
            return _NO
        return text if not text or self._text_form(shape, text, pointer) else _NO

    def _text_form(self, shape: Shape, text: str, pointer: str) -> bool:
        before = len(self.problems)
        pattern = shape.limits.get("pattern")
        if is_zone(shape):
            if not _is_zone_name(text):
                self.no(pointer, "bad_zone", {"actual": _shown(text)})
        elif pattern is not None and not compiled(pattern).search(text):
            if is_slug(shape):
                self.no(pointer, "bad_slug", {"actual": _shown(text)})
            else:
                sentence = shape.extra.get("pattern_words", "")
                facts = {"pattern": pattern, **({"example": e} if (e := shape.extra.get("example")) else {})}
                self.no(pointer, "bad_pattern", facts, sentence)
        elif (known := _FORMATS.get(shape.wanted_kind)) and not compiled(known[0]).search(text):
            self.no(pointer, "bad_pattern", {"example": known[1]})
        allowed = self._allowed(shape)
        if allowed is not None and text not in allowed:
            self.no(pointer, "not_a_choice", {"allowed": allowed, "actual": _shown(text)})
        return len(self.problems) == before

    def _allowed(self, shape: Shape) -> list[str] | None:
        name = shape.extra.get("known")
        if name is not None:
            return [str(code) for code in self.known[name]] if name in self.known else None
        choices = shape.extra.get("choices")
        return [str(choice) for choice in choices] if choices else None

    def _choice(self, shape: Shape, raw: object, pointer: str) -> Any:
        for value, member in shape.choices.items():
            if type(raw) is type(value) and raw == value:
                return member
        return self.no(pointer, "not_a_choice", {"allowed": list(shape.choices), "actual": _shown(raw)})

    def _uuid(self, shape: Shape, raw: object, pointer: str) -> Any:
        try:
            return raw if isinstance(raw, UUID) else UUID(cast(str, raw))
        except (ValueError, AttributeError, TypeError):
            return self.wrong_type(pointer, "uuid", raw)

    # -- Numbers

    def _bool(self, shape: Shape, raw: object, pointer: str) -> Any:
        return raw if isinstance(raw, bool) else self.wrong_type(pointer, "yes_or_no", raw)

    def _int(self, shape: Shape, raw: object, pointer: str) -> Any:
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        if not isinstance(raw, int) or isinstance(raw, bool):
            return self.wrong_type(pointer, "whole_number", raw)
        limits = {"ge": -_LARGEST, "le": _LARGEST, **shape.limits}
        if shape.wanted_kind == "money":
            as_money = {"as": "money", "currency": shape.extra.get("currency", "MXN")}
            limits = {"ge": -_MOST_MONEY, "le": _MOST_MONEY, **shape.limits}
            return raw if self._in_bounds(limits, raw, pointer, as_money) else _NO
        return raw if self._in_bounds(limits, raw, pointer) else _NO

    def _float(self, shape: Shape, raw: object, pointer: str) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, (int, float)):
            return self.wrong_type(pointer, "number", raw)
        try:
            number = float(raw)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            return self.wrong_type(pointer, "number", raw)
        return number if self._in_bounds(shape.limits, number, pointer) else _NO

    def _decimal(self, shape: Shape, raw: object, pointer: str) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
            return self.wrong_type(pointer, "number", raw)
        try:
            number = Decimal(_tidy(raw) if isinstance(raw, str) else repr(raw) if isinstance(raw, float) else raw)
        except (InvalidOperation, ValueError):
            return self.wrong_type(pointer, "number", raw)
        if not number.is_finite() or _digits(number) > _MOST_DECIMAL_DIGITS:
            return self.wrong_type(pointer, "number", raw)
        return number if self._in_bounds(shape.limits, number, pointer) else _NO

    # -- Time

    def _datetime(self, shape: Shape, raw: object, pointer: str) -> Any:
        try:
            instant = datetime.fromisoformat(_tidy(raw)) if isinstance(raw, str) else raw
            if not isinstance(instant, datetime):
                return self.wrong_type(pointer, "instant", raw)
            if shape.limits.get("tz") is False:
                return instant if instant.tzinfo is None else self.wrong_type(pointer, "local_time", raw)
            if instant.utcoffset() is None:
                return self.no(pointer, "naive_datetime", {"actual": instant.isoformat()})
            return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            return self.wrong_type(pointer, "instant", raw)

    def _date(self, shape: Shape, raw: object, pointer: str) -> Any:
        try:
            day = date.fromisoformat(_tidy(raw)) if isinstance(raw, str) else raw
        except ValueError:
            day = None
        is_day = isinstance(day, date) and not isinstance(day, datetime)
        return day if is_day else self.wrong_type(pointer, "date", raw)

    def _time(self, shape: Shape, raw: object, pointer: str) -> Any:
        try:
            clock = time.fromisoformat(_tidy(raw)) if isinstance(raw, str) else raw
        except ValueError:
            clock = None
        is_local = isinstance(clock, time) and clock.tzinfo is None
        return clock if is_local else self.wrong_type(pointer, "time", raw)

    # -- Whatever

    def _any(self, shape: Shape, raw: object, pointer: str, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            return self.no(pointer, "too_long", {"allowed": _DEEPEST, "of": "levels"})
        if isinstance(raw, str):
            return self._text(_FREE_TEXT, raw, pointer, required=False)
        if isinstance(raw, Mapping):
            pairs = {str(_shown(key)): one for key, one in raw.items()}
            return {key: self._any(shape, one, step(pointer, key), depth + 1) for key, one in pairs.items()}
        if isinstance(raw, (list, tuple)):
            return [self._any(shape, one, step(pointer, index), depth + 1) for index, one in enumerate(raw)]
        if isinstance(raw, float) and not math.isfinite(raw):
            return self.wrong_type(pointer, "number", raw)
        return raw

    def _other(self, shape: Shape, raw: object, pointer: str) -> Any:
        try:
            return msgspec.convert(raw, shape.python)
        except (msgspec.ValidationError, ValueError, TypeError, OverflowError, RecursionError):
            return self.wrong_type(pointer, "other", raw)

    # -- Limits

    def _length(self, limits: Mapping[str, Any], length: int, pointer: str, of: str, most: int) -> bool:
        least, most = limits.get("min_length", 0), limits.get("max_length", most)
        if length < least:
            self.no(pointer, "too_short", {"allowed": least, "actual": length, "of": of})
        elif length > most:
            self.no(pointer, "too_long", {"allowed": most, "actual": length, "of": of})
        return bool(least <= length <= most)

    def _in_bounds(
        self, limits: Mapping[str, Any], number: Any, pointer: str, told: Mapping[str, Any] | None = None
    ) -> bool:
        before = len(self.problems)
        for name, code, is_out in _BOUNDS:
            bound = limits.get(name)
            if bound is not None and is_out(number, bound):
                facts = {"allowed": bound, "actual": _shown(number), **(told or {})}
                self.no(pointer, code, {**facts, "exclusive": True} if name in ("gt", "lt") else facts)
        factor = limits.get("multiple_of")
        if factor is not None and not _is_multiple(number, factor):
            self.no(pointer, "not_a_multiple", {"allowed": factor, "actual": _shown(number), **(told or {})})
        return len(self.problems) == before


_FREE_TEXT: Final = Shape(kind="text", extra={"kind": "textarea"})
_BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("ge", "too_small", lambda number, bound: number < bound),
    ("gt", "too_small", lambda number, bound: number <= bound),
    ("le", "too_large", lambda number, bound: number > bound),
    ("lt", "too_large", lambda number, bound: number >= bound),
)


def localized_item(shape: Shape) -> Shape:
    """The text of one language: limits and kind of the whole, unless its own type says more."""
    item = cast(Shape, shape.item)
    extra = {name: shape.extra[name] for name in ("max_length",) if name in shape.extra} | item.extra
    if shape.is_long or int(extra.get("max_length", 0)) > LONG_TEXT_FROM:
        extra = {"kind": "textarea", **extra}
    return msgspec.structs.replace(item, extra=extra)


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


def _choices_of(shape: Shape) -> dict[str, Any]:
    return {name: shape.extra[name] for name in ("known", "choices") if name in shape.extra}


def _is_tagged_as(shape: Shape, raw: object) -> bool:
    tag = tag_of(shape.struct) if shape.kind == "struct" else None
    return tag is not None and isinstance(raw, Mapping) and raw.get(tag[0]) == tag[1]


def _is_blank(raw: object, shape: Shape) -> bool:
    if shape.kind == "localized" and isinstance(raw, Mapping):
        return all(isinstance(words, str) and not words.strip() for words in raw.values())
    if shape.kind in ("list", "dict"):
        return isinstance(raw, (list, tuple, Mapping)) and not raw
    return shape.kind == "text" and isinstance(raw, str) and not _tidy(raw)


def _tidy(text: str, *, strip: bool = True) -> str:
    text = unicodedata.normalize("NFC", text)
    return text.strip() if strip else text


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


def _digits(number: Decimal) -> int:
    return max(len(number.as_tuple().digits), abs(number.adjusted()))


def _is_multiple(number: Any, factor: Any) -> bool:
    if isinstance(number, float) or isinstance(factor, float):
        return bool(abs(number / factor - round(number / factor)) < 1e-9)
    return bool(number % factor == 0)


def _shown(value: object) -> str | int | float | bool:
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
    return _type_name(value)


def _type_name(value: object) -> str:
    names = {str: "text", bool: "yes_or_no", int: "whole_number", float: "number", type(None): "nothing"}
    if isinstance(value, Mapping):
        return "table"
    if isinstance(value, (list, tuple)):
        return "list"
    return names.get(type(value), type(value).__name__)
