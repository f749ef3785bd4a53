"""A form as the templates see it: a tree of fields, with what stands in them and what is wrong with it."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct


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


def hidden(name: str, pointer: str, value: str) -> Field:
    """A field that is not seen; its id differs from that of the list item of the same name."""
    return Field(
        name=name,
        id="hidden-" + name.replace(".", "--"),
        label="",
        kind="hidden",
        pointer=pointer,
        value=value,
    )
