"""What is wrong with one field, as data; the words for it are in `words`."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from plenaria.core.kernel.values import Refusal, Refused

T = TypeVar("T")


class Problem(Struct, frozen=True):
    """One thing that is wrong.

    `pointer` is a JSON pointer (RFC 6901), "" for the whole; `code` is stable API; `facts` are builtins.
    A Struct's own `problems()` gives its `sentence` along: a msgid with the facts as `{names}`.
    """

    pointer: str
    code: str
    facts: dict[str, Any] = {}
    sentence: str = ""

    def under(self, pointer: str) -> "Problem":
        """The same problem, seen from the document that holds its Struct at `pointer`."""
        return replace(self, pointer=pointer + self.pointer)

    def as_refusal(self) -> Refusal:
        return Refusal(self.code, self.facts, self.pointer)


class Checked(Struct, Generic[T], frozen=True):
    """Either a value, or every problem that keeps it from being one."""

    value: T | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems

    def or_refuse(self) -> T:
        """The value. Raises `Refused` with every problem when there is none."""
        if self.problems or self.value is None:
            raise Refused(*refusals(self.problems))
        return self.value


def refusals(problems: Iterable[Problem]) -> tuple[Refusal, ...]:
    return tuple(problem.as_refusal() for problem in problems)


def step(pointer: str, key: str | int) -> str:
    """The pointer one step deeper."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def steps(pointer: str) -> tuple[str, ...]:
    """The unescaped keys of a pointer, outermost first."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
