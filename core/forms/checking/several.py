"""Values of several: lists, mappings, texts by language, alternatives."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import msgspec

from plenaria.core.forms.checking.checker import NO_VALUE, Checker
from plenaria.core.forms.checking.facts import as_fact, tidy
from plenaria.core.forms.checking.limits import length_fits
from plenaria.core.forms.problems import Problem, step
from plenaria.core.forms.schema import (
    LONG_TEXT_FROM,
    MOST_ITEMS,
    Shape,
    compiled,
    tag_of,
    unique_key,
)
from plenaria.core.kernel.languages import LANGUAGES

_LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def localized_item(shape: Shape) -> Shape:
    """The text of one language: limits and kind of the whole, unless its own type says more."""
    item = cast(Shape, shape.item)
    extra = {name: shape.extra[name] for name in ("max_length",) if name in shape.extra} | item.extra
    if shape.is_long or int(extra.get("max_length", 0)) > LONG_TEXT_FROM:
        extra = {"kind": "textarea", **extra}
    return msgspec.structs.replace(item, extra=extra)


def several(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    if not isinstance(raw, (list, tuple)):
        return checker.wrong_type(pointer, "list", raw)
    if not length_fits(checker, shape.limits, len(raw), pointer, "items", MOST_ITEMS):
        return NO_VALUE
    item = cast(Shape, shape.item)
    if item.kind == "text" and (choices := _choices_of(shape)):
        item = msgspec.structs.replace(item, extra={**choices, **item.extra})
    before = len(checker.problems)
    values = [
        checker.value(item, one, step(pointer, index), required=True)
        for index, one in enumerate(raw)
        if not checker.has_enough
    ]
    _unique(checker, shape, raw, pointer)
    if len(checker.problems) > before:
        return NO_VALUE
    try:
        return shape.container(values)
    except TypeError:
        return checker.wrong_type(pointer, "list", raw)


def _unique(checker: Checker, shape: Shape, raw: Iterable[Any], pointer: str) -> None:
    key = unique_key(shape)
    if key is None:
        return
    seen: dict[Any, int] = {}
    for index, item in enumerate(raw):
        if checker.has_enough:
            return
        found = item.get(key) if key and isinstance(item, Mapping) else item
        found = tidy(found) if isinstance(found, str) else found
        if not isinstance(found, (str, int)):
            continue
        if found in seen:
            here = step(pointer, index)
            facts = {"value": as_fact(found), "first": seen[found]}
            checker.no(step(here, key) if key else here, "not_unique", facts)
        else:
            seen[found] = index


def mapping(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    if not isinstance(raw, Mapping):
        return checker.wrong_type(pointer, "table", raw)
    if not length_fits(checker, shape.limits, len(raw), pointer, "items", MOST_ITEMS):
        return NO_VALUE
    before = len(checker.problems)
    values = {}
    for name, one in raw.items():
        if checker.has_enough:
            break
        here = step(pointer, str(as_fact(name)))
        key = checker.value(cast(Shape, shape.key), name, here)
        if "choices" in shape.extra and name not in shape.extra["choices"]:
            checker.no(here, "not_a_choice", {"allowed": [str(choice) for choice in shape.extra["choices"]]})
        found = checker.value(cast(Shape, shape.item), one, here)
        if len(checker.problems) == before:
            values[key] = found
    return values if len(checker.problems) == before else NO_VALUE


def _localized(checker: Checker, shape: Shape, raw: object, pointer: str, *, required: bool) -> Any:
    if not isinstance(raw, Mapping):
        return checker.wrong_type(pointer, "languages", raw)
    if not length_fits(checker, {}, len(raw), pointer, "items", MOST_ITEMS):
        return NO_VALUE
    before = len(checker.problems)
    text = localized_item(shape)
    values = {}
    for language, words in raw.items():
        if checker.has_enough:
            break
        here = step(pointer, str(as_fact(language)))
        if not isinstance(language, str) or not compiled(_LANGUAGE).match(language):
            checker.no(here, "unknown_field", {"name": as_fact(language), "allowed": list(LANGUAGES)})
        elif not (isinstance(words, str) and not words.strip()):
            values[language] = checker.value(text, words, here)
    if len(checker.problems) > before:
        return NO_VALUE
    return checker.no(pointer, "missing") if required and not values else values


def localized(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return _localized(checker, shape, raw, pointer, required=False)


def required_localized(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    return _localized(checker, shape, raw, pointer, required=True)


def union(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    """The first alternative that takes it; else the problems of the one its tag names, or of the last."""
    noted = checker.problems
    tried: list[Problem] = []
    for alternative in shape.alternatives:
        checker.problems = []
        value = checker.value(alternative, raw, pointer)
        tried, found = checker.problems, not checker.problems
        checker.problems = noted
        if found:
            return value
        if _is_tagged_as(alternative, raw):
            break
    checker.problems.extend(tried)
    return NO_VALUE


def _choices_of(shape: Shape) -> dict[str, Any]:
    return {name: shape.extra[name] for name in ("known", "choices") if name in shape.extra}


def _is_tagged_as(shape: Shape, raw: object) -> bool:
    tag = tag_of(shape.struct) if shape.kind == "struct" else None
    return tag is not None and isinstance(raw, Mapping) and raw.get(tag[0]) == tag[1]
