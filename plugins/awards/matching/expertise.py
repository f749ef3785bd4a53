"""Expertise used as well as can be: the worst-served entry first, then the total, the graph connected where possible.

The straight model, "maximise t, every entry's expertise at least t", is degenerate: HiGHS needs a minute for the mere
relaxation of 1,000 entries. With t given, "maximise the total, every entry's expertise at least t" is a transportation
problem with one side row per entry and solved in a second, mostly at the root. So t comes down from above:

1. from the worst entry's best judges, whatever the others want;
2. if that is impossible, from the relaxation of the straight model (interior point, then rounded down);
3. if that is impossible as well, from the straight model itself, with t below that bound.

Each t is a proven bound on the worst entry, so the first one that can be had is the optimum, and its total is the second
stage's. Connection is asked for where it is missing: for each part of an answer, at least one pair must lead out of it
(cuts of Dantzig, Fulkerson, Johnson 1954), and the model is solved again. A flow formulation would need as many columns
again for a property that most answers have by themselves.

Expertise is scaled to whole numbers, so that no tolerance of the solver decides: exactly where decimals allow it, else in
`STEPS` steps of the greatest. The solver runs in one thread on columns in the seed's order: same seed, same answer, unless
`run_limit_s` cuts a run short. Then the answer is the best one seen, with the bounds that are proven.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from math import fsum
from typing import TYPE_CHECKING, Final, Literal

from plugins.awards.matching.answer import Assigned, Connection, Quality
from plugins.awards.matching.connection import is_hopeless, parts_of
from plugins.awards.matching.problem import Aim, Limits, Pair

if TYPE_CHECKING:
    from plugins.awards.matching.highs import Found, Model

STEPS: Final = 100_000
"""Steps from zero to the greatest expertise where the numbers are no round decimals."""


ROUNDING: Final = 0.01
"""In steps: more than the solver's tolerances, so that a bound rounded down is still a bound."""


class ExpertiseNeedsScipy(ImportError):
    """Expertise was given, but scipy is not installed: install the extra `jury`, or assign without expertise."""

    def __init__(self) -> None:
        super().__init__("assigning by expertise needs scipy: install plenaria[jury], or give no expertise")


def assign_experts(
    limits: Limits,
    expertise: Mapping[Pair, float],
    *,
    fallback: Collection[Pair],
    aim: Aim,
    run_limit_s: float | None,
    kept: tuple[Collection[Pair], int] = ((), 0),
) -> Assigned:
    """The best assignment by worst entry, then total. `fallback` is any assignment that keeps the limits.

    `kept`: pairs of which at least so many must be in the answer. Raises ExpertiseNeedsScipy.
    """
    steps, step = _whole_numbers(expertise)
    model = _model(limits, steps, run_limit_s, kept)
    search = _Search(limits, model, steps, frozenset(fallback), aim)
    connection: Connection = "connected"
    if is_hopeless(limits) or not search.run(is_connected=True):
        connection = "impossible"
        model.cuts.clear()
        search = _Search(limits, model, steps, frozenset(fallback), aim)
        search.run(is_connected=False)
    pairs = search.best
    parts = parts_of(limits, pairs)
    if connection == "connected" and len(parts) > 1:
        connection = "not_found"
    loads = {judge: sum(pair[1] == judge for pair in pairs) for judge in limits.judges}
    quality = _quality(limits, expertise, search, step)
    return Assigned(limits.in_order(pairs), loads, parts, connection, quality)


class _Search:
    """The way down from the ceiling. In steps: `threshold`, what is asked of every entry now; `ceiling` and `total_bound`,
    what is proven."""

    def __init__(
        self, limits: Limits, model: "Model", steps: Mapping[Pair, int], fallback: frozenset[Pair], aim: Aim
    ) -> None:
        self.limits = limits
        self.model = model
        self.steps = steps
        self.ceiling = model.ceiling()
        self.is_relaxed = False
        self.threshold = self.ceiling if aim == "worst_first" else 0
        self.total_bound = float(model.total_ceiling())
        self.best = fallback
        self.is_worst_proven = False
        self.is_total_proven = False

    def run(self, *, is_connected: bool) -> bool:
        """Find `best`; False when it is proven that no answer is connected."""
        if not self.model.pairs:
            self.is_worst_proven = self.is_total_proven = True
            return not is_connected or len(parts_of(self.limits, self.best)) < 2
        while True:
            found = self.model.best_total(self.threshold)
            if found.pairs is not None:
                if is_connected and self.model.cut_off(found.pairs):
                    self._consider(found.pairs, is_connected=True)
                    continue
                self._finish(found.pairs, found)
                return True
            if not found.is_impossible:
                self._give_up(is_connected=is_connected)
                return True
            step = self._step_down(is_connected=is_connected)
            if step == "impossible":
                return False
            if step == "limit":
                self._give_up(is_connected=is_connected)
                return True

    def _step_down(self, *, is_connected: bool) -> Literal["lower", "limit", "impossible"]:
        """Lower the threshold to the next proven bound on the worst entry."""
        if self.threshold <= 0:
            return "impossible"
        if not self.is_relaxed:
            self.is_relaxed = True
            bound = self.model.relaxed_worst()
            if bound is None:
                return "impossible"
            if bound < self.threshold:
                self.threshold = self.ceiling = bound
                return "lower"
        worst = self.model.best_worst(self.threshold - 1)
        if worst.is_impossible:
            return "impossible"
        self.threshold = self.ceiling = min(int(worst.bound + ROUNDING), self.threshold - 1)
        if worst.is_proven:
            return "lower"
        if worst.pairs is not None:
            self._consider(worst.pairs, is_connected=is_connected)
        return "limit"

    def _finish(self, pairs: frozenset[Pair], found: "Found") -> None:
        self.best = pairs
        self.is_worst_proven = self._value(pairs)[0] >= self.ceiling
        self.total_bound, self.is_total_proven = found.bound, found.is_proven

    def _give_up(self, *, is_connected: bool) -> None:
        """The limit was reached: improve the total at the worst entry of the best answer seen."""
        worst = self._value(self.best)[0]
        found = self.model.best_total(worst)
        if found.pairs is not None:
            self._consider(found.pairs, is_connected=is_connected)
        if self.best == found.pairs:
            self._finish(found.pairs, found)
        self.is_worst_proven = self._value(self.best)[0] >= self.ceiling

    def _consider(self, pairs: frozenset[Pair], *, is_connected: bool) -> None:
        def rank(some: frozenset[Pair]) -> tuple[bool, int, int]:
            worst, total = self._value(some)
            return (not is_connected or len(parts_of(self.limits, some)) < 2, worst, total)

        self.best = max(self.best, pairs, key=rank)

    def _value(self, pairs: Collection[Pair]) -> tuple[int, int]:
        sums = dict.fromkeys(self.limits.entries, 0)
        for pair in pairs:
            sums[pair[0]] += self.steps.get(pair, 0)
        return min(sums.values(), default=0), sum(sums.values())


def _quality(limits: Limits, expertise: Mapping[Pair, float], search: _Search, step: Fraction) -> Quality:
    of_entry: dict[str, list[float]] = {entry: [] for entry in limits.entries}
    for entry, judge in limits.in_order(search.best):
        of_entry[entry].append(expertise.get((entry, judge), 0.0))
    worst = min(map(fsum, of_entry.values()), default=0.0)
    total = fsum(much for amounts in of_entry.values() for much in amounts)
    is_exact = all(Fraction(str(much)) == step * search.steps[pair] for pair, much in expertise.items())
    return Quality(
        worst=worst,
        worst_at_most=worst if search.is_worst_proven else float(search.ceiling * step),
        is_worst_proven=search.is_worst_proven,
        total=total,
        total_at_most=total if search.is_total_proven else float(int(search.total_bound + ROUNDING) * step),
        is_total_proven=search.is_total_proven,
        step=0.0 if is_exact else float(step),
    )


def _whole_numbers(expertise: Mapping[Pair, float]) -> tuple[dict[Pair, int], Fraction]:
    """Expertise in whole steps, and one step's size: a power of ten if all are multiples of it, else rounded."""
    exact = {pair: Decimal(str(much)) for pair, much in expertise.items()}
    greatest = max(exact.values(), default=Decimal(0))
    for places in range(6):
        scaled = {pair: much.scaleb(places) for pair, much in exact.items()}
        if greatest.scaleb(places) <= STEPS and all(much == much.to_integral_value() for much in scaled.values()):
            return {pair: int(much) for pair, much in scaled.items()}, Fraction(1, 10**places)
    step = Fraction(str(greatest)) / STEPS
    return {pair: round(Fraction(much) / step) for pair, much in exact.items()}, step


def _model(
    limits: Limits,
    steps: Mapping[Pair, int],
    run_limit_s: float | None,
    kept: tuple[Collection[Pair], int],
) -> "Model":
    """The only place that loads scipy. The model's module imports it at its top, and nobody else imports that module."""
    try:
        from plugins.awards.matching.highs import Model
    except ImportError as error:
        if (error.name or "").split(".")[0] in {"scipy", "numpy"}:
            raise ExpertiseNeedsScipy from error
        raise
    return Model(limits, steps, run_limit_s, kept)
