"""One number per judge and entry, out of the marks on each criterion."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

from msgspec import Struct

from plenaria.plugins.awards.statistics.rubric import Mark, exact


class Score(Struct, frozen=True):
    """A judge's score of an entry over all criteria. Finite."""

    judge: str
    entry: str
    value: float


def judge_scores(marks: Iterable[Mark], weights: Mapping[str, int | Fraction]) -> list[Score]:
    """Every judge's weighted mean over the criteria that they scored, sorted by entry and judge.

    An abstention leaves the criterion out of that judge's mean, and its weight is shared by the rest in
    proportion; who abstained throughout gives no score. Where nobody abstains, the mean of an entry's
    scores is its published mean. With abstentions it need not be: the published one takes criteria first,
    judges second (`rubric`).

    Exact until the last step: each value is the float nearest to the rational mean. Raises KeyError for a
    criterion without weight.
    """
    whole = _integers(weights)
    sums: dict[tuple[str, str], tuple[int | Fraction, int]] = {}
    for mark in marks:
        weight = whole[mark.criterion]
        if mark.score is not None:
            total, weighed = sums.get((mark.entry, mark.judge), (0, 0))
            sums[mark.entry, mark.judge] = total + weight * exact(mark.score), weighed + weight
    return [Score(judge, entry, float(total / weighed)) for (entry, judge), (total, weighed) in sorted(sums.items())]


def _integers(weights: Mapping[str, int | Fraction]) -> dict[str, int]:
    """The same proportions in whole numbers."""
    common = lcm(*(Fraction(weight).denominator for weight in weights.values()))
    return {criterion: int(weight * common) for criterion, weight in weights.items()}
