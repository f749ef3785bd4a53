"""Krippendorff's alpha: agreement with any number of judges, any kind of scale, and missing marks.

Krippendorff (2019), Content Analysis, 4th ed., ch. 12; Hayes & Krippendorff (2007), Communication Methods and
Measures 1, 77-89. Standard library alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum, isinf, isnan
from typing import Literal, get_args

from msgspec import Struct

from plenaria.plugins.awards.statistics.undefined import Undefined

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


class Alpha(Struct, frozen=True, kw_only=True, tag="alpha", tag_field="kind"):
    """1: agreement; 0: as if marks were handed out at random; below: systematic disagreement.

    `entries` and `marks` count what could be paired: an entry with a single mark says nothing about agreement.
    """

    metric: Metric
    value: float
    entries: int
    marks: int


def krippendorff_alpha(units: Iterable[Sequence[float | None]], metric: Metric) -> Alpha | Undefined:
    """From the marks of each entry, in any order within it; None and NaN are missing.

    Undefined if no entry has two marks ("no_pairs"), if all paired marks are equal ("constant": neither agreement
    nor its absence can show), and for a ratio scale with marks below 0 ("negative"). Raises ValueError for an
    infinite mark or an unknown metric.
    """
    if metric not in get_args(Metric):
        raise ValueError(f"unknown metric {metric!r}; known are {', '.join(get_args(Metric))}")
    paired = [marks for unit in units if len(marks := _present(unit)) > 1]
    values = [value for marks in paired for value in marks]
    if not values:
        return Undefined("no_pairs")
    if min(values) == max(values):
        return Undefined("constant")
    if metric == "ratio" and min(values) < 0:
        return Undefined("negative")
    if metric == "ordinal":
        # Krippendorff's ordinal difference is the difference of midranks.
        midrank = _midranks(values)
        paired = [[midrank[value] for value in marks] for marks in paired]
        values = [midrank[value] for value in values]
    observed = fsum(_disagreement(marks, metric) / (len(marks) - 1) for marks in paired)
    expected = _disagreement(values, metric) / (len(values) - 1)
    return Alpha(metric=metric, value=1 - observed / expected, entries=len(paired), marks=len(values))


def _present(unit: Sequence[float | None]) -> list[float]:
    marks = [float(mark) for mark in unit if mark is not None and not isnan(mark)]
    if any(isinf(mark) for mark in marks):
        raise ValueError("a mark is infinite")
    return marks


def _midranks(values: Sequence[float]) -> dict[float, float]:
    below, found = 0, {}
    for value, count in sorted(Counter(values).items()):
        found[value] = below + count / 2
        below += count
    return found


def _disagreement(values: Sequence[float], metric: Metric) -> float:
    """The squared difference, summed over all ordered pairs."""
    counts = Counter(values)
    total = len(values)
    if metric == "nominal":
        return float(total**2 - sum(count**2 for count in counts.values()))
    if metric == "ratio":
        return _ratio_disagreement(counts)
    mean = fsum(values) / total
    return 2 * total * fsum(count * (value - mean) ** 2 for value, count in counts.items())


def _ratio_disagreement(counts: Counter[float]) -> float:
    """((c - k) / (c + k))² over all pairs; quadratic in the number of different values."""
    found = sorted(counts.items())
    return 2 * fsum(
        many * count * ((value - other) / (value + other)) ** 2
        for index, (value, many) in enumerate(found)
        for other, count in found[:index]
    )
