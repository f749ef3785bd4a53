"""Settings as TOML files: what TOML can hold, and the line on which each setting stands."""

import re
import tomllib
from datetime import date, datetime, time
from typing import Any, Final

import msgspec

from plenaria.core.forms.problems import Problem, step, steps
from plenaria.core.forms.words import words

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SPACE: Final = re.compile(r"[ \t]*")
_SPACE_AND_COMMENTS: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR: Final = re.compile(r"[^,\]}#\r\n]*")
_REST_OF_LINE: Final = re.compile(r"[^\n]*")
_STRING: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)


def as_toml(value: object) -> Any:
    """Builtins for a TOML document, which has no null: a None is left out, so it must be the default."""
    return _without_none(msgspec.to_builtins(value, builtin_types=(datetime, date, time)))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, (list, tuple)) else value


def complaint(problem: Problem, *, file: str, toml_text: str, language: str) -> str:
    """One line for a terminal: file, line, field, what is wrong and what is allowed."""
    field = ".".join(steps(problem.pointer))
    place = f"{file}:{line_of(toml_text, problem.pointer)}"
    return f"{place}: {field}: {words(problem, language)}" if field else f"{place}: {words(problem, language)}"


def line_of(toml_text: str, pointer: str) -> int:
    """The 1-based line where the key, table or array item stands; that of what is around it when it is missing.

    `toml_text` is a document that tomllib can load; of any other the answer is a guess, but never an exception.
    """
    lines = lines_of(toml_text)
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def lines_of(toml_text: str) -> dict[str, int]:
    """The line of every pointer of the document."""
    scanner = _Scanner(toml_text)
    try:
        scanner.document()
    except (RecursionError, _NotTomlError):
        return scanner.lines
    return scanner.lines


class _NotTomlError(ValueError):
    """The text is no TOML from here on."""


class _Scanner:
    """Walks over a TOML document (1.0.0) and notes where each pointer begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.lines: dict[str, int] = {}
        self.tables: dict[str, int] = {}
        """How many items each array of tables has so far."""
        self._counted_to, self._line = 0, 1

    def document(self) -> None:
        table = ""
        self._skip(_SPACE_AND_COMMENTS)
        while self.place < len(self.text):
            if self._at("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE_AND_COMMENTS)

    def _header(self) -> str:
        line = self._current_line()
        is_array = self._at("[[")
        self.place += 2 if is_array else 1
        *outer, last = self._key()
        self._skip(_REST_OF_LINE)
        pointer = step(self._inside("", outer, line), last)
        if not is_array:
            self.lines[pointer] = line
            return pointer
        self.lines.setdefault(pointer, line)
        index = self.tables.get(pointer, 0)
        self.tables[pointer] = index + 1
        self.lines[step(pointer, index)] = line
        return step(pointer, index)

    def _inside(self, pointer: str, keys: list[str], line: int) -> str:
        """The table that these keys lead to; of an array of tables the last one."""
        for key in keys:
            pointer = step(pointer, key)
            self.lines.setdefault(pointer, line)
            if pointer in self.tables:
                pointer = step(pointer, self.tables[pointer] - 1)
        return pointer

    def _pair(self, table: str) -> None:
        line = self._current_line()
        *outer, last = self._key()
        pointer = step(self._inside(table, outer, line), last)
        self.lines.setdefault(pointer, line)
        self._expect("=")
        self._skip(_SPACE)
        self._value(pointer)

    def _key(self) -> list[str]:
        keys = [self._one_key()]
        while self._at("."):
            self.place += 1
            keys.append(self._one_key())
        return keys

    def _one_key(self) -> str:
        self._skip(_SPACE)
        is_quoted = self._at('"') or self._at("'")
        raw = self._take(_STRING if is_quoted else _BARE_KEY)
        self._skip(_SPACE)
        return _unquoted(raw) if is_quoted else raw

    def _value(self, pointer: str) -> None:
        if self._at("["):
            self._array(pointer)
        elif self._at("{"):
            self._inline_table(pointer)
        elif self._at('"') or self._at("'"):
            self._take(_STRING)
        else:
            self._take(_SCALAR)

    def _array(self, pointer: str) -> None:
        self.place += 1
        index = 0
        while not self._ends("]"):
            self.lines[step(pointer, index)] = self._current_line()
            self._value(step(pointer, index))
            self._comma("]")
            index += 1

    def _inline_table(self, pointer: str) -> None:
        self.place += 1
        while not self._ends("}"):
            self._pair(pointer)
            self._comma("}")

    def _ends(self, bracket: str) -> bool:
        self._skip(_SPACE_AND_COMMENTS)
        if self._at(bracket):
            self.place += 1
            return True
        return False

    def _comma(self, bracket: str) -> None:
        self._skip(_SPACE_AND_COMMENTS)
        if not self._at(bracket):
            self._expect(",")

    def _expect(self, character: str) -> None:
        if not self._at(character):
            raise _NotTomlError(self.place)
        self.place += 1

    def _at(self, start: str) -> bool:
        return self.text.startswith(start, self.place)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.place)
        if match is None or not match[0]:
            raise _NotTomlError(self.place)
        self.place = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.text, self.place):
            self.place = match.end()

    def _current_line(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.place)
        self._counted_to = self.place
        return self._line


def _unquoted(key: str) -> str:
    try:
        return str(tomllib.loads(f"key = {key}")["key"])
    except tomllib.TOMLDecodeError:
        return key[1:-1]
