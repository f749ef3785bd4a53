"""The additive model against lme4, against dense algebra, and where it has nothing to say."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from plenaria.plugins.awards.statistics import AdditiveModel, IccTable, Score, Undefined, additive_model, icc
from plenaria.plugins.awards.statistics.additive import described
from plenaria.plugins.awards.statistics.fitting import Fit, fit
from plenaria.plugins.awards.statistics.mixed_equations import criterion, equations, leverages, solve
from plenaria.plugins.awards.statistics.winning import _draws, chances
from tests.programs import third_party_file

FEW_DRAWS = 64


def file(name: str) -> Path:
    return third_party_file(f"judging/{name}")


def model(scores: list[Score], **options: int) -> AdditiveModel:
    found = additive_model(scores, **{"draws": FEW_DRAWS, **options})
    assert isinstance(found, AdditiveModel)
    return found


def simulated(seed: int, entries: int, judges: int, share: float = 0.6) -> list[Score]:
    """Random scores of a random part of all pairs; the first judge and the first entry have all theirs."""
    chance = np.random.default_rng(seed)
    merit, severity = chance.normal(size=entries), chance.normal(size=judges) * chance.uniform(0, 2)
    return [
        Score(f"j{judge}", f"e{entry}", float(merit[entry] - severity[judge] + chance.normal()))
        for entry in range(entries)
        for judge in range(judges)
        if chance.random() < share or not entry or not judge
    ]


# ----------------------------------------------------------------------------------------- published


def penicillin() -> list[Score]:
    """Samples as judges, plates as entries."""
    with file("lme4_penicillin.csv").open(encoding="utf-8", newline="") as stream:
        return [Score(row["sample"], row["plate"], float(row["diameter"])) for row in csv.DictReader(stream)]


def test_penicillin_as_lme4_fits_it() -> None:
    published: dict[str, Any] = json.loads(file("lme4_penicillin.expected.json").read_text("utf-8"))
    figures, effects = published["published"], published["blup_lme4"]

    found = model(penicillin())

    assert found.sd_entries == pytest.approx(figures["sd_plate"], abs=1e-4)
    assert found.sd_judges == pytest.approx(figures["sd_sample"], abs=1e-4)
    assert found.sd_residual == pytest.approx(figures["sd_resid"], abs=1e-4)
    assert found.reml == pytest.approx(330.86058899085697, abs=1e-9)
    assert found.means == pytest.approx([effects["fixef"]], abs=1e-6)
    assert {each.entry: each.effect for each in found.entries} == pytest.approx(effects["plate"], abs=1e-5)
    assert {each.judge: -each.severity for each in found.judges} == pytest.approx(effects["sample"], abs=1e-5)


def test_penicillin_the_other_way_round_is_the_same_model() -> None:
    one = model(penicillin())

    other = model([Score(score.entry, score.judge, score.value) for score in penicillin()])

    assert other.reml == pytest.approx(one.reml, abs=1e-9)
    assert {each.entry: each.effect for each in other.entries} == pytest.approx(
        {each.judge: -each.severity for each in one.judges}, abs=1e-6
    )
    assert {each.entry: each.standard_error for each in other.entries} == pytest.approx(
        {each.judge: each.standard_error for each in one.judges}, abs=1e-6
    )


# --------------------------------------------------------------------------------------- dense algebra

Dense = tuple[Any, Any, Any, Any, Any, Any]


@st.composite
def designs(draw: st.DrawFn) -> tuple[Any, Any, Any, Any]:
    """y, level of the one factor, of the other, and part; small, unbalanced, cells empty or repeated."""
    seed, bigs, smalls = draw(st.integers(0, 10**6)), draw(st.integers(2, 6)), draw(st.integers(2, 5))
    chance = np.random.default_rng(seed)
    extra = draw(st.integers(2, 12))
    big = np.concatenate([np.arange(bigs), chance.integers(0, bigs, extra), np.zeros(smalls, int)])
    small = np.concatenate([np.zeros(bigs, int), chance.integers(0, smalls, extra), np.arange(smalls)])
    return chance.normal(size=len(big)), big, small, np.zeros(len(big), int)


ratio = st.sampled_from([0.0, 0.01, 0.5, 3.0, 40.0])


def dense(design: tuple[Any, Any, Any, Any], ratio_big: float, ratio_small: float) -> Dense:
    y, big, small, part = design
    Zb, Zs, X = np.eye(big.max() + 1)[big], np.eye(small.max() + 1)[small], np.eye(part.max() + 1)[part]
    V = np.eye(len(y)) + ratio_big * Zb @ Zb.T + ratio_small * Zs @ Zs.T
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    P = inverse - inverse @ X @ np.linalg.inv(information) @ X.T @ inverse
    return Zb, Zs, X, V, information, P


@given(designs(), ratio, ratio)
@settings(deadline=None)
def test_the_criterion_is_the_restricted_likelihood_of_the_dense_model(
    design: tuple[Any, Any, Any, Any], ratio_big: float, ratio_small: float
) -> None:
    y = design[0]
    *_, V, information, P = dense(design, ratio_big, ratio_small)
    freedom = len(y) - 1
    variance = y @ P @ y / freedom
    by_definition = (
        np.linalg.slogdet(variance * V)[1]
        + np.linalg.slogdet(information / variance)[1]
        + y @ P @ y / variance
        + freedom * math.log(2 * math.pi)
    )

    value, _ = criterion(equations(*design), ratio_big, ratio_small)

    assert value == pytest.approx(by_definition, abs=1e-8)


@given(designs(), ratio, ratio)
@settings(deadline=None)
def test_the_gradient_is_that_of_the_criterion(
    design: tuple[Any, Any, Any, Any], ratio_big: float, ratio_small: float
) -> None:
    given_equations = equations(*design)
    step = 1e-5

    _, gradient = criterion(given_equations, ratio_big, ratio_small)

    for axis in (0, 1):
        points = [[ratio_big, ratio_small] for _ in range(3)]
        for times, point in enumerate(points):
            point[axis] += times * step
        low, middle, high = (criterion(given_equations, *point)[0] for point in points)
        assert gradient[axis] == pytest.approx((4 * middle - high - 3 * low) / (2 * step), abs=2e-4)


@given(designs(), ratio, ratio)
@settings(deadline=None)
def test_effects_and_their_covariance_are_those_of_the_dense_model(
    design: tuple[Any, Any, Any, Any], ratio_big: float, ratio_small: float
) -> None:
    """E(u | y) = G Z'P y and Var(u | y) = sigma² (G - G Z'P Z G), the mean's uncertainty included."""
    y = design[0]
    Zb, Zs, _, _, _, P = dense(design, ratio_big, ratio_small)

    found = solve(equations(*design), ratio_big, ratio_small)

    variance = y @ P @ y / (len(y) - 1)
    assert found.variance == pytest.approx(variance, rel=1e-8)
    assert found.big_effects == pytest.approx(ratio_big * Zb.T @ P @ y, abs=1e-8)
    assert found.small_effects == pytest.approx(ratio_small * Zs.T @ P @ y, abs=1e-8)
    of_big = variance * (ratio_big * np.eye(Zb.shape[1]) - ratio_big**2 * Zb.T @ P @ Zb)
    of_small = variance * (ratio_small * np.eye(Zs.shape[1]) - ratio_small**2 * Zs.T @ P @ Zs)
    assert found.big_variances() == pytest.approx(of_big.diagonal(), abs=1e-8)
    assert found.small_variances() == pytest.approx(of_small.diagonal(), abs=1e-8)
    mixed = found.shrinkage[:, None] * found.mixing
    assert variance * (np.diag(found.shrinkage) + mixed @ found.inverse @ mixed.T) == pytest.approx(of_big, abs=1e-8)
    residuals, h = leverages(equations(*design), found)
    assert residuals == pytest.approx(P @ y, abs=1e-8)
    assert 1 - h == pytest.approx(P.diagonal(), abs=1e-8)


@given(st.integers(0, 10**6), st.integers(3, 7), st.integers(2, 5))
@settings(deadline=None, max_examples=25)
@example(1385, 3, 3)  # two valleys, the lower one at large variances
def test_no_point_of_a_fine_grid_is_lower_than_the_optimum(seed: int, entries: int, judges: int) -> None:
    found = fit(simulated(seed, entries, judges))
    assume(isinstance(found, Fit))
    assert isinstance(found, Fit)

    grid = [0.0, *np.geomspace(1e-4, 1e3, 22)]
    lowest = min(criterion(found.equations, big, small)[0] for big in grid for small in grid)

    assert found.ratios.criterion <= lowest + 1e-8
    _, slope = criterion(found.equations, found.ratios.big, found.ratios.small)
    for ratio_found, each in zip((found.ratios.big, found.ratios.small), slope, strict=True):
        assert each >= -1e-5 if ratio_found == 0 else abs(each) * (1 + ratio_found) < 1e-5


# --------------------------------------------------------------------------------- balanced designs


@given(st.integers(0, 10**6), st.integers(3, 8), st.integers(2, 6))
@settings(deadline=None, max_examples=25)
def test_on_a_complete_table_reml_is_the_analysis_of_variance(seed: int, entries: int, judges: int) -> None:
    scores = simulated(seed, entries, judges, share=1)
    table = np.array([score.value for score in scores]).reshape(entries, judges)
    by_entry, by_judge = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    error = ((table - by_entry - by_judge + table.mean()) ** 2).sum() / ((entries - 1) * (judges - 1))
    of_entries = (judges * by_entry.var(ddof=1) - error) / judges
    of_judges = (entries * by_judge.var(ddof=1) - error) / entries
    assume(min(of_entries, of_judges) > 1e-3)

    found = model(scores)

    assert found.singular == ()
    assert found.sd_residual**2 == pytest.approx(error, rel=1e-5)
    assert found.sd_entries**2 == pytest.approx(of_entries, rel=1e-5, abs=1e-6)
    assert found.sd_judges**2 == pytest.approx(of_judges, rel=1e-5, abs=1e-6)
    coefficients = icc(table.tolist())
    assert isinstance(coefficients, IccTable)
    by_name = {each.name: each.value for each in coefficients.coefficients}
    assert found.reliability_agreement == pytest.approx(by_name["ICC(2,1)"], abs=1e-5)
    assert found.reliability_consistency == pytest.approx(by_name["ICC(3,1)"], abs=1e-5)


# ------------------------------------------------------------------------------------ equivariance


@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.01, 100))
@settings(deadline=None, max_examples=25)
def test_moving_and_stretching_the_scores_moves_and_stretches_the_answer(seed: int, by: float, times: float) -> None:
    scores = simulated(seed, 8, 4)
    one = model(scores)

    other = model([Score(score.judge, score.entry, by + times * score.value) for score in scores])

    assert other.singular == one.singular
    assert other.means == pytest.approx([by + times * mean for mean in one.means], rel=1e-5, abs=1e-5 * times)
    for name in ("sd_entries", "sd_judges", "sd_residual"):
        assert getattr(other, name) == pytest.approx(times * getattr(one, name), rel=1e-5, abs=1e-7 * times)
    before = {each.entry: times * each.effect for each in one.entries}
    assert {each.entry: each.effect for each in other.entries} == pytest.approx(before, abs=1e-5 * times)


@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_order_of_the_scores_changes_nothing_to_the_last_bit(seed: int, chance: Any) -> None:
    scores = simulated(seed, 7, 4)
    shuffled = [*scores]
    chance.shuffle(shuffled)

    assert additive_model(shuffled, draws=FEW_DRAWS) == additive_model(scores, draws=FEW_DRAWS)


@given(st.integers(0, 10**6), st.permutations(list("abcdefg")), st.permutations(list("wxyz")))
@settings(deadline=None, max_examples=15)
def test_the_names_of_entries_and_judges_do_not_matter(seed: int, entries: list[str], judges: list[str]) -> None:
    scores = simulated(seed, 7, 4)
    names = {f"e{n}": name for n, name in enumerate(entries)} | {f"j{n}": name for n, name in enumerate(judges)}
    one = model(scores)

    other = model([Score(names[score.judge], names[score.entry], score.value) for score in scores])

    assert {each.entry: each.effect for each in other.entries} == pytest.approx(
        {names[each.entry]: each.effect for each in one.entries}, abs=1e-6
    )
    assert {each.judge: each.severity for each in other.judges} == pytest.approx(
        {names[each.judge]: each.severity for each in one.judges}, abs=1e-6
    )


# ------------------------------------------------------------------------------------ probabilities


def test_the_chance_of_two_entries_is_that_of_their_bivariate_normal() -> None:
    chance = np.random.default_rng(3)
    scores = [
        Score(f"j{judge}", entry, float(chance.normal() + lead))
        for judge in range(6)
        for entry, lead in (("a", 1.5), ("b", 0.0))
    ]
    found = fit(scores)
    assert isinstance(found, Fit)
    assert not found.entries_are_big
    ratio_entries = found.ratios.small
    assert ratio_entries > 0
    design = (found.equations.y, found.equations.big, found.equations.small, found.equations.part)
    _, Zs, _, _, _, P = dense(design, found.ratios.big, ratio_entries)
    mean = ratio_entries * Zs.T @ P @ found.equations.y
    covariance = found.solution.variance * (ratio_entries * np.eye(2) - ratio_entries**2 * Zs.T @ P @ Zs)
    difference = np.array([1.0, -1.0])
    exact = norm.cdf(difference @ mean / math.sqrt(difference @ covariance @ difference))

    answer = model(scores, draws=100_000)

    assert 0.6 < exact < 0.999
    assert answer.entries[0].win == pytest.approx(exact, abs=4 * (answer.monte_carlo_error or 0))
    assert 0 < (answer.monte_carlo_error or 0) < 0.002
    assert sum(each.win or 0 for each in answer.entries) == pytest.approx(1)
    assert [each.among_top for each in answer.entries] == [1, 1]


def test_the_chance_of_three_entries_is_that_of_their_multivariate_normal() -> None:
    """Entries as the larger factor, drawn in two steps; the exact probability by integrating the dense posterior."""
    found = fit(
        [
            score
            for score in simulated(11, 3, 3, share=1)
            if (score.judge, score.entry) not in {("j1", "e0"), ("j2", "e1")}
        ]
    )
    assert isinstance(found, Fit)
    assert found.entries_are_big
    answer = chances(found.solution, entries_are_big=True, top=2, seed=5, draws=100_000)

    mixed = found.solution.shrinkage[:, None] * found.solution.mixing
    covariance = found.solution.variance * (
        np.diag(found.solution.shrinkage) + mixed @ found.solution.inverse @ mixed.T
    )
    for entry in range(3):
        others = [other for other in range(3) if other != entry]
        contrast = np.array([[(level == other) - (level == entry) + 0.0 for level in range(3)] for other in others])
        over = multivariate_normal(contrast @ found.entry_effects, contrast @ covariance @ contrast.T)
        assert answer.win[entry] == pytest.approx(float(over.cdf(np.zeros(2))), abs=0.008)
        last = multivariate_normal(-contrast @ found.entry_effects, contrast @ covariance @ contrast.T)
        assert 1 - answer.among_top[entry] == pytest.approx(float(last.cdf(np.zeros(2))), abs=0.008)


def test_draws_of_the_larger_factor_spread_as_the_dense_posterior_says() -> None:
    """Judges' uncertainty ties the entries of one judge together: independent draws would be far off."""
    scores = simulated(17, 9, 3, share=0.4)
    found = fit(scores)
    assert isinstance(found, Fit)
    assert found.entries_are_big
    assert found.ratios.small > 0
    design = (found.equations.y, found.equations.big, found.equations.small, found.equations.part)
    Zb, _, _, _, _, P = dense(design, found.ratios.big, found.ratios.small)
    ratio = found.ratios.big
    covariance = found.solution.variance * (ratio * np.eye(9) - ratio**2 * Zb.T @ P @ Zb)

    drawn = np.vstack(list(_draws(found.solution, True, 7, 200_000)))

    error = np.sqrt((covariance**2 + np.outer(covariance.diagonal(), covariance.diagonal())) / len(drawn))
    assert np.abs(np.cov(drawn.T) - covariance).max() < 5 * error.max()
    off_diagonal = np.abs(covariance - np.diag(covariance.diagonal())).max()
    assert off_diagonal > 20 * error.max()


def test_chances_add_up_and_the_seed_alone_decides_the_draws() -> None:
    scores = simulated(4, 12, 5)
    one, again, other = model(scores), model(scores), model(scores, seed=1)

    assert one == again
    assert [each.win for each in one.entries] != [each.win for each in other.entries]
    assert sum(each.win or 0 for each in one.entries) == pytest.approx(1)
    assert sum(each.among_top or 0 for each in one.entries) == pytest.approx(3)
    assert model(scores, top=99).entries[0].among_top == 1


# ------------------------------------------------------------------------------------ bounds and refusals


def test_entries_that_differ_by_no_more_than_chance_are_a_singular_fit_and_all_share_first_place() -> None:
    """A Latin square: every entry has the same mean, so nothing is left for the entries to differ by."""
    scores = [Score(f"j{j}", f"e{e}", float((j + e) % 4)) for j in range(4) for e in range(4)]

    found = model(scores)

    assert set(found.singular) == {"entries", "judges"}
    assert found.sd_entries == found.sd_judges == found.monte_carlo_error == 0
    assert [(each.place, each.tied, each.effect, each.win, each.among_top) for each in found.entries] == [
        (1, True, 0, 0.25, 0.75)
    ] * 4


def test_judges_without_severity_of_their_own_are_a_singular_fit_of_the_judges_alone() -> None:
    scores = [Score(f"j{j}", f"e{e}", 3.0 * e + (j + e) % 3) for j in range(3) for e in range(6)]

    found = model(scores)

    assert found.singular == ("judges",)
    assert [each.severity for each in found.judges] == [0, 0, 0]
    assert [each.entry for each in found.entries] == ["e5", "e4", "e3", "e2", "e1", "e0"]


def test_two_entries_with_the_same_scores_of_the_same_judges_share_a_place_and_the_chance() -> None:
    scores = [
        Score(f"j{j}", e, float(v))
        for e, row in {"a": "545", "b": "545", "c": "321"}.items()
        for j, v in enumerate(row)
    ]

    found = model(scores, draws=20_000)

    assert [(each.entry, each.place, each.tied) for each in found.entries] == [
        ("a", 1, True),
        ("b", 1, True),
        ("c", 3, False),
    ]
    assert found.entries[0].win == pytest.approx(found.entries[1].win, abs=0.02)


def test_severity_is_what_a_judge_takes_off_and_less_certain_with_fewer_scores() -> None:
    chance = np.random.default_rng(8)
    scores = [
        Score(judge, f"e{entry}", float(5 + chance.normal() - take_off + 0.3 * chance.normal()))
        for entry in range(40)
        for judge, take_off, every in (("severe", 1, 1), ("mild", -1, 1), ("usual", 0, 1), ("rare", 1, 8))
        if entry % every == 0
    ]

    judges = {each.judge: each for each in model(scores).judges}

    assert judges["severe"].severity > 0.5
    assert judges["mild"].severity < -0.5
    assert judges["rare"].standard_error > judges["severe"].standard_error
    assert [each.judge for each in model(scores).judges][-1] == "mild"


def test_a_judge_who_gives_everybody_the_same_is_named_and_discriminates_nothing() -> None:
    scores = [score for score in simulated(2, 10, 4) if score.judge != "j1"]
    scores += [Score("j1", f"e{entry}", 0.7) for entry in range(10)]

    flat = next(each for each in model(scores).judges if each.judge == "j1")

    assert flat.constant
    assert flat.spread == pytest.approx(0, abs=1e-12)
    assert flat.discrimination == pytest.approx(0, abs=1e-9)


def test_a_judge_s_residual_sd_allows_for_what_the_model_took_up() -> None:
    """By the dense hat matrix: a judge's squared residuals over what is left of as many degrees of freedom."""
    found = fit(simulated(17, 9, 3, share=0.4))
    assert isinstance(found, Fit)
    design = (found.equations.y, found.equations.big, found.equations.small, found.equations.part)
    *_, P = dense(design, found.ratios.big, found.ratios.small)
    residuals, left = P @ found.equations.y, P.diagonal()

    judges = {each.judge: each for each in described(found, top=1, seed=0, draws=1).judges}

    for number, judge in enumerate(found.judges):
        mine = found.equations.small == number
        expected = found.scale * math.sqrt(float((residuals[mine] ** 2).sum() / left[mine].sum()))
        assert judges[judge].residual_sd == pytest.approx(expected)


def test_a_judge_s_noise_shows_in_their_residuals() -> None:
    chance = np.random.default_rng(1)
    merit = chance.normal(size=60)
    noise = {"calm": 0.1, "steady": 0.1, "wild": 1.5, "sober": 0.1}
    scores = [
        Score(judge, f"e{entry:02}", float(merit[entry] + sd * chance.normal()))
        for judge, sd in noise.items()
        for entry in range(60)
    ]

    by_judge = {each.judge: each for each in model(scores).judges}

    assert (by_judge["wild"].residual_sd or 0) > 2 * (by_judge["calm"].residual_sd or 9)
    assert by_judge["calm"].discrimination == pytest.approx(1, abs=0.6)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "no_marks"),
        ([Score("j", "a", 1), Score("k", "a", 2)], "one_entry"),
        ([Score("j", "a", 1), Score("j", "b", 2)], "one_judge"),
        ([Score(j, e, 4) for j in "jk" for e in "ab"], "constant"),
        ([Score("j", "a", 1), Score("k", "b", 2)], "no_spare_scores"),
        ([Score("j", "a", 1), Score("k", "a", 2), Score("k", "b", 5)], "no_spare_scores"),
        ([Score(j, e, v + w) for j, v in (("j", 1), ("k", 2), ("l", 4)) for e, w in (("a", 0), ("b", 3))], "no_error"),
    ],
)
def test_scores_that_cannot_tell_entries_judges_and_chance_apart_are_answered_with_the_reason(
    scores: list[Score], reason: str
) -> None:
    assert additive_model(scores) == Undefined(reason)  # type: ignore[arg-type]


def test_where_the_jury_falls_apart_places_are_within_groups_and_nobody_has_a_chance() -> None:
    one = simulated(5, 6, 3, share=1)
    other = [Score(f"x{score.judge}", f"x{score.entry}", score.value + 100) for score in simulated(6, 4, 3, share=1)]

    found = model(one + other)

    assert [(each.group, each.place) for each in found.entries] == [(0, n) for n in range(1, 7)] + [
        (1, n) for n in range(1, 5)
    ]
    assert {each.win for each in found.entries} == {each.among_top for each in found.entries} == {None}
    assert found.monte_carlo_error is None
    assert found.means[1] - found.means[0] > 90
    assert found.sd_entries < 5  # what the groups differ by is nobody's merit


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="'j' gave entry 'a' a score that is not finite"):
        additive_model([Score("j", "a", math.nan)])
    for options in ({"top": 0}, {"draws": 0}):
        with pytest.raises(ValueError, match="1 or more"):
            additive_model([], **options)
