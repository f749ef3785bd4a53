"""A judge drops out: work begun stays, as little as possible changes, then evenness or expertise."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.plugins.awards.matching import Assigned, Impossible, Pair, Problem, Repaired, assign, repair
from tests.plugins.awards.test_matching_validator import faults

ENTRIES = [f"e{i}" for i in range(4)]
JUDGES = [f"j{i}" for i in range(4)]


def large(**more: object) -> Problem:
    entries, judges = [f"e{i}" for i in range(60)], [f"j{i}" for i in range(10)]
    return Problem(entries=entries, judges=judges, per_entry=3, **more)  # type: ignore[arg-type]


def test_only_the_work_not_begun_of_the_judge_who_left_changes_hands() -> None:
    problem = large()
    before = assign(problem)
    assert isinstance(before, Assigned)
    theirs = [pair for pair in before.pairs if pair[1] == "j0"]
    finished = theirs[:5]
    problem = replace(problem, fixed=finished)

    answer = repair(problem, before.pairs, gone={"j0"})

    assert isinstance(answer, Repaired)
    assert answer.removed == tuple(theirs[5:])
    assert len(answer.added) == len(answer.removed)
    assert [pair for pair in answer.assigned.pairs if pair[1] == "j0"] == finished
    assert sorted({load for judge, load in answer.assigned.loads.items() if judge != "j0"}) == [19, 20]
    assert faults(problem, answer.assigned.pairs, is_connected=True) == []


def test_a_new_conflict_is_mended_without_anybody_leaving() -> None:
    problem = large()
    before = assign(problem)
    assert isinstance(before, Assigned)
    barred = before.pairs[7]

    answer = repair(replace(problem, conflicts={barred}), before.pairs)

    assert isinstance(answer, Repaired)
    assert answer.removed == (barred,)
    assert [entry for entry, _ in answer.added] == [barred[0]]


def test_nothing_lost_is_nothing_changed() -> None:
    problem = large()
    before = assign(problem)
    assert isinstance(before, Assigned)

    assert repair(problem, before.pairs) == Repaired(before, (), ())


def test_nobody_left_to_take_over_is_said() -> None:
    problem = Problem(entries=["a"], judges=["x", "y"], per_entry=2)

    answer = repair(problem, [("a", "x"), ("a", "y")], gone={"y"})

    assert isinstance(answer, Impossible)
    assert (answer.reasons[0].code, answer.reasons[0].judges) == ("too_few_judges", ("x",))


def test_who_is_gone_needs_no_least_load() -> None:
    problem = Problem(entries=["a"], judges=["x", "y"], per_entry=1, least_of={"y": 1})

    answer = repair(problem, [("a", "y")], gone={"y"})

    assert isinstance(answer, Repaired)
    assert answer.assigned.pairs == (("a", "x"),)


def test_unknown_names_are_refused() -> None:
    problem = Problem(entries=["a"], judges=["x"], per_entry=1)

    with pytest.raises(ValueError, match=r"previous: .*nobody"):
        repair(problem, [("a", "nobody")])
    with pytest.raises(ValueError, match=r"gone: .'nobody'"):
        repair(problem, [("a", "x")], gone={"nobody"})


def fits(problem: Problem, gone: str) -> list[set[Pair]]:
    """Every assignment that keeps the problem's limits without the judge who is gone."""
    fixed = set(problem.fixed)
    ways = []
    for entry in problem.entries:
        judges = [j for j in JUDGES if (j != gone or (entry, j) in fixed) and (entry, j) not in problem.conflicts]
        begun = {judge for e, judge in fixed if e == entry}
        count = max(problem.per_entry, len(begun))
        ways.append([{(entry, j) for j in some} for some in combinations(judges, count) if begun <= set(some)])
    found = [set().union(*way) for way in product(*ways)]
    loose = replace(problem, least_of={j: least for j, least in problem.least_of.items() if j != gone})
    order = {pair: i for i, pair in enumerate(product(ENTRIES, JUDGES))}
    return [pairs for pairs in found if faults(loose, sorted(pairs, key=order.__getitem__)) == []]


cells = st.sets(st.tuples(st.sampled_from(ENTRIES), st.sampled_from(JUDGES)), max_size=8)
bounds = st.dictionaries(st.sampled_from(JUDGES), st.integers(0, 4), max_size=2)


@settings(max_examples=120, deadline=None)
@given(cells, cells, cells, st.integers(1, 2), bounds, bounds, st.integers(0, 3))
def test_no_repair_changes_less_and_none_of_those_is_more_even(
    previous: set[Pair],
    conflicts: set[Pair],
    fixed: set[Pair],
    k: int,
    low: dict[str, int],
    high: dict[str, int],
    seed: int,
) -> None:
    problem = Problem(
        entries=ENTRIES,
        judges=JUDGES,
        per_entry=k,
        conflicts=conflicts,
        fixed=set(sorted(fixed - conflicts)[:2]),
        least_of={judge: min(least, high.get(judge, 4)) for judge, least in low.items()},
        most_of=high,
        seed=seed,
    )

    answer = repair(problem, previous, gone={"j0"})

    possible = fits(problem, "j0")
    assert isinstance(answer, Repaired) == bool(possible)
    if isinstance(answer, Repaired):
        now = set(answer.assigned.pairs)
        assert (set(answer.added), set(answer.removed)) == (now - previous, previous - now)
        assert now in possible
        assert rank(now, previous) == min(rank(pairs, previous) for pairs in possible)


def rank(pairs: set[Pair], previous: set[Pair]) -> tuple[int, int]:
    return len(pairs ^ previous), sum(sum(judge == j for _, judge in pairs) ** 2 for j in JUDGES)


@settings(max_examples=40, deadline=None)
@given(
    cells,
    cells,
    st.dictionaries(st.tuples(st.sampled_from(ENTRIES), st.sampled_from(JUDGES)), st.integers(0, 4), min_size=1),
    st.integers(0, 3),
)
def test_with_expertise_as_little_changes_and_then_the_worst_and_the_total_count(
    previous: set[Pair], conflicts: set[Pair], expertise: dict[Pair, int], seed: int
) -> None:
    problem = Problem(
        entries=ENTRIES, judges=JUDGES, per_entry=2, conflicts=conflicts, expertise=expertise, most=3, seed=seed
    )

    answer = repair(problem, previous, gone={"j0"})

    possible = fits(problem, "j0")
    assert isinstance(answer, Repaired) == bool(possible)
    if isinstance(answer, Repaired):
        now = set(answer.assigned.pairs)
        fewest = min(len(pairs ^ previous) for pairs in possible)
        assert len(now ^ previous) == fewest
        assert now in possible
        least = [pairs for pairs in possible if len(pairs ^ previous) == fewest]
        if any(expertise.values()):
            assert value(now, expertise) == max(value(pairs, expertise) for pairs in least)


def value(pairs: set[Pair], expertise: dict[Pair, int]) -> tuple[bool, int, int]:
    from tests.plugins.awards.test_matching_validator import number_of_parts

    sums = [sum(expertise.get(pair, 0) for pair in pairs if pair[0] == entry) for entry in ENTRIES]
    return number_of_parts(pairs) == 1, min(sums), sum(sums)
