"""The HTML attributes of a control: limits, keyboard, autocompletion."""

from typing import Final

from plenaria.core.forms.schema import MOST_TEXT, Shape, is_slug

_NUMBERS: Final = {"int": "numeric", "float": "decimal", "decimal": "decimal"}
_COPIED: Final = ("autocomplete", "inputmode", "placeholder", "rows", "accept", "spellcheck")


def attributes_of(shape: Shape, kind: str) -> dict[str, str | int | float]:
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
