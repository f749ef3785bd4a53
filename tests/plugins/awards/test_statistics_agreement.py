"""Agreement of judges, against published figures."""

import csv
import json
import math
from math import nan
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.plugins.awards.statistics import (
    Alpha,
    Concordance,
    IccTable,
    Metric,
    Undefined,
    icc,
    kendall_w,
    krippendorff_alpha,
)
from plenaria.plugins.awards.statistics.icc import _satterthwaite, _Squares
from tests.programs import third_party_file

# Shrout & Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

# Zar (2010), Biostatistical Analysis, 5th ed., example 20.5: wing, tail and bill length of twelve birds. The rank sums
# are those that unistat.com prints for it (statistics guide, 6.5.6).
ZAR_BIRDS = [
    [10.4, 7.4, 17.0],
    [10.8, 7.6, 17.0],
    [11.1, 7.9, 20.0],
    [10.2, 7.2, 14.5],
    [10.3, 7.4, 15.5],
    [10.2, 7.1, 13.0],
    [10.7, 7.4, 19.5],
    [10.5, 7.2, 16.0],
    [10.8, 7.8, 21.0],
    [11.2, 7.7, 20.0],
    [10.6, 7.8, 18.0],
    [11.4, 8.3, 22.0],
]
ZAR_RANK_SUMS = [14.5, 21.0, 30.5, 6.0, 11.0, 3.5, 20.0, 11.5, 29.0, 28.5, 22.5, 36.0]


def file(name: str) -> Path:
    return third_party_file(f"judging/{name}")


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file(f"{name}.expected.json").read_text("utf-8"))
    return found


def table(name: str) -> list[list[float | None]]:
    """The numbers of a file, (rows, columns), without its headings."""
    with file(f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        _, *rows = csv.reader(stream)
    return [[float(cell) if cell else None for cell in row[1:]] for row in rows]


# ------------------------------------------------------------------------------------------------- ICC


def six(scores: list[list[float | None]]) -> IccTable:
    found = icc(scores)
    assert isinstance(found, IccTable)
    return found


def test_the_six_coefficients_of_shrout_and_fleiss() -> None:
    published = [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]

    assert [round(each.value, 2) for each in six([[*row] for row in SHROUT_FLEISS]).coefficients] == published


def test_the_six_coefficients_equal_those_that_other_packages_compute() -> None:
    recomputed = expected("shrout_fleiss_1979")["recomputed"]

    found = {each.name: each.value for each in six(table("shrout_fleiss_1979")).coefficients}

    assert found == pytest.approx(recomputed, abs=1e-12)


def test_the_intervals_are_those_that_r_s_psych_prints() -> None:
    """psych::ICC on the example of its help page, which is Shrout & Fleiss's: F, df, lower and upper bound."""
    printed = {
        "ICC(1,1)": (1.8, 5, 18, -0.133, 0.72),
        "ICC(2,1)": (11.0, 5, 15, 0.019, 0.76),
        "ICC(3,1)": (11.0, 5, 15, 0.342, 0.95),
        "ICC(1,k)": (1.8, 5, 18, -0.884, 0.91),
        "ICC(2,k)": (11.0, 5, 15, 0.071, 0.93),
        "ICC(3,k)": (11.0, 5, 15, 0.676, 0.99),
    }

    for each in six([[*row] for row in SHROUT_FLEISS]).coefficients:
        f, df1, df2, lower, upper = printed[each.name]
        assert each.f == pytest.approx(f, abs=0.05)
        assert (each.df1, each.df2) == (df1, df2)
        assert each.lower == pytest.approx(lower, abs=5.1e-4)
        assert each.upper == pytest.approx(upper, abs=5.1e-3)
        assert each.p == pytest.approx(0.16477 if each.name[4] == "1" else 0.00013, rel=0.04)


tables = st.integers(2, 5).flatmap(
    lambda judges: st.lists(
        st.lists(st.integers(0, 10).map(float), min_size=judges, max_size=judges), min_size=2, max_size=6
    )
)


@given(tables)
def test_every_table_without_gaps_has_finite_coefficients_in_their_intervals_or_says_why_not(
    scores: list[list[float]],
) -> None:
    found = icc([[*row] for row in scores])

    if isinstance(found, Undefined):
        means = {sum(row) for row in scores}
        assert found.reason in {"constant", "all_tied"}
        assert len(means) == 1  # the entries do not differ at all
    else:
        for each in found.coefficients:
            figures = (each.lower, each.value, each.upper)
            assert all(figure is None or math.isfinite(figure) for figure in figures)
            assert each.name[4] == "2" or None not in figures
            if each.value is None or each.value < 0:
                continue
            assert each.upper is not None
            assert (-1e12 if each.lower is None else each.lower) - 1e-9 <= each.value <= each.upper + 1e-9 <= 1 + 2e-9
            assert 0 <= each.p <= 1


def test_a_mean_of_judges_who_contradict_each_other_has_no_absolute_agreement() -> None:
    """Mean squares between 1, judges 1, error 9: the variance of a mean is estimated as 1 + (1 - 9) / 2 < 0."""
    found = {each.name: each for each in six([[0, 4], [3, 0 - 1]]).coefficients}

    assert found["ICC(2,k)"].value is None
    assert found["ICC(2,k)"].lower is None
    assert found["ICC(2,1)"].value is not None


def test_judges_who_differ_by_a_constant_agree_in_consistency_but_not_absolutely() -> None:
    found = {each.name: each for each in six([[1, 3], [2, 4], [5, 7]]).coefficients}

    assert found["ICC(3,1)"].value == 1
    assert (found["ICC(3,1)"].lower, found["ICC(3,1)"].upper, found["ICC(3,1)"].f) == (1, 1, None)
    assert 0 < (found["ICC(2,1)"].value or 0) < 1


def test_judges_who_all_say_the_same_agree_wholly() -> None:
    for each in six([[1, 1, 1], [4, 4, 4], [2, 2, 2]]).coefficients:
        assert (each.lower, each.value, each.upper, each.f, each.p) == (1, 1, 1, None, 0)


def test_an_interval_that_breaks_down_is_none_and_not_nan() -> None:
    """Mean squares such that Satterthwaite's degrees of freedom are 0."""
    n, k, judges, error = 2, 2, 1.0, 1.0
    # k v judges + (n (1 + (k - 1) v) - k v) error = 2 v + 2 = 0 at v = -1
    assert _satterthwaite(_Squares(n, k, 0.5, judges, error, 1.0), -1.0, 0.975) == (None, None)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "no_marks"),
        ([[]], "no_marks"),
        ([[1, None], [2, 3]], "incomplete"),
        ([[1, nan], [2, 3]], "incomplete"),
        ([[1, 2]], "one_entry"),
        ([[1], [2]], "one_judge"),
        ([[4, 4], [4, 4]], "constant"),
        ([[1, 3], [1, 3]], "all_tied"),
    ],
)
def test_a_table_without_coefficients_is_answered_with_the_reason(
    scores: list[list[float | None]], reason: str
) -> None:
    assert icc(scores) == Undefined(reason)  # type: ignore[arg-type]


def test_nonsense_in_a_table_is_refused_in_words() -> None:
    for call in (icc, kendall_w):
        with pytest.raises(ValueError, match="every row"):
            call([[1, 2], [3]])
        with pytest.raises(ValueError, match="infinite"):
            call([[1, 2], [3, float("inf")]])
    with pytest.raises(ValueError, match="between 0 and 1"):
        icc([[1, 2], [3, 4]], confidence=1)


# --------------------------------------------------------------------------------------- Krippendorff


@pytest.mark.parametrize("name", ["krippendorff_C", "krippendorff_wikipedia"])
def test_alpha_of_krippendorff_s_examples(name: str) -> None:
    by_judge, answers = table(name), expected(name)
    units = [list(column) for column in zip(*by_judge, strict=True)]

    for metric in get_args(Metric):
        found = krippendorff_alpha(units, metric)
        assert isinstance(found, Alpha)
        if metric in answers["published"]:
            assert found.value == pytest.approx(answers["published"][metric], abs=answers["tolerance"])
        if metric in answers["recomputed"]:
            assert found.value == pytest.approx(answers["recomputed"][metric], abs=1e-12)


def test_alpha_counts_what_could_be_paired() -> None:
    found = krippendorff_alpha([[1, 2, None], [3, nan, nan], [2, 2, 3]], "interval")

    assert isinstance(found, Alpha)
    assert (found.entries, found.marks) == (2, 5)


def by_coincidences(units: list[list[float]], metric: Metric) -> float:
    """Alpha as Krippendorff writes it: a coincidence matrix and a matrix of differences."""
    values = sorted({value for unit in units for value in unit})
    o = {(c, k): 0.0 for c in values for k in values}
    for unit in units:
        for i, c in enumerate(unit):
            for j, k in enumerate(unit):
                if i != j:
                    o[c, k] += 1 / (len(unit) - 1)
    n = {c: sum(o[c, k] for k in values) for c in values}

    def difference(c: float, k: float) -> float:
        match metric:
            case "nominal":
                return float(c != k)
            case "ordinal":
                low, high = min(c, k), max(c, k)
                return float((sum(n[g] for g in values if low <= g <= high) - (n[c] + n[k]) / 2) ** 2)
            case "interval":
                return (c - k) ** 2
            case "ratio":
                return 0.0 if c == k else ((c - k) / (c + k)) ** 2

    observed = sum(o[c, k] * difference(c, k) for c, k in o)
    expectation = sum(n[c] * n[k] * difference(c, k) for c, k in o)
    return 1 - (sum(n.values()) - 1) * observed / expectation


@given(
    st.lists(st.lists(st.integers(0, 6).map(float), min_size=2, max_size=5), min_size=1, max_size=8),
    st.sampled_from(get_args(Metric)),
)
def test_alpha_equals_the_coincidence_matrix(units: list[list[float]], metric: Metric) -> None:
    found = krippendorff_alpha(units, metric)

    if len({value for unit in units for value in unit}) == 1:
        assert found == Undefined("constant")
    else:
        assert isinstance(found, Alpha)
        assert found.value == pytest.approx(by_coincidences(units, metric), abs=1e-9)


def test_alpha_without_a_meaning_says_why() -> None:
    assert krippendorff_alpha([], "ordinal") == Undefined("no_pairs")
    assert krippendorff_alpha([[1], [2, None]], "ordinal") == Undefined("no_pairs")
    assert krippendorff_alpha([[3, 3], [3, 3], [5]], "ordinal") == Undefined("constant")
    assert krippendorff_alpha([[-1, 2], [3, 3]], "ratio") == Undefined("negative")


def test_alpha_of_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="unknown metric 'cubic'"):
        krippendorff_alpha([[1, 2]], "cubic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="infinite"):
        krippendorff_alpha([[1, float("inf")]], "interval")


# ------------------------------------------------------------------------------------------- Kendall's W


def test_concordance_of_zar_s_birds() -> None:
    """W = 12 (sum of squared rank sums - its mean) / (m² (n³ - n) - m T), T = 6 + 6 from wings, and so on, by hand."""
    found = kendall_w([[*row] for row in ZAR_BIRDS])

    spread = sum(each**2 for each in ZAR_RANK_SUMS) - sum(ZAR_RANK_SUMS) ** 2 / 12
    ties = (6 + 6) + (6 + 24 + 6) + (6 + 6)  # wings 10.2, 10.8; tails 7.2, 7.4 (thrice), 7.8; bills 17, 20
    assert isinstance(found, Concordance)
    assert found.w == pytest.approx(12 * spread / (9 * (12**3 - 12) - 3 * ties), abs=1e-12)
    assert found.chi_square == pytest.approx(3 * 11 * found.w, abs=1e-9)
    assert (found.df, found.entries, found.judges) == (11, 12, 3)
    assert found.p < 0.005


def test_w_is_one_for_equal_rankings_and_zero_for_opposite_ones() -> None:
    same, opposite = kendall_w([[1, 10], [2, 20], [3, 30]]), kendall_w([[1, 30], [2, 20], [3, 10]])

    assert isinstance(same, Concordance)
    assert isinstance(opposite, Concordance)
    assert (same.w, opposite.w, opposite.p) == (1, 0, 1)


@given(tables)
def test_w_is_friedman_s_statistic_in_other_units(scores: list[list[float]]) -> None:
    from scipy.stats import friedmanchisquare

    found = kendall_w([[*row] for row in scores])

    if isinstance(found, Undefined):
        assert found.reason == "all_tied"
        assert all(len(set(column)) == 1 for column in zip(*scores, strict=True))
    elif len(scores) > 2:  # scipy asks for three
        statistic, p = friedmanchisquare(*scores)
        assert found.chi_square == pytest.approx(float(statistic), abs=1e-9)
        assert found.p == pytest.approx(float(p), abs=1e-9)
        assert -1e-12 <= found.w <= 1 + 1e-12


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "no_marks"),
        ([[None, 2], [1, 2]], "incomplete"),
        ([[1, 2]], "one_entry"),
        ([[1], [2]], "one_judge"),
        ([[1, 5], [1, 5]], "all_tied"),
    ],
)
def test_rankings_without_concordance_are_answered_with_the_reason(
    scores: list[list[float | None]], reason: str
) -> None:
    assert kendall_w(scores) == Undefined(reason)  # type: ignore[arg-type]
