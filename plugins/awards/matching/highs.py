"""The integer model of expertise, for scipy's HiGHS. Loads numpy and scipy: imported by `expertise` when needed only."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack

from plenaria.plugins.awards.matching.connection import parts_of
from plenaria.plugins.awards.matching.problem import Limits, Pair
from plenaria.plugins.awards.matching.rounding import rounded

_INFEASIBLE: Final = 2
"""scipy.optimize's status of a problem without solution."""

_NEAR: Final = (0.02, 0.2)
"""Reduced costs up to which columns are searched first, as shares of the greatest expertise."""

_MOST_ROUNDINGS: Final = 4
"""Rounds of tighter rows; most of what they give is given by the first two."""

_MOST_SUMS: Final = 100_000

_WHOLE: Final = 1e-6
"""How far from a whole number a column of the relaxation may be and count as whole."""

ROUNDING: Final = 0.01
"""In steps: more than the solver's tolerances, so that a bound rounded down is still a bound."""

Numbers = NDArray[np.float64]


class Found(Struct):
    """An answer of one model: the pairs if there are any, and the bound on its objective that is proven."""

    pairs: frozenset[Pair] | None
    bound: float
    is_proven: bool = False
    is_impossible: bool = False


class Circle(NamedTuple):
    """Columns to search among; a search outside, with a better answer, loses at least `cost` of the bound."""

    cost: float
    columns: Any


_EVERYTHING: Final = Circle(np.inf, True)


class Rows(NamedTuple):
    """Sums of columns (rows, columns) between two numbers each."""

    matrix: Any
    low: Numbers
    high: Numbers

    def and_at_least(self, more: Any, low: Numbers) -> "Rows":
        unbounded = np.full(len(low), np.inf)
        return Rows(
            vstack([self.matrix, more]).tocsr(),
            np.concatenate([self.low, low]),
            np.concatenate([self.high, unbounded]),
        )


class Model:
    """Columns: the open pairs that are not fixed (1: assigned), entries and judges in the seed's order.

    Rows: entries (needs still open), judges (loads still open), `kept` (one row), then the cuts. `weight`: steps of a
    column, `base`: steps that an entry has from fixed pairs. `cuts` are (row of columns, pairs at least).
    """

    def __init__(
        self,
        limits: Limits,
        steps: Mapping[Pair, int],
        run_limit_s: float | None,
        kept: tuple[Collection[Pair], int],
    ) -> None:
        self.limits = limits
        self.run_limit_s = run_limit_s
        self.pairs = [(e, judge) for e in limits.mixed for judge in limits.open_to[e] if (e, judge) not in limits.fixed]
        self.column = {pair: i for i, pair in enumerate(self.pairs)}
        self.cuts: list[tuple[list[int], int]] = []
        row = {entry: i for i, entry in enumerate(limits.mixed)}
        judge_row = {judge: i for i, judge in enumerate(sorted(limits.judges))}
        self.entry_of = np.array([row[e] for e, _ in self.pairs], dtype=np.int64)
        self.judge_of = np.array([judge_row[judge] for _, judge in self.pairs], dtype=np.int64)
        self.weight = np.array([steps.get(pair, 0) for pair in self.pairs], dtype=np.float64)
        self.base = np.zeros(len(row))
        begun, begun_by = np.zeros(len(row)), np.zeros(len(judge_row))
        for pair in limits.fixed:
            self.base[row[pair[0]]] += steps.get(pair, 0)
            begun[row[pair[0]]] += 1
            begun_by[judge_row[pair[1]]] += 1
        self.still = np.array([limits.needs[e] for e in limits.mixed], dtype=np.float64) - begun
        judges = sorted(limits.judges)
        least = np.array([limits.least[judge] for judge in judges], dtype=np.float64) - begun_by
        most = np.array([limits.room(judge) for judge in judges], dtype=np.float64) - begun_by
        wanted, at_least = frozenset(kept[0]), kept[1] - sum(pair in limits.fixed for pair in set(kept[0]))
        self.kept_row = np.array([pair in wanted for pair in self.pairs], dtype=np.float64)
        self.rows = vstack(
            [
                self._by(self.entry_of, len(row)),
                self._by(self.judge_of, len(judges)),
                csr_array(self.kept_row.reshape(1, -1)),
            ]
        )
        self.low = np.concatenate([self.still, np.maximum(least, 0), [at_least]])
        self.high = np.concatenate([self.still, most, [np.inf]])
        self.expertise_rows = self._by(self.entry_of, len(row), self.weight)

    def ceiling(self) -> int:
        """No worst entry can have more: each entry with the best judges for it."""
        return int(min((self.base + self._sums_of_best(0)), default=0))

    def sums(self) -> NDArray[np.int64] | None:
        """All sums of expertise that an entry could have at all, rising; None when they are too many to matter."""
        values = np.unique(self.weight).astype(np.int64)
        possible: set[int] = set()
        for need in np.unique(self.still):
            of_need = np.zeros(1, dtype=np.int64)
            for _ in range(int(need)):
                if len(of_need) * len(values) > _MOST_SUMS:
                    return None
                of_need = np.unique(np.add.outer(of_need, values))
            for base in np.unique(self.base[self.still == need]):
                possible.update((of_need + int(base)).tolist())
        return np.array(sorted(possible), dtype=np.int64)

    def total_ceiling(self) -> int:
        return int((self.base + self._sums_of_best(0)).sum())

    def best_total(self, worst: int, known: frozenset[Pair] | None = None, *, is_any_fine: bool = False) -> Found:
        """The greatest total with every entry at `worst` or above; a good one if `is_any_fine`.

        `known`: an answer to this, if one is known.

        The relaxation first, tightened by rounding: then it is often whole. Else its reduced costs say what a column's
        other value would cost at least; a search among the columns that cost little is proven for all, if what it finds
        is within that little.
        """
        if (self.base + self._sums_of_best(0) < worst).any():
            return Found(None, 0.0, is_proven=False, is_impossible=True)
        if known is not None and self._is_best(known):
            return Found(known, self._total(known), is_proven=True)
        upper = self._useful(worst)
        rows, relaxed = self._relax_rounded(worst, upper)
        if relaxed.status == _INFEASIBLE:
            return Found(None, 0.0, is_proven=False, is_impossible=True)
        if relaxed.status != 0:
            return self._search(
                rows, np.zeros(len(upper)), upper, [_EVERYTHING], Found(known, self.total_ceiling()), is_any_fine
            )
        whole, bound = relaxed.x.round(), float(self.base.sum() - relaxed.fun)
        if np.abs(relaxed.x - whole).max() < _WHOLE:
            return Found(self._chosen(relaxed.x), bound, is_proven=True)
        return self._search(rows, whole, upper, self._circles(relaxed), Found(known, bound), is_any_fine)

    def _is_best(self, known: frozenset[Pair]) -> bool:
        """Whether not even the relaxation without thresholds has more: it is solved in a moment."""
        relaxed = self._relax(-self.weight, self._with_cuts(), np.ones(len(self.pairs)), "highs-ds")
        return bool(relaxed.status == 0 and self._total(known) + 1 > self.base.sum() - relaxed.fun + ROUNDING)

    def _relax_rounded(self, worst: int, upper: Numbers) -> tuple[Rows, Any]:
        """The rows at a threshold, with rounded ones as long as these lower the relaxation, and what that gives."""
        rows = self._rows_at(worst)
        relaxed = self._relax(-self.weight, rows, upper, "highs-ds")
        for _ in range(_MOST_ROUNDINGS):
            if relaxed.status != 0:
                break
            more, low = rounded(self.weight, self.entry_of, relaxed.x, self.still, worst - self.base)
            if not len(low):
                break
            before, rows = relaxed.fun, rows.and_at_least(more, low)
            relaxed = self._relax(-self.weight, rows, upper, "highs-ds")
            if relaxed.status == 0 and relaxed.fun < before + 1:
                break
        return rows, relaxed

    def _circles(self, relaxed: Any) -> list[Circle]:
        """The entries that the relaxation divides, then columns by reduced cost, then all."""
        cost = np.abs(relaxed.lower.marginals + relaxed.upper.marginals)
        divided = np.unique(self.entry_of[np.abs(relaxed.x - relaxed.x.round()) > _WHOLE])
        near = [Circle(share * self.weight.max(), cost <= share * self.weight.max()) for share in _NEAR]
        return [Circle(0.0, np.isin(self.entry_of, divided)), *near, _EVERYTHING]

    def _search(
        self, rows: Rows, whole: Numbers, upper: Numbers, circles: list[Circle], best: Found, is_any_fine: bool
    ) -> Found:
        """The best with the columns outside a circle as in `whole`, each circle asked for more than those before gave.

        Where a circle has nothing better, the next is one that proves what there is.
        """
        proving = 0.0
        for circle in circles:
            if circle.cost < proving:
                continue
            low, high = np.where(circle.columns, 0.0, whole), np.where(circle.columns, upper, whole)
            found = self._found_in(self._solve(-self.weight, self._above(rows, best.pairs), low, high))
            if found.pairs is not None and (best.pairs is None or self._total(found.pairs) > self._total(best.pairs)):
                best.pairs = found.pairs
            total = -np.inf if best.pairs is None else self._total(best.pairs)
            if not (found.is_proven or found.is_impossible):
                bound = max(found.bound, total) if circle is _EVERYTHING else best.bound
                return Found(best.pairs, min(best.bound, bound))
            if circle is _EVERYTHING or total + 1 > best.bound - circle.cost + ROUNDING:
                return Found(best.pairs, total, is_proven=best.pairs is not None, is_impossible=best.pairs is None)
            if best.pairs is not None and is_any_fine:
                break
            if best.pairs is not None and found.is_impossible:
                proving = best.bound - total - 1
        return best

    def _above(self, rows: Rows, pairs: frozenset[Pair] | None) -> Rows:
        """The rows, and that the total is more than that of these pairs."""
        if pairs is None:
            return rows
        return rows.and_at_least(
            csr_array(self.weight.reshape(1, -1)), np.array([self._total(pairs) - self.base.sum() + 0.5])
        )

    def relaxed_worst(self) -> int | None:
        """A bound on the worst entry from the relaxation; None when even that has no solution."""
        cost = np.zeros(len(self.pairs) + 1)
        cost[-1] = -1.0
        result = self._relax(cost, self._straight(), np.append(np.ones(len(self.pairs)), np.inf), "highs-ipm")
        if result.status == _INFEASIBLE:
            return None
        return int(-result.fun + ROUNDING) if result.status == 0 else self.ceiling()

    def cut_off(self, pairs: Collection[Pair]) -> bool:
        """Ask that every part of this answer be linked to the rest from now on; False when it is connected."""
        parts = parts_of(self.limits, pairs)
        if len(parts) < 2:
            return False
        judges_in = [{judge for entry, judge in pairs if entry in set(part)} for part in parts]
        for part, judges in list(zip(parts, judges_in, strict=True))[: len(parts) if len(parts) > 2 else 1]:
            entries = set(part)
            across = [i for i, (entry, judge) in enumerate(self.pairs) if (entry in entries) != (judge in judges)]
            self.cuts.append((across, 1))
        return True

    def _by(self, group: NDArray[np.int64], count: int, values: Numbers | None = None) -> Any:
        columns = np.arange(len(self.pairs))
        data = np.ones(len(self.pairs)) if values is None else values
        return coo_array((data, (group, columns)), shape=(count, len(self.pairs))).tocsr()

    def _with_cuts(self) -> Rows:
        if not self.cuts:
            return Rows(self.rows, self.low, self.high)
        lines = [i for i, (across, _) in enumerate(self.cuts) for _ in across]
        columns = [column for across, _ in self.cuts for column in across]
        shape = (len(self.cuts), len(self.pairs))
        cuts = coo_array((np.ones(len(lines)), (lines, columns)), shape=shape).tocsr()
        least = np.array([at_least for _, at_least in self.cuts], dtype=np.float64)
        return Rows(self.rows, self.low, self.high).and_at_least(cuts, least)

    def _rows_at(self, worst: int) -> Rows:
        """The rows, and one more for each entry whose expertise is not enough by itself."""
        low = worst - self.base
        binding = np.flatnonzero(low > 0)
        return self._with_cuts().and_at_least(self.expertise_rows[binding], low[binding])

    def _straight(self) -> Rows:
        """The rows with a last column t, and one row more per entry: its expertise is at least t."""
        rows, count = self._with_cuts(), len(self.base)
        wider = Rows(hstack([rows.matrix, csr_array((rows.matrix.shape[0], 1))]).tocsr(), rows.low, rows.high)
        return wider.and_at_least(hstack([self.expertise_rows, csr_array(-np.ones((count, 1)))]), -self.base)

    def _sums_of_best(self, fewer: int) -> Numbers:
        """For each entry, the steps of its best judges, `fewer` than it still needs."""
        order = np.lexsort((-self.weight, self.entry_of))
        starts = np.searchsorted(self.entry_of[order], np.arange(len(self.still)))
        rank = np.empty(len(order))
        rank[order] = np.arange(len(order)) - starts[self.entry_of[order]]
        taken = rank < (self.still - fewer)[self.entry_of]
        sums: Numbers = np.bincount(self.entry_of[taken], self.weight[taken], minlength=len(self.still)).astype(
            np.float64
        )
        return sums

    def _useful(self, worst: int) -> Numbers:
        """Upper bounds of the columns: 0 where an entry with this judge cannot come to `worst`, whichever others judge it."""
        others = self._sums_of_best(1)
        reach = (self.base + others)[self.entry_of] + self.weight
        return (reach >= worst).astype(np.float64)

    def _relax(self, cost: Numbers, rows: Rows, upper: Numbers, method: str) -> Any:
        equal = rows.low == rows.high
        above, below = np.isfinite(rows.high) & ~equal, np.isfinite(rows.low) & ~equal
        return linprog(
            cost,
            A_ub=vstack([rows.matrix[above], -rows.matrix[below]]),
            b_ub=np.concatenate([rows.high[above], -rows.low[below]]),
            A_eq=rows.matrix[equal],
            b_eq=rows.low[equal],
            bounds=np.column_stack([np.zeros(len(cost)), upper]),
            method=method,
            options=self._options(),
        )

    def _solve(self, cost: Numbers, rows: Rows, low: Numbers, high: Numbers) -> Any:
        return milp(
            cost,
            integrality=np.ones(len(cost)),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(rows.matrix.tocsc(), rows.low, rows.high),
            options={"mip_rel_gap": 0.0, **self._options()},
        )

    def _options(self) -> dict[str, float]:
        return {} if self.run_limit_s is None else {"time_limit": self.run_limit_s}

    def _found_in(self, result: Any) -> Found:
        if result.status == _INFEASIBLE:
            return Found(None, 0.0, is_proven=False, is_impossible=True)
        bound = self.base.sum() - result.mip_dual_bound if result.mip_dual_bound is not None else np.inf
        pairs = None if result.x is None else self._chosen(result.x)
        return Found(pairs, float(bound), is_proven=bool(result.status == 0))

    def _total(self, pairs: Collection[Pair]) -> float:
        return float(sum(self.weight[self.column[pair]] for pair in pairs if pair in self.column) + self.base.sum())

    def _chosen(self, values: Numbers) -> frozenset[Pair]:
        return frozenset(self.pairs[i] for i in np.flatnonzero(values > 0.5)) | self.limits.fixed
