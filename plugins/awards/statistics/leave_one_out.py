"""What becomes of the result if one judge is taken away: whose places hang on whom."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from plenaria.plugins.awards.statistics.connectivity import Group, count_groups, groups
from plenaria.plugins.awards.statistics.fitting import Fit, places_without
from plenaria.plugins.awards.statistics.rubric import Mark, Result, Tally, TieRule, placed
from plenaria.plugins.awards.statistics.scores import Score


class Move(Struct, frozen=True, kw_only=True):
    """An entry whose place is another without the judge; None: without a place, as nobody else scored it."""

    entry: str
    place: int
    without: int | None


class Ranking(Struct, frozen=True, kw_only=True):
    """The places without the judge, against those with everybody, among the entries of the judge's group.

    `winners`: who then is first, in the order of the entries. `winner_changes` if that is not who is first with
    everybody. `moves`: everybody whose place is another, largest move first.
    """

    winners: tuple[str, ...]
    winner_changes: bool
    moves: tuple[Move, ...]


class WithoutJudge(Struct, frozen=True, kw_only=True):
    """The result without one judge.

    `parts`: into how many parts that cannot be compared the judge's group then falls; 0 if nothing is left. With
    2 or more there is no ranking. `published` is the ranking by the exact mean, `model` by the additive model
    estimated anew; None where there is none.
    """

    judge: str
    parts: int
    published: Ranking | None
    model: Ranking | None


def without_each_judge(
    entries: Sequence[str],
    sheets: Mapping[str, Sequence[Mark]],
    scores: Sequence[Score],
    weights: Mapping[str, int | Fraction],
    *,
    tie_rule: TieRule,
    fitted: Fit | None,
) -> tuple[WithoutJudge, ...]:
    """For every judge with a score, sorted by name.

    `sheets`: the marks of each of the `entries`; `scores`: what `judge_scores` makes of them. `fitted`: the model
    with everybody, None if there is none. Exact means are updated and not added up again; with many scores each model
    starts at the variances of the full one.
    """
    tallies = {entry: Tally.of(entry, sheets[entry]) for entry in entries}
    results = {entry: tally.result(weights) for entry, tally in tallies.items()}
    marks_of = _by_judge(sheets)
    by_model = {entry: place for entry, (place, _) in fitted.places().items()} if fitted else {}
    found = []
    for group in groups(entries, ((score.judge, score.entry) for score in scores)):
        published = _placed(group.entries, results, tie_rule)
        bits = _bits(group, scores)
        for judge in group.judges:
            parts = count_groups(mask for other, mask in bits.items() if other != judge)
            if parts != 1:
                found.append(WithoutJudge(judge=judge, parts=parts, published=None, model=None))
                continue
            changed = {entry: tallies[entry].less(marks).result(weights) for entry, marks in marks_of[judge].items()}
            without = _placed(group.entries, {**results, **changed}, tie_rule)
            anew = places_without(fitted, judge) if fitted else None
            found.append(
                WithoutJudge(
                    judge=judge,
                    parts=parts,
                    published=_ranking(published, without),
                    model=None if anew is None else _ranking({entry: by_model[entry] for entry in group.entries}, anew),
                )
            )
    return tuple(sorted(found, key=lambda each: each.judge))


def _bits(group: Group, scores: Sequence[Score]) -> dict[str, int]:
    """The entries of each judge of the group, as bits."""
    bit = {entry: 1 << number for number, entry in enumerate(group.entries)}
    found = dict.fromkeys(group.judges, 0)
    for score in scores:
        if score.judge in found:
            found[score.judge] |= bit[score.entry]
    return found


def _by_judge(sheets: Mapping[str, Sequence[Mark]]) -> dict[str, dict[str, list[Mark]]]:
    found: dict[str, dict[str, list[Mark]]] = {}
    for entry, marks in sheets.items():
        for mark in marks:
            found.setdefault(mark.judge, {}).setdefault(entry, []).append(mark)
    return found


def _placed(entries: Sequence[str], results: Mapping[str, Result], tie_rule: TieRule) -> dict[str, int | None]:
    places = {result.entry: result.place for result in placed([results[entry] for entry in entries], tie_rule)}
    return {entry: places[entry] for entry in entries}


def _ranking(with_all: Mapping[str, int | None], without: Mapping[str, int | None]) -> Ranking:
    winners = tuple(entry for entry in with_all if without.get(entry) == 1)
    moves = [
        Move(entry=entry, place=place, without=without.get(entry))
        for entry, place in with_all.items()
        if place is not None and place != without.get(entry)
    ]
    return Ranking(
        winners=winners,
        winner_changes=winners != tuple(entry for entry, place in with_all.items() if place == 1),
        moves=tuple(sorted(moves, key=_size, reverse=True)),
    )


def _size(move: Move) -> float:
    return float("inf") if move.without is None else abs(move.without - move.place)
