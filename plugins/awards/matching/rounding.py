"""What whole judges add to "at least so much expertise": rows that the relaxation breaks and no assignment does.

An entry with k judges of expertise w and at least b together has, for all whole s and d > 0, also
Σ ⌈(w + s) / d⌉ ≥ ⌈(b + s k) / d⌉: the sums of w + s are at least b + s k, and the left side is whole (Chvátal: Edmonds
polytopes and a hierarchy of combinatorial problems, Discrete Mathematics 4, 1973). With marks from 0 to 5 and b = 7, for
instance, at least two judges must know something of the matter (s = 0, d = 5), where the relaxation would take 1.4.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

_MOST_MARKS: Final = 9
"""Different marks from which divisors and shifts are made; of more, some are picked evenly."""

_BROKEN: Final = 1e-4
"""How far a row must be from being kept, by its length, to be worth asking for."""

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]


def rounded(weight: Numbers, entry_of: Whole, x: Numbers, need: Numbers, least: Numbers) -> tuple[Any, Numbers]:
    """For each entry the rounded row that `x` breaks most, if any: (rows, columns), and what each row is at least.

    `weight`, `entry_of`, `x`: (columns,); `need` (k), `least` (b): (entries,). All but `x` are whole numbers.
    """
    marks, needs, leasts = weight.astype(np.int64), need.astype(np.int64), least.astype(np.int64)
    taken = np.flatnonzero(x)
    worst, chosen = np.full(len(need), _BROKEN), np.zeros((len(need), 2), dtype=np.int64)
    for s, d in _roundings(marks):
        steps = _ceil(marks[taken] + s, d)
        had = np.bincount(entry_of[taken], steps * x[taken], len(need))
        length = np.sqrt(1 + np.bincount(entry_of[taken], steps**2, len(need)))
        lack = (_ceil(leasts + s * needs, d) - had) / length
        chosen[lack > worst] = s, d
        worst = np.maximum(worst, lack)
    entries = np.flatnonzero(chosen[:, 1])
    columns = np.flatnonzero(chosen[entry_of, 1])
    s, d = chosen[entry_of[columns]].T
    rows = np.searchsorted(entries, entry_of[columns])
    matrix = coo_array((_ceil(marks[columns] + s, d), (rows, columns)), shape=(len(entries), len(weight)))
    s, d = chosen[entries].T
    return matrix.astype(np.float64).tocsr(), _ceil(leasts[entries] + s * needs[entries], d).astype(np.float64)


def _roundings(marks: Whole) -> Iterator[tuple[int, int]]:
    """Shifts and divisors: those that lift some marks to a multiple, by the differences between marks."""
    some = np.unique(marks)
    if len(some) > _MOST_MARKS:
        some = some[np.linspace(0, len(some) - 1, _MOST_MARKS).round().astype(np.int64)]
    for d in sorted({int(b - a) for a in some for b in some if b > a + 1}):
        for s in sorted({int(-mark % d) for mark in some}):
            yield s, d


def _ceil(of: Whole, by: Any) -> Whole:
    """Quotients rounded up, exactly."""
    up: Whole = -(-of // by)
    return up
