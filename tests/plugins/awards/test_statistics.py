"""Results in exact arithmetic, ties as ties."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.plugins.awards.statistics import Mark, Result, TieRule, printed, rank, rounded

WEIGHTS = {"innovation": 60, "impact": 40}


def marks(sheet: dict[tuple[str, str], dict[str, int | None]]) -> list[Mark]:
    """From {(judge, entry): {criterion: score or None}}."""
    return [
        Mark(judge, entry, criterion, score)
        for (judge, entry), scores in sheet.items()
        for criterion, score in scores.items()
    ]


def places(results: list[Result]) -> dict[str, int | None]:
    return {result.entry: result.place for result in results}


def test_a_mean_of_thirds_is_exact() -> None:
    given_marks = [Mark(judge, "a", "impact", score) for judge, score in [("x", 1), ("y", 1), ("z", 2)]]

    assert rank(["a"], given_marks, {"impact": 1})[0].mean == Fraction(4, 3)


def test_weights_are_proportions() -> None:
    sheet = marks({("x", "a"): {"innovation": 5, "impact": 2}})

    assert rank(["a"], sheet, WEIGHTS)[0].mean == Fraction(5 * 60 + 2 * 40, 100)
    assert rank(["a"], sheet, {"innovation": 3, "impact": 2})[0].mean == Fraction(19, 5)


def test_ties_share_a_place_and_the_next_place_is_skipped() -> None:
    sheet = marks({("x", entry): {"impact": score} for entry, score in [("a", 4), ("b", 5), ("c", 5), ("d", 3)]})

    results = rank(["a", "b", "c", "d"], sheet, {"impact": 1})

    assert [(r.entry, r.place, r.tied) for r in results] == [
        ("b", 1, True),
        ("c", 1, True),
        ("a", 3, False),
        ("d", 4, False),
    ]


def test_means_that_floats_would_tell_apart_tie() -> None:
    """0.1 + 0.2 against 0.3: the same rational number, two different floats."""
    weights = {"p": Fraction(1, 10), "q": Fraction(2, 10), "r": Fraction(7, 10)}
    sheet = marks({("x", "a"): {"p": 1, "q": 1, "r": 0}}) + [
        Mark("x", "b", criterion, Fraction(3, 10)) for criterion in weights
    ]

    results = rank(["a", "b"], sheet, weights)

    assert 0.1 * 1 + 0.2 * 1 != 0.3
    assert places(results) == {"a": 1, "b": 1}


def test_a_declared_tie_rule_breaks_ties_by_criteria_in_its_order() -> None:
    sheet = marks(
        {
            ("x", "a"): {"innovation": 4, "impact": 4},
            ("x", "b"): {"innovation": 2, "impact": 6},
            ("x", "c"): {"innovation": 4, "impact": 4},
        }
    )
    even = {"innovation": 1, "impact": 1}

    assert places(rank(["a", "b", "c"], sheet, even)) == {"a": 1, "b": 1, "c": 1}
    assert places(rank(["a", "b", "c"], sheet, even, tie_rule=TieRule(("innovation",)))) == {
        "a": 1,
        "c": 1,
        "b": 3,
    }


def test_entries_that_print_the_same_rank_the_same_if_the_rule_says_so() -> None:
    sheet = [Mark("x", "a", "impact", Fraction(4334, 1000)), Mark("x", "b", "impact", Fraction(4326, 1000))]

    assert places(rank(["a", "b"], sheet, {"impact": 1})) == {"a": 1, "b": 2}
    assert places(rank(["a", "b"], sheet, {"impact": 1}, tie_rule=TieRule(decimals=2))) == {"a": 1, "b": 1}


def test_one_abstention_does_not_change_how_much_a_criterion_counts() -> None:
    sheet = marks({("x", "a"): {"innovation": 5, "impact": 1}, ("y", "a"): {"innovation": 5, "impact": None}})

    (result,) = rank(["a"], sheet, WEIGHTS)

    assert result.mean == Fraction(5 * 60 + 1 * 40, 100)
    assert (result.marks, result.abstentions, result.judges) == (3, 1, 2)


def test_a_criterion_nobody_scored_is_left_out_and_named() -> None:
    (result,) = rank(["a"], marks({("x", "a"): {"innovation": 3, "impact": None}}), WEIGHTS)

    assert result.mean == 3
    assert result.unscored == ("impact",)


def test_an_entry_without_a_mark_has_no_place_and_comes_last() -> None:
    results = rank(["b", "a"], marks({("x", "a"): {"impact": 0}}), {"impact": 1})

    assert [(r.entry, r.place, r.mean) for r in results] == [("a", 1, Fraction(0)), ("b", None, None)]


def test_an_unscored_criterion_loses_a_tie_even_against_zero() -> None:
    weights = {"innovation": 1, "impact": 1}
    sheet = marks({("x", "a"): {"innovation": 0}, ("x", "b"): {"innovation": 0, "impact": 0}})

    assert places(rank(["a", "b"], sheet, weights, tie_rule=TieRule(("impact",)))) == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    ("sheet", "weights", "rule", "said"),
    [
        ([Mark("x", "z", "impact", 1)], {"impact": 1}, TieRule(), "unknown entry"),
        ([Mark("x", "a", "charm", 1)], {"impact": 1}, TieRule(), "unknown criterion"),
        ([Mark("x", "a", "impact", 1)] * 2, {"impact": 1}, TieRule(), "twice"),
        ([], {"impact": 0}, TieRule(), "above 0"),
        ([], {"impact": 1}, TieRule(("charm",)), "no weight"),
        ([], {"impact": 1}, TieRule(decimals=-1), "negative"),
    ],
)
def test_nonsense_is_refused_in_words(sheet: list[Mark], weights: dict[str, int], rule: TieRule, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rank(["a"], sheet, weights, tie_rule=rule)


def test_an_entry_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        rank(["a", "a"], [], {"impact": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(5, 1000), "0.01"),
        (Fraction(13, 3), "4.33"),
        (Fraction(-1, 8), "-0.12"),
        (Fraction(5), "5.00"),
    ],
)
def test_printing_rounds_halves_up(value: Fraction, text: str) -> None:
    assert printed(value, 2) == text


def test_printing_without_places_has_no_point() -> None:
    assert printed(Fraction(9, 2), 0) == "5"


@given(st.fractions(), st.integers(0, 6))
def test_rounding_moves_by_at_most_half_a_unit_and_prints_exactly(value: Fraction, decimals: int) -> None:
    near = rounded(value, decimals)

    assert abs(near - value) <= Fraction(1, 2 * 10**decimals)
    assert Fraction(printed(value, decimals)) == near


scored = st.dictionaries(
    st.tuples(st.sampled_from("vwxyz"), st.sampled_from("abcdef")),
    st.fixed_dictionaries(
        {}, optional={"innovation": st.integers(0, 5) | st.none(), "impact": st.integers(0, 5) | st.none()}
    ),
)


@given(scored)
def test_a_place_is_one_more_than_the_number_of_better_entries(
    sheet: dict[tuple[str, str], dict[str, int | None]],
) -> None:
    results = rank(list("abcdef"), marks(sheet), WEIGHTS)

    means = {result.entry: result.mean for result in results}
    for result in results:
        if result.mean is not None:
            better = [mean for mean in means.values() if mean is not None and mean > result.mean]
            assert result.place == len(better) + 1
            assert result.tied is ([*means.values()].count(result.mean) > 1)
            assert 0 <= result.mean <= 5


@given(scored, st.permutations(list("abcdef")), st.integers(1, 9))
def test_neither_order_nor_the_scale_of_weights_changes_a_place(
    sheet: dict[tuple[str, str], dict[str, int | None]], order: list[str], factor: int
) -> None:
    one = rank(list("abcdef"), marks(sheet), WEIGHTS)
    other = rank(order, reversed(marks(sheet)), {criterion: weight * factor for criterion, weight in WEIGHTS.items()})

    assert places(one) == places(other)
