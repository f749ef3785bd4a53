"""A Struct as a tree of fields for the templates, filled with a value or with what was typed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from msgspec import Struct

from plenaria.core.forms.checking import Known, localized_item
from plenaria.core.forms.problems import Problem, step
from plenaria.core.forms.schema import MOST_TEXT, FieldShape, Shape, fields_of, is_slug
from plenaria.core.forms.typed import OFF, Flat, FormData, Typed, as_typed, below, choice_text, flat, tree, typed_value
from plenaria.core.forms.words import words
from plenaria.core.kernel.i18n import current_language, gettext, using
from plenaria.core.kernel.languages import LANGUAGES, name_in
from plenaria.core.kernel.values import N_

_DEEPEST: Final = 8
_NUMBERS: Final = {"int": "numeric", "float": "decimal", "decimal": "decimal"}
_COPIED: Final = ("autocomplete", "inputmode", "placeholder", "rows", "accept", "spellcheck")
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


class Field(Struct, kw_only=True):
    """One field of a form.

    `value` is as typed: a str, for a checkbox a bool, for a multiselect a list of str. `children` are the
    languages of a localized text, the fields of a group, the items (groups or fields) of a list; with money,
    a date and time or a list item some are hidden ones that have to be in the page too. `errors` are
    sentences.
    """

    name: str
    id: str
    label: str
    kind: str
    pointer: str
    help: str = ""
    unit: str = ""
    required: bool = False
    value: Any = ""
    choices: list[tuple[str, str]] = []
    attrs: dict[str, str | int | float] = {}
    errors: list[str] = []
    children: list["Field"] = []

    def walk(self) -> Iterable["Field"]:
        yield self
        for child in self.children:
            yield from child.walk()


class Form(Struct, kw_only=True):
    """The fields of a form and the messages that belong to none of them."""

    fields: list[Field]
    problems: list[str] = []

    def field(self, name: str) -> Field:
        """The field of that name, at any depth. Raises KeyError."""
        for field in self.walk():
            if field.name == name:
                return field
        raise KeyError(name)

    def walk(self) -> Iterable[Field]:
        for field in self.fields:
            yield from field.walk()

    @property
    def has_errors(self) -> bool:
        return bool(self.problems) or any(field.errors for field in self.walk())


def form_for(
    struct_type: type[Struct],
    *,
    value: Struct | None = None,
    raw: FormData | None = None,
    problems: Iterable[Problem] = (),
    language: str,
    zone: str | ZoneInfo,
    only: Collection[str] | None = None,
    known: Known | None = None,
    currency: str = "MXN",
    languages: Collection[str] = LANGUAGES,
    translate: Callable[[str], str] = gettext,
) -> Form:
    """The form of a Struct: with `raw` exactly what was typed, else `value`, else the defaults.

    Errors stand at the field that their pointer names, or at the nearest one around it that is drawn.
    """
    where = ZoneInfo(zone) if isinstance(zone, str) else zone
    data = flat(raw) if raw is not None else as_typed(struct_type, value, where)
    artist = _Artist(where, known or {}, currency, tuple(languages), translate)
    with using(language):
        asked = [field for field in fields_of(struct_type) if only is None or field.key in only]
        form = Form(fields=artist.fields(asked, tree(data), "", ""))
        _place(form, problems, language)
    return form


def _place(form: Form, problems: Iterable[Problem], language: str) -> None:
    by_pointer = {field.pointer: field for field in form.walk() if field.kind != "hidden"}
    for problem in problems:
        pointer = problem.pointer
        while pointer and pointer not in by_pointer:
            pointer = pointer.rpartition("/")[0]
        sentence = words(problem, language)
        if pointer:
            field = by_pointer[pointer]
            field.errors = [*field.errors, _with_line(field, pointer, problem, sentence)]
        else:
            name = problem.pointer.strip("/").replace("/", " – ")
            form.problems = [*form.problems, f"{name}: {sentence}" if name else sentence]


def _with_line(field: Field, pointer: str, problem: Problem, sentence: str) -> str:
    """A problem of an item that has no field of its own (one line of a textarea) says which."""
    rest = problem.pointer[len(pointer) :].strip("/")
    return f"{int(rest) + 1}: {sentence}" if field.kind == "textarea" and rest.isdigit() else sentence


class _Artist:
    """Draws fields from what is typed."""

    def __init__(
        self,
        zone: ZoneInfo,
        known: Known,
        currency: str,
        languages: tuple[str, ...],
        translate: Callable[[str], str],
    ) -> None:
        self.zone = zone
        self.known = known
        self.currency = currency
        self.languages = languages
        self.translate = translate

    def fields(
        self,
        fields: Iterable[FieldShape],
        typed: Typed,
        name: str,
        pointer: str,
        *,
        loose: bool = False,
        depth: int = 0,
    ) -> list[Field]:
        return [
            self.field(
                field.shape,
                typed.at(field.key) or Typed(),
                below(name, field.key),
                step(pointer, field.key),
                required=field.required and not loose,
                depth=depth,
            )
            for field in fields
        ]

    def field(
        self,
        shape: Shape,
        typed: Typed,
        name: str,
        pointer: str,
        *,
        required: bool,
        depth: int = 0,
        label: str = "",
    ) -> Field:
        kind = self._kind(shape)
        minimum = shape.limits.get("min_length", 0)
        field = Field(
            name=name,
            id="field-" + name.replace(".", "--"),
            label=label or self._label(shape, pointer),
            kind=kind,
            pointer=pointer,
            help=self._said(shape.description),
            unit=self._said(str(shape.extra.get("unit", ""))),
            required=(required or (shape.kind in ("text", "list") and minimum > 0)) and not shape.optional,
            attrs=_attrs(shape, kind),
        )
        if kind == "checkbox":
            field.required = False
        self._fill(field, shape, typed, depth)
        return field

    def _label(self, shape: Shape, pointer: str) -> str:
        if shape.title:
            return self._said(shape.title)
        return self.translate(pointer.rpartition("/")[2].replace("_", " ").capitalize())

    def _said(self, message: str) -> str:
        return self.translate(message) if message else ""

    def _kind(self, shape: Shape) -> str:
        if shape.kind == "localized":
            return "localized_textarea" if localized_item(shape).is_long else "localized_text"
        if shape.wanted_kind and shape.wanted_kind not in ("zone", "mapping"):
            return shape.wanted_kind
        if shape.kind == "list":
            return "textarea" if shape.is_lines else "multiselect" if shape.is_multiselect else "list"
        if shape.kind == "text":
            has_choices = "choices" in shape.extra or shape.extra.get("known") in self.known
            return "select" if has_choices else "textarea" if shape.is_long else "text"
        if shape.kind == "bool" and shape.optional:
            return "select"
        if shape.kind == "dict" and "choices" in shape.extra:
            return "group"
        return _KINDS.get(shape.kind, "textarea")

    def _fill(self, field: Field, shape: Shape, typed: Typed, depth: int) -> None:
        if field.kind == "hidden" or depth > _DEEPEST:
            field.value = _string(typed.text)
        elif shape.kind == "struct":
            loose = shape.optional
            inside = fields_of(shape.struct)
            field.children = self.fields(inside, typed, field.name, field.pointer, loose=loose, depth=depth + 1)
        elif shape.kind == "localized":
            field.children = self._languages(field, shape, typed)
        elif shape.kind == "dict" and "choices" in shape.extra:
            field.children = self._keys(field, shape, typed)
        elif field.kind == "list":
            field.children = self._items(field, shape, typed, depth)
        elif field.kind == "multiselect":
            field.value = [_string(value) for value in typed.values if value != ""]
            field.choices = self._choices(shape, field)
        elif field.kind == "checkbox":
            field.value = bool(typed.values) and str(typed.text).strip().lower() not in OFF
        else:
            self._fill_one(field, shape, typed)

    def _fill_one(self, field: Field, shape: Shape, typed: Typed) -> None:
        field.value = "" if field.kind in ("password", "file") else _string(typed.text)
        if field.kind in ("select", "radio"):
            field.choices = self._choices(shape, field)
        elif field.kind == "money":
            self._fill_money(field, shape, typed)
        elif shape.kind == "datetime":
            field.unit = field.unit or ("" if shape.limits.get("tz") is False else self.zone.key)
            if (fold := typed.at("fold")) is not None and fold.text == "1":
                field.children = [_hidden(below(field.name, "fold"), step(field.pointer, "fold"), "1")]

    def _fill_money(self, field: Field, shape: Shape, typed: Typed) -> None:
        told = typed.at("currency")
        currency = _string(told.text) if told is not None and told.text else ""
        currency = currency or str(shape.extra.get("currency", self.currency))
        field.unit = field.unit or currency
        if shape.kind == "money":
            name, pointer = below(field.name, "currency"), step(field.pointer, "currency")
            field.children = [_hidden(name, pointer, currency)]

    def _languages(self, field: Field, shape: Shape, typed: Typed) -> list[Field]:
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
                value=_string(found[language].text) if language in found else "",
                attrs={**_attrs(text, kind), "lang": language},
            )
            for language in dict.fromkeys((*self.languages, *found))
        ]

    def _keys(self, field: Field, shape: Shape, typed: Typed) -> list[Field]:
        labels = _labels(shape.extra["choices"])
        found = typed.languages()
        return [
            self.field(
                cast(Shape, shape.item),
                found.get(key) or Typed(),
                f"{field.name}.{key}",
                step(field.pointer, key),
                required=False,
                label=self._said(labels.get(key, key)),
            )
            for key in dict.fromkeys((*labels, *found))
        ]

    def _items(self, field: Field, shape: Shape, typed: Typed, depth: int) -> list[Field]:
        item = cast(Shape, shape.item)
        children = []
        for index, key in enumerate(typed.indices()):
            name, pointer = below(field.name, index), step(field.pointer, index)
            inside = typed.below[key]
            if item.kind == "struct" and not inside.below:
                inside = _fresh(item, self.zone)
            child = self.field(
                item,
                inside,
                name,
                pointer,
                required=True,
                depth=depth + 1,
                label=self._item_label(field, item, index),
            )
            if item.kind == "struct":
                child.children = [_hidden(name, "", ""), *child.children]
            children.append(child)
        return children

    def _item_label(self, field: Field, item: Shape, index: int) -> str:
        return f"{self._said(item.title) or field.label} {index + 1}"

    def _choices(self, shape: Shape, field: Field) -> list[tuple[str, str]]:
        """What may be chosen; then, so that nothing typed is lost, what was chosen and may not be."""
        choices = self._labelled(shape)
        values = [value for value, _ in choices]
        chosen = field.value if isinstance(field.value, list) else [field.value]
        choices += [(value, value) for value in dict.fromkeys(chosen) if value and value not in values]
        if field.kind != "select":
            return choices
        may_be_blank = shape.optional or not field.value or (shape.kind == "text" and not field.required)
        return [("", "—"), *choices] if may_be_blank and "" not in values else choices

    def _labelled(self, shape: Shape) -> list[tuple[str, str]]:
        source = shape.item if shape.kind == "list" and shape.item is not None else shape
        extra = {**source.extra, **shape.extra}
        if (known := self.known.get(str(extra.get("known")))) is not None:
            return [(value, label) for value, label in _labels(known).items()]
        labels = _labels(extra.get("choices", ()))
        if source.kind == "bool":
            return [(value, self._said(labels.get(value, said))) for value, said in _YES_NO.items()]
        values = [choice_text(value) for value in source.choices] if source.choices else list(labels)
        return [(value, self._said(labels.get(value, value.replace("_", " ").capitalize()))) for value in values]


_YES_NO: Final = {"true": N_("Yes"), "false": N_("No")}


def _labels(choices: Mapping[Any, str] | Iterable[Any]) -> dict[str, str]:
    if isinstance(choices, Mapping):
        return {choice_text(value): label for value, label in choices.items()}
    return {choice_text(value): choice_text(value) for value in choices}


def _fresh(item: Shape, zone: ZoneInfo) -> Typed:
    data: Flat = dict(typed_value(item, None, "item", zone))
    return tree(data).at("item") or Typed()


def _hidden(name: str, pointer: str, value: str) -> Field:
    """A field that is not seen; its id differs from that of the list item of the same name."""
    return Field(
        name=name,
        id="hidden-" + name.replace(".", "--"),
        label="",
        kind="hidden",
        pointer=pointer,
        value=value,
    )


def _string(value: Any) -> str:
    """What was typed, its line ends as in a textarea; an upload cannot be shown again."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _attrs(shape: Shape, kind: str) -> dict[str, str | int | float]:
    attrs: dict[str, str | int | float] = {name: shape.extra[name] for name in _COPIED if name in shape.extra}
    limits = shape.limits
    if shape.kind == "text" and kind != "select":
        attrs |= _text_attrs(shape, kind)
    elif kind == "number":
        attrs["inputmode"] = _NUMBERS.get(shape.kind, "decimal")
        attrs |= {name: limits[key] for name, key in (("min", "ge"), ("max", "le")) if key in limits}
        attrs["step"] = limits.get("multiple_of", 1 if shape.kind == "int" else "any")
    elif kind == "money":
        attrs["inputmode"] = "decimal"
    elif kind in ("datetime", "time"):
        attrs["step"] = 1
    elif kind in ("list", "multiselect"):
        attrs |= {n: limits[k] for n, k in (("min", "min_length"), ("max", "max_length")) if k in limits}
    return attrs


def _text_attrs(shape: Shape, kind: str) -> dict[str, str | int | float]:
    limits, extra = shape.limits, shape.extra
    attrs: dict[str, str | int | float] = {
        "maxlength": min(limits.get("max_length", MOST_TEXT), extra.get("max_length", MOST_TEXT))
    }
    if minimum := limits.get("min_length"):
        attrs["minlength"] = minimum
    if (pattern := limits.get("pattern")) and kind != "textarea" and (is_slug(shape) or pattern.startswith("^")):
        attrs["pattern"] = pattern.removeprefix("^").removesuffix("$")
    if example := extra.get("example"):
        attrs.setdefault("placeholder", example)
    return attrs
