"""JSON from a stranger as builtins, bounded in depth and in values and so in memory."""

import json
import re
from typing import Any, Final

from .notes import Findings, Unreadable
from .text import label

MOST_DEPTH: Final = 64
"""A schedule has 9 levels."""

MOST_CONTAINERS: Final = 300_000
"""Objects and lists; the camp of 2019 has some 400 in 200 KB."""

MOST_VALUES: Final = 2_000_000

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]|,', re.DOTALL)
_MOST_DIGITS: Final = 18


def tree(text: str, findings: Findings) -> Any:
    """The document, its keys as labels (`text.label`). Notes `key_repeated` (the last one is taken, as most readers do) and
    `number_unusable` (NaN, Infinity and integers of more than 18 digits become None). Raises Unreadable: not_well_formed,
    file_truncated, nested_too_deep, too_many_parts."""
    _measure(text)

    def unusable(_: str) -> Any:
        findings.count("number_unusable")
        return None

    def integer(digits: str) -> Any:
        return int(digits) if len(digits) <= _MOST_DIGITS else unusable(digits)

    def number(digits: str) -> Any:
        value = float(digits)
        return value if abs(value) < 10**_MOST_DIGITS else unusable(digits)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        labelled = [(label(key), value) for key, value in pairs]
        found = dict(labelled)
        if len(found) < len(labelled):
            _repeated(labelled, findings)
        return found

    try:
        return json.loads(
            text,
            object_pairs_hook=members,
            parse_int=integer,
            parse_float=number,
            parse_constant=unusable,
            strict=False,
        )
    except json.JSONDecodeError as problem:
        raise _refused(problem) from problem


def _measure(text: str) -> None:
    """Raises before anything is built of a file that is too deep or too large. Linear in its length."""
    depth = containers = values = 0
    for found in _TOKEN.finditer(text):
        mark = found[0][0]
        if mark in "[{":
            depth += 1
            containers += 1
        elif mark in "]}":
            depth -= 1
        elif mark == ",":
            values += 1
        if depth > MOST_DEPTH:
            raise Unreadable("nested_too_deep", most=MOST_DEPTH)
        if containers > MOST_CONTAINERS or values > MOST_VALUES:
            raise Unreadable("too_many_parts", most=MOST_CONTAINERS if containers > MOST_CONTAINERS else MOST_VALUES)


def _repeated(pairs: list[tuple[str, Any]], findings: Findings) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            findings.count("key_repeated", key=key[:50])
        seen.add(key)


def _refused(problem: json.JSONDecodeError) -> Unreadable:
    ended = problem.pos >= len(problem.doc.rstrip()) or problem.msg.startswith("Unterminated string")
    if ended:
        return Unreadable("file_truncated", line=problem.doc.count("\n") + 1)
    return Unreadable("not_well_formed", line=problem.lineno, column=problem.colno, why=problem.msg)
