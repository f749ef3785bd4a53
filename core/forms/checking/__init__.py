"""Builtins (of TOML, of JSON, of a form) into a Struct, or every problem with them.

One pass, field by field: msgspec's own conversion stops at the first problem.
"""

from collections.abc import Mapping
from typing import Final, TypeVar, cast

from msgspec import Struct

from plenaria.core.forms.checking import anything, numbers, several, structs, texts, times
from plenaria.core.forms.checking.checker import Check, Checker, Known, NoValue, Unreadable
from plenaria.core.forms.checking.several import localized_item
from plenaria.core.forms.checking.structs import check_struct
from plenaria.core.forms.problems import Checked

__all__ = ["Known", "Unreadable", "check", "localized_item"]

S = TypeVar("S", bound=Struct)

KINDS: Final[Mapping[str, Check]] = {
    "text": texts.text,
    "choice": texts.choice,
    "uuid": texts.uuid,
    "bool": numbers.yes_or_no,
    "int": numbers.whole_number,
    "float": numbers.number,
    "decimal": numbers.decimal,
    "datetime": times.instant,
    "date": times.day,
    "time": times.clock_time,
    "struct": structs.struct,
    "money": structs.money,
    "list": several.several,
    "dict": several.mapping,
    "localized": several.localized,
    "union": several.union,
    "any": anything.anything,
    "other": anything.other,
}
"""What checks each kind of a `Shape`."""

REQUIRED_KINDS: Final[Mapping[str, Check]] = {
    **KINDS,
    "text": texts.required_text,
    "localized": several.required_localized,
}
"""The same where a blank value will not do."""


def check(struct_type: type[S], builtins: object, *, known: Known | None = None) -> Checked[S]:
    """The Struct that these builtins describe, or all their problems; never raises for bad data.

    Text is NFC-normalised and stripped, instants become UTC; a blank optional text, list or mapping becomes
    None. A required text may not be blank. `known` holds what references (`extra={"known": "rooms"}`) may be.
    """
    checker = Checker(known or {}, KINDS, REQUIRED_KINDS)
    value = check_struct(checker, struct_type, builtins, "")
    if checker.problems or isinstance(value, NoValue):
        return Checked(None, tuple(checker.problems))
    return Checked(cast(S, value), ())
