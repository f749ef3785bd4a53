"""Entries and judges told apart: score = mean + entry + judge + chance.

Entries and judges are both random. Entries, because the question is which is best among many, and the best of
many looks better than it is: a random effect is drawn towards the mean by just as much as few or discordant
scores deserve (Robinson 1991, Statistical Science 6, 15-51), and only a distribution of entries makes
"probability to win" mean something. Judges, because a severe judge is to be allowed for and not to be erased:
the fewer entries somebody judged, the less their mean says about their severity.

There is no per-judge z-score here or anywhere in this room. It divides by each judge's own mean and spread, and
so takes away what juries differ by because their entries differ: where juries see entries of different quality
it finds fewer of the best than doing nothing (top-5 recall .457 against .642 for the plain mean in the issue that
asked for this; benchmarks/jury_simulation.py prints what it gives here).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log, sqrt
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from plugins.awards.statistics.connectivity import Group, groups
from plugins.awards.statistics.mixed_equations import (
    Equations,
    Solution,
    additive_residuals,
    equations,
    leverages,
    solve,
)
from plugins.awards.statistics.scores import Score
from plugins.awards.statistics.threads import one_thread
from plugins.awards.statistics.undefined import Undefined
from plugins.awards.statistics.variance_ratios import Ratios, lowest
from plugins.awards.statistics.winning import chances

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

DRAWS = 16_384
_NO_ERROR = 1e-5
"""Chance less than this part of the scores' standard deviation counts as none."""
_SAME = 1e-9
"""Effects closer than this part of the scores' standard deviation are the same: floats would part equals."""


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


@dataclass(frozen=True, slots=True)
class Fit:
    """The numbers behind a model: scores as (y - `centre`) / `scale`, entries and judges sorted by name."""

    scores: tuple[Score, ...]
    entries: tuple[str, ...]
    judges: tuple[str, ...]
    groups: tuple[Group, ...]
    centre: float
    scale: float
    equations: Equations
    ratios: Ratios
    solution: Solution
    entries_are_big: bool

    @property
    def entry_effects(self) -> "Reals":
        return self.solution.big_effects if self.entries_are_big else self.solution.small_effects

    def places(self) -> dict[str, tuple[int, bool]]:
        """Place and whether it is shared, by entry, within each group."""
        effect = dict(zip(self.entries, self.entry_effects.tolist(), strict=True))
        return {entry: place for group in self.groups for entry, place in _places(group.entries, effect).items()}


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


def fit(scores: Sequence[Score]) -> Fit | Undefined:
    """As `additive_model`, the numbers alone."""
    import numpy as np

    given = tuple(sorted(scores, key=lambda score: (score.entry, score.judge, score.value)))
    if odd := next((score for score in given if not isfinite(score.value)), None):
        raise ValueError(f"judge {odd.judge!r} gave entry {odd.entry!r} a score that is not finite")
    entries, judges = _sorted_unique(each.entry for each in given), _sorted_unique(each.judge for each in given)
    if reason := _too_little(given, entries, judges):
        return reason
    values = np.array([score.value for score in given])
    centre, scale = float(values.mean()), float(values.std())
    if scale <= _SAME * max(abs(centre), 1e-300):
        return Undefined("constant")
    parts = groups(entries, ((score.judge, score.entry) for score in given))
    entries_are_big = len(entries) >= len(judges)
    entry_of, judge_of = (_levels((score.entry for score in given), entries), _levels((s.judge for s in given), judges))
    part_of_entry = {entry: number for number, group in enumerate(parts) for entry in group.entries}
    big, small = (entry_of, judge_of) if entries_are_big else (judge_of, entry_of)
    part = np.array([part_of_entry[score.entry] for score in given])
    prepared = equations((values - centre) / scale, big, small, part)
    if unfit := _unfit(prepared):
        return unfit
    ratios = lowest(prepared)
    solution = solve(prepared, ratios.big, ratios.small)
    return Fit(given, entries, judges, parts, centre, scale, prepared, ratios, solution, entries_are_big)


def places_without(found: Fit, judge: str) -> dict[str, int] | None:
    """Places of the entries of the judge's group, estimated anew without the judge, starting at the old variances.

    The entries that nobody else scored are left out. None if the rest cannot be estimated. What is left of
    the group must hang together (`connectivity.count_groups`), or places of different parts would be compared.
    """
    import numpy as np

    old = found.equations
    _, level_of_judge = _either(found, old.big, old.small)
    kept = level_of_judge != found.judges.index(judge)
    (big_names, big), (small_names, small), (_, part) = (
        np.unique(levels[kept], return_inverse=True) for levels in (old.big, old.small, old.part)
    )
    left, judges_left = _either(found, big_names, small_names)
    if len(left) < 2 or len(judges_left) < 2:
        return None
    prepared = equations(old.y[kept], big, small, part)
    if _unfit(prepared):
        return None
    ratios = lowest(prepared, near=found.ratios)
    solution = solve(prepared, ratios.big, ratios.small)
    effects, _ = _either(found, solution.big_effects, solution.small_effects)
    by_name = {found.entries[level]: effect for level, effect in zip(left.tolist(), effects.tolist(), strict=True)}
    group = next(group for group in found.groups if judge in group.judges)
    return {entry: place for entry, (place, _) in _places([e for e in group.entries if e in by_name], by_name).items()}


def _unfit(prepared: Equations) -> Undefined | None:
    squares, freedom = additive_residuals(prepared)
    if freedom < 1:
        return Undefined("no_spare_scores")
    variance = float(prepared.y.var())
    return Undefined("no_error") if squares <= len(prepared.y) * _NO_ERROR**2 * variance else None


def described(found: Fit, *, top: int, seed: int, draws: int) -> AdditiveModel:
    """The fit in the units of the scores, with chances where everything is connected."""
    solution, ratios = found.solution, found.ratios
    by_entry, by_judge = _either(found, ratios.big, ratios.small)
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


def _too_little(scores: Sequence[Score], entries: Sequence[str], judges: Sequence[str]) -> Undefined | None:
    if not scores:
        return Undefined("no_marks")
    if len(entries) == 1:
        return Undefined("one_entry")
    return Undefined("one_judge") if len(judges) == 1 else None


def _sorted_unique(names: Any) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _levels(names: Any, known: Sequence[str]) -> Any:
    import numpy as np

    number = {name: index for index, name in enumerate(known)}
    return np.array([number[name] for name in names])


def _either(found: Fit, big: Any, small: Any) -> tuple[Any, Any]:
    """(of the entries, of the judges), given (of the larger factor, of the smaller)."""
    return (big, small) if found.entries_are_big else (small, big)


def _places(entries: Sequence[str], effects: dict[str, float]) -> dict[str, tuple[int, bool]]:
    """Competition places by falling effect; neighbours that differ by no more than rounding share one."""
    ranked = sorted(entries, key=lambda entry: -effects[entry])
    place = {entry: number for number, entry in enumerate(ranked, start=1)}
    for above, below in pairwise(ranked):
        if effects[above] - effects[below] <= _SAME:
            place[below] = place[above]
    shared = [*place.values()]
    counts = {number: shared.count(number) for number in set(shared)} if len(set(shared)) < len(shared) else {}
    return {entry: (number, counts.get(number, 1) > 1) for entry, number in place.items()}


def _entry_effects(
    found: Fit, win: tuple[float, ...] | None, among_top: tuple[float, ...] | None
) -> tuple[EntryEffect, ...]:
    import numpy as np

    solution, scale = found.solution, found.scale
    variances, _ = _either(found, solution.big_variances(), solution.small_variances())
    level, _ = _either(found, found.equations.big, found.equations.small)
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
    _, effects = _either(found, solution.big_effects, solution.small_effects)
    _, variances = _either(found, solution.big_variances(), solution.small_variances())
    level_of_entry, level = _either(found, found.equations.big, found.equations.small)
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
                residual_sd=scale * sqrt(float(residuals[mine] @ residuals[mine]) / free) if free > _SAME else None,
                discrimination=float(own @ (merit - merit.mean())) / varied if varied > _SAME**2 else None,
                constant=spread is not None and spread <= _SAME,
            )
        )
    return tuple(sorted(described, key=lambda each: -each.severity))
