"""What may be chosen in a field, with labels."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from plenaria.core.forms.fields.drawing import Drawing
from plenaria.core.forms.fields.tree import Field
from plenaria.core.forms.schema import Shape
from plenaria.core.forms.typed import choice_text
from plenaria.core.kernel.values import N_

_YES_NO: Final = {"true": N_("Yes"), "false": N_("No")}


def choices_of(drawing: Drawing, shape: Shape, field: Field) -> list[tuple[str, str]]:
    """What may be chosen; then, so that nothing typed is lost, what was chosen and may not be."""
    choices = _labelled(drawing, shape)
    values = [value for value, _ in choices]
    chosen = field.value if isinstance(field.value, list) else [field.value]
    choices += [(value, value) for value in dict.fromkeys(chosen) if value and value not in values]
    if field.kind != "select":
        return choices
    may_be_blank = shape.optional or not field.value or (shape.kind == "text" and not field.required)
    return [("", "—"), *choices] if may_be_blank and "" not in values else choices


def _labelled(drawing: Drawing, shape: Shape) -> list[tuple[str, str]]:
    source = shape.item if shape.kind == "list" and shape.item is not None else shape
    extra = {**source.extra, **shape.extra}
    if (known := drawing.known.get(str(extra.get("known")))) is not None:
        return [(value, label) for value, label in labels_of(known).items()]
    labels = labels_of(extra.get("choices", ()))
    if source.kind == "bool":
        return [(value, drawing.translated(labels.get(value, words))) for value, words in _YES_NO.items()]
    values = [choice_text(value) for value in source.choices] if source.choices else list(labels)
    return [(value, drawing.translated(labels.get(value, value.replace("_", " ").capitalize()))) for value in values]


def labels_of(choices: Mapping[Any, str] | Iterable[Any]) -> dict[str, str]:
    if isinstance(choices, Mapping):
        return {choice_text(value): label for value, label in choices.items()}
    return {choice_text(value): choice_text(value) for value in choices}
