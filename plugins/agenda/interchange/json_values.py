"""Values of a JSON document, taken for what they may mean."""

from typing import Any

from .parsed import Words
from .text import plain

MOST_LANGUAGES = 20


def text(value: Any) -> str:
    """A text or a number as text; of words by language, one; "" for everything else."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    found = words(value)
    return next(iter(found.values()), "") if isinstance(found, dict) else ""


def words(value: Any) -> Words:
    """A text, or texts by language code."""
    if not isinstance(value, dict):
        return "" if isinstance(value, list) or value is None else text(value)
    given = {str(key).lower()[:10]: plain(each) for key, each in value.items() if isinstance(each, str)}
    return {language: each for language, each in list(given.items())[:MOST_LANGUAGES] if each}


def members(value: Any) -> list[Any]:
    """A list's members, an object's values, nothing of anything else."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def of(value: Any, key: str) -> Any:
    """The member of that name, where there is one."""
    return value.get(key) if isinstance(value, dict) else None


def pointed(path: str, *parts: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "/".join((path, *(str(part).replace("~", "~0").replace("/", "~1") for part in parts)))
