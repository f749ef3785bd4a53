"""Even assignment: always k judges, never a conflict, loads as even as can be."""

import subprocess
import sys
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.plugins.awards.matching import Assigned, Impossible, Pair, Problem, assign
from tests.plugins.awards.test_matching_validator import faults

ROOT = Path(__file__).parents[3]


def entries(count: int) -> list[str]:
    return [f"e{i}" for i in range(count)]


def judges(count: int) -> list[str]:
    return [f"j{i}" for i in range(count)]


def judges_of(answer: Assigned | Impossible, entry: str) -> set[str]:
    assert isinstance(answer, Assigned)
    return {judge for e, judge in answer.pairs if e == entry}


@pytest.mark.parametrize(("n", "m", "k"), [(1, 3, 3), (10, 4, 3), (120, 15, 4), (7, 7, 1), (5, 9, 2)])
def test_without_conflicts_loads_differ_by_at_most_one(n: int, m: int, k: int) -> None:
    answer = assign(Problem(entries=entries(n), judges=judges(m), per_entry=k))

    assert isinstance(answer, Assigned)
    assert all(len(judges_of(answer, entry)) == k for entry in entries(n))
    assert max(answer.loads.values()) - min(answer.loads.values()) <= 1
    assert sum(answer.loads.values()) == n * k


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    first, again, other = (
        assign(Problem(entries=entries(12), judges=judges(6), per_entry=3, seed=seed)) for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_the_order_of_names_changes_nothing_but_the_order_of_pairs() -> None:
    one = assign(Problem(entries=entries(9), judges=judges(5), per_entry=2, seed=3))
    other = assign(Problem(entries=entries(9)[::-1], judges=judges(5)[::-1], per_entry=2, seed=3))

    assert isinstance(one, Assigned)
    assert isinstance(other, Assigned)
    assert set(one.pairs) == set(other.pairs)


def test_a_full_judge_hands_an_entry_on_when_that_makes_room() -> None:
    """b can only be judged by x; whoever gave x to a must give a to y."""
    for seed in range(20):
        answer = assign(
            Problem(entries=["a", "b"], judges=["x", "y"], per_entry=1, conflicts={("b", "y")}, most=1, seed=seed)
        )

        assert isinstance(answer, Assigned)
        assert set(answer.pairs) == {("a", "y"), ("b", "x")}


def test_work_already_begun_stays_and_counts() -> None:
    fixed = {("e0", "j0"), ("e1", "j0"), ("e2", "j0")}

    answer = assign(Problem(entries=entries(6), judges=judges(3), per_entry=1, fixed=fixed))

    assert isinstance(answer, Assigned)
    assert fixed <= set(answer.pairs)
    assert answer.loads == {"j0": 3, "j1": 2, "j2": 1} or answer.loads == {"j0": 3, "j1": 1, "j2": 2}


def test_an_entry_with_more_fixed_judges_than_needed_keeps_them() -> None:
    fixed = {("e0", "j0"), ("e0", "j1"), ("e0", "j2")}

    answer = assign(Problem(entries=entries(2), judges=judges(3), per_entry=2, fixed=fixed))

    assert judges_of(answer, "e0") == {"j0", "j1", "j2"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"per_entry": 0}, "at least one"),
        ({"per_entry_of": {"a": 0}}, "at least one judge; not so: .'a'"),
        ({"per_entry_of": {"nobody": 1}}, "unknown entries in per_entry_of: .'nobody'"),
        ({"fixed": {("a", "nobody")}}, "unknown names in fixed: .*nobody"),
        ({"conflicts": {("nobody", "x")}}, "unknown names in conflicts: .*nobody"),
        ({"expertise": {("nobody", "x"): 1.0}}, "unknown names in expertise: .*nobody"),
        ({"expertise": {("a", "x"): -1.0}}, "not negative: .*'a', 'x'"),
        ({"expertise": {("a", "x"): float("nan")}}, "not negative: .*'a', 'x'"),
        ({"fixed": {("a", "x")}, "conflicts": {("a", "x")}}, "conflicts: .*'a', 'x'"),
        ({"least_of": {"nobody": 1}}, "unknown judges in least_of: .'nobody'"),
        ({"most_of": {"nobody": 1}}, "unknown judges in most_of: .'nobody'"),
        ({"least": 2, "most_of": {"x": 1}}, "judge 'x' cannot take at least 2 and at most 1"),
        ({"least_of": {"x": -1}}, "judge 'x' cannot take at least -1"),
        ({"run_limit_s": 0.0}, "needs time"),
        ({"entries": ["a", "a"]}, "an entry is named twice: .'a'"),
        ({"judges": ["x", "x"]}, "a judge is named twice: .'x'"),
    ],
)
def test_nonsense_is_refused_in_words(wrong: dict[str, Any], said: str) -> None:
    sound: dict[str, Any] = {"entries": ["a"], "judges": ["x"], "per_entry": 1}

    with pytest.raises(ValueError, match=said):
        assign(Problem(**(sound | wrong)))


def test_nothing_to_assign_is_no_problem() -> None:
    answer = assign(Problem(entries=[], judges=["x"], per_entry=3))

    assert answer == Assigned((), {"x": 0}, (), "connected")


def test_parts_are_joined_without_touching_a_load() -> None:
    """Left alone, the even way gives whole blocks of entries to the same four judges."""
    problem = Problem(entries=entries(200), judges=judges(40), per_entry=4)

    answer = assign(problem)

    assert isinstance(answer, Assigned)
    assert (answer.connection, len(answer.parts)) == ("connected", 1)
    assert set(answer.loads.values()) == {20}
    assert faults(problem, answer.pairs, is_connected=True) == []


def test_one_judge_each_links_nothing_and_that_is_said() -> None:
    answer = assign(Problem(entries=["a", "b"], judges=["x", "y"], per_entry=1, least=1))

    assert isinstance(answer, Assigned)
    assert (answer.connection, answer.parts) == ("impossible", (("a",), ("b",)))


def test_a_join_that_no_swap_finds_is_not_called_impossible() -> None:
    """Work begun holds the parts apart; a judge with one entry more could link them, at uneven loads."""
    fixed = {("a", "x"), ("b", "y")}

    answer = assign(Problem(entries=["a", "b"], judges=["x", "y"], per_entry=1, fixed=fixed))

    assert isinstance(answer, Assigned)
    assert (answer.connection, len(answer.parts)) == ("not_found", 2)


def test_single_entries_and_judges_may_differ_from_the_rule() -> None:
    problem = Problem(
        entries=entries(6),
        judges=judges(4),
        per_entry=1,
        per_entry_of={"e0": 3},
        most=3,
        most_of={"j0": 1},
        least_of={"j3": 3},
    )

    answer = assign(problem)

    assert isinstance(answer, Assigned)
    assert faults(problem, answer.pairs) == []
    assert answer.loads == {"j0": 1, "j1": 2, "j2": 2, "j3": 3}


def test_the_start_of_matching_loads_no_scipy() -> None:
    code = (
        "import sys; from plenaria.plugins.awards.matching import Problem, assign;"
        "assign(Problem(entries=['a'], judges=['x'], per_entry=1));"
        "print([name for name in ('scipy', 'numpy') if name in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert run.stdout.strip() == "[]"


def best_loads(
    n: int, m: int, k: int, conflicts: set[Pair], least: dict[str, int], most: dict[str, int]
) -> list[int] | None:
    """By trying everything: the most even sorted loads (smallest sum of squares), None when nothing fits."""
    ways = [list(combinations([j for j in judges(m) if (e, j) not in conflicts], k)) for e in entries(n)]
    best: list[int] | None = None
    for way in product(*ways):
        load_of = {j: sum(j in chosen for chosen in way) for j in judges(m)}
        loads = sorted(load_of.values())
        fits = all(least.get(j, 0) <= load_of[j] <= most.get(j, n) for j in judges(m))
        if fits and (best is None or sum(x * x for x in loads) < sum(x * x for x in best)):
            best = loads
    return best


pairs = st.sets(st.tuples(st.sampled_from(entries(4)), st.sampled_from(judges(4))), max_size=10)
bounds = st.dictionaries(st.sampled_from(judges(4)), st.integers(0, 4))


@settings(max_examples=150, deadline=None)
@given(pairs, st.integers(1, 2), bounds, bounds, st.integers(0, 5))
def test_no_assignment_is_more_even_and_none_is_missed(
    conflicts: set[Pair], k: int, low: dict[str, int], high: dict[str, int], seed: int
) -> None:
    low = {judge: min(least, high.get(judge, 4)) for judge, least in low.items()}
    problem = Problem(
        entries=entries(4), judges=judges(4), per_entry=k, conflicts=conflicts, least_of=low, most_of=high, seed=seed
    )

    answer = assign(problem)

    expected = best_loads(4, 4, k, conflicts, low, high)
    if expected is None:
        assert isinstance(answer, Impossible)
    else:
        assert isinstance(answer, Assigned)
        assert sorted(answer.loads.values()) == expected
        assert faults(problem, answer.pairs) == []


def test_parts_are_not_joined_over_a_conflict() -> None:
    camps = {(e, j) for e, j in product(entries(4), judges(4)) if (e in {"e0", "e1"}) != (j in {"j0", "j1"})}
    problem = Problem(entries=entries(4), judges=judges(4), per_entry=2, conflicts=camps)

    answer = assign(problem)

    assert isinstance(answer, Assigned)
    assert (answer.connection, len(answer.parts)) == ("impossible", 2)
    assert faults(problem, answer.pairs) == []
