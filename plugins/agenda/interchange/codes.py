"""Codes as the agenda has them: slugs of 2 to 50 characters, no two alike, the same for the same file."""

import re
from typing import Final

from plenaria.core.kernel.values import slugify

MOST: Final = 50

_HOUR: Final = re.compile(r"\d{12}")
_BREAK: Final = re.compile(r"[^a-z0-9]+")


class Codes:
    """Gives codes for one kind of thing (`room`, `session`)."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._given: set[str] = set()
        self._last: dict[str, int] = {}

    def give(self, *wishes: str) -> str:
        """The first wish of which a code can be made; one that is taken gets a number behind it."""
        wished = next((code for wish in wishes if (code := slugify(wish))), "")
        base = wished if len(wished) > 1 else f"{self._kind}-{wished}".strip("-")
        code = base
        while code in self._given:
            self._last[base] = self._last.get(base, 1) + 1
            code = _numbered(base, self._last[base])
        self._given.add(code)
        return code


def _numbered(base: str, number: int) -> str:
    behind = f"-{number}"
    return base[: MOST - len(behind)].rstrip("-") + behind


def own_part(slug: str, acronym: str, number: str) -> str:
    """What of a session's slug is its own: `opening` of `camp2019-10386-opening`; "" where the rest is no name.

    Too long for a code, or one of the slugs of old frab, with the hour in it: "en-saal-1-201412271130-keynote".
    """
    rest = _BREAK.sub("-", slug.lower()).strip("-")
    for before in (_BREAK.sub("-", acronym.lower()).strip("-"), number):
        if before and rest.startswith(f"{before}-"):
            rest = rest[len(before) + 1 :]
    return "" if len(rest) > MOST or _HOUR.search(rest) else rest
