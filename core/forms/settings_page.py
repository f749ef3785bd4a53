"""The documentation of a settings Struct, made from it."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.forms.schema import FieldShape, Shape, fields_of
from plenaria.core.forms.toml_files import as_toml
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.values import N_

_HEADINGS: Final = (N_("Setting"), N_("Default"), N_("Unit"), N_("What it does"))
_DEEPEST: Final = 5


def settings_page(struct_type: type[Struct], language: str) -> str:
    """A Markdown table of every setting: name as in TOML (`[]` for list items), default, unit, one sentence."""
    with using(language):
        rows = [_row([gettext(heading) for heading in _HEADINGS]), _row(["---"] * len(_HEADINGS))]
        rows += [_row(cells) for cells in _cells(struct_type, "", 0)]
    return "\n".join(rows) + "\n"


def _cells(struct_type: type[Struct], prefix: str, depth: int) -> Iterator[list[str]]:
    for field in fields_of(struct_type):
        name = prefix + field.key
        yield [f"`{name}`", _default(field), _translated(str(field.shape.extra.get("unit", ""))), _said(field)]
        inner, marks = _inner(field.shape)
        if inner is not None and depth < _DEEPEST:
            yield from _cells(inner, f"{name}{marks}.", depth + 1)


def _inner(shape: Shape) -> tuple[type[Struct] | None, str]:
    marks = ""
    while shape.kind == "list" and shape.item is not None:
        shape, marks = shape.item, marks + "[]"
    return (shape.struct if shape.kind == "struct" else None), marks


def _default(field: FieldShape) -> str:
    if field.required:
        return gettext("required")
    value: Any = field.initial()
    if value is None:
        return "–"
    return f"`{msgspec.json.encode(as_toml(value)).decode()}`"


def _said(field: FieldShape) -> str:
    title, sentence = _translated(field.shape.title), _translated(field.shape.description)
    return f"**{title}.** {sentence}".strip() if title and sentence else title or sentence


def _translated(message: str) -> str:
    return gettext(message) if message else ""


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
