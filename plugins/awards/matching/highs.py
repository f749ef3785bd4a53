"""The integer model of expertise, for scipy's HiGHS. Loads numpy and scipy: imported by `expertise` when needed only."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack

from plugins.awards.matching.connection import parts_of
from plugins.awards.matching.problem import Limits, Pair

_INFEASIBLE: Final = 2
"""scipy.optimize's status of a problem without solution."""

ROUNDING: Final = 0.01
"""In steps: more than the solver's tolerances, so that a bound rounded down is still a bound."""

Numbers = NDArray[np.float64]


class Found(Struct):
    """An answer of one model: the pairs if there are any, and the bound on its objective that is proven."""

    pairs: frozenset[Pair] | None
    bound: float
    is_proven: bool
    is_impossible: bool = False


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

    def total_ceiling(self) -> int:
        return int((self.base + self._sums_of_best(0)).sum())

    def best_total(self, worst: int) -> Found:
        """The greatest total with every entry at `worst` or above."""
        if (self.base + self._sums_of_best(0) < worst).any():
            return Found(None, 0.0, is_proven=False, is_impossible=True)
        low = worst - self.base
        rows, lows, highs = self._with_cuts()
        binding = np.flatnonzero(low > 0)
        rows = vstack([rows, self.expertise_rows[binding]])
        result = self._solve(
            -self.weight,
            rows,
            np.concatenate([lows, low[binding]]),
            np.concatenate([highs, np.full(len(binding), np.inf)]),
            self._useful(worst),
        )
        return self._found_in(result, self.base.sum())

    def relaxed_worst(self) -> int | None:
        """A bound on the worst entry from the relaxation; None when even that has no solution."""
        rows, lows, highs = self._with_cuts()
        matrix, low, high = self._straight(rows, lows, highs)
        cost = np.zeros(len(self.pairs) + 1)
        cost[-1] = -1.0
        equal = low == high
        upper = np.isfinite(high) & ~equal
        lower = np.isfinite(low) & ~equal
        result = linprog(
            cost,
            A_ub=vstack([matrix[upper], -matrix[lower]]),
            b_ub=np.concatenate([high[upper], -low[lower]]),
            A_eq=matrix[equal],
            b_eq=low[equal],
            bounds=[(0, 1)] * len(self.pairs) + [(0, None)],
            method="highs-ipm",
            options=self._options(),
        )
        if result.status == _INFEASIBLE:
            return None
        return int(-result.fun + ROUNDING) if result.status == 0 else self.ceiling()

    def best_worst(self, at_most: int) -> Found:
        """The straight model: the greatest worst entry, known to be `at_most` or below."""
        rows, lows, highs = self._with_cuts()
        matrix, low, high = self._straight(rows, lows, highs)
        cost = np.zeros(len(self.pairs) + 1)
        cost[-1] = -1.0
        upper = np.append(np.ones(len(self.pairs)), max(at_most, 0))
        return self._found_in(self._solve(cost, matrix, low, high, upper), 0.0)

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

    def _with_cuts(self) -> tuple[Any, Numbers, Numbers]:
        if not self.cuts:
            return self.rows, self.low, self.high
        lines = [i for i, (across, _) in enumerate(self.cuts) for _ in across]
        columns = [column for across, _ in self.cuts for column in across]
        shape = (len(self.cuts), len(self.pairs))
        cuts = coo_array((np.ones(len(lines)), (lines, columns)), shape=shape).tocsr()
        least = np.array([at_least for _, at_least in self.cuts], dtype=np.float64)
        unbounded = np.full(len(self.cuts), np.inf)
        return vstack([self.rows, cuts]), np.concatenate([self.low, least]), np.concatenate([self.high, unbounded])

    def _straight(self, rows: Any, lows: Numbers, highs: Numbers) -> tuple[Any, Numbers, Numbers]:
        """The rows with a last column t, and one row more per entry: its expertise is at least t."""
        count = len(self.base)
        matrix = vstack(
            [
                hstack([rows, csr_array((rows.shape[0], 1))]),
                hstack([self.expertise_rows, csr_array(-np.ones((count, 1)))]),
            ]
        ).tocsr()
        return matrix, np.concatenate([lows, -self.base]), np.concatenate([highs, np.full(count, np.inf)])

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
        """Upper bounds of the columns: 0 where an entry with this judge cannot come to `worst`, whoever else judges it."""
        others = self._sums_of_best(1)
        reach = (self.base + others)[self.entry_of] + self.weight
        return (reach >= worst).astype(np.float64)

    def _solve(self, cost: Numbers, rows: Any, low: Numbers, high: Numbers, upper: Numbers) -> Any:
        integer = np.ones(len(cost))
        integer[len(self.pairs) :] = 0
        return milp(
            cost,
            integrality=integer,
            bounds=Bounds(np.zeros(len(cost)), upper),
            constraints=LinearConstraint(rows.tocsc(), low, high),
            options={"mip_rel_gap": 0.0, **self._options()},
        )

    def _options(self) -> dict[str, float]:
        return {} if self.run_limit_s is None else {"time_limit": self.run_limit_s}

    def _found_in(self, result: Any, base: float) -> Found:
        if result.status == _INFEASIBLE:
            return Found(None, 0.0, is_proven=False, is_impossible=True)
        bound = base - result.mip_dual_bound if result.mip_dual_bound is not None else float("inf")
        if result.x is None:
            return Found(None, bound, is_proven=False)
        chosen = np.flatnonzero(result.x[: len(self.pairs)] > 0.5)
        return Found(frozenset(self.pairs[i] for i in chosen) | self.limits.fixed, bound, is_proven=result.status == 0)
