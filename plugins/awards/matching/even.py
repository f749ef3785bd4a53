"""Even assignment: the loads as equal as needs, conflicts and bounds allow. No scipy, no chance.

An assignment is kept optimal against alternating paths that lead from a judge to one with at least two entries less. When
no such path is left the sorted loads are the most even possible, for every measure of evenness at once (Harvey, Ladner,
Lovász, Tamir: Semi-matchings for bipartite graphs and load balancing, J. Algorithms 59, 2006, theorem 3.1; an entry's
several slots do not change the argument). With a least and a most per judge the loads that can be had are still the
integral points of a base polyhedron cut by a box, where the same local test proves the same (Frank, Murota: Decreasing
minimization on M-convex sets, Math. Programming 195, 2022).
"""

from collections import deque
from collections.abc import Iterable

from plenaria.plugins.awards.matching.problem import Limits, Pair


class Plan:
    """A growing assignment and the alternating paths through it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.judges_of: dict[str, set[str]] = {entry: set() for entry in limits.entries}
        self.entries_of: dict[str, list[str]] = {judge: [] for judge in limits.judges}
        for entry, judge in sorted(limits.fixed):
            self._take(entry, judge)

    def pairs(self) -> set[Pair]:
        return {(entry, judge) for entry, judges in self.judges_of.items() for judge in judges}

    def fill(self) -> str | None:
        """Give every entry its judges; the first entry for which that cannot be done, None when all have theirs."""
        for entry in self.limits.mixed:
            while len(self.judges_of[entry]) < self.limits.needs[entry]:
                if not self._add_judge(entry):
                    return entry
        return None

    def meet_least(self) -> str | None:
        """Give every judge the least load; the first judge for whom that cannot be done, None when all have theirs."""
        for judge in self.limits.judges:
            while self.load(judge) < self.limits.least[judge]:
                came_from = self._reach(giver for giver in self.entries_of if self._can_spare(giver))
                if judge not in came_from:
                    return judge
                self._shift(came_from, judge, start=None)
        return None

    def even_out(self) -> None:
        """Shorten the longest loads until no path leads to a judge with two entries less."""
        while any(self._relieve(judge) for judge in sorted(self.entries_of, key=self.load, reverse=True)):
            pass

    def load(self, judge: str) -> int:
        return len(self.entries_of[judge])

    def full_for(self, entry: str) -> set[str]:
        """The judges that could be freed for one more judging of the entry if any could: all are full."""
        return set(self._reach(self._free_judges(entry)))

    def starving_with(self, judge: str) -> set[str]:
        """The judges whose entries could come to this judge: none can spare one."""
        return {giver for giver in self.entries_of if judge in self._reach([giver])}

    def _free_judges(self, entry: str) -> list[str]:
        return [judge for judge in self.limits.open_to[entry] if judge not in self.judges_of[entry]]

    def _has_room(self, judge: str) -> bool:
        return self.load(judge) < self.limits.room(judge)

    def _can_spare(self, judge: str) -> bool:
        return self.load(judge) > self.limits.least[judge]

    def _take(self, entry: str, judge: str) -> None:
        self.judges_of[entry].add(judge)
        self.entries_of[judge].append(entry)

    def _add_judge(self, entry: str) -> bool:
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

    def _reach(self, starts: Iterable[str]) -> dict[str, Pair | None]:
        """Judges reachable by handing entries on, each with the (entry, judge) it would take over; None for
        a start."""
        came_from: dict[str, Pair | None] = dict.fromkeys(starts)
        queue = deque(came_from)
        while queue:
            judge = queue.popleft()
            for entry in self.entries_of[judge]:
                if (entry, judge) in self.limits.fixed:
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
        if not self._can_spare(judge) or self.load(judge) <= min(map(self.load, self.entries_of)) + 1:
            return False
        came_from = self._reach([judge])
        end = min((other for other in came_from if self._has_room(other)), key=self.load, default=judge)
        if self.load(end) > self.load(judge) - 2:
            return False
        self._shift(came_from, end, start=None)
        return True
