"""Rounded rows: they cut off what the relaxation would like and nothing that whole judges can do."""

from itertools import combinations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from plenaria.plugins.awards.matching.rounding import rounded


def test_at_least_two_judges_must_know_something() -> None:
    """Marks 5 5 0 0 0 0, four judges with at least 7: the relaxation takes 1.4 of those who know something."""
    weight, x = np.array([5.0, 5, 0, 0, 0, 0]), np.array([0.7, 0.7, 0.65, 0.65, 0.65, 0.65])

    rows, low = rounded(weight, np.zeros(6, dtype=np.int64), x, np.array([4.0]), np.array([7.0]))

    assert rows.toarray().tolist() == [[1, 1, 0, 0, 0, 0]]
    assert low.tolist() == [2]


@given(
    st.lists(st.integers(0, 9) | st.integers(0, 1_000), min_size=3, max_size=7),
    st.integers(1, 3),
    st.integers(-3, 20) | st.integers(0, 2_000),
    st.data(),
)
def test_no_whole_answer_is_cut_off(marks: list[int], k: int, least: int, data: st.DataObject) -> None:
    x = data.draw(st.lists(st.sampled_from([0, 0.25, 0.5, 1]), min_size=len(marks), max_size=len(marks)))
    weight, entry_of = np.array(marks, dtype=np.float64), np.zeros(len(marks), dtype=np.int64)

    rows, low = rounded(weight, entry_of, np.array(x), np.array([float(k)]), np.array([float(least)]))

    assume(len(low))
    assert rows @ np.array(x) < low
    for some in combinations(range(len(marks)), k):
        if weight[list(some)].sum() >= least:
            assert rows @ np.isin(np.arange(len(marks)), some) >= low
