"""Results from score sheets, in exact rational arithmetic.

The published figure of an entry is the weighted rubric mean: for each criterion the mean over the judges who
scored it, then the mean over the criteria with their weights. Criteria first, judges second: so one judge's
abstention does not change how much a criterion counts. A criterion that nobody scored for an entry cannot
count; its weight is left out and `Result.unscored` says so.

Nothing is rounded on the way (`fractions.Fraction`), so equal is equal and a tie is a tie.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from math import lcm

from msgspec import Struct, structs


class Mark(Struct, frozen=True):
    """One judge's score of one entry on one criterion. None: the judge abstained."""

    judge: str
    entry: str
    criterion: str
    score: int | Fraction | None


class TieRule(Struct, frozen=True):
    """How entries with the same mean are ranked; by default they share a place.

    `then_by`: criteria whose means are compared in this order. `decimals`: means are compared as printed
    with that many places (halves go up), so that two entries that print the same rank the same; None
    compares exactly. Entries that are equal under the whole rule share a place.
    """

    then_by: tuple[str, ...] = ()
    decimals: int | None = None


class Result(Struct, frozen=True, kw_only=True):
    """Where an entry stands.

    `place` is in competition ranking (1, 1, 3), None without a mean. `means` holds the mean of each scored
    criterion. `marks` and `abstentions` count what went in; `unscored` names criteria that nobody scored.
    """

    entry: str
    place: int | None
    tied: bool
    mean: Fraction | None
    means: dict[str, Fraction]
    judges: int
    marks: int
    abstentions: int
    unscored: tuple[str, ...] = ()


def rank(
    entries: Sequence[str],
    marks: Iterable[Mark],
    weights: Mapping[str, int | Fraction],
    *,
    tie_rule: TieRule = TieRule(),  # noqa: B008 - immutable
) -> list[Result]:
    """Every entry's result, best first; entries of one place, and those without a mean, in the order given.

    `weights` by criterion, each above 0. Raises ValueError for a mark of an unknown entry or criterion, for
    a second mark of one judge on the same entry and criterion, and for a weight or tie rule that makes no
    sense.
    """
    check(weights, tie_rule)
    sheets = by_entry(entries, marks, weights)
    standings = [Tally.of(entry, sheets[entry]).result(weights) for entry in entries]
    return placed(standings, tie_rule)


def weighted_mean(means: Mapping[str, Fraction], weights: Mapping[str, int | Fraction]) -> Fraction | None:
    """The mean of the criteria present, weighted; None when none is present."""
    total = sum((Fraction(weights[criterion]) for criterion in means), Fraction())
    if not total:
        return None
    return sum((mean * weights[criterion] for criterion, mean in means.items()), Fraction()) / total


def rounded(value: Fraction, decimals: int) -> Fraction:
    """Rounded to that many places, halves up (away from the floor), exactly."""
    scale = 10**decimals
    return Fraction((value * scale * 2 + 1) // 2, scale)


def printed(value: Fraction, decimals: int) -> str:
    """`rounded` in decimal notation, with exactly that many places."""
    whole = int(rounded(value, decimals) * 10**decimals)
    sign, digits = ("-" if whole < 0 else ""), str(abs(whole)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def check(weights: Mapping[str, int | Fraction], tie_rule: TieRule) -> None:
    """Raises ValueError for a weight or a tie rule that makes no sense."""
    if bad := [criterion for criterion, weight in weights.items() if weight <= 0]:
        raise ValueError(f"weights must be above 0: {', '.join(bad)}")
    if unknown := [criterion for criterion in tie_rule.then_by if criterion not in weights]:
        raise ValueError(f"the tie rule names criteria that have no weight: {', '.join(unknown)}")
    if tie_rule.decimals is not None and tie_rule.decimals < 0:
        raise ValueError("the tie rule's decimals must not be negative")


def by_entry(
    entries: Sequence[str], marks: Iterable[Mark], weights: Mapping[str, int | Fraction]
) -> dict[str, list[Mark]]:
    """The marks of every entry, in the order given. Raises ValueError as `rank` says."""
    found: dict[str, list[Mark]] = {entry: [] for entry in entries}
    if len(found) < len(entries):
        raise ValueError("an entry is named twice")
    seen = set()
    for mark in marks:
        if mark.entry not in found:
            raise ValueError(f"mark of unknown entry {mark.entry!r}")
        if mark.criterion not in weights:
            raise ValueError(f"mark on unknown criterion {mark.criterion!r}")
        key = (mark.judge, mark.entry, mark.criterion)
        if key in seen:
            raise ValueError(f"judge {mark.judge!r} marked entry {mark.entry!r} twice on {mark.criterion!r}")
        seen.add(key)
        found[mark.entry].append(mark)
    return found


class Tally(Struct, frozen=True, kw_only=True):
    """What an entry's marks add up to; `less` takes one judge's marks out again without adding up the rest.

    `sums` holds, by criterion, the exact sum of its scores and their number, which is never 0.
    """

    entry: str
    sums: dict[str, tuple[int | Fraction, int]]
    judges: int
    marks: int
    abstentions: int

    @classmethod
    def of(cls, entry: str, marks: Sequence[Mark]) -> "Tally":
        sums: dict[str, tuple[int | Fraction, int]] = {}
        for mark in marks:
            if mark.score is not None:
                total, count = sums.get(mark.criterion, (0, 0))
                sums[mark.criterion] = total + exact(mark.score), count + 1
        scored = sum(count for _, count in sums.values())
        judges = len({mark.judge for mark in marks if mark.score is not None})
        return cls(entry=entry, sums=sums, judges=judges, marks=scored, abstentions=len(marks) - scored)

    def less(self, marks: Sequence[Mark]) -> "Tally":
        """Without these marks, which are all the marks of one judge and went into this tally."""
        gone = Tally.of(self.entry, marks)
        left = {
            criterion: (total - gone.sums.get(criterion, (0, 0))[0], count - gone.sums.get(criterion, (0, 0))[1])
            for criterion, (total, count) in self.sums.items()
        }
        return Tally(
            entry=self.entry,
            sums={criterion: pair for criterion, pair in left.items() if pair[1]},
            judges=self.judges - gone.judges,
            marks=self.marks - gone.marks,
            abstentions=self.abstentions - gone.abstentions,
        )

    def result(self, weights: Mapping[str, int | Fraction]) -> Result:
        """The entry's means; without a place, which depends on the others."""
        means = {
            criterion: Fraction(*self.sums[criterion]) if criterion in self.sums else None for criterion in weights
        }
        scored = {criterion: mean for criterion, mean in means.items() if mean is not None}
        return Result(
            entry=self.entry,
            place=None,
            tied=False,
            mean=weighted_mean(scored, weights),
            means=scored,
            judges=self.judges,
            marks=self.marks,
            abstentions=self.abstentions,
            unscored=tuple(criterion for criterion in weights if criterion not in scored),
        )


def exact(score: int | Fraction) -> int | Fraction:
    """The score as it is if sums of it are exact; else (somebody passed a float) the very number it stands for."""
    return score if isinstance(score, int) else Fraction(score)


def placed(standings: Sequence[Result], tie_rule: TieRule) -> list[Result]:
    """The same with their places, best first; those without a mean last."""
    with_mean = [result for result in standings if result.mean is not None]
    keys = _keys(with_mean, tie_rule)
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)  # stable: equals stay in the order given
    ranked: list[Result] = []
    for _, group in groupby(order, key=keys.__getitem__):
        equals = [with_mean[number] for number in group]
        place = len(ranked) + 1
        ranked += [structs.replace(result, place=place, tied=len(equals) > 1) for result in equals]
    return ranked + [result for result in standings if result.mean is None]


def _keys(results: Sequence[Result], tie_rule: TieRule) -> list[tuple[tuple[bool, int], ...]]:
    """What is compared, larger is better. A criterion that nobody scored loses against any score.

    In whole multiples of the smallest common fraction: integers compare ten times as fast as fractions.
    """
    compared = [[result.mean, *(result.means.get(criterion) for criterion in tie_rule.then_by)] for result in results]
    values = [[None if value is None else _compared(value, tie_rule) for value in key] for key in compared]
    common = lcm(*{value.denominator for key in values for value in key if value is not None})
    return [
        tuple((False, 0) if value is None else (True, value.numerator * (common // value.denominator)) for value in key)
        for key in values
    ]


def _compared(value: Fraction, tie_rule: TieRule) -> Fraction:
    return value if tie_rule.decimals is None else rounded(value, tie_rule.decimals)
