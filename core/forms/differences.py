"""What differs between two documents, as `event plan` shows it before `event apply` does it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from plenaria.core.forms.problems import step


class Change(Struct, frozen=True):
    """One difference. Items of a list with keys are named in `pointer` by their key, not by their place."""

    pointer: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def difference(before: Any, after: Any, *, keys: Sequence[str] = ("code", "slug")) -> list[Change]:
    """Every change from one document (builtins) to the other, in the order of `after`, removals last in each table.

    List items are matched by the first of `keys` that each item of both lists has, once each; another order of the
    same items is one change of the list, shown as its keys. A list without such a key changes as a whole.
    """
    return list(_changes(before, after, "", tuple(keys)))


def _changes(before: Any, after: Any, pointer: str, keys: tuple[str, ...]) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _table_changes(before, after, pointer, keys)
    elif _is_list(before) and _is_list(after):
        yield from _list_changes(before, after, pointer, keys)
    elif not _is_same(before, after):
        yield Change(pointer, "changed", before, after)


def _table_changes(
    before: Mapping[Any, Any], after: Mapping[Any, Any], pointer: str, keys: tuple[str, ...]
) -> Iterator[Change]:
    for key, value in after.items():
        here = step(pointer, str(key))
        if key in before:
            yield from _changes(before[key], value, here, keys)
        else:
            yield Change(here, "added", None, value)
    for key, value in before.items():
        if key not in after:
            yield Change(step(pointer, str(key)), "removed", value, None)


def _list_changes(before: Sequence[Any], after: Sequence[Any], pointer: str, keys: tuple[str, ...]) -> Iterator[Change]:
    key = next((key for key in keys if _is_key(key, before) and _is_key(key, after)), None)
    if key is None:
        if not _is_same(before, after):
            yield Change(pointer, "changed", before, after)
        return
    old, new = ({item[key]: item for item in items} for items in (before, after))
    yield from _table_changes(old, new, pointer, keys)
    kept_before, kept_after = [one for one in old if one in new], [one for one in new if one in old]
    if kept_before != kept_after:
        yield Change(pointer, "changed", kept_before, kept_after)


def _is_key(key: str, items: Sequence[Any]) -> bool:
    values = [item.get(key) if isinstance(item, Mapping) else None for item in items]
    return all(isinstance(value, str) for value in values) and len(set(values)) == len(values)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_same(before: Any, after: Any) -> bool:
    """Equal, and not because True == 1."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_is_same(before[key], after[key]) for key in before)
    if _is_list(before) and _is_list(after):
        return len(before) == len(after) and all(map(_is_same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)
