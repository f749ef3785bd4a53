"""Expertise used as well as can be: the worst-served entry first, then the total, the graph connected where possible.

The straight model, "maximise t, every entry's expertise at least t", is degenerate: with 1,000 entries HiGHS needs a minute
for the mere relaxation and finds no answer. With t given, "maximise the total, every entry's expertise at least t" is a
transportation problem with one side row per entry. Those rows are knapsacks that the relaxation fills with parts of judges;
rounded rows take that from it, and it is solved in seconds, mostly whole. So t comes down from above:

1. from the worst entry's best judges, whatever the others want;
2. if that is impossible, from the relaxation of the straight model (interior point, rounded down to a sum that can be had);
3. if that is impossible as well, by halves, between it and what exchanges make of the even assignment.

Each t is a proven bound on the worst entry, so the first one that can be had is the optimum, and its total is the second
stage's. Connection is asked for where it is missing: for each part of an answer, at least one pair must lead out of it
(cuts of Dantzig, Fulkerson, Johnson 1954), and the model is solved again. A flow formulation would need as many columns
again for a property that most answers have by themselves.

Expertise is scaled to whole numbers, so that no tolerance of the solver decides: exactly where decimals allow it, else in
`STEPS` steps of the greatest. The solver runs in one thread on columns in the seed's order: same seed, same answer, unless
`run_limit_s` cuts a run short. Then exchanges lift the best answer seen, and the bounds are what is proven.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from plenaria.plugins.awards.matching.answer import Assigned, Connection, Quality
from plenaria.plugins.awards.matching.connection import is_hopeless, parts_of
from plenaria.plugins.awards.matching.improving import lift_worst
from plenaria.plugins.awards.matching.problem import Aim, Limits, Pair

if TYPE_CHECKING:
    from plenaria.plugins.awards.matching.highs import Found, Model

STEPS: Final = 100_000
"""Steps from zero to the greatest expertise where the numbers are no round decimals."""

MOST_CUTS: Final = 50
"""Rounds of cuts at one threshold; more than two are seldom needed."""

MOST_HALVINGS: Final = 20
"""Thresholds tried between what is had and what is bounded."""

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
    search = _Search(limits, model, steps, frozenset(fallback), aim, frozenset(kept[0]))
    connection: Connection = "connected"
    if is_hopeless(limits) or not search.run(is_connected=True):
        connection = "impossible"
        model.cuts.clear()
        search = _Search(limits, model, steps, frozenset(fallback), aim, frozenset(kept[0]))
        search.run(is_connected=False)
    pairs = search.best
    parts = parts_of(limits, pairs)
    if connection == "connected" and len(parts) > 1:
        connection = "not_found"
    loads = {judge: sum(pair[1] == judge for pair in pairs) for judge in limits.judges}
    quality = _quality(limits, expertise, search, step)
    return Assigned(limits.in_order(pairs), loads, parts, connection, quality)


class _Search:
    """The way down from the ceiling. `best`: the best answer seen; `ceiling`, `total_bound`: what is proven, in steps."""

    def __init__(
        self,
        limits: Limits,
        model: "Model",
        steps: Mapping[Pair, int],
        fallback: frozenset[Pair],
        aim: Aim,
        stay: frozenset[Pair],
    ) -> None:
        self.limits = limits
        self.model = model
        self.steps = steps
        self.ceiling = model.ceiling()
        self.sums = model.sums()
        self.total_bound: float = model.total_ceiling()
        self.best = fallback
        self.aim = aim
        self.stay = stay
        self.is_connected_wanted = True

    def run(self, *, is_connected: bool) -> bool:
        """Find `best`; False when it is proven that no answer is connected."""
        self.is_connected_wanted = is_connected
        if not self.model.pairs:
            self.ceiling, self.total_bound = self.value(self.best)
            return self._is_fine(self.best)
        threshold = self.ceiling if self.aim == "worst_first" else 0
        found = self._try(threshold)
        if found.pairs is None:
            if found.is_impossible and threshold == 0:
                return False
            if self.aim == "worst_first" and not self._search_below(threshold, found):
                return False
        return True

    def _try(self, threshold: int, *, is_any_fine: bool = False) -> "Found":
        """The best total at a threshold, linked by cuts where links are wanted and missing."""
        found = self.model.best_total(threshold, self._known(threshold), is_any_fine=is_any_fine)
        for _ in range(MOST_CUTS):
            if found.pairs is None or self._is_fine(found.pairs):
                break
            self._consider(found.pairs)
            self.model.cut_off(found.pairs)
            found = self.model.best_total(threshold, self._known(threshold), is_any_fine=is_any_fine)
        if found.pairs is not None:
            self._finish(found)
        return found

    def _known(self, threshold: int) -> frozenset[Pair] | None:
        """The best answer seen, if it answers to this threshold."""
        return self.best if self._is_fine(self.best) and self.value(self.best)[0] >= threshold else None

    def _search_below(self, threshold: int, found: "Found") -> bool:
        """Between the best answer that exchanges reach and the best bound, by halves; False as in `run`."""
        if found.is_impossible:
            bound = self.model.relaxed_worst()
            if bound is None:
                return False
            self.ceiling = self._sum_below(min(bound, threshold - 1))
        if not self._is_fine(self.best) and self._try(0, is_any_fine=True).is_impossible:
            return False
        stay = self.best & self.stay
        self._consider(lift_worst(self.limits, self.best, self.steps, enough=self.ceiling, stay=stay))
        self._halve()
        self._try(self.value(self.best)[0])
        return True

    def _halve(self) -> None:
        """Raise the best answer's worst entry and lower the ceiling until they meet or time is up."""
        threshold = self.ceiling
        for _ in range(MOST_HALVINGS):
            if self.value(self.best)[0] >= self.ceiling:
                break
            found = self._try(threshold, is_any_fine=True)
            if found.is_impossible:
                self.ceiling = self._sum_below(threshold - 1)
            elif found.pairs is None:
                break
            threshold = (self.value(self.best)[0] + self.ceiling + 1) // 2

    def _sum_below(self, bound: int) -> int:
        """The greatest sum that an entry can have up to a bound: few sums are possible where few marks are."""
        if self.sums is None or not (at := self.sums.searchsorted(bound, side="right")):
            return bound
        return int(self.sums[at - 1])

    def _finish(self, found: "Found") -> None:
        """The greatest total at a threshold, as far as is proven. Its bound holds for all that is as good there."""
        assert found.pairs is not None  # noqa: S101 - `_try` has looked
        if self._rank(found.pairs) >= self._rank(self.best):
            self.best = found.pairs
        self.total_bound = min(self.total_bound, found.bound)

    def _is_fine(self, pairs: Collection[Pair]) -> bool:
        return not self.is_connected_wanted or len(parts_of(self.limits, pairs)) < 2

    def _rank(self, pairs: frozenset[Pair]) -> tuple[bool, int, int]:
        worst, total = self.value(pairs)
        return self._is_fine(pairs), worst if self.aim == "worst_first" else 0, total

    def _consider(self, pairs: frozenset[Pair]) -> None:
        if self._rank(pairs) > self._rank(self.best):
            self.best = pairs

    def value(self, pairs: Collection[Pair]) -> tuple[int, int]:
        """The worst entry and the total, in steps."""
        sums = dict.fromkeys(self.limits.entries, 0)
        for pair in pairs:
            sums[pair[0]] += self.steps.get(pair, 0)
        return min(sums.values(), default=0), sum(sums.values())


def _quality(limits: Limits, expertise: Mapping[Pair, float], search: _Search, step: Fraction) -> Quality:
    exact = {pair: Fraction(str(much)) for pair, much in expertise.items()}
    sums = dict.fromkeys(limits.entries, Fraction(0))
    for entry, judge in search.best:
        sums[entry] += exact.get((entry, judge), 0)
    worst, total = float(min(sums.values(), default=Fraction(0))), float(sum(sums.values()))
    worst_steps, total_steps = search.value(search.best)
    total_bound = int(search.total_bound + ROUNDING)
    is_worst_proven, is_total_proven = worst_steps >= search.ceiling, total_steps >= total_bound
    is_exact = all(much == step * search.steps[pair] for pair, much in exact.items())
    return Quality(
        worst=worst,
        worst_at_most=worst if is_worst_proven else float(search.ceiling * step),
        is_worst_proven=is_worst_proven,
        total=total,
        total_at_most=total if is_total_proven else float(total_bound * step),
        is_total_proven=is_total_proven,
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
        from plenaria.plugins.awards.matching.highs import Model
    except ImportError as error:
        if (error.name or "").split(".")[0] in {"scipy", "numpy"}:
            raise ExpertiseNeedsScipy from error
        raise
    return Model(limits, steps, run_limit_s, kept)
