"""Kendall's W: do judges rank the entries alike?

Kendall & Babington Smith (1939), Annals of Mathematical Statistics 10, 275-287; with the correction for ties of
Siegel & Castellan (1988), Nonparametric Statistics, 2nd ed., sec. 9.5.
"""

from collections import Counter
from collections.abc import Sequence
from math import isinf, isnan

from msgspec import Struct

from plenaria.plugins.awards.statistics.undefined import Undefined


class Concordance(Struct, frozen=True, kw_only=True, tag="concordance", tag_field="kind"):
    """`w` from 0 (rankings cancel out) to 1 (all the same), corrected for ties.

    `chi_square` = judges (entries - 1) w on `df` = entries - 1, and its upper tail `p`: an approximation, good for
    more than 7 entries.
    """

    w: float
    chi_square: float
    df: int
    p: float
    entries: int
    judges: int


def kendall_w(table: Sequence[Sequence[float | None]]) -> Concordance | Undefined:
    """From a complete table, (entries, judges); None or NaN is a missing score, and then it is Undefined.

    Judges who gave every entry the same still count as judges. Raises ValueError for rows of different lengths and
    for an infinite score. Needs the extra `jury`.
    """
    from scipy.stats import chi2

    scores = _scores(table)
    if (undefined := _undefined(table, scores)) is not None:
        return undefined
    entries, judges = len(table), len(table[0])
    columns = [_doubled_midranks(column) for column in zip(*scores, strict=True)]
    largest = judges**2 * (entries**3 - entries) - judges * _ties(columns)
    if not largest:
        return Undefined("all_tied")
    w = 3 * _spread(columns, entries, judges) / largest
    chi_square = judges * (entries - 1) * w
    p = float(chi2.sf(chi_square, entries - 1))
    return Concordance(w=w, chi_square=chi_square, df=entries - 1, p=p, entries=entries, judges=judges)


def _scores(table: Sequence[Sequence[float | None]]) -> list[list[float]]:
    """The scores that are there, row by row."""
    if len({len(row) for row in table}) > 1:
        raise ValueError("every row of the table must have as many scores")
    scores = [[score for score in row if score is not None and not isnan(score)] for row in table]
    if any(isinf(score) for row in scores for score in row):
        raise ValueError("a score is infinite")
    return scores


def _undefined(table: Sequence[Sequence[float | None]], scores: list[list[float]]) -> Undefined | None:
    if not table or not table[0]:
        return Undefined("no_marks")
    if any(len(row) < len(table[0]) for row in scores):
        return Undefined("incomplete")
    if len(table) < 2:
        return Undefined("one_entry")
    return Undefined("one_judge") if len(table[0]) < 2 else None


def _ties(columns: list[list[int]]) -> int:
    return sum(count**3 - count for column in columns for count in Counter(column).values())


def _spread(columns: list[list[int]], entries: int, judges: int) -> int:
    """Four times the squares of the rank sums about their mean: the ranks come doubled, to stay whole numbers."""
    sums = [sum(row) for row in zip(*columns, strict=True)]
    mean_square: int = judges**2 * entries * (entries + 1) ** 2
    squares: int = sum(total**2 for total in sums)
    return squares - mean_square


def _doubled_midranks(column: Sequence[float]) -> list[int]:
    below, rank = 0, {}
    for value, count in sorted(Counter(column).items()):
        rank[value] = 2 * below + count + 1
        below += count
    return [rank[value] for value in column]
