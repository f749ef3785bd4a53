"""Why nothing fits: each reason holds by itself, and not without any one of its wishes."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.plugins.awards.matching import Assigned, Impossible, Pair, Problem, Reason, assign

ENTRIES = ["a", "b", "c"]
JUDGES = ["x", "y", "z"]


def reasons(**problem: Any) -> tuple[Reason, ...]:
    answer = assign(Problem(**({"entries": ENTRIES, "judges": JUDGES} | problem)))
    assert isinstance(answer, Impossible)
    return answer.reasons


def test_too_few_judges_without_conflict_are_named() -> None:
    (reason,) = reasons(per_entry=3, conflicts={("b", "y")})

    assert reason == Reason(
        "too_few_judges", entries=("b",), judges=("x", "z"), needed=3, available=2, conflicts=(("b", "y"),)
    )


def test_full_judges_are_named_with_the_entries_that_need_them() -> None:
    barred = {("a", "z"), ("b", "z"), ("c", "z")}

    (reason,) = reasons(entries=[*ENTRIES, "d"], per_entry=1, conflicts=barred, most=2, most_of={"x": 1, "y": 1})

    assert reason == Reason(
        "judges_full",
        entries=("a", "b", "c"),
        judges=("x", "y"),
        needed=3,
        available=2,
        bounded=("x", "y"),
        conflicts=(("a", "z"), ("b", "z"), ("c", "z")),
    )


def test_a_judge_who_must_take_more_than_is_open_is_named() -> None:
    (reason,) = reasons(per_entry=1, least_of={"x": 3}, conflicts={("b", "x")})

    assert reason == Reason(
        "least_too_high", entries=("a", "c"), judges=("x",), needed=3, available=2, conflicts=(("b", "x"),)
    )


def test_two_judges_who_must_take_more_than_the_entries_need_are_named_with_them() -> None:
    barred = {("b", "x"), ("c", "x"), ("b", "y"), ("c", "y")}

    (reason,) = reasons(per_entry=1, least_of={"x": 1, "y": 1}, conflicts=barred)

    assert (reason.code, reason.judges, reason.bounded) == ("least_too_high", ("x", "y"), ("a",))
    assert (reason.needed, reason.available, set(reason.conflicts)) == (2, 1, barred)


def test_work_begun_that_takes_the_room_is_named() -> None:
    (reason,) = reasons(entries=["a", "b"], judges=["x"], per_entry=1, most_of={"x": 1}, fixed={("a", "x")})

    assert reason == Reason("too_little_room", (), (), needed=2, available=1)

    (reason,) = reasons(
        entries=["a", "b"],
        judges=["x", "y"],
        per_entry=1,
        most_of={"x": 1},
        fixed={("a", "x")},
        conflicts={("b", "y")},
    )

    assert (reason.entries, reason.bounded, reason.fixed) == (("b",), ("x",), (("a", "x"),))


def test_sums_that_do_not_fit_name_nobody() -> None:
    assert reasons(per_entry=3, most=2) == (Reason("too_little_room", (), (), needed=9, available=6),)
    assert reasons(per_entry=1, least=2) == (Reason("leasts_above_needs", (), (), needed=6, available=3),)


def test_a_single_wish_beyond_all_sense_is_named_before_the_sums() -> None:
    (need,) = reasons(per_entry=1, per_entry_of={"b": 9}, most=2)
    (least,) = reasons(per_entry=1, least_of={"y": 9})

    assert (need.code, need.entries, need.needed, need.available) == ("too_few_judges", ("b",), 9, 3)
    assert (least.code, least.judges, least.needed, least.available) == ("least_too_high", ("y",), 9, 3)


def test_reasons_that_have_nothing_in_common_are_all_named() -> None:
    found = reasons(per_entry=2, conflicts={("a", "x"), ("a", "y"), ("c", "y"), ("c", "z")})

    assert {(reason.code, reason.entries, reason.judges) for reason in found} == {
        ("too_few_judges", ("a",), ("z",)),
        ("too_few_judges", ("c",), ("x",)),
    }


def is_possible(
    needs: Mapping[str, int],
    least: Mapping[str, int],
    most: Mapping[str, int],
    conflicts: set[Pair],
    fixed: set[Pair],
) -> bool:
    """By trying everything. An entry or judge that is not in a mapping wants nothing in particular."""
    cells = list(product(ENTRIES, JUDGES))
    for bits in product((0, 1), repeat=len(cells)):
        chosen = {cell for cell, bit in zip(cells, bits, strict=True) if bit}
        if chosen & conflicts or not fixed <= chosen:
            continue
        rows = {entry: sum(pair[0] == entry for pair in chosen) for entry in ENTRIES}
        loads = {judge: sum(pair[1] == judge for pair in chosen) for judge in JUDGES}
        if (
            all(rows[entry] == need for entry, need in needs.items())
            and all(loads[judge] >= low for judge, low in least.items())
            and all(loads[judge] <= high for judge, high in most.items())
        ):
            return True
    return False


cells = st.sets(st.tuples(st.sampled_from(ENTRIES), st.sampled_from(JUDGES)), max_size=5)
loads = st.dictionaries(st.sampled_from(JUDGES), st.integers(0, 3))


@settings(max_examples=120, deadline=None)
@given(cells, cells, st.integers(1, 3), loads, loads)
def test_every_reason_holds_by_itself_and_not_without_any_of_its_wishes(
    conflicts: set[Pair], fixed: set[Pair], k: int, least: dict[str, int], most: dict[str, int]
) -> None:
    fixed -= conflicts
    least = {judge: min(low, most.get(judge, 3)) for judge, low in least.items()}
    problem = Problem(
        entries=ENTRIES,
        judges=JUDGES,
        per_entry=k,
        conflicts=conflicts,
        fixed=fixed,
        least_of=least,
        most_of=most,
    )
    needs = {entry: max(k, sum(pair[0] == entry for pair in fixed)) for entry in ENTRIES}
    room = {judge: max(high, sum(pair[1] == judge for pair in fixed)) for judge, high in most.items()}

    answer = assign(problem)

    assert isinstance(answer, Assigned) == is_possible(needs, least, room, conflicts, fixed)
    if isinstance(answer, Impossible):
        for reason in answer.reasons:
            if reason.code in {"too_little_room", "leasts_above_needs"}:
                assert_sums_contradict(reason, needs, least, room)
                continue
            wishes = wishes_of(reason, needs, least, room)
            assert not is_possible(**wishes), "it does not hold by itself"
            for kind, members in wishes.items():
                for member in members:
                    fewer = wishes | {kind: without(members, member)}
                    assert is_possible(**fewer), f"{member} in {kind} has no part in it"


def assert_sums_contradict(reason: Reason, needs: dict[str, int], least: dict[str, int], room: dict[str, int]) -> None:
    """The needs as a whole and the bounds as a whole: not both, but each without the other."""
    low, high = (least, {}) if reason.code == "leasts_above_needs" else ({}, room)
    needed, available = sum(needs.values()), sum(high.values())
    if low:
        needed, available = sum(low.values()), needed

    assert (reason.needed, reason.available) == (needed, available)
    assert not is_possible(needs, low, high, set(), set())
    assert is_possible({}, low, high, set(), set())
    assert is_possible(needs, {}, {}, set(), set())


def without(members: Any, member: Any) -> Any:
    if isinstance(members, dict):
        return {name: value for name, value in members.items() if name != member}
    return members - {member}


def wishes_of(reason: Reason, needs: dict[str, int], least: dict[str, int], room: dict[str, int]) -> dict[str, Any]:
    """The wishes that a reason names, in the form `is_possible` takes."""
    if reason.code in {"too_few_judges", "judges_full"}:
        return {
            "needs": {entry: needs[entry] for entry in reason.entries},
            "least": {},
            "most": {judge: room[judge] for judge in reason.bounded},
            "conflicts": set(reason.conflicts),
            "fixed": set(reason.fixed),
        }
    return {
        "needs": {entry: needs[entry] for entry in reason.bounded},
        "least": {judge: least[judge] for judge in reason.judges},
        "most": {},
        "conflicts": set(reason.conflicts),
        "fixed": set(reason.fixed),
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_gives_the_same_reasons_whatever_the_order(seed: int) -> None:
    barred = {("a", "x"), ("a", "y"), ("b", "y")}

    one = reasons(per_entry=2, conflicts=barred, most=2, seed=seed)
    again = reasons(per_entry=2, conflicts=sorted(barred), most=2, seed=seed)

    assert one == again
