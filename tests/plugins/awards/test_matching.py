"""Even assignment: always k judges, never a conflict, loads as even as can be."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.awards.matching import Assigned, Impossible, Pair, assign


def entries(count: int) -> list[str]:
    return [f"e{i}" for i in range(count)]


def judges(count: int) -> list[str]:
    return [f"j{i}" for i in range(count)]


def judges_of(answer: Assigned | Impossible, entry: str) -> set[str]:
    assert isinstance(answer, Assigned)
    return {judge for e, judge in answer.pairs if e == entry}


@pytest.mark.parametrize(("n", "m", "k"), [(1, 3, 3), (10, 4, 3), (120, 15, 4), (7, 7, 1), (5, 9, 2)])
def test_without_conflicts_loads_differ_by_at_most_one(n: int, m: int, k: int) -> None:
    answer = assign(entries(n), judges(m), per_entry=k)

    assert isinstance(answer, Assigned)
    assert all(len(judges_of(answer, entry)) == k for entry in entries(n))
    assert max(answer.loads.values()) - min(answer.loads.values()) <= 1
    assert sum(answer.loads.values()) == n * k


def test_the_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    first, again, other = (assign(entries(12), judges(6), per_entry=3, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_order_of_names_changes_nothing_but_the_order_of_pairs() -> None:
    one = assign(entries(9), judges(5), per_entry=2, seed=3)
    other = assign(entries(9)[::-1], judges(5)[::-1], per_entry=2, seed=3)

    assert isinstance(one, Assigned)
    assert isinstance(other, Assigned)
    assert set(one.pairs) == set(other.pairs)


def test_too_few_judges_without_conflict_are_named() -> None:
    answer = assign(["a", "b"], ["x", "y", "z"], per_entry=3, conflicts={("b", "y")})

    assert answer == Impossible(entries=("b",), judges=("x", "z"), needed=3, available=2)


def test_full_judges_are_named_with_the_entries_that_need_them() -> None:
    barred = {("a", "z"), ("b", "z"), ("c", "z")}

    answer = assign(["a", "b", "c", "d"], ["x", "y", "z"], per_entry=1, conflicts=barred, most_per_judge=1)

    assert answer == Impossible(entries=("a", "b", "c"), judges=("x", "y"), needed=3, available=2)


def test_a_full_judge_hands_an_entry_on_when_that_makes_room() -> None:
    """b can only be judged by x; whoever gave x to a must give a to y."""
    for seed in range(20):
        answer = assign(["a", "b"], ["x", "y"], per_entry=1, conflicts={("b", "y")}, most_per_judge=1, seed=seed)

        assert isinstance(answer, Assigned)
        assert set(answer.pairs) == {("a", "y"), ("b", "x")}


def test_work_already_begun_stays_and_counts() -> None:
    fixed = {("e0", "j0"), ("e1", "j0"), ("e2", "j0")}

    answer = assign(entries(6), judges(3), per_entry=1, fixed=fixed)

    assert isinstance(answer, Assigned)
    assert fixed <= set(answer.pairs)
    assert answer.loads == {"j0": 3, "j1": 2, "j2": 1} or answer.loads == {"j0": 3, "j1": 1, "j2": 2}


def test_an_entry_with_more_fixed_judges_than_needed_keeps_them() -> None:
    fixed = {("e0", "j0"), ("e0", "j1"), ("e0", "j2")}

    assert judges_of(assign(entries(2), judges(3), per_entry=2, fixed=fixed), "e0") == {"j0", "j1", "j2"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"per_entry": 0}, "at least one"),
        ({"per_entry": 1, "fixed": {("a", "nobody")}}, "unknown"),
        ({"per_entry": 1, "fixed": {("a", "x")}, "conflicts": {("a", "x")}}, "conflicts"),
    ],
)
def test_nonsense_is_refused_in_words(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        assign(["a"], ["x"], **arguments)  # type: ignore[arg-type]


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        assign(["a", "a"], ["x"], per_entry=1)


def test_nothing_to_assign_is_no_problem() -> None:
    assert assign([], ["x"], per_entry=3) == Assigned((), {"x": 0})


def best_loads(n: int, m: int, k: int, conflicts: set[Pair], most: int | None) -> list[int] | None:
    """By trying everything: the most even sorted loads (smallest sum of squares), None when nothing fits."""
    ways = [list(combinations([j for j in judges(m) if (e, j) not in conflicts], k)) for e in entries(n)]
    best: list[int] | None = None
    for way in product(*ways):
        loads = sorted(sum(j in chosen for chosen in way) for j in judges(m))
        fits = most is None or loads[-1] <= most
        if fits and (best is None or sum(x * x for x in loads) < sum(x * x for x in best)):
            best = loads
    return best


pairs = st.sets(st.tuples(st.sampled_from(entries(4)), st.sampled_from(judges(4))), max_size=10)


@settings(max_examples=150, deadline=None)
@given(pairs, st.integers(1, 2), st.none() | st.integers(1, 3), st.integers(0, 5))
def test_no_assignment_is_more_even_and_none_is_missed(
    conflicts: set[Pair], k: int, most: int | None, seed: int
) -> None:
    answer = assign(entries(4), judges(4), per_entry=k, conflicts=conflicts, most_per_judge=most, seed=seed)

    expected = best_loads(4, 4, k, conflicts, most)
    if expected is None:
        assert isinstance(answer, Impossible)
        assert answer.needed > answer.available
    else:
        assert isinstance(answer, Assigned)
        assert sorted(answer.loads.values()) == expected
        assert not set(answer.pairs) & conflicts
        assert all(len(judges_of(answer, entry)) == k for entry in entries(4))


@settings(max_examples=60, deadline=None)
@given(pairs, st.integers(1, 3), st.integers(1, 4))
def test_the_reason_for_an_impossible_assignment_holds_by_itself(conflicts: set[Pair], k: int, most: int) -> None:
    answer = assign(entries(4), judges(4), per_entry=k, conflicts=conflicts, most_per_judge=most)

    if isinstance(answer, Impossible):
        alone = best_loads_of(answer.entries, k, conflicts, most)
        assert alone is None


def best_loads_of(chosen: tuple[str, ...], k: int, conflicts: set[Pair], most: int) -> list[int] | None:
    barred = {(f"e{i}", j) for i, e in enumerate(chosen) for j in judges(4) if (e, j) in conflicts}
    return best_loads(len(chosen), 4, k, barred, most)
