"""The additive model fitted to scores: which are the levels, whether it can be estimated, who stands where."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from plenaria.plugins.awards.statistics.connectivity import Group, groups
from plenaria.plugins.awards.statistics.mixed_equations import Equations, Solution, additive_residuals, equations, solve
from plenaria.plugins.awards.statistics.scores import Score
from plenaria.plugins.awards.statistics.undefined import Undefined
from plenaria.plugins.awards.statistics.variance_ratios import Ratios, lowest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

SAME = 1e-9
"""Effects closer than this part of the scores' standard deviation are the same: floats would part equals."""
_NO_ERROR = 1e-5
"""Chance less than this part of the scores' standard deviation counts as none."""
_ENOUGH = 200
"""With so many scores the likelihood has one valley, and a search may start in the old one."""


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

    def by_factor(self, of_big: Any, of_small: Any) -> tuple[Any, Any]:
        """(of the entries, of the judges), given (of the larger factor, of the smaller)."""
        return (of_big, of_small) if self.entries_are_big else (of_small, of_big)

    @property
    def entry_effects(self) -> "Reals":
        return self.solution.big_effects if self.entries_are_big else self.solution.small_effects

    def places(self) -> dict[str, tuple[int, bool]]:
        """Place and whether it is shared, by entry, within each group."""
        effect = dict(zip(self.entries, self.entry_effects.tolist(), strict=True))
        return {entry: place for group in self.groups for entry, place in _places(group.entries, effect).items()}


def fit(scores: Sequence[Score], parts: tuple[Group, ...] | None = None) -> Fit | Undefined:
    """As `additive_model`, the numbers alone. `parts`: the groups as the caller numbers them (None: by entries' names)."""
    import numpy as np

    given = tuple(sorted(scores, key=lambda score: (score.entry, score.judge, score.value)))
    if odd := next((score for score in given if not isfinite(score.value)), None):
        raise ValueError(f"judge {odd.judge!r} gave entry {odd.entry!r} a score that is not finite")
    entries, judges = _sorted_unique(each.entry for each in given), _sorted_unique(each.judge for each in given)
    if reason := _too_little(given, entries, judges):
        return reason
    values = np.array([score.value for score in given])
    centre, scale = float(values.mean()), float(values.std())
    if scale <= SAME * max(abs(centre), 1e-300):
        return Undefined("constant")
    parts = parts or groups(entries, ((score.judge, score.entry) for score in given))
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
    """Places of the entries of the judge's group, estimated anew without the judge.

    The entries that nobody else scored are left out. None if the rest cannot be estimated. What is left of
    the group must hang together (`connectivity.count_groups`), or places of different parts would be compared.
    """
    import numpy as np

    old = found.equations
    _, level_of_judge = found.by_factor(old.big, old.small)
    kept = level_of_judge != found.judges.index(judge)
    (big_names, big), (small_names, small), (_, part) = (
        np.unique(levels[kept], return_inverse=True) for levels in (old.big, old.small, old.part)
    )
    left, judges_left = found.by_factor(big_names, small_names)
    if len(left) < 2 or len(judges_left) < 2:
        return None
    prepared = equations(old.y[kept], big, small, part)
    if _unfit(prepared):
        return None
    ratios = lowest(prepared, near=found.ratios if prepared.freedom > _ENOUGH else None)
    solution = solve(prepared, ratios.big, ratios.small)
    effects, _ = found.by_factor(solution.big_effects, solution.small_effects)
    by_name = {found.entries[level]: effect for level, effect in zip(left.tolist(), effects.tolist(), strict=True)}
    group = next(group for group in found.groups if judge in group.judges)
    return {entry: place for entry, (place, _) in _places([e for e in group.entries if e in by_name], by_name).items()}


def _unfit(prepared: Equations) -> Undefined | None:
    squares, freedom = additive_residuals(prepared)
    if freedom < 1:
        return Undefined("no_spare_scores")
    variance = float(prepared.y.var())
    return Undefined("no_error") if squares <= len(prepared.y) * _NO_ERROR**2 * variance else None


def _too_little(scores: Sequence[Score], entries: Sequence[str], judges: Sequence[str]) -> Undefined | None:
    if not scores:
        return Undefined("no_marks")
    if len(entries) == 1:
        return Undefined("one_entry")
    return Undefined("one_judge") if len(judges) == 1 else None


def _sorted_unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _levels(names: Iterable[str], known: Sequence[str]) -> Any:
    import numpy as np

    number = {name: index for index, name in enumerate(known)}
    return np.array([number[name] for name in names])


def _places(entries: Sequence[str], effects: dict[str, float]) -> dict[str, tuple[int, bool]]:
    """Competition places by falling effect; neighbours that differ by no more than rounding share one."""
    ranked = sorted(entries, key=lambda entry: -effects[entry])
    place = {entry: number for number, entry in enumerate(ranked, start=1)}
    for above, below in pairwise(ranked):
        if effects[above] - effects[below] <= SAME:
            place[below] = place[above]
    sharing = Counter(place.values())
    return {entry: (number, sharing[number] > 1) for entry, number in place.items()}
