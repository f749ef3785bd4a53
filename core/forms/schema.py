"""What a Struct says about its fields, read once per Struct: types, limits, labels, kinds of field."""

import enum
import re
import types
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from plenaria.core.kernel.values import N_, Money, Slug, Window

MOST_TEXT: Final = 10_000
"""Characters that a text may have when its Struct sets no limit of its own."""

MOST_ITEMS: Final = 10_000
MOST_DRAWN: Final = 500
"""Items of a list that a page draws and reads when its Struct sets no limit of its own."""
LONG_TEXT_FROM: Final = 250
"""A text with an explicit limit above this is drawn as a textarea and may contain line breaks."""

SLUG_PATTERN: Final = next(meta.pattern for meta in Slug.__metadata__ if isinstance(meta, Meta))  # type: ignore[attr-defined]

_LONG_KINDS: Final = frozenset({"textarea", "localized_textarea"})
_LIMITS: Final = ("min_length", "max_length", "ge", "gt", "le", "lt", "multiple_of", "pattern", "tz")
_LEAVES: Final[Mapping[Any, str]] = {
    str: "text",
    int: "int",
    float: "float",
    bool: "bool",
    Decimal: "decimal",
    datetime: "datetime",
    date: "date",
    time: "time",
    UUID: "uuid",
    Any: "any",
    object: "any",
}
_CONTAINERS: Final[Mapping[Any, Callable[[Any], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    AbstractSet: frozenset,
}

_LABELS_OF: Final[Mapping[type, Mapping[str, Meta]]] = {
    Money: {
        "minor": Meta(title=N_("Amount")),
        "currency": Meta(
            title=N_("Currency"),
            pattern=r"^[A-Z]{3}$",
            extra={"example": "MXN"},
        ),
    },
    Window: {
        "opens_at": Meta(title=N_("Opens")),
        "closes_at": Meta(title=N_("Closes"), description=N_("From this moment on it is closed.")),
        "grace_s": Meta(
            title=N_("Grace"),
            description=N_("How long after closing late submissions are still accepted."),
            ge=0,
            le=30 * 24 * 3600,
            extra={"unit": N_("seconds")},
        ),
    },
}
"""Labels and limits of the shared vocabulary, which itself stays free of them."""


class Shape(Struct, frozen=True, kw_only=True, eq=False):
    """The type of one field.

    `kind` is one of text int float decimal bool datetime date time uuid choice money struct list dict
    localized any union other. `limits` are those of `msgspec.Meta`; `item` is the type of list items and of
    dict values.
    """

    kind: str
    optional: bool = False
    limits: dict[str, Any] = {}
    title: str = ""
    description: str = ""
    extra: dict[str, Any] = {}
    item: "Shape | None" = None
    key: "Shape | None" = None
    struct: Any = None
    container: Callable[[Any], Any] = list
    choices: dict[Any, Any] = {}
    """For kind choice: the builtin value and what it becomes (an enum member, or itself)."""
    alternatives: tuple["Shape", ...] = ()
    python: Any = None

    @property
    def wanted_kind(self) -> str:
        return str(self.extra.get("kind", ""))

    @property
    def is_long(self) -> bool:
        """Whether a text may have line breaks and tabs."""
        if wanted := self.wanted_kind:
            return wanted in _LONG_KINDS
        return bool((self.limits.get("max_length") or 0) > LONG_TEXT_FROM)

    @property
    def is_lines(self) -> bool:
        """Whether a list is typed into one textarea, an item a line."""
        item = self.item
        if self.kind != "list" or item is None or item.kind != "text" or item.is_long:
            return False
        return not self.is_multiselect and self.wanted_kind != "list"

    @property
    def most_items(self) -> int:
        """Items of this list that a form reads and draws."""
        return int(self.limits.get("max_length", MOST_DRAWN))

    @property
    def is_multiselect(self) -> bool:
        item = self.item
        if self.kind != "list" or item is None or item.kind not in ("text", "choice"):
            return False
        return item.kind == "choice" or bool({"choices", "known"} & (self.extra.keys() | item.extra.keys()))


class FieldShape(Struct, frozen=True, kw_only=True, eq=False):
    """One field of a Struct; `key` is its name in TOML, JSON and forms, `name` in Python."""

    name: str
    key: str
    shape: Shape
    default: Any = msgspec.NODEFAULT
    default_factory: Any = msgspec.NODEFAULT

    @property
    def required(self) -> bool:
        return self.default is msgspec.NODEFAULT and self.default_factory is msgspec.NODEFAULT

    def initial(self) -> Any:
        """The default, or None where there is none."""
        if self.default is not msgspec.NODEFAULT:
            return self.default
        return self.default_factory() if self.default_factory is not msgspec.NODEFAULT else None


@cache
def fields_of(struct_type: type[Struct]) -> tuple[FieldShape, ...]:
    """The fields of a Struct in the order they are written."""
    hints = get_type_hints(struct_type, include_extras=True)
    labels = _LABELS_OF.get(struct_type, {})
    return tuple(
        FieldShape(
            name=field.name,
            key=field.encode_name,
            shape=_shape(hints[field.name], (labels[field.name],) if field.name in labels else ()),
            default=field.default,
            default_factory=field.default_factory,
        )
        for field in msgspec.structs.fields(struct_type)
    )


@cache
def tag_of(struct_type: type[Struct]) -> tuple[str, str | int] | None:
    """The tag field and value that tell this Struct from its siblings in a union."""
    config = struct_type.__struct_config__
    return (config.tag_field, config.tag) if config.tag_field is not None and config.tag is not None else None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def is_slug(shape: Shape) -> bool:
    return bool(shape.extra.get("slug")) or shape.limits.get("pattern") == SLUG_PATTERN


def is_zone(shape: Shape) -> bool:
    return bool(shape.extra.get("zone")) or shape.wanted_kind == "zone"


def unique_key(shape: Shape) -> str | None:
    """The item field that no two items of this list may share ("" for the item itself)."""
    declared = shape.extra.get("unique")
    if declared is None or declared is False:
        return None
    return "" if declared is True else str(declared)


def _shape(hint: Any, metas: tuple[Meta, ...] = ()) -> Shape:
    if isinstance(hint, NewType):
        return _shape(hint.__supertype__, metas)
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        return _shape(inner, (*(note for note in notes if isinstance(note, Meta)), *metas))
    if origin in (Union, types.UnionType):
        return _union(get_args(hint), metas)
    return Shape(**_described(metas), **_typed(hint, origin, metas))


def _union(arguments: tuple[Any, ...], metas: tuple[Meta, ...]) -> Shape:
    others = tuple(argument for argument in arguments if argument is not types.NoneType)
    optional = len(others) < len(arguments)
    if len(others) == 1:
        inner = _shape(others[0], metas)
        return msgspec.structs.replace(inner, optional=optional or inner.optional)
    return Shape(
        kind="union", optional=optional, alternatives=tuple(_shape(other) for other in others), **_described(metas)
    )


def _described(metas: tuple[Meta, ...]) -> dict[str, Any]:
    """Inner notes first, so that what stands outside (nearer to the field) wins."""
    limits: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    title = description = ""
    for meta in metas:
        limits |= {name: value for name in _LIMITS if (value := getattr(meta, name)) is not None}
        extra |= meta.extra or {}
        title, description = meta.title or title, meta.description or description
    return {"limits": limits, "extra": extra, "title": title, "description": description}


def _typed(hint: Any, origin: Any, metas: tuple[Meta, ...]) -> dict[str, Any]:
    if (leaf := _LEAVES.get(hint)) is not None:
        return {"kind": leaf, "python": hint}
    if origin is Literal:
        return {"kind": "choice", "choices": {value: value for value in get_args(hint)}, "python": hint}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"kind": "choice", "choices": {member.value: member for member in hint}, "python": hint}
    if isinstance(hint, type) and issubclass(hint, Struct):
        return {"kind": "money" if hint is Money else "struct", "struct": hint, "python": hint}
    if (container := _CONTAINERS.get(origin or hint)) is not None and _is_homogeneous(hint):
        arguments = get_args(hint)
        return {
            "kind": "list",
            "container": container,
            "item": _shape(arguments[0] if arguments else Any),
            "python": hint,
        }
    if (origin or hint) in (dict, Mapping):
        return _mapping(hint, metas)
    return {"kind": "other", "python": hint}


def _is_homogeneous(hint: Any) -> bool:
    arguments = get_args(hint)
    return get_origin(hint) is not tuple or (len(arguments) == 2 and arguments[1] is Ellipsis)


def _mapping(hint: Any, metas: tuple[Meta, ...]) -> dict[str, Any]:
    key, item = (_shape(argument) for argument in get_args(hint) or (Any, Any))
    extra = _described(metas)["extra"]
    is_plain = "choices" not in extra and extra.get("kind") != "mapping"
    kind = "localized" if key.kind == item.kind == "text" and is_plain else "dict"
    return {"kind": kind, "key": key, "item": item, "python": hint}
