"""Entries and judges separated: score = mean + entry + judge + chance.

Entries and judges are both random. Entries, because the question is which is best among many, and the best of
many looks better than it is: a random effect is drawn towards the mean by just as much as few or discordant
scores deserve (Robinson 1991, Statistical Science 6, 15-51), and only a distribution of entries makes
"probability to win" mean something. Judges, because a severe judge is to be allowed for and not to be erased:
the fewer entries somebody judged, the less their mean says about their severity.

There is no per-judge z-score here or anywhere in this package. It divides by each judge's own mean and spread, and
so takes away what juries differ by because their entries differ: where juries see entries of different quality
it finds fewer of the best than doing nothing (top-5 recall .457 against .642 for the plain mean in the issue that
asked for this; benchmarks/jury_simulation.py prints what it gives here).
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import Literal

from msgspec import Struct

from plenaria.plugins.awards.statistics.fitting import SAME, Fit, fit
from plenaria.plugins.awards.statistics.mixed_equations import leverages
from plenaria.plugins.awards.statistics.scores import Score
from plenaria.plugins.awards.statistics.threads import one_thread
from plenaria.plugins.awards.statistics.undefined import Undefined
from plenaria.plugins.awards.statistics.winning import chances

DRAWS = 16_384


class EntryEffect(Struct, frozen=True, kw_only=True):
    """An entry after allowing for who judged it.

    `place` and `tied` as in `Result`, within the entry's group. `effect` is the expected difference from the mean
    of the group, `standard_error` of that difference, `expected` the score on the rubric's scale that an
    average judge would give. `win` and `among_top` are probabilities; None where there are several groups.
    """

    entry: str
    group: int
    place: int
    tied: bool
    effect: float
    standard_error: float
    expected: float
    scores: int
    win: float | None
    among_top: float | None


class JudgeEffect(Struct, frozen=True, kw_only=True):
    """A judge's way of scoring.

    `severity`: points below what an average judge would have given the same entries; negative for a lenient one;
    with its `standard_error`. `spread`: standard deviation of their scores (divisor n - 1), how much of the
    scale they use. `residual_sd`: how far their scores lie from what entry and severity explain, as an
    estimate of their own share of `sd_residual` (root of the sum of squared residuals over the sum of 1 -
    leverage). `discrimination`: slope of their scores on the entries' effects; 1 is usual, 0 tells good from
    bad not at all; drawn towards 1 a little, since their own scores are part of the effects. None where too few or
    too equal scores say nothing. `constant`: two or more scores, all the same.
    """

    judge: str
    group: int
    scores: int
    severity: float
    standard_error: float
    spread: float | None
    residual_sd: float | None
    discrimination: float | None
    constant: bool


class AdditiveModel(Struct, frozen=True, kw_only=True, tag="additive", tag_field="kind"):
    """The fitted model. Every number is finite.

    `means`: the estimated mean of each group (one, if everything is connected). `reml` is -2 log restricted
    likelihood. `singular` names the variances that are estimated as exactly 0: the data show no such differences.
    `reliability_agreement` is the share of the entries' variance in that of a single score, and
    `reliability_consistency` the same without the judges' variance; on a complete table they are ICC(2,1) and
    ICC(3,1) wherever no variance is 0. `entries` by group and place, `judges` most severe first.

    Probabilities and standard errors take the variances as known (empirical Bayes): with few judges they are
    somewhat too sure. `monte_carlo_error` is the largest standard error of a probability from `draws`.
    """

    scores: int
    means: tuple[float, ...]
    sd_entries: float
    sd_judges: float
    sd_residual: float
    reml: float
    singular: tuple[Literal["entries", "judges"], ...]
    reliability_agreement: float
    reliability_consistency: float
    top: int
    draws: int
    seed: int
    monte_carlo_error: float | None
    entries: tuple[EntryEffect, ...]
    judges: tuple[JudgeEffect, ...]


def additive_model(
    scores: Sequence[Score], *, top: int = 3, seed: int = 0, draws: int = DRAWS
) -> AdditiveModel | Undefined:
    """Estimates the model by REML; Undefined says why it cannot be estimated.

    A judge may score an entry several times; each is one more observation. The order of the scores does not
    matter, not even to the draws. Raises ValueError for a score that is not finite and for `top` or `draws` below 1.
    Needs the extra `jury`.
    """
    if top < 1 or draws < 1:
        raise ValueError("top and draws must be 1 or more")
    with one_thread():
        found = fit(scores)
        return found if isinstance(found, Undefined) else described(found, top=top, seed=seed, draws=draws)


def described(found: Fit, *, top: int, seed: int, draws: int) -> AdditiveModel:
    """The fit in the units of the scores, with chances where everything is connected."""
    solution, ratios = found.solution, found.ratios
    by_entry, by_judge = found.by_factor(ratios.big, ratios.small)
    sigma = found.scale * sqrt(solution.variance)
    total = 1 + by_entry + by_judge
    likely = (
        chances(solution, entries_are_big=found.entries_are_big, top=top, seed=seed, draws=draws)
        if len(found.groups) == 1
        else None
    )
    zeros: tuple[tuple[Literal["entries", "judges"], float], ...] = (("entries", by_entry), ("judges", by_judge))
    return AdditiveModel(
        scores=len(found.scores),
        means=tuple((found.centre + found.scale * solution.fixed).tolist()),
        sd_entries=sigma * sqrt(by_entry),
        sd_judges=sigma * sqrt(by_judge),
        sd_residual=sigma,
        reml=ratios.criterion + 2 * found.equations.freedom * log(found.scale),
        singular=tuple(name for name, ratio in zeros if ratio == 0),
        reliability_agreement=by_entry / total,
        reliability_consistency=by_entry / (1 + by_entry),
        top=top,
        draws=draws,
        seed=seed,
        monte_carlo_error=likely.error if likely else None,
        entries=_entry_effects(found, likely.win if likely else None, likely.among_top if likely else None),
        judges=_judge_effects(found),
    )


def _entry_effects(
    found: Fit, win: tuple[float, ...] | None, among_top: tuple[float, ...] | None
) -> tuple[EntryEffect, ...]:
    import numpy as np

    solution, scale = found.solution, found.scale
    variances, _ = found.by_factor(solution.big_variances(), solution.small_variances())
    level, _ = found.by_factor(found.equations.big, found.equations.small)
    errors = (scale * np.sqrt(np.maximum(variances, 0))).tolist()
    counts = np.bincount(level, minlength=len(found.entries)).tolist()
    effects = (scale * found.entry_effects).tolist()
    means = (found.centre + scale * solution.fixed).tolist()
    group_of = {entry: number for number, group in enumerate(found.groups) for entry in group.entries}
    places = found.places()
    described = [
        EntryEffect(
            entry=entry,
            group=group_of[entry],
            place=places[entry][0],
            tied=places[entry][1],
            effect=effects[number],
            standard_error=errors[number],
            expected=means[group_of[entry]] + effects[number],
            scores=counts[number],
            win=win[number] if win else None,
            among_top=among_top[number] if among_top else None,
        )
        for number, entry in enumerate(found.entries)
    ]
    return tuple(sorted(described, key=lambda each: (each.group, each.place)))


def _judge_effects(found: Fit) -> tuple[JudgeEffect, ...]:
    import numpy as np

    solution, scale = found.solution, found.scale
    _, effects = found.by_factor(solution.big_effects, solution.small_effects)
    _, variances = found.by_factor(solution.big_variances(), solution.small_variances())
    level_of_entry, level = found.by_factor(found.equations.big, found.equations.small)
    residuals, h = leverages(found.equations, solution)
    merits = found.entry_effects[level_of_entry]
    group_of = {judge: number for number, group in enumerate(found.groups) for judge in group.judges}
    described = []
    for number, judge in enumerate(found.judges):
        mine = np.flatnonzero(level == number)
        own, merit = found.equations.y[mine], merits[mine]
        spread = float(own.std(ddof=1)) if len(mine) > 1 else None
        free = float((1 - h[mine]).sum())
        varied = float(((merit - merit.mean()) ** 2).sum())
        described.append(
            JudgeEffect(
                judge=judge,
                group=group_of[judge],
                scores=len(mine),
                severity=-scale * float(effects[number]) + 0.0,
                standard_error=scale * sqrt(max(float(variances[number]), 0.0)),
                spread=None if spread is None else scale * spread,
                residual_sd=scale * sqrt(float(residuals[mine] @ residuals[mine]) / free) if free > SAME else None,
                discrimination=float(own @ (merit - merit.mean())) / varied if varied > SAME**2 else None,
                constant=spread is not None and spread <= SAME,
            )
        )
    return tuple(sorted(described, key=lambda each: -each.severity))
