"""Everything at once: what a results page asks for."""

import math
import subprocess
import sys
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.plugins.awards.statistics import (
    AdditiveModel,
    Analysis,
    Group,
    Mark,
    Score,
    TieRule,
    Undefined,
    WithoutJudge,
    additive_model,
    analyse,
    groups,
    judge_scores,
    rank,
)
from plenaria.plugins.awards.statistics.connectivity import count_groups
from plenaria.plugins.awards.statistics.rubric import Tally

WEIGHTS = {"innovation": 60, "impact": 40}
ENTRIES = list("abcdef")

sheets = st.dictionaries(
    st.tuples(st.sampled_from("vwxyz"), st.sampled_from(ENTRIES)),
    st.fixed_dictionaries(
        {}, optional={"innovation": st.integers(0, 5) | st.none(), "impact": st.integers(0, 5) | st.none()}
    ),
)


def marks(sheet: dict[tuple[str, str], dict[str, int | None]]) -> list[Mark]:
    return [
        Mark(judge, entry, criterion, score)
        for (judge, entry), scores in sheet.items()
        for criterion, score in scores.items()
    ]


def jury(entries: int = 12, judges: int = 5, seed: int = 1, per_entry: int = 4) -> list[Mark]:
    chance = np.random.default_rng(seed)
    merit, severity = chance.normal(0, 2, entries), chance.normal(0, 1, judges)
    return [
        Mark(f"j{judge}", f"e{entry:02}", criterion, int(np.clip(round(score), 0, 10)))
        for entry in range(entries)
        for judge in sorted(chance.choice(judges, per_entry, replace=False))
        for criterion, score in zip(WEIGHTS, 5 + merit[entry] - severity[judge] + chance.normal(0, 1, 2), strict=True)
    ]


def names(entries: int = 12) -> list[str]:
    return [f"e{entry:02}" for entry in range(entries)]


def analysed(entries: list[str], given_marks: list[Mark], **options: Any) -> Analysis:
    return analyse(entries, given_marks, WEIGHTS, **{"draws": 64, **options})


# ---------------------------------------------------------------------------------------------- scores


def test_a_judge_s_score_is_the_weighted_mean_of_what_they_scored() -> None:
    given_marks = marks(
        {
            ("x", "a"): {"innovation": 5, "impact": 1},
            ("y", "a"): {"innovation": 4, "impact": None},
            ("z", "a"): {"innovation": None, "impact": None},
        }
    )

    assert judge_scores(given_marks, WEIGHTS) == [Score("x", "a", 3.4), Score("y", "a", 4.0)]
    assert judge_scores([Mark("x", "a", "p", Fraction(1, 3))], {"p": Fraction(2, 7)}) == [Score("x", "a", 1 / 3)]


@given(st.dictionaries(st.tuples(st.sampled_from("vwx"), st.sampled_from("ab")), st.tuples(*[st.integers(0, 9)] * 2)))
def test_where_nobody_abstains_the_mean_of_the_scores_is_the_published_mean(
    cells: dict[tuple[str, str], tuple[int, int]],
) -> None:
    given_marks = marks({cell: dict(zip(WEIGHTS, scores, strict=True)) for cell, scores in cells.items()})

    scores = judge_scores(given_marks, WEIGHTS)

    for result in rank(["a", "b"], given_marks, WEIGHTS):
        own = [score.value for score in scores if score.entry == result.entry]
        assert (result.mean is None) == (not own)
        if result.mean is not None:
            assert math.fsum(own) / len(own) == pytest.approx(float(result.mean))


# ------------------------------------------------------------------------------------------ connectivity


def test_a_chain_of_judges_connects_and_a_gap_parts() -> None:
    pairs = [("x", "a"), ("x", "b"), ("y", "b"), ("y", "c"), ("z", "e"), ("z", "d")]

    assert groups(["e", "a", "c", "b", "f", "d"], pairs) == (
        Group(("e", "d"), ("z",)),
        Group(("a", "c", "b"), ("x", "y")),
    )
    with pytest.raises(ValueError, match="judge 'x' scored an unknown entry 'a'"):
        groups(["b"], pairs)


@given(st.sets(st.tuples(st.sampled_from("stuvwxyz"), st.sampled_from(ENTRIES))))
def test_two_entries_with_a_judge_in_common_are_in_one_group_and_groups_are_apart(pairs: set[tuple[str, str]]) -> None:
    found = groups(ENTRIES, pairs)

    group_of = {entry: number for number, group in enumerate(found) for entry in group.entries}
    assert len(group_of) == sum(len(group.entries) for group in found) == len({entry for _, entry in pairs})
    assert all(judge in found[group_of[entry]].judges for judge, entry in pairs)
    judges = [judge for group in found for judge in group.judges]
    assert len(judges) == len(set(judges))
    bits: dict[str, int] = {}
    for judge, entry in pairs:
        bits[judge] = bits.get(judge, 0) | 1 << ENTRIES.index(entry)
    assert count_groups(bits.values()) == len(found)


# ------------------------------------------------------------------------------------------ the whole


def finite(value: Any) -> bool:
    match value:
        case dict():
            return all(finite(each) for each in value.values())
        case list() | tuple():
            return all(finite(each) for each in value)
        case float():
            return math.isfinite(value)
    return type(value) in {str, int, bool, type(None)}


@given(sheets)
@settings(deadline=None, max_examples=150)
def test_whatever_the_marks_the_answer_is_finite_and_survives_json(
    sheet: dict[tuple[str, str], dict[str, int | None]],
) -> None:
    found = analysed(ENTRIES, marks(sheet))

    # As builtins: JSON would write a numpy float, and NaN as null, without a word.
    assert finite(msgspec.to_builtins(found, builtin_types=(), str_keys=False))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Analysis) == found
    assert sorted(each.entry for each in found.standings) == ENTRIES
    assert found.connected == (len(found.groups) == 1)
    if not found.connected and isinstance(found.model, AdditiveModel):
        assert {each.win for each in found.model.entries} == {None}


@given(sheets)
@settings(deadline=None, max_examples=50)
def test_the_standings_are_the_published_ranking_of_each_group(
    sheet: dict[tuple[str, str], dict[str, int | None]],
) -> None:
    found = analysed(ENTRIES, marks(sheet), tie_rule=TieRule(("impact",)))

    for number, group in enumerate(found.groups):
        own = [mark for mark in marks(sheet) if mark.entry in group.entries]
        expected = rank(group.entries, own, WEIGHTS, tie_rule=TieRule(("impact",)))
        standings = [each for each in found.standings if each.group == number]
        assert [(each.entry, each.place, each.tied, each.exact) for each in standings] == [
            (result.entry, result.place, result.tied, str(result.mean)) for result in expected
        ]
        assert [each.mean for each in standings] == [float(result.mean or 0) for result in expected]


@given(sheets)
@settings(deadline=None, max_examples=60)
def test_each_judge_left_out_gives_what_ranking_the_rest_gives(
    sheet: dict[tuple[str, str], dict[str, int | None]],
) -> None:
    found = analysed(ENTRIES, marks(sheet))

    places = {each.entry: each.place for each in found.standings}
    assert [each.judge for each in found.without] == sorted(judge for group in found.groups for judge in group.judges)
    for without in found.without:
        group = next(group for group in found.groups if without.judge in group.judges)
        rest = [mark for mark in marks(sheet) if mark.entry in group.entries and mark.judge != without.judge]
        parts = groups(group.entries, {(m.judge, m.entry) for m in rest if m.score is not None})
        assert without.parts == len(parts)
        if len(parts) == 1:
            expected = {result.entry: result.place for result in rank(group.entries, rest, WEIGHTS)}
            assert without.published is not None
            assert set(without.published.winners) == {entry for entry, place in expected.items() if place == 1}
            moves = {move.entry: (move.place, move.without) for move in without.published.moves}
            assert moves == {
                entry: (places[entry], expected[entry]) for entry in expected if expected[entry] != places[entry]
            }
            first = {entry for entry in group.entries if places[entry] == 1}
            assert without.published.winner_changes == (set(without.published.winners) != first)
        else:
            assert without.published is without.model is None


@given(sheets, st.sampled_from("vwxyz"))
def test_taking_a_judge_s_marks_out_of_a_tally_leaves_the_tally_of_the_rest(
    sheet: dict[tuple[str, str], dict[str, int | None]], judge: str
) -> None:
    everything = [mark for mark in marks(sheet) if mark.entry == "a"]
    gone = [mark for mark in everything if mark.judge == judge]
    rest = [mark for mark in everything if mark.judge != judge]

    left = Tally.of("a", everything).less(gone)

    assert left == Tally.of("a", rest)
    assert left.result(WEIGHTS) == Tally.of("a", rest).result(WEIGHTS)


def test_the_model_without_a_judge_is_the_model_of_the_rest() -> None:
    given_marks = jury()
    found = analysed(names(), given_marks)
    assert isinstance(found.model, AdditiveModel)
    places = {each.entry: each.place for each in found.model.entries}

    for without in found.without:
        rest = additive_model(
            judge_scores([mark for mark in given_marks if mark.judge != without.judge], WEIGHTS), draws=1
        )
        assert isinstance(rest, AdditiveModel)
        assert without.model is not None
        moves = {move.entry: move.without for move in without.model.moves}
        assert {each.entry: moves.get(each.entry, places[each.entry]) for each in rest.entries} == {
            each.entry: each.place for each in rest.entries
        }
        assert set(without.model.winners) == {each.entry for each in rest.entries if each.place == 1}
    assert any(without.model and without.model.moves for without in found.without)


def test_a_winner_who_hangs_on_one_judge_is_said_to() -> None:
    sheet: dict[tuple[str, str], dict[str, int | None]] = {
        ("x", "a"): {"innovation": 9},
        ("y", "a"): {"innovation": 5},
        ("z", "a"): {"innovation": 5},
        ("x", "b"): {"innovation": 2},
        ("y", "b"): {"innovation": 6},
        ("z", "b"): {"innovation": 7},
    }

    found = analysed(["a", "b"], marks(sheet))

    by_judge = {each.judge: each for each in found.without}
    assert by_judge["x"].published is not None
    assert by_judge["x"].published.winners == ("b",)
    assert by_judge["x"].published.winner_changes
    assert [(move.entry, move.place, move.without) for move in by_judge["x"].published.moves] == [
        ("a", 1, 2),
        ("b", 2, 1),
    ]
    assert by_judge["y"].published is not None
    assert not by_judge["y"].published.winner_changes


def test_a_judge_who_holds_the_jury_together_is_said_to() -> None:
    sheet: dict[tuple[str, str], dict[str, int | None]] = {
        (judge, entry): {"innovation": 3} for judge, entry in ["xa", "xb", "ya", "yb", "hb", "hc", "zc", "zd"]
    }

    found = analysed(["a", "b", "c", "d"], marks(sheet))

    assert found.connected
    assert [(each.judge, each.parts) for each in found.without] == [("h", 2), ("x", 1), ("y", 1), ("z", 1)]
    assert found.without[0] == WithoutJudge(judge="h", parts=2, published=None, model=None)


def test_what_the_order_of_the_marks_is_does_not_matter() -> None:
    assert analysed(names(), jury()[::-1]) == analysed(names(), jury())


def test_odd_judges_and_entries_are_named() -> None:
    sheet: dict[tuple[str, str], dict[str, int | None]] = {
        ("x", "a"): {"innovation": 3},
        ("x", "b"): {"innovation": 3},
        ("y", "a"): {"innovation": 5},
        ("z", "b"): {"innovation": None},
    }

    found = analysed(["a", "b", "c"], marks(sheet))

    assert found.constant_judges == ("x",)
    assert found.single_judge == ("b",)
    assert found.unscored == ("c",)
    assert found.agreement.icc == found.agreement.concordance == Undefined("incomplete")
    assert found.model == Undefined("no_spare_scores")


def test_a_complete_jury_has_every_figure() -> None:
    found = analysed(names(), jury(per_entry=5))

    figures = found.agreement
    kinds = [figures.icc, figures.concordance, figures.ordinal, figures.interval, found.model]
    kinds += [alpha for criterion in figures.criteria for alpha in (criterion.ordinal, criterion.interval)]
    assert not [figure for figure in kinds if isinstance(figure, Undefined)]
    assert [criterion.criterion for criterion in figures.criteria] == [*WEIGHTS]


def test_nonsense_is_refused_as_rank_refuses_it() -> None:
    with pytest.raises(ValueError, match="unknown entry"):
        analysed(["a"], [Mark("x", "z", "impact", 1)])
    with pytest.raises(ValueError, match="1 or more"):
        analysed(["a"], [], top=0)


# ------------------------------------------------------------------------------------- optional parts


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_room_and_ranking_load_neither_numpy_nor_scipy() -> None:
    code = """
import sys
from plenaria.plugins.awards.statistics import Mark, krippendorff_alpha, rank
rank(["a"], [Mark("x", "a", "p", 1)], {"p": 1})
krippendorff_alpha([[1, 2], [2, 2]], "ordinal")
print({name.partition(".")[0] for name in sys.modules} & {"numpy", "scipy", "threadpoolctl"})
"""

    assert run(code) == "set()"


def test_without_the_extra_the_published_result_is_there_and_the_rest_says_what_is_missing() -> None:
    code = """
import sys
sys.modules.update(numpy=None, scipy=None)
from plenaria.plugins.awards.statistics import Mark, Undefined, analyse
marks = [Mark(judge, entry, "p", score) for judge in "xyz" for entry, score in (("a", 1), ("b", 2))]
found = analyse(["a", "b"], marks, {"p": 1})
missing = Undefined("extra_missing")
assert found.model == found.agreement.icc == found.agreement.concordance == missing
assert found.agreement.interval != missing
assert [each.published.winners for each in found.without] == [("b",)] * 3
print([(each.entry, each.place) for each in found.standings])
"""

    assert run(code) == "[('b', 1), ('a', 2)]"


def test_the_model_numbers_the_groups_as_the_analysis_does() -> None:
    chance = np.random.default_rng(6)
    given = [
        Mark(judge, entry, "innovation", int(chance.integers(0, 10)) + lead)
        for judges, entries, lead in (("vw", "ef", 0), ("xy", "abcd", 40))
        for judge in judges
        for entry in entries
    ]

    found = analyse(["f", "e", *"abcd"], given, {"innovation": 1})

    assert isinstance(found.model, AdditiveModel)
    assert {each.entry: each.group for each in found.model.entries} == {
        entry: number for number, group in enumerate(found.groups) for entry in group.entries
    }
    assert {each.judge: each.group for each in found.model.judges} == {
        judge: number for number, group in enumerate(found.groups) for judge in group.judges
    }
    low, high = found.model.means
    assert low < 20 < high
