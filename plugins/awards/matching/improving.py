"""A better worst entry by exchanges alone: what is answered where the solver's time runs out."""

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from plenaria.plugins.awards.matching.connection import parts_of
from plenaria.plugins.awards.matching.problem import Limits, Pair

Exchange = tuple[list[Pair], list[Pair]]
"""Pairs out and pairs in."""


def lift_worst(
    limits: Limits, pairs: Collection[Pair], steps: Mapping[Pair, int], *, enough: int, stay: Collection[Pair] = ()
) -> frozenset[Pair]:
    """Exchange or replace judges of the worst-served entry as long as that lifts it, up to `enough`, and leaves nobody
    as low.

    The loads keep their bounds, `stay` and what is fixed stays, and a connected answer stays connected. Each step leaves
    fewer entries at the worst sum or none, so it comes to an end.
    """
    search = _Exchanges(limits, pairs, steps, enough, stay)
    while search.step():
        pass
    return frozenset(search.pairs)


class _Exchanges:
    def __init__(
        self, limits: Limits, pairs: Collection[Pair], steps: Mapping[Pair, int], enough: int, stay: Collection[Pair]
    ) -> None:
        self.limits = limits
        self.pairs = set(pairs)
        self.steps = steps
        self.enough = enough
        self.stay = limits.fixed | frozenset(stay)
        self.open_to = {entry: frozenset(judges) for entry, judges in limits.open_to.items()}
        self.is_connected = len(parts_of(limits, pairs)) < 2
        self.judges_of: dict[str, set[str]] = {entry: set() for entry in limits.entries}
        self.entries_of: dict[str, set[str]] = {judge: set() for judge in limits.judges}
        self.sums = dict.fromkeys(limits.entries, 0)
        for pair in pairs:
            self._put(pair)

    def step(self) -> bool:
        """One exchange for one of the worst-served entries; False when there is one that none helps."""
        worst = min(self.sums.values(), default=0)
        entry = next((e for e in self.limits.mixed if self.sums[e] == worst), None)
        if entry is None or worst >= self.enough:
            return False
        return any(self._do(removed, added) for removed, added in self._exchanges(entry))

    def _exchanges(self, entry: str) -> Iterator[Exchange]:
        """Pairs out and pairs in that leave the entry, and the other one if there is one, above the entry's sum now."""
        for judge in self._movable(entry):
            for better in self.limits.open_to[entry]:
                gain = self._worth(entry, better) - self._worth(entry, judge)
                if gain > 0 and better not in self.judges_of[entry] and self._can_move(judge, better):
                    yield [(entry, judge)], [(entry, better)]
        for other in sorted(self.limits.mixed, key=self.sums.__getitem__, reverse=True):
            yield from self._swaps(entry, other)

    def _swaps(self, entry: str, other: str) -> Iterator[Exchange]:
        """One or two judges of each for as many of the other, the best for the worse-served of both first."""
        had = self.sums[entry]
        ours, theirs = self._givings(entry, other), self._givings(other, entry)
        swaps = [
            (min(had - lost + gained, self.sums[other] - left + got), given, taken)
            for given, lost, got in ours
            for taken, left, gained in theirs
            if len(given) == len(taken) and had - lost + gained > had and self.sums[other] - left + got > had
        ]
        for _, given, taken in sorted(swaps, reverse=True):
            removed = [(entry, judge) for judge in given] + [(other, judge) for judge in taken]
            yield removed, [(entry, judge) for judge in taken] + [(other, judge) for judge in given]

    def _givings(self, giver: str, taker: str) -> list[tuple[tuple[str, ...], int, int]]:
        """What one entry could give to another: judges, what it loses, what the other gains."""
        free = [
            (judge, self._worth(giver, judge), self._worth(taker, judge))
            for judge in self._movable(giver)
            if judge in self.open_to[taker] and judge not in self.judges_of[taker]
        ]
        ones = [((judge,), lost, gained) for judge, lost, gained in free]
        return ones + [((a, b), i + j, m + n) for (a, i, m), (b, j, n) in combinations(free, 2)]

    def _movable(self, entry: str) -> list[str]:
        return sorted(judge for judge in self.judges_of[entry] if (entry, judge) not in self.stay)

    def _can_move(self, giver: str, taker: str) -> bool:
        can_spare = len(self.entries_of[giver]) > self.limits.least[giver]
        return can_spare and len(self.entries_of[taker]) < self.limits.room(taker)

    def _do(self, removed: list[Pair], added: list[Pair]) -> bool:
        """Make the exchange; False, and nothing done, if it would tear the graph apart."""
        self._change(removed, added)
        if not self.is_connected or all(map(self._is_near, removed)) or len(parts_of(self.limits, self.pairs)) < 2:
            return True
        self._change(added, removed)
        return False

    def _is_near(self, pair: Pair) -> bool:
        """Whether the two are linked in three steps: the usual case, and quicker to see than the whole graph."""
        entry, judge = pair
        return any(judge in self.judges_of[other] for near in self.judges_of[entry] for other in self.entries_of[near])

    def _change(self, removed: list[Pair], added: list[Pair]) -> None:
        for entry, judge in removed:
            self.pairs.remove((entry, judge))
            self.judges_of[entry].remove(judge)
            self.entries_of[judge].remove(entry)
            self.sums[entry] -= self._worth(entry, judge)
        for pair in added:
            self._put(pair)

    def _put(self, pair: Pair) -> None:
        entry, judge = pair
        self.pairs.add(pair)
        self.judges_of[entry].add(judge)
        self.entries_of[judge].add(entry)
        self.sums[entry] += self._worth(entry, judge)

    def _worth(self, entry: str, judge: str) -> int:
        return self.steps.get((entry, judge), 0)
