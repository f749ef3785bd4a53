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

from msgspec import Struct, structs


class Mark(Struct, frozen=True):
    """One judge's score of one entry on one criterion. None: the judge abstained."""

    judge: str
    entry: str
    criterion: str
    score: int | Fraction | None


class TieRule(Struct, frozen=True):
    """How entries with the same mean are told apart; the default is not at all.

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
    _check(weights, tie_rule)
    by_entry = _by_entry(entries, marks, weights)
    standings = [_standing(entry, by_entry[entry], weights) for entry in entries]
    return _placed(standings, tie_rule)


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


def _check(weights: Mapping[str, int | Fraction], tie_rule: TieRule) -> None:
    if bad := [criterion for criterion, weight in weights.items() if weight <= 0]:
        raise ValueError(f"weights must be above 0: {', '.join(bad)}")
    if unknown := [criterion for criterion in tie_rule.then_by if criterion not in weights]:
        raise ValueError(f"the tie rule names criteria that have no weight: {', '.join(unknown)}")
    if tie_rule.decimals is not None and tie_rule.decimals < 0:
        raise ValueError("the tie rule's decimals must not be negative")


def _by_entry(
    entries: Sequence[str], marks: Iterable[Mark], weights: Mapping[str, int | Fraction]
) -> dict[str, list[Mark]]:
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


def _standing(entry: str, marks: Sequence[Mark], weights: Mapping[str, int | Fraction]) -> Result:
    scored: dict[str, list[Fraction]] = {}
    for mark in marks:
        if mark.score is not None:
            scored.setdefault(mark.criterion, []).append(Fraction(mark.score))
    means = {
        criterion: sum(scored[criterion], Fraction()) / len(scored[criterion])
        for criterion in weights
        if criterion in scored
    }
    count = sum(len(scores) for scores in scored.values())
    return Result(
        entry=entry,
        place=None,
        tied=False,
        mean=weighted_mean(means, weights),
        means=means,
        judges=len({mark.judge for mark in marks if mark.score is not None}),
        marks=count,
        abstentions=len(marks) - count,
        unscored=tuple(criterion for criterion in weights if criterion not in means),
    )


def _placed(standings: Sequence[Result], tie_rule: TieRule) -> list[Result]:
    keyed = [(_key(result, tie_rule), result) for result in standings if result.mean is not None]
    keyed.sort(key=lambda pair: pair[0], reverse=True)  # stable: equals stay in the order given
    placed: list[Result] = []
    for _, group in groupby(keyed, key=lambda pair: pair[0]):
        equals = [result for _, result in group]
        place = len(placed) + 1
        placed += [structs.replace(result, place=place, tied=len(equals) > 1) for result in equals]
    return placed + [result for result in standings if result.mean is None]


def _key(result: Result, tie_rule: TieRule) -> tuple[tuple[bool, Fraction], ...]:
    """What is compared, larger is better. A criterion that nobody scored loses against any score."""
    values = [result.mean, *(result.means.get(criterion) for criterion in tie_rule.then_by)]
    return tuple((value is not None, _compared(value or Fraction(), tie_rule)) for value in values)


def _compared(value: Fraction, tie_rule: TieRule) -> Fraction:
    return value if tie_rule.decimals is None else rounded(value, tie_rule.decimals)
