"""Even assignment of judges to entries.

Every entry gets `per_entry` different judges, never one it has a conflict with, and the loads are as even as
the conflicts allow: an assignment is kept optimal against alternating paths that lead from a judge to one
with at least two entries less. When no such path is left the sorted loads are the most even possible, for
every measure of evenness at once (Harvey, Ladner, Lovász, Tamir: Semi-matchings for bipartite graphs and
load balancing, J. Algorithms 59, 2006, theorem 3.1; the entries' `per_entry` slots do not change the
argument). No scipy, no chance: the same arguments give the same answer.
"""

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

Pair = tuple[str, str]
"""(entry, judge)"""


class Assigned(Struct, frozen=True):
    """The pairs, entry by entry in the order given, and each judge's load."""

    pairs: tuple[Pair, ...]
    loads: dict[str, int]


class Impossible(Struct, frozen=True):
    """Why there is no assignment: these entries together need `needed` judgings, the judges open to them
    have `available`."""

    entries: tuple[str, ...]
    judges: tuple[str, ...]
    needed: int
    available: int


def assign(
    entries: Sequence[str],
    judges: Sequence[str],
    *,
    per_entry: int,
    conflicts: Collection[Pair] = (),
    fixed: Collection[Pair] = (),
    most_per_judge: int | None = None,
    seed: int = 0,
) -> Assigned | Impossible:
    """Give every entry `per_entry` judges.

    `fixed` pairs stay (work already begun); an entry with more of them than `per_entry` keeps them all, and
    they count towards the loads even where they exceed `most_per_judge`. Raises ValueError for names that
    are unknown or repeated and for a fixed pair that is also a conflict.
    """
    _check(entries, judges, per_entry, conflicts, fixed)
    plan = _Plan(entries, judges, conflicts, fixed, most_per_judge, seed)
    for entry in _shuffled(entries, seed):
        while len(plan.judges_of[entry]) < per_entry:
            if not plan.add_judge(entry):
                return plan.reason(entry, per_entry)
    plan.even_out()
    pairs = tuple((entry, judge) for entry in entries for judge in judges if judge in plan.judges_of[entry])
    return Assigned(pairs, {judge: len(plan.entries_of[judge]) for judge in judges})


class _Plan:
    """A growing assignment and the alternating paths through it."""

    def __init__(
        self,
        entries: Sequence[str],
        judges: Sequence[str],
        conflicts: Collection[Pair],
        fixed: Collection[Pair],
        most: int | None,
        seed: int,
    ) -> None:
        self.fixed = frozenset(fixed)
        self.most = most
        self.entries = tuple(entries)
        self.judges = tuple(_shuffled(judges, seed))
        barred = frozenset(conflicts)
        self.open_to = {entry: [judge for judge in self.judges if (entry, judge) not in barred] for entry in entries}
        self.judges_of: dict[str, set[str]] = {entry: set() for entry in entries}
        self.entries_of: dict[str, list[str]] = {judge: [] for judge in judges}
        for entry, judge in sorted(self.fixed):
            self._take(entry, judge)

    def add_judge(self, entry: str) -> bool:
        """One more judge for this entry; False when nobody can be freed for it."""
        if free := [judge for judge in self._free_judges(entry) if self._has_room(judge)]:
            self._take(entry, min(free, key=self.load))
            return True
        came_from = self._reach(self._free_judges(entry))
        end = next((judge for judge in came_from if self._has_room(judge)), None)
        if end is None:
            return False
        self._shift(came_from, end, start=entry)
        return True

    def load(self, judge: str) -> int:
        return len(self.entries_of[judge])

    def even_out(self) -> None:
        """Shorten the longest loads until no path leads to a judge with two entries less."""
        while any(self._relieve(judge) for judge in sorted(self.judges, key=self.load, reverse=True)):
            pass

    def reason(self, entry: str, per_entry: int) -> Impossible:
        """Why `add_judge` said no: too few judges may judge this entry, or all that could be freed for it
        are full."""
        if not self._free_judges(entry):
            judges = self._in_order(self.open_to[entry])
            return Impossible((entry,), judges, per_entry, len(judges))
        full = set(self._reach(self._free_judges(entry)))
        needs = {e: self._needed_from(full, e, per_entry) for e in self.entries}
        entries = tuple(e for e in self.entries if needs[e] > 0)
        return Impossible(entries, self._in_order(full), sum(needs[e] for e in entries), sum(map(self.load, full)))

    def _needed_from(self, judges: Collection[str], entry: str, per_entry: int) -> int:
        """How many of these judges the entry must have, whatever the others do."""
        others = sum(judge not in judges for judge in self.open_to[entry])
        return max(per_entry - others, sum((entry, judge) in self.fixed for judge in judges))

    def _in_order(self, judges: Collection[str]) -> tuple[str, ...]:
        return tuple(judge for judge in self.entries_of if judge in judges)

    def _free_judges(self, entry: str) -> list[str]:
        return [judge for judge in self.open_to[entry] if judge not in self.judges_of[entry]]

    def _has_room(self, judge: str) -> bool:
        return self.most is None or self.load(judge) < self.most

    def _take(self, entry: str, judge: str) -> None:
        self.judges_of[entry].add(judge)
        self.entries_of[judge].append(entry)

    def _reach(self, starts: Iterable[str]) -> dict[str, Pair | None]:
        """Judges reachable by handing entries on, each with the (entry, judge) it would take over; None for
        a start."""
        came_from: dict[str, Pair | None] = dict.fromkeys(starts)
        queue = deque(came_from)
        while queue:
            judge = queue.popleft()
            for entry in self.entries_of[judge]:
                if (entry, judge) in self.fixed:
                    continue
                for other in self._free_judges(entry):
                    if other not in came_from:
                        came_from[other] = (entry, judge)
                        queue.append(other)
        return came_from

    def _shift(self, came_from: dict[str, Pair | None], end: str, *, start: str | None) -> None:
        """Hand entries on along the path that leads to `end`; its first judge takes `start`, if one is
        given."""
        judge = end
        while (step := came_from[judge]) is not None:
            entry, giver = step
            self.judges_of[entry].remove(giver)
            self.entries_of[giver].remove(entry)
            self._take(entry, judge)
            judge = giver
        if start is not None:
            self._take(start, judge)

    def _relieve(self, judge: str) -> bool:
        if self.load(judge) <= min(map(self.load, self.judges)) + 1:
            return False
        came_from = self._reach([judge])
        end = min(came_from, key=self.load)
        if self.load(end) > self.load(judge) - 2:
            return False
        self._shift(came_from, end, start=None)
        return True


def _shuffled(names: Iterable[str], seed: int) -> list[str]:
    """An order that depends on the seed and on the names only, not on the order they came in."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())


def _check(
    entries: Sequence[str],
    judges: Sequence[str],
    per_entry: int,
    conflicts: Collection[Pair],
    fixed: Collection[Pair],
) -> None:
    if per_entry < 1:
        raise ValueError("every entry needs at least one judge")
    if len(set(entries)) < len(entries) or len(set(judges)) < len(judges):
        raise ValueError("an entry or a judge is named twice")
    if stray := [pair for pair in fixed if pair[0] not in set(entries) or pair[1] not in set(judges)]:
        raise ValueError(f"fixed pairs with unknown names: {stray}")
    if both := sorted(set(fixed) & set(conflicts)):
        raise ValueError(f"fixed pairs that are conflicts: {both}")
