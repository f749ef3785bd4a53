"""Shapes and what is typed into them as fields."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from plenaria.core.forms.checking import localized_item
from plenaria.core.forms.fields.attributes import attributes_of
from plenaria.core.forms.fields.choices import choices_of, labels_of
from plenaria.core.forms.fields.drawing import Drawing
from plenaria.core.forms.fields.tree import Field, hidden
from plenaria.core.forms.problems import step
from plenaria.core.forms.schema import MOST_TEXT, FieldShape, Shape, fields_of
from plenaria.core.forms.typed import OFF, Flat, Typed, below, tree, typed_value
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.languages import name_in

_DEEPEST: Final = 8
MOST_NUMBER: Final = 100
"""Characters of what is no text: a number, a date, a choice."""
_OF_ANY_LENGTH: Final = ("any", "union", "other", "dict", "list")
"""Typed as JSON or as lines."""
_KINDS: Final[Mapping[str, str]] = {
    "text": "text",
    "int": "number",
    "float": "number",
    "decimal": "number",
    "bool": "checkbox",
    "datetime": "datetime",
    "date": "date",
    "time": "time",
    "uuid": "text",
    "choice": "select",
    "money": "money",
    "struct": "group",
    "localized": "localized_text",
}


def draw_fields(
    drawing: Drawing,
    fields: Iterable[FieldShape],
    typed: Typed,
    name: str,
    pointer: str,
    *,
    loose: bool = False,
    depth: int = 0,
) -> list[Field]:
    return [
        draw_field(
            drawing,
            field.shape,
            typed.at(field.key) or Typed(),
            below(name, field.key),
            step(pointer, field.key),
            required=field.required and not loose,
            depth=depth,
        )
        for field in fields
    ]


def draw_field(
    drawing: Drawing,
    shape: Shape,
    typed: Typed,
    name: str,
    pointer: str,
    *,
    required: bool,
    depth: int = 0,
    label: str = "",
) -> Field:
    kind = _kind(drawing, shape)
    minimum = shape.limits.get("min_length", 0)
    field = Field(
        name=name,
        id="field-" + name.replace(".", "--"),
        label=label or _label(drawing, shape, pointer),
        kind=kind,
        pointer=pointer,
        help=drawing.translated(shape.description),
        unit=drawing.translated(str(shape.extra.get("unit", ""))),
        required=(required or (shape.kind in ("text", "list") and minimum > 0)) and not shape.optional,
        attrs=attributes_of(shape, kind),
    )
    if kind == "checkbox":
        field.required = False
    _fill(drawing, field, shape, typed, depth)
    return field


def _label(drawing: Drawing, shape: Shape, pointer: str) -> str:
    if shape.title:
        return drawing.translated(shape.title)
    return drawing.translate(pointer.rpartition("/")[2].replace("_", " ").capitalize())


def _kind(drawing: Drawing, shape: Shape) -> str:
    if shape.kind == "localized":
        return "localized_textarea" if localized_item(shape).is_long else "localized_text"
    if shape.wanted_kind and shape.wanted_kind not in ("zone", "mapping"):
        return shape.wanted_kind
    if shape.kind == "list":
        return "textarea" if shape.is_lines else "multiselect" if shape.is_multiselect else "list"
    if shape.kind == "text":
        has_choices = "choices" in shape.extra or shape.extra.get("known") in drawing.known
        return "select" if has_choices else "textarea" if shape.is_long else "text"
    if shape.kind == "bool" and shape.optional:
        return "select"
    if shape.kind == "dict" and "choices" in shape.extra:
        return "group"
    return _KINDS.get(shape.kind, "textarea")


def _fill(drawing: Drawing, field: Field, shape: Shape, typed: Typed, depth: int) -> None:
    if field.kind == "hidden" or depth > _DEEPEST:
        field.value = _given_back(shape, as_string(typed.text))
    elif shape.kind == "struct":
        loose = shape.optional
        inside = fields_of(shape.struct)
        field.children = draw_fields(drawing, inside, typed, field.name, field.pointer, loose=loose, depth=depth + 1)
    elif shape.kind == "localized":
        field.children = _languages(drawing, field, shape, typed)
    elif shape.kind == "dict" and "choices" in shape.extra:
        field.children = _keys(drawing, field, shape, typed)
    elif field.kind == "list":
        field.children = _items(drawing, field, shape, typed, depth)
    elif field.kind == "multiselect":
        chosen = (as_string(value) for value in typed.values[: shape.most_items] if value != "")
        field.value = [value for value in chosen if len(value) <= MOST_NUMBER]
        field.choices = choices_of(drawing, shape, field)
    elif field.kind == "checkbox":
        field.value = bool(typed.values) and str(typed.text).strip().lower() not in OFF
    else:
        _fill_one(drawing, field, shape, typed)


def _fill_one(drawing: Drawing, field: Field, shape: Shape, typed: Typed) -> None:
    field.value = "" if field.kind in ("password", "file") else _given_back(shape, as_string(typed.text))
    if field.kind in ("select", "radio"):
        field.choices = choices_of(drawing, shape, field)
    elif field.kind == "money":
        _fill_money(drawing, field, shape, typed)
    elif shape.kind == "datetime":
        field.unit = field.unit or ("" if shape.limits.get("tz") is False else drawing.zone.key)
        if (fold := typed.at("fold")) is not None and fold.text == "1":
            field.children = [hidden(below(field.name, "fold"), step(field.pointer, "fold"), "1")]


def _given_back(shape: Shape, typed: str) -> str:
    """What was typed, unless it is far too long for its field: that would only cost both sides the answer."""
    if shape.kind in _OF_ANY_LENGTH:
        return typed
    limits = (shape.limits.get("max_length"), shape.extra.get("max_length"), MOST_TEXT)
    most = next(limit for limit in limits if limit) if shape.kind == "text" else MOST_NUMBER
    return typed if len(typed) <= 2 * most else ""


def _fill_money(drawing: Drawing, field: Field, shape: Shape, typed: Typed) -> None:
    typed_currency = typed.at("currency")
    currency = as_string(typed_currency.text) if typed_currency is not None and typed_currency.text else ""
    currency = currency or str(shape.extra.get("currency", drawing.currency))
    field.unit = field.unit or currency
    if shape.kind == "money":
        name, pointer = below(field.name, "currency"), step(field.pointer, "currency")
        field.children = [hidden(name, pointer, currency)]


def _languages(drawing: Drawing, field: Field, shape: Shape, typed: Typed) -> list[Field]:
    """A field a language: those of the event, and any other in which something stands."""
    found = typed.languages()
    text = localized_item(shape)
    kind = "textarea" if text.is_long else "text"
    return [
        Field(
            name=f"{field.name}.{language}",
            id=f"{field.id}--{language}",
            label=name_in(language, current_language()),
            kind=kind,
            pointer=step(field.pointer, language),
            value=_given_back(text, as_string(found[language].text)) if language in found else "",
            attrs={**attributes_of(text, kind), "lang": language},
        )
        for language in dict.fromkeys((*drawing.languages, *found))
    ]


def _keys(drawing: Drawing, field: Field, shape: Shape, typed: Typed) -> list[Field]:
    labels = labels_of(shape.extra["choices"])
    found = typed.languages()
    return [
        draw_field(
            drawing,
            cast(Shape, shape.item),
            found.get(key) or Typed(),
            f"{field.name}.{key}",
            step(field.pointer, key),
            required=False,
            label=drawing.translated(labels.get(key, key)),
        )
        for key in dict.fromkeys((*labels, *found))
    ]


def _items(drawing: Drawing, field: Field, shape: Shape, typed: Typed, depth: int) -> list[Field]:
    item = cast(Shape, shape.item)
    children = []
    for index, key in enumerate(typed.indices()[: shape.most_items]):
        name, pointer = below(field.name, index), step(field.pointer, index)
        inside = typed.below[key]
        if item.kind == "struct" and not inside.below:
            inside = _fresh(item, drawing.zone)
        child = draw_field(
            drawing,
            item,
            inside,
            name,
            pointer,
            required=True,
            depth=depth + 1,
            label=_item_label(drawing, field, item, index),
        )
        if item.kind == "struct":
            child.children = [hidden(name, "", ""), *child.children]
        children.append(child)
    return children


def _item_label(drawing: Drawing, field: Field, item: Shape, index: int) -> str:
    return f"{drawing.translated(item.title) or field.label} {index + 1}"


def _fresh(item: Shape, zone: ZoneInfo) -> Typed:
    data: Flat = dict(typed_value(item, None, "item", zone))
    return tree(data).at("item") or Typed()


def as_string(value: Any) -> str:
    """What was typed, its line ends as in a textarea; an upload cannot be shown again."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""
