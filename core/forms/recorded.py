"""What a change was, as the record of changes keeps it (`recorded`), and in the reader's words (`in_words`).

A change is stored with the label, the unit and the words that its form had, as msgids: a line is read for years, and the form
goes on changing. What would be somebody's personal data is stored as "changed" without its values: addresses, and fields that
are marked `extra={"personal": True}`; long texts by their length.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.forms.problems import step
from plenaria.core.forms.schema import FieldShape, Shape, fields_of, tag_of, unique_key
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import fill, gettext, ngettext
from plenaria.core.kernel.languages import own_name
from plenaria.core.kernel.values import N_

LONG_FROM: Final = 250
"""Characters from which on a text is recorded by its length."""
MOST_CHANGES: Final = 200
"""Of one line; how many more there were is said."""
_PRIVATE_KINDS: Final = frozenset({"email", "password", "tel"})
_NAMES: Final = ("name", "title", "label", "text", "code")


class RecordedChange(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One field that changed; `old` and `new` are builtins, None for what was or is not there.

    `kind` says how they are shown: text, localized, int, float, money, bool, date, time, instant, choice, list, person; `length`
    for texts that are recorded by their number of characters, `hidden` for what is not recorded at all.
    """

    field: str
    label: tuple[str, ...]
    """Msgids, from the outside in: `("Sales", "Closes")`. The name of a list's item is among them as it is."""
    kind: str = "text"
    old: Any = None
    new: Any = None
    unit: str = ""
    currency: str = ""
    words: dict[str, str] = {}
    """Of the choices that stand in `old` and `new`: msgids."""


class ShownChange(Struct, frozen=True):
    """A change in the reader's words; "" is what was not, or is no more."""

    label: str
    old: str
    new: str
    is_hidden: bool = False
    """The values are not recorded."""


def recorded(before: Struct | None, after: Struct | None, *, currency: str = "MXN") -> list[RecordedChange]:
    """What differs, field by field, from one Struct to another of the same type.

    None on one side: it was made (what has its default is left out), or it was removed.
    """
    there = after if after is not None else before
    if there is None:
        return []
    old, new = (msgspec.to_builtins(each) if each is not None else {} for each in (before, after))
    found = list(_of_fields(_Walk(currency, before is None), fields_of(type(there)), old, new, "", ()))
    if len(found) <= MOST_CHANGES:
        return found
    more = RecordedChange(field="", label=(N_("Further changes"),), kind="int", new=len(found) - MOST_CHANGES)
    return [*found[:MOST_CHANGES], more]


def changed_value(
    label: str, old: Any, new: Any, *, kind: str = "text", words: Mapping[str, str] | None = None, currency: str = ""
) -> list[RecordedChange]:
    """The one change of a value that stands in no form; [] when there is none."""
    if old == new:
        return []
    known = {value: words[value] for value in (old, new) if words and value in words}
    return [
        RecordedChange(field=f"/{label}", label=(label,), kind=kind, old=old, new=new, words=known, currency=currency)
    ]


def changed_text(label: str, old: str | None, new: str | None) -> list[RecordedChange]:
    """The one change of a text that stands in no form, by its length when it is long; [] when there is none."""
    return [] if old == new else [_text(f"/{label}", (label,), old, new)]


def in_words(change: RecordedChange, *, zone: str, names: Mapping[str, str] | None = None) -> ShownChange:
    """The change in the current language; `names` are of people, by `person:12`."""
    label = ": ".join(gettext(part) for part in change.label if part)
    if change.kind == "hidden":
        return ShownChange(label, "", "", is_hidden=True)
    old, new = (_in_words(change, value, zone, names or {}) for value in (change.old, change.new))
    return ShownChange(label, old, new)


# -- what differs --------------------------------------------------------------------------------------------------


class _Walk(Struct, frozen=True):
    currency: str
    was_made: bool


def _of_fields(
    walk: _Walk, fields: Sequence[FieldShape], old: Any, new: Any, at: str, label: tuple[str, ...]
) -> Iterator[RecordedChange]:
    old, new = old or {}, new or {}
    for field in fields:
        was, is_now = old.get(field.key), new.get(field.key)
        if walk.was_made and is_now == msgspec.to_builtins(field.initial()):
            continue
        yield from _of(walk, field.shape, was, is_now, step(at, field.key), (*label, field.shape.title or field.key))


def _of(walk: _Walk, shape: Shape, old: Any, new: Any, at: str, label: tuple[str, ...]) -> Iterator[RecordedChange]:
    if _is_same(old, new):
        return
    if _is_private(shape):
        yield RecordedChange(field=at, label=label, kind="hidden")
    elif shape.kind == "struct":
        yield from _of_fields(walk, fields_of(shape.struct), old, new, at, label)
    elif shape.kind == "localized":
        yield from _of_languages(old or {}, new or {}, at, label)
    elif shape.kind == "list" and shape.item is not None and shape.item.kind in ("struct", "union"):
        yield from _of_items(walk, shape, old or [], new or [], at, label)
    else:
        yield _leaf(walk, shape, old, new, at, label)


def _is_same(old: Any, new: Any) -> bool:
    """Equal, and not because True == 1; what was empty and is empty is the same."""
    empty: tuple[Any, ...] = (None, "", [], {}, ())
    return (old == new and isinstance(old, bool) is isinstance(new, bool)) or (old in empty and new in empty)


def _is_private(shape: Shape) -> bool:
    return bool(shape.extra.get("personal")) or shape.wanted_kind in _PRIVATE_KINDS


def _of_languages(
    old: Mapping[str, str], new: Mapping[str, str], at: str, label: tuple[str, ...]
) -> Iterator[RecordedChange]:
    for language in sorted({*old, *new}):
        was, is_now = old.get(language, ""), new.get(language, "")
        if was != is_now:
            yield _text(step(at, language), (*label, own_name(language)), was, is_now)


def _text(at: str, label: tuple[str, ...], old: str | None, new: str | None) -> RecordedChange:
    if max(len(old or ""), len(new or "")) < LONG_FROM:
        return RecordedChange(field=at, label=label, old=old, new=new)
    return RecordedChange(field=at, label=label, kind="length", old=len(old or ""), new=len(new or ""))


def _of_items(
    walk: _Walk, shape: Shape, old: Sequence[Any], new: Sequence[Any], at: str, label: tuple[str, ...]
) -> Iterator[RecordedChange]:
    """Matched by the field that must be unique; without one, only how many there are is recorded."""
    key = unique_key(shape)
    if not key or shape.item is None:
        kind = "int" if len(old) != len(new) else "hidden"
        yield RecordedChange(field=at, label=label, kind=kind, old=len(old), new=len(new), unit=N_("items"))
        return
    was, is_now = ({str(item.get(key)): item for item in items} for items in (old, new))
    for code in [*is_now, *(code for code in was if code not in is_now)]:
        here = step(at, code)
        if code in was and code in is_now:
            named = (*label, _name_of(is_now[code], code))
            fields = _fields_of_item(shape.item, is_now[code])
            yield from _of_fields(walk, fields, was[code], is_now[code], here, named)
        else:
            names = [_name_of(each[code], code) if code in each else None for each in (was, is_now)]
            yield RecordedChange(field=here, label=label, old=names[0], new=names[1])
    kept = [[code for code in each if code in other] for each, other in ((was, is_now), (is_now, was))]
    if kept[0] != kept[1] and not shape.extra.get("unordered"):
        yield RecordedChange(field=at, label=(*label, N_("Order of the list")), kind="list", old=kept[0], new=kept[1])


def _fields_of_item(shape: Shape, item: Mapping[str, Any]) -> Sequence[FieldShape]:
    """Of a union's alternatives the one whose tag the item has."""
    for each in (shape, *shape.alternatives):
        tag = tag_of(each.struct) if each.struct is not None else None
        if each.struct is not None and (tag is None or item.get(tag[0]) == tag[1]):
            return fields_of(each.struct)
    return ()


def _name_of(item: Mapping[str, Any], code: str) -> str:
    found = next((item[name] for name in _NAMES if item.get(name)), code)
    text = next(iter(found.values()), code) if isinstance(found, Mapping) else str(found)
    return str(text) if len(str(text)) < LONG_FROM else code


def _leaf(walk: _Walk, shape: Shape, old: Any, new: Any, at: str, label: tuple[str, ...]) -> RecordedChange:
    kind = _kind_of(shape)
    if kind == "text":
        return _text(at, label, *(None if each is None else str(each) for each in (old, new)))
    return RecordedChange(
        field=at,
        label=label,
        kind=kind,
        old=old,
        new=new,
        unit=str(shape.extra.get("unit", "")),
        currency=walk.currency if kind == "money" else "",
        words=_words_of(shape, old, new) if kind in ("choice", "list") else {},
    )


def _kind_of(shape: Shape) -> str:
    if shape.wanted_kind == "money":
        return "money"
    if shape.kind == "datetime":
        return "instant"
    if shape.kind == "choice" or (shape.kind == "text" and isinstance(shape.extra.get("choices"), Mapping)):
        return "choice"
    known = {"int": "int", "float": "float", "bool": "bool", "date": "date", "time": "time", "text": "text"}
    if shape.kind == "list" and shape.item is not None and shape.item.kind in ("text", "choice", "int"):
        return "list"
    return known.get(shape.kind, "hidden" if shape.kind in ("union", "other", "any") else "text")


def _words_of(shape: Shape, *values: Any) -> dict[str, str]:
    choices = shape.extra.get("choices") or (shape.item.extra.get("choices") if shape.item is not None else None) or {}
    if not isinstance(choices, Mapping):
        return {}
    used = {str(each) for value in values for each in (value if isinstance(value, list) else [value])}
    return {str(value): str(words) for value, words in choices.items() if str(value) in used}


# -- in words ------------------------------------------------------------------------------------------------------


def _in_words(change: RecordedChange, value: Any, zone: str, names: Mapping[str, str]) -> str:
    if value is None or value in ("", [], {}):
        return ""
    try:
        text = _value_in_words(change, value, zone, names)
    except (
        TypeError,
        ValueError,
        KeyError,
        ArithmeticError,
    ):  # a line of another release, or one that somebody tampered with
        return str(value)
    return f"{text} {gettext(change.unit)}" if change.unit else text


def _value_in_words(change: RecordedChange, value: Any, zone: str, names: Mapping[str, str]) -> str:
    match change.kind:
        case "money":
            return shown.money(value, change.currency)
        case "int" | "float":
            return shown.number(value)
        case "bool":
            return gettext("yes") if value else gettext("no")
        case "date":
            return shown.short_day(date.fromisoformat(value))
        case "time":
            return str(value)[:5]
        case "instant":
            at = datetime.fromisoformat(value)
            return f"{shown.short_day(at, zone)}, {shown.clock_time(at, zone)} {shown.offset(at, zone)}"
        case "choice":
            return _word(change, value)
        case "list":
            return ", ".join(_word(change, each) for each in value)
        case "length":
            return fill(ngettext("{count} character", "{count} characters", value), {"count": shown.number(value)})
        case "person":
            return names.get(value) or fill(gettext("Person {number}"), {"number": str(value).partition(":")[2]})
    return str(value)


def _word(change: RecordedChange, value: Any) -> str:
    return gettext(change.words[str(value)]) if str(value) in change.words else str(value)
