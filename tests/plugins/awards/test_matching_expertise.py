"""Expertise: the worst-served entry first, then the total, connected where possible; against published optima."""

import json
import os
import subprocess
import sys
from itertools import combinations, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.plugins.awards.matching import Assigned, ExpertiseNeedsScipy, Impossible, Pair, Problem, Quality, assign
from tests.plugins.awards.test_matching_validator import faults, number_of_parts
from tests.programs import third_party_file

ROOT = Path(__file__).parents[3]


def problem_of(rows: list[list[float]], **more: Any) -> Problem:
    """`rows`: (judges, entries)."""
    judges, entries = [f"j{i}" for i in range(len(rows))], [f"e{i}" for i in range(len(rows[0]))]
    expertise = {(e, j): rows[y][x] for x, e in enumerate(entries) for y, j in enumerate(judges)}
    return Problem(entries=entries, judges=judges, expertise=expertise, **more)


def quality_of(problem: Problem) -> Quality:
    answer = assign(problem)
    assert isinstance(answer, Assigned)
    assert faults(problem, answer.pairs, is_connected=answer.connection == "connected") == []
    assert answer.quality is not None
    return answer.quality


# PeerReview4All: Stelmakh, Shah, Singh, JMLR 22 (2021): two examples where other methods do badly.
EXAMPLES = {
    0.24: [[1.0, 1.0, 1.0], [0.0, 0.0, 0.24], [0.25, 0.25, 0.5]],
    0.01: [[0.0, 0.04, 0.1], [0.01, 0.05, 0.0], [0.0, 0.1, 1.0]],
}


@pytest.mark.parametrize("worst", EXAMPLES)
def test_the_published_examples_have_their_worst_entry(worst: float) -> None:
    quality = quality_of(problem_of(EXAMPLES[worst], per_entry=1, most=1))

    assert (quality.worst, quality.is_worst_proven, quality.is_total_proven) == (worst, True, True)


def test_case_c4_of_peerreview4all_has_its_worst_entry() -> None:
    lines = shared("pr4a_caseC4_similarity.csv").splitlines()
    rows = [[round(1 / (1 - float(cell)), 6) for cell in line.split(",")] for line in lines]

    quality = quality_of(problem_of(rows, per_entry=4, most=4))

    published = json.loads(shared("assignment.expected.json"))["pr4a_caseC4"]["published_optimum"]
    assert (quality.worst, quality.is_worst_proven) == (published, True)


def test_assign100_of_the_or_library_has_its_total() -> None:
    size, *cells = map(int, shared("orlib_assign100.txt").split())
    rows = [[100.0 - cost for cost in cells[at : at + size]] for at in range(0, size * size, size)]

    quality = quality_of(problem_of(rows, per_entry=1, most=1, aim="total"))

    published = json.loads(shared("assignment.expected.json"))["orlib_assign100"]["published_optimum"]
    assert (100 * size - quality.total, quality.is_total_proven) == (published, True)


def test_small_marks_by_topic_at_full_loads_are_used_within_a_hundredth_of_the_bound() -> None:
    """Judges know their own topic well and its neighbours a little: many ties, and thresholds that bind."""
    chance = Random(3)
    entries, judges = [f"e{i}" for i in range(200)], [f"j{i}" for i in range(16)]
    topic = {entry: chance.randrange(8) for entry in entries} | {judge: i % 8 for i, judge in enumerate(judges)}
    marks = {0: (2, 5), 1: (0, 2)}
    expertise = {(e, j): chance.randint(*marks.get(abs(topic[e] - topic[j]), (0, 0))) for e in entries for j in judges}

    quality = quality_of(
        Problem(entries=entries, judges=judges, per_entry=4, least=50, most=50, expertise=expertise, run_limit_s=60)
    )

    assert (quality.worst, quality.is_worst_proven) == (quality.worst_at_most, True)
    assert quality.total >= 0.99 * quality.total_at_most


def shared(name: str) -> str:
    return third_party_file(f"judging/{name}").read_text()


def test_the_seed_decides_among_equals_and_the_order_of_names_does_not() -> None:
    rows = [[1.0] * 8 for _ in range(5)]
    first, again, other = (assign(problem_of(rows, per_entry=2, most=4, seed=seed)) for seed in (1, 1, 2))
    problem = problem_of(rows, per_entry=2, most=4, seed=1)
    turned = assign(
        Problem(
            entries=problem.entries[::-1],
            judges=problem.judges[::-1],
            per_entry=2,
            most=4,
            seed=1,
            expertise=dict(reversed(problem.expertise.items())),
        )
    )

    assert first == again
    assert isinstance(first, Assigned)
    assert isinstance(other, Assigned)
    assert isinstance(turned, Assigned)
    assert first.pairs != other.pairs
    assert set(turned.pairs) == set(first.pairs)


def test_two_camps_of_experts_are_linked_at_the_least_loss() -> None:
    """Left to expertise alone, each half would be judged by its own camp."""
    rows = [[5.0, 5.0, 0.0, 1.0], [5.0, 5.0, 0.0, 0.0], [0.0, 0.0, 5.0, 5.0], [0.0, 0.0, 5.0, 5.0]]

    answer = assign(problem_of(rows, per_entry=2, most=3))

    assert isinstance(answer, Assigned)
    assert answer.connection == "connected"
    assert answer.quality is not None
    assert (answer.quality.worst, answer.quality.total) == (6.0, 36.0)


def test_camps_that_conflicts_hold_apart_are_said_to_be_and_served_best() -> None:
    rows = [[5.0, 1.0], [1.0, 5.0]]

    answer = assign(problem_of(rows, per_entry=1, least=1))

    assert isinstance(answer, Assigned)
    assert (answer.connection, answer.parts) == ("impossible", (("e0",), ("e1",)))
    assert answer.pairs == (("e0", "j0"), ("e1", "j1"))


def test_when_connection_is_impossible_only_by_trying_that_is_found_out() -> None:
    """Counts allow it (4 entries of 2 judges, 4 judges), but one link would overload a judge."""
    barred = {("e0", "j2"), ("e0", "j3"), ("e1", "j2"), ("e1", "j3"), ("e2", "j0"), ("e2", "j1"), ("e3", "j0")}
    rows = [[2.0, 2.0, 0.0, 0.0], [2.0, 2.0, 0.0, 1.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]]

    answer = assign(problem_of(rows, per_entry=2, most=2, conflicts=barred))

    assert isinstance(answer, Assigned)
    assert (answer.connection, answer.parts) == ("impossible", (("e0", "e1"), ("e2", "e3")))
    assert answer.quality is not None
    assert answer.quality.total == 16.0


def test_numbers_that_are_no_round_decimals_are_compared_in_declared_steps() -> None:
    quality = quality_of(problem_of([[1 / 3, 2 / 3], [2 / 3, 1 / 7]], per_entry=1, most=2))

    assert quality.step == pytest.approx(2 / 3 / 100_000)
    assert (quality.worst, quality.is_worst_proven) == (1 / 3, True)


def test_a_limit_that_is_reached_is_said_and_the_answer_still_keeps_every_rule() -> None:
    rows = [[((7 * x * x + 13 * y * y + x * y) % 101) / 7 for x in range(60)] for y in range(20)]
    problem = problem_of(rows, per_entry=4, most=12, least=12, run_limit_s=1e-9)

    answer = assign(problem)

    assert isinstance(answer, Assigned)
    assert faults(problem, answer.pairs, is_connected=True) == []
    assert answer.quality is not None
    assert not answer.quality.is_total_proven
    assert answer.quality.worst_at_most >= answer.quality.worst
    assert answer.quality.total_at_most > answer.quality.total


def test_all_work_fixed_is_an_answer() -> None:
    fixed = {("e0", "j0"), ("e1", "j0")}

    quality = quality_of(problem_of([[1.0, 2.0]], per_entry=1, fixed=fixed))

    assert (quality.worst, quality.total, quality.is_worst_proven, quality.is_total_proven) == (1.0, 3.0, True, True)


def test_without_scipy_expertise_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.split(".")[0] in {"scipy", "numpy"} or name == "plenaria.plugins.awards.matching.highs":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "numpy", None)

    with pytest.raises(ExpertiseNeedsScipy, match=r"install plenaria\[jury\]"):
        assign(problem_of([[1.0]], per_entry=1))


def best(problem: Problem) -> tuple[bool, float, float] | None:
    """By trying everything: whether it can be connected, the worst entry, the total; None when nothing fits."""
    ways = []
    for entry in problem.entries:
        begun = {judge for e, judge in problem.fixed if e == entry}
        count = max(problem.per_entry, len(begun))
        some = combinations(problem.judges, count)
        ways.append([tuple((entry, judge) for judge in judges) for judges in some if begun <= set(judges)])
    values = []
    for way in product(*ways):
        pairs = [pair for part in way for pair in part]
        if not faults(problem, pairs):
            sums = [sum(problem.expertise.get(pair, 0) for pair in part) for part in way]
            values.append((number_of_parts(pairs) == 1, min(sums), sum(sums)))
    return max(values, default=None)


ENTRIES, JUDGES = ["a", "b", "c", "d"], ["w", "x", "y", "z"]
cells = st.tuples(st.sampled_from(ENTRIES), st.sampled_from(JUDGES))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(cells, st.integers(0, 9) | st.sampled_from([0.5, 1.25]), min_size=4),
    st.sets(cells, max_size=6),
    st.sets(cells, max_size=2),
    st.integers(1, 2),
    st.integers(0, 1),
    st.integers(2, 4),
    st.integers(0, 3),
)
def test_no_assignment_is_better(
    expertise: dict[Pair, float],
    conflicts: set[Pair],
    fixed: set[Pair],
    k: int,
    least: int,
    most: int,
    seed: int,
) -> None:
    problem = Problem(
        entries=ENTRIES,
        judges=JUDGES,
        per_entry=k,
        least=least,
        most=most,
        conflicts=conflicts,
        fixed=fixed - conflicts,
        expertise=expertise | {("a", "w"): 3},
        seed=seed,
    )

    answer = assign(problem)

    expected = best(problem)
    if expected is None:
        assert isinstance(answer, Impossible)
    else:
        assert isinstance(answer, Assigned)
        assert answer.quality is not None
        assert faults(problem, answer.pairs) == []
        assert (answer.connection == "connected", answer.quality.worst, answer.quality.total) == expected
        assert (answer.connection == "impossible") == (not expected[0])
        assert answer.quality.is_worst_proven
        assert answer.quality.is_total_proven


def test_expertise_in_another_process_gives_the_same_answer() -> None:
    code = (
        "from plenaria.plugins.awards.matching import Problem, assign;"
        "e, j = [f'e{i}' for i in range(12)], [f'j{i}' for i in range(6)];"
        "x = {(a, b): (3 * m + 5 * n) % 4 for m, a in enumerate(e) for n, b in enumerate(j)};"
        "print(assign(Problem(entries=e, judges=j, per_entry=2, most=5, expertise=x)).pairs)"
    )

    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]

    assert runs[0] == runs[1] != ""
