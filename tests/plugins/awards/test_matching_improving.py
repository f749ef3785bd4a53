"""Exchanges alone: what they reach when one judge for one is not enough."""

from plenaria.plugins.awards.matching.improving import lift_worst
from plenaria.plugins.awards.matching.problem import Problem, limits_of

MARKS = {"a": 0, "b": 0, "c": 10, "d": 10, "w": 3, "x": 3, "y": 8, "z": 8}


def test_two_judges_change_places_with_two_where_no_single_one_helps() -> None:
    """20 and 22: no two marks differ by one, but 0 + 10 and 3 + 8 do."""
    problem = Problem(entries=["e", "f"], judges=[*MARKS], per_entry=4, most=1)
    before = {("e", judge) for judge in "abcd"} | {("f", judge) for judge in "wxyz"}
    steps = {(entry, judge): mark for entry in "ef" for judge, mark in MARKS.items()}

    after = lift_worst(limits_of(problem), before, steps, enough=21)

    assert {entry: sum(steps[pair] for pair in after if pair[0] == entry) for entry in "ef"} == {"e": 21, "f": 21}
    assert sorted(judge for _, judge in after) == sorted(MARKS)


def test_what_is_enough_is_left_alone() -> None:
    problem = Problem(entries=["e", "f"], judges=["x", "y"], per_entry=1)
    before = {("e", "x"), ("f", "x")}

    assert lift_worst(limits_of(problem), before, {("e", "y"): 9}, enough=0) == before
