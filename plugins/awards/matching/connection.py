"""Which entries can be compared: the judge–entry graph, its parts, and how to join them without touching a load."""

from collections.abc import Collection, Iterable, Iterator

from plenaria.plugins.awards.matching.problem import Limits, Pair


def parts_of(limits: Limits, pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """The entries in classes: together are those linked by a chain of shared judges. In the order given.

    A judge without entries is no part: there is nothing to compare.
    """
    leader = {entry: entry for entry in limits.entries}
    seen: dict[str, str] = {}

    def find(entry: str) -> str:
        while leader[entry] != entry:
            leader[entry] = leader[leader[entry]]
            entry = leader[entry]
        return entry

    for entry, judge in pairs:
        leader[find(entry)] = find(seen.setdefault(judge, entry))
    classes: dict[str, list[str]] = {}
    for entry in limits.entries:
        classes.setdefault(find(entry), []).append(entry)
    return tuple(map(tuple, classes.values()))


def is_hopeless(limits: Limits) -> bool:
    """Whether no assignment can be connected, by two simple counts; False says nothing.

    A connected graph has no more nodes than edges + 1, and the open pairs must be connected themselves.
    """
    if len(limits.entries) < 2:
        return False
    rooms = sorted((limits.room(judge) for judge in limits.judges), reverse=True)
    edges = sum(limits.needs.values())
    working = sum(limits.least[judge] > 0 for judge in limits.judges)
    for count, room in enumerate(rooms, 1):
        if (edges := edges - room) <= 0:
            working = max(working, count)
            break
    if sum(limits.needs.values()) < len(limits.entries) + working - 1:
        return True
    return len(parts_of(limits, ((e, judge) for e in limits.entries for judge in limits.open_to[e]))) > 1


def join(limits: Limits, pairs: Collection[Pair], *, stay: Collection[Pair]) -> set[Pair]:
    """The pairs with their parts joined as far as swaps can, every load and every need as before.

    A swap gives (a, x), (b, y) in two parts to (a, y), (b, x). Where x still reaches a without their pair the two parts
    become one: what hung on b or y hangs on x or a now. `stay` is not swapped.
    """
    now = set(pairs)
    while (swap := _swap(limits, now, frozenset(stay))) is not None:
        (a, x), (b, y) = swap
        now = (now - {(a, x), (b, y)}) | {(a, y), (b, x)}
    return now


def _swap(limits: Limits, pairs: set[Pair], stay: frozenset[Pair]) -> tuple[Pair, Pair] | None:
    parts = parts_of(limits, pairs)
    if len(parts) < 2:
        return None
    part = {entry: i for i, entries in enumerate(parts) for entry in entries}
    movable = pairs - stay
    free = [(e, judge) for e in limits.mixed for judge in limits.open_to[e] if (e, judge) in movable]
    is_open = {(e, judge) for e in limits.entries for judge in limits.open_to[e]}
    for a, x in _on_circles(limits, pairs, free, len(parts)):
        for b, y in free:
            if part[a] != part[b] and (a, y) in is_open and (b, x) in is_open:
                return (a, x), (b, y)
    return None


def _on_circles(limits: Limits, pairs: set[Pair], free: Iterable[Pair], parts: int) -> Iterator[Pair]:
    """The free pairs without which the graph has no more parts (a judge left without entries is none)."""
    loads = dict.fromkeys(limits.judges, 0)
    for _, judge in pairs:
        loads[judge] += 1
    for pair in free:
        if loads[pair[1]] > 1 and len(parts_of(limits, pairs - {pair})) == parts:
            yield pair
