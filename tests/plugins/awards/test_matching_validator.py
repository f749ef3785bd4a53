"""A judge of assignments that shares no code with what makes them, and the proof that it sees every fault."""

from collections import Counter
from collections.abc import Iterable

import pytest

from plenaria.plugins.awards.matching import Pair, Problem


def faults(problem: Problem, pairs: Iterable[Pair], *, is_connected: bool = False) -> list[str]:
    """Everything that is wrong with an assignment, in words; with `is_connected` two parts are a fault too."""
    given = list(pairs)
    found = [f"{pair} twice" for pair, count in Counter(given).items() if count > 1]
    found += [f"{pair} is a conflict" for pair in given if pair in set(problem.conflicts)]
    found += [f"{pair} was fixed" for pair in problem.fixed if pair not in given]
    order = [(problem.entries.index(entry), problem.judges.index(judge)) for entry, judge in given]
    found += ["not in the order given"] if order != sorted(order) else []
    for entry in problem.entries:
        has = sum(pair[0] == entry for pair in given)
        begun = sum(pair[0] == entry for pair in problem.fixed)
        if has != max(problem.per_entry_of.get(entry, problem.per_entry), begun):
            found.append(f"{entry} has {has}")
    for judge in problem.judges:
        load = sum(pair[1] == judge for pair in given)
        begun = sum(pair[1] == judge for pair in problem.fixed)
        most = problem.most_of.get(judge, problem.most)
        if load < problem.least_of.get(judge, problem.least) or (most is not None and load > max(most, begun)):
            found.append(f"{judge} has {load}")
    if is_connected and number_of_parts(given) > 1:
        found.append("not connected")
    return found


def number_of_parts(pairs: Iterable[Pair]) -> int:
    """By painting: every pair takes over the colours it touches."""
    parts: list[set[tuple[str, str]]] = []
    for entry, judge in pairs:
        touched = [part for part in parts if ("entry", entry) in part or ("judge", judge) in part]
        parts = [part for part in parts if part not in touched]
        parts.append({("entry", entry), ("judge", judge)}.union(*touched))
    return len(parts)


PROBLEM = Problem(
    entries=["a", "b"], judges=["x", "y", "z"], per_entry=1, least_of={"x": 1}, most=1, conflicts={("a", "z")}
)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("a", "x"), ("b", "y")], []),
        ([("a", "z"), ("b", "x")], ["('a', 'z') is a conflict"]),
        ([("a", "y"), ("b", "z")], ["x has 0"]),
        ([("a", "x"), ("b", "x")], ["x has 2"]),
        ([("a", "x")], ["b has 0"]),
        ([("b", "y"), ("a", "x")], ["not in the order given"]),
        ([("a", "x"), ("a", "x"), ("b", "y")], ["('a', 'x') twice", "a has 2", "x has 2"]),
    ],
)
def test_every_fault_is_seen(pairs: list[Pair], said: list[str]) -> None:
    assert faults(PROBLEM, pairs) == said


def test_fixed_work_taken_away_and_parts_are_seen() -> None:
    problem = Problem(entries=["a", "b"], judges=["x", "y"], per_entry=1, fixed={("a", "x")})

    assert faults(problem, [("a", "y"), ("b", "x")], is_connected=True) == ["('a', 'x') was fixed", "not connected"]
    assert faults(problem, [("a", "x"), ("b", "x")], is_connected=True) == []
