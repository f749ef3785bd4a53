"""Everything about a category's results at once, for a page and for JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from msgspec import Struct

from plenaria.plugins.awards.statistics.additive import DRAWS, AdditiveModel, described
from plenaria.plugins.awards.statistics.concordance import Concordance, kendall_w
from plenaria.plugins.awards.statistics.connectivity import Group, groups
from plenaria.plugins.awards.statistics.fitting import Fit, fit
from plenaria.plugins.awards.statistics.icc import IccTable, icc
from plenaria.plugins.awards.statistics.krippendorff import Alpha, krippendorff_alpha
from plenaria.plugins.awards.statistics.leave_one_out import WithoutJudge, without_each_judge
from plenaria.plugins.awards.statistics.rubric import Mark, Result, Tally, TieRule, by_entry, check, placed
from plenaria.plugins.awards.statistics.scores import Score, judge_scores
from plenaria.plugins.awards.statistics.threads import one_thread
from plenaria.plugins.awards.statistics.undefined import Undefined

T = TypeVar("T")


class Standing(Struct, frozen=True, kw_only=True):
    """A published result with floats in the place of fractions; `exact` is the mean as "13/3".

    `place` and `tied` are within `group`, the number of the entry's group; all None without a score.
    """

    entry: str
    group: int | None
    place: int | None
    tied: bool
    mean: float | None
    exact: str | None
    means: dict[str, float]
    judges: int
    marks: int
    abstentions: int
    unscored: tuple[str, ...]


class CriterionAgreement(Struct, frozen=True, kw_only=True):
    """Alpha of the marks on one criterion."""

    criterion: str
    ordinal: Alpha | Undefined
    interval: Alpha | Undefined


class Agreement(Struct, frozen=True, kw_only=True):
    """How far the judges agree: on their scores over all criteria, and on each criterion.

    `icc` and `concordance` need every judge's score of every entry.
    """

    icc: IccTable | Undefined
    concordance: Concordance | Undefined
    ordinal: Alpha | Undefined
    interval: Alpha | Undefined
    criteria: tuple[CriterionAgreement, ...]


class Analysis(Struct, frozen=True, kw_only=True):
    """Builtins and Structs alone; every float is finite.

    `connected`: all scored entries can be compared, in one group. `standings` by group, best first, and those
    without a score last. `unscored` entries have no score, those in `single_judge` one judge's. `constant_judges`
    gave all their entries (two or more) the same. `without`: the result without each judge, by name.
    """

    connected: bool
    groups: tuple[Group, ...]
    unscored: tuple[str, ...]
    single_judge: tuple[str, ...]
    constant_judges: tuple[str, ...]
    standings: tuple[Standing, ...]
    model: AdditiveModel | Undefined
    agreement: Agreement
    without: tuple[WithoutJudge, ...]


def analyse(
    entries: Sequence[str],
    marks: Iterable[Mark],
    weights: Mapping[str, int | Fraction],
    *,
    tie_rule: TieRule = TieRule(),  # noqa: B008 - immutable
    top: int = 3,
    seed: int = 0,
    draws: int = DRAWS,
) -> Analysis:
    """All of it; the same arguments give the same answer, whatever the order of the marks.

    `top`: `among_top` is the probability to be among so many best. The published standings are those of `rank`
    within each group, and need nothing but Python; without the extra `jury` the figures that need it are
    Undefined("extra_missing"). Raises ValueError as `rank` does, and for `top` or `draws` below 1.
    """
    if top < 1 or draws < 1:
        raise ValueError("top and draws must be 1 or more")
    check(weights, tie_rule)
    sheets = by_entry(entries, marks, weights)
    scores = judge_scores((mark for sheet in sheets.values() for mark in sheet), weights)
    parts = groups(entries, ((score.judge, score.entry) for score in scores))
    with one_thread():
        fitted = _unless_missing(lambda: fit(scores, parts))
        scored = {entry for group in parts for entry in group.entries}
        return Analysis(
            connected=len(parts) == 1,
            groups=parts,
            unscored=tuple(entry for entry in entries if entry not in scored),
            single_judge=_single_judge(entries, scores),
            constant_judges=_constant_judges(scores),
            standings=_standings(entries, sheets, parts, weights, tie_rule),
            model=fitted if isinstance(fitted, Undefined) else described(fitted, top=top, seed=seed, draws=draws),
            agreement=_agreement(sheets, scores, weights),
            without=without_each_judge(
                entries, sheets, scores, weights, tie_rule=tie_rule, fitted=fitted if isinstance(fitted, Fit) else None
            ),
        )


def _unless_missing(figure: Callable[[], T]) -> T | Undefined:
    try:
        return figure()
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"numpy", "scipy"}:
            raise
        return Undefined("extra_missing")


def _standings(
    entries: Sequence[str],
    sheets: Mapping[str, Sequence[Mark]],
    parts: Sequence[Group],
    weights: Mapping[str, int | Fraction],
    tie_rule: TieRule,
) -> tuple[Standing, ...]:
    results = {entry: Tally.of(entry, sheets[entry]).result(weights) for entry in entries}
    ranked = [
        _standing(result, number)
        for number, group in enumerate(parts)
        for result in placed([results[entry] for entry in group.entries], tie_rule)
    ]
    rest = [_standing(result, None) for result in results.values() if result.mean is None]
    return tuple(ranked + rest)


def _standing(result: Result, group: int | None) -> Standing:
    return Standing(
        entry=result.entry,
        group=group,
        place=result.place,
        tied=result.tied,
        mean=None if result.mean is None else float(result.mean),
        exact=None if result.mean is None else str(result.mean),
        means={criterion: float(mean) for criterion, mean in result.means.items()},
        judges=result.judges,
        marks=result.marks,
        abstentions=result.abstentions,
        unscored=result.unscored,
    )


def _single_judge(entries: Sequence[str], scores: Sequence[Score]) -> tuple[str, ...]:
    judges = dict.fromkeys(entries, 0)
    for score in scores:
        judges[score.entry] += 1
    return tuple(entry for entry, count in judges.items() if count == 1)


def _constant_judges(scores: Sequence[Score]) -> tuple[str, ...]:
    values: dict[str, list[float]] = {}
    for score in scores:
        values.setdefault(score.judge, []).append(score.value)
    return tuple(judge for judge, given in sorted(values.items()) if len(given) > 1 and len(set(given)) == 1)


def _agreement(
    sheets: Mapping[str, Sequence[Mark]], scores: Sequence[Score], weights: Mapping[str, int | Fraction]
) -> Agreement:
    by_cell = {(score.entry, score.judge): score.value for score in scores}
    judges = sorted({score.judge for score in scores})
    scored = sorted({score.entry for score in scores})
    complete = len(by_cell) == len(judges) * len(scored)
    table = [[by_cell.get((entry, judge)) for judge in judges] for entry in scored] if complete else [[None]]
    units: dict[str, list[float]] = {}
    for score in scores:
        units.setdefault(score.entry, []).append(score.value)
    by_criterion: dict[str, list[list[float]]] = {criterion: [] for criterion in weights}
    for sheet in sheets.values():
        found: dict[str, list[float]] = {}
        for mark in sheet:
            if mark.score is not None:
                found.setdefault(mark.criterion, []).append(float(mark.score))
        for criterion, given in found.items():
            by_criterion[criterion].append(given)
    return Agreement(
        icc=_unless_missing(lambda: icc(table)),
        concordance=_unless_missing(lambda: kendall_w(table)),
        ordinal=krippendorff_alpha(units.values(), "ordinal"),
        interval=krippendorff_alpha(units.values(), "interval"),
        criteria=tuple(
            CriterionAgreement(
                criterion=criterion,
                ordinal=krippendorff_alpha(given, "ordinal"),
                interval=krippendorff_alpha(given, "interval"),
            )
            for criterion, given in by_criterion.items()
        ),
    )
