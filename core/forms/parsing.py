"""An HTML form's texts into a Struct, by way of the same check that TOML and JSON pass."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from plenaria.core.forms.checking import Known, Unreadable, check
from plenaria.core.forms.problems import Checked
from plenaria.core.forms.schema import FieldShape, Shape, fields_of
from plenaria.core.forms.typed import OFF, Flat, FormData, Typed, below, choice_text, flat, is_index, to_utc, tree
from plenaria.core.kernel.money import AmountError, TooFineError, minor_units, smallest

S = TypeVar("S", bound=Struct)

_WHOLE: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)", re.ASCII)
_LONGEST_NUMBER: Final = 40
_ABSENT: Final = msgspec.UNSET


def parse(
    struct_type: type[S],
    form_data: FormData,
    *,
    zone: str | ZoneInfo,
    known: Known | None = None,
    currency: str = "MXN",
    only: Collection[str] | None = None,
    base: S | None = None,
) -> Checked[S]:
    """The Struct that a submitted form describes, or all its problems.

    `zone` is where the typed dates and times hold; `currency` is that of amounts whose form does not tell it.
    A form drawn with `only` some fields is parsed with the same `only`; `base` (else the defaults) fills the
    others. An absent checkbox is False, an absent list empty; a blank text stays blank, a blank anything else
    is the default.
    """
    reader = _Reader(ZoneInfo(zone) if isinstance(zone, str) else zone, currency)
    fields = [field for field in fields_of(struct_type) if only is None or field.key in only]
    read = reader.fields(fields, tree(flat(form_data)))
    if only is not None and base is not None:
        others = [field for field in fields_of(struct_type) if field.key not in only]
        read = {**{field.key: _as_builtins(getattr(base, field.name)) for field in others}, **read}
    return check(struct_type, read, known=known)


def edited_lists(form_data: FormData) -> tuple[Flat, bool]:
    """The data after the `_add` or `_remove` button that was pressed, and whether one was.

    `_add=ticket_types` appends an empty item, `_remove=ticket_types-1` takes that one out. Nothing else
    changes: draw the page again with the data as `raw`, without problems.
    """
    data = flat(form_data)
    added, removed = data.pop("_add", []), data.pop("_remove", [])
    for name in added:
        if isinstance(name, str) and name:
            data[below(name, _next_index(data, name))] = [""]
    for item in removed:
        if isinstance(item, str) and item:
            data = {name: values for name, values in data.items() if not _is_inside(name, item)}
    return data, bool(added or removed)


def _next_index(data: Flat, name: str) -> int:
    starts = (other[len(name) + 1 :] for other in data if other.startswith(name + "-"))
    taken = [int(index) for start in starts if is_index(index := re.split(r"[-.]", start, maxsplit=1)[0])]
    return max(taken, default=-1) + 1


def _is_inside(name: str, item: str) -> bool:
    return name == item or name.startswith((item + "-", item + "."))


class _Reader:
    """Reads texts by the type of their field; what cannot be read becomes `Unreadable`."""

    def __init__(self, zone: ZoneInfo, currency: str) -> None:
        self.zone = zone
        self.currency = currency

    def fields(self, fields: Collection[FieldShape], typed: Typed) -> dict[str, Any]:
        read = {field.key: self.value(field.shape, typed.at(field.key)) for field in fields}
        return {key: value for key, value in read.items() if value is not _ABSENT}

    def value(self, shape: Shape, typed: Typed | None) -> Any:
        if shape.kind == "bool" and not shape.optional:
            return typed is not None and bool(typed.values) and str(typed.text).strip().lower() not in OFF
        if shape.kind == "list":
            return self._list(shape, typed)
        if shape.kind == "struct":
            return self._struct(shape, typed)
        if typed is None:
            return _ABSENT
        if shape.kind == "localized":
            return {language: words.text for language, words in typed.languages().items() if words.text != ""}
        if shape.kind == "dict" and "choices" in shape.extra:
            read = {key: self.value(cast(Shape, shape.item), one) for key, one in typed.languages().items()}
            return {key: value for key, value in read.items() if value is not _ABSENT}
        return self._one(shape, typed)

    def _one(self, shape: Shape, typed: Typed) -> Any:
        text = typed.text
        if not isinstance(text, str):
            return text
        if shape.kind == "text":
            return text if typed.values else _ABSENT
        if not text.strip():
            return None if shape.optional and typed.values else _ABSENT
        if shape.kind == "money":
            return self._money(typed)
        if shape.kind == "int" and shape.wanted_kind == "money":
            return _amount(text, str(shape.extra.get("currency", self.currency)))
        if shape.kind == "datetime":
            return self._datetime(shape, typed)
        return _READERS.get(shape.kind, _json)(shape, text.strip())

    def _struct(self, shape: Shape, typed: Typed | None) -> Any:
        if shape.optional and (typed is None or is_blank(shape, typed)):
            return None
        return self.fields(fields_of(shape.struct), typed or Typed())

    def _list(self, shape: Shape, typed: Typed | None) -> Any:
        item = cast(Shape, shape.item)
        if typed is None:
            return []
        if shape.is_multiselect:
            return [_chosen(item, value) for value in typed.values if value != ""]
        if shape.is_lines:
            text = typed.text
            return [line for line in _lines(text) if line.strip()] if isinstance(text, str) else text
        places = typed.indices()
        if len(places) > shape.most_items:
            return Unreadable("too_long", {"allowed": shape.most_items, "actual": len(places), "of": "items"})
        items = (self.value(item, typed.at(place)) for place in places)
        return [None if one is _ABSENT else one for one in items]

    def _money(self, typed: Typed) -> Any:
        chosen = typed.at("currency")
        currency = str(chosen.text).strip().upper() if chosen is not None and chosen.text else self.currency
        minor = _amount(typed.text, currency)
        return minor if isinstance(minor, Unreadable) else {"minor": minor, "currency": currency}

    def _datetime(self, shape: Shape, typed: Typed) -> Any:
        text = str(typed.text).strip()
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            return Unreadable("wrong_type", {"expected": "local_time", "actual": "text"})
        if local.tzinfo is not None or shape.limits.get("tz") is False:
            return local
        fold = typed.at("fold")
        try:
            instant = to_utc(local, self.zone, fold=int(fold is not None and fold.text == "1"))
        except OverflowError:
            return Unreadable("wrong_type", {"expected": "local_time", "actual": "text"})
        facts = {"actual": text.replace("T", " "), "zone": self.zone.key}
        return instant or Unreadable("nonexistent_time", facts)


def is_blank(shape: Shape, typed: Typed | None) -> bool:
    """Whether nothing was typed into this field, hidden helpers aside."""
    if typed is None:
        return True
    if shape.kind == "struct":
        return all(is_blank(field.shape, typed.at(field.key)) for field in fields_of(shape.struct))
    if shape.kind == "list" and not (shape.is_lines or shape.is_multiselect):
        return not typed.indices()
    if shape.kind in ("localized", "dict") and typed.languages():
        return all(is_blank(cast(Shape, shape.item), one) for one in typed.languages().values())
    return all(isinstance(value, str) and not value.strip() for value in typed.values)


def _as_builtins(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(datetime,))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _amount(text: str, currency: str) -> int | Unreadable:
    try:
        return minor_units(text, currency)
    except TooFineError:
        facts = {"allowed": smallest(currency), "actual": text.strip()[:_LONGEST_NUMBER]}
        return Unreadable("not_a_multiple", facts)
    except AmountError:
        return Unreadable("wrong_type", {"expected": "amount", "actual": "text"})


def _int(shape: Shape, text: str) -> Any:
    if len(text) > _LONGEST_NUMBER or not _WHOLE.fullmatch(text):
        return Unreadable("wrong_type", {"expected": "whole_number", "actual": "text"})
    return int(text.replace(",", ""))


def _float(shape: Shape, text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return Unreadable("wrong_type", {"expected": "number", "actual": "text"})


def _bool(shape: Shape, text: str) -> bool:
    return text.lower() not in OFF


def _as_text(shape: Shape, text: str) -> str:
    return text


def _chosen(shape: Shape, value: Any) -> Any:
    """The choice whose option this is; what is none goes on as text, to be refused by the check."""
    return next((choice for choice in shape.choices if choice_text(choice) == value), value)


def _json(shape: Shape, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return Unreadable("wrong_type", {"expected": "json", "actual": "text"})


_READERS: Final = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "decimal": _as_text,
    "date": _as_text,
    "time": _as_text,
    "uuid": _as_text,
    "choice": _chosen,
}
