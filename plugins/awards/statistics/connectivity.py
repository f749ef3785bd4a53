"""Who can be compared with whom: the graph of judges and entries.

Two entries can be compared if they share a judge, or a chain of judges who share entries. Where the graph
falls into parts, a difference between the parts may be the entries' or the juries'; no arithmetic can tell
(Searle 1987, Linear Models for Unbalanced Data, ch. 5; Weeks & Williams 1964, Technometrics 6, 319-324).
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct


class Group(Struct, frozen=True):
    """Entries that can be compared with each other, in the order given, and their judges, sorted."""

    entries: tuple[str, ...]
    judges: tuple[str, ...]


def groups(entries: Sequence[str], pairs: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    """The connected parts of the graph with these (judge, entry) edges, by their first entry.

    An entry that nobody scored is in no group. Raises ValueError for an edge to an entry not in `entries`.
    """
    judges_of: dict[str, list[str]] = {entry: [] for entry in entries}
    entries_of: dict[str, list[str]] = {}
    for judge, entry in pairs:
        if entry not in judges_of:
            raise ValueError(f"judge {judge!r} scored an unknown entry {entry!r}")
        judges_of[entry].append(judge)
        entries_of.setdefault(judge, []).append(entry)
    order = {entry: number for number, entry in enumerate(entries)}
    seen: set[str] = set()
    found = []
    for entry in entries:
        if judges_of[entry] and entry not in seen:
            reached, judges = _reached(entry, judges_of, entries_of)
            seen |= reached
            found.append(Group(tuple(sorted(reached, key=order.__getitem__)), tuple(sorted(judges))))
    return tuple(found)


def count_groups(entries_of: Iterable[int]) -> int:
    """How many groups there are, from the entries of each judge as bits of an integer; quick, for many juries."""
    found: list[int] = []
    for joined in entries_of:
        apart = []
        for other in found:
            if other & joined:
                joined |= other  # noqa: PLW2901 - the group grows
            else:
                apart.append(other)
        found = [*apart, joined]
    return len(found)


def _reached(
    start: str, judges_of: dict[str, list[str]], entries_of: dict[str, list[str]]
) -> tuple[set[str], set[str]]:
    entries, judges, frontier = {start}, set[str](), [start]
    while frontier:
        new_judges = {judge for entry in frontier for judge in judges_of[entry]} - judges
        judges |= new_judges
        frontier = sorted({entry for judge in new_judges for entry in entries_of[judge]} - entries)
        entries.update(frontier)
    return entries, judges
