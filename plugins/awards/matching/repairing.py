"""After a loss: as few changes as possible, proven, then evenness or expertise.

Loads and kept pairs are a flow with convex costs: a pair given up or taken up costs more than all unevenness together, and
a judge's load l costs l². The flow is cheapest when no circle of hand-overs, open at judges whose loads may change, costs
less than nothing (Klein: A primal method for minimal cost flows, Management Science 14, 1967).
"""

from collections.abc import Collection
from dataclasses import replace

from plenaria.plugins.awards.matching.answer import Impossible, Repaired
from plenaria.plugins.awards.matching.assigning import evenly_assigned
from plenaria.plugins.awards.matching.connection import join
from plenaria.plugins.awards.matching.even import Plan
from plenaria.plugins.awards.matching.expertise import assign_experts
from plenaria.plugins.awards.matching.problem import Limits, Pair, Problem, limits_of
from plenaria.plugins.awards.matching.reasons import first_plan

_HUB = ""
"""The node of the circles at which a load may change."""


def repair(problem: Problem, previous: Collection[Pair], *, gone: Collection[str] = ()) -> Repaired | Impossible:
    """Mend an assignment: `gone` judges keep what is `problem.fixed` and judge nothing else.

    `previous` may break the problem's bounds and conflicts in any way (they may be new); it is changed as little as the
    problem allows. A judge who is gone stays in `problem.judges` as long as anything names them. Raises ValueError as
    `assign` does, and for unknown names.
    """
    limits = _without(limits_of(problem), problem, previous, gone)
    first = first_plan(limits)
    if isinstance(first, Impossible):
        return first
    plan = _Repair(limits, frozenset(previous))
    plan.start(first)
    plan.settle()
    pairs = plan.pairs()
    kept = pairs & plan.previous
    pairs = join(limits, pairs, stay=limits.fixed | kept)
    if any(problem.expertise.values()):
        wish = (plan.previous, len(kept))
        answer = assign_experts(
            limits, problem.expertise, fallback=pairs, aim=problem.aim, run_limit_s=problem.run_limit_s, kept=wish
        )
    else:
        answer = evenly_assigned(limits, pairs)
    before, after = set(previous), set(answer.pairs)
    return Repaired(answer, limits.in_order(after - before), limits.in_order(before - after))


def _without(limits: Limits, problem: Problem, previous: Collection[Pair], gone: Collection[str]) -> Limits:
    entries, judges, lost = set(limits.entries), set(limits.judges), set(gone)
    if stray := sorted(pair for pair in previous if pair[0] not in entries or pair[1] not in judges):
        raise ValueError(f"pairs with unknown names in previous: {stray}")
    if unknown := sorted(lost - judges):
        raise ValueError(f"unknown judges are gone: {unknown}")
    open_to = {
        entry: tuple(judge for judge in open_judges if judge not in lost or (entry, judge) in limits.fixed)
        for entry, open_judges in limits.open_to.items()
    }
    return replace(limits, open_to=open_to, least=limits.least | dict.fromkeys(lost, 0))


class _Repair(Plan):
    """A plan that knows what was there before."""

    def __init__(self, limits: Limits, previous: frozenset[Pair]) -> None:
        super().__init__(limits)
        self.previous = previous
        self.change = (sum(limits.needs.values()) + 1) ** 2
        """The price of one pair changed: more than any difference in evenness."""

    def start(self, first: Plan) -> None:
        """Keep what can be kept one by one and fill up; where bounds are in the way of that, begin from `first`."""
        for entry, judge in sorted(self.previous - self.limits.fixed):
            wanted = len(self.judges_of[entry]) < self.limits.needs[entry]
            if wanted and judge in self._free_judges(entry) and self._has_room(judge):
                self._take(entry, judge)
        if self.fill() is not None or self.meet_least() is not None:
            self.judges_of, self.entries_of = first.judges_of, first.entries_of

    def settle(self) -> None:
        """Hand over along circles that make it cheaper until there is none."""
        while circle := self._cheaper_circle():
            for giver, taker, entry in circle:
                if entry:
                    self.judges_of[entry].remove(giver)
                    self.entries_of[giver].remove(entry)
                    self._take(entry, taker)

    def _arcs(self) -> dict[tuple[str, str], tuple[int, str]]:
        """For (giver, taker) the cheapest price of a hand-over, and the entry; to and from the hub the price of a load."""
        arcs: dict[tuple[str, str], tuple[int, str]] = {}
        for giver, entries in self.entries_of.items():
            for entry in entries:
                if (entry, giver) in self.limits.fixed:
                    continue
                lost = self.change if (entry, giver) in self.previous else 0
                for taker in self._free_judges(entry):
                    price = lost - (self.change if (entry, taker) in self.previous else 0)
                    if (giver, taker) not in arcs or price < arcs[giver, taker][0]:
                        arcs[giver, taker] = (price, entry)
        for judge in self.entries_of:
            if self._can_spare(judge):
                arcs[_HUB, judge] = (1 - 2 * self.load(judge), "")
            if self._has_room(judge):
                arcs[judge, _HUB] = (2 * self.load(judge) + 1, "")
        return arcs

    def _cheaper_circle(self) -> list[tuple[str, str, str]]:
        """Hand-overs (giver, taker, entry) in a circle of negative price (Bellman–Ford from everywhere at once)."""
        arcs = self._arcs()
        price = dict.fromkeys((*self.entries_of, _HUB), 0)
        came_from: dict[str, str] = {}
        last = ""
        for _ in range(len(price) + 1):
            is_stable = True
            for (giver, taker), (cost, _entry) in arcs.items():
                if price[giver] + cost < price[taker]:
                    price[taker] = price[giver] + cost
                    came_from[taker] = giver
                    last, is_stable = taker, False
            if is_stable:
                return []
        for _ in price:
            last = came_from[last]
        circle: list[tuple[str, str, str]] = []
        at = last
        while not circle or at != last:
            circle.append((came_from[at], at, arcs[came_from[at], at][1]))
            at = came_from[at]
        return circle
