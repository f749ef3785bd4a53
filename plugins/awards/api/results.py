"""The JSON handlers of the results: places, and how sure they are."""

from fractions import Fraction

from litestar import get
from litestar.exceptions import NotFoundException
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView, Refused
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.api.documents import API, CandidateDocument, only
from plenaria.plugins.awards.statistics import (
    AdditiveModel,
    Agreement,
    Alpha,
    Analysis,
    Concordance,
    JudgeEffect,
    Undefined,
    WithoutJudge,
    printed,
)


class CriterionMean(Struct, frozen=True):
    """The exact mean over the jurors who scored the criterion, as a fraction and as printed."""

    criterion: str
    numerator: int
    denominator: int
    printed: str


class AwardPlace(Struct, frozen=True):
    """A nomination's result. `place` in competition ranking (1, 1, 3); null without a mean. Means are exact fractions.

    `group` numbers, from 0, the nominations that can be compared, null without a score: where no juror and no chain
    of jurors connects two nominations, each is ranked in its own group.
    """

    nomination: str
    candidate: CandidateDocument
    place: int | None
    tied: bool
    mean: CriterionMean | None
    criteria: list[CriterionMean]
    jurors: int
    abstentions: int
    unscored: list[str]
    group: int | None


class AwardCategoryResults(Struct, frozen=True):
    """The places in one category; with several `groups`, by group."""

    category: str
    groups: int
    places: list[AwardPlace]


class AwardResults(Struct, frozen=True):
    """All results. They are final when every assigned sheet is sealed."""

    final: bool
    assigned: int
    sealed: int
    tie_break: list[str]
    categories: list[AwardCategoryResults]


class AnalysedNomination(Struct, frozen=True):
    """A nomination's published place beside what the model of entries and jurors expects.

    `place` and `estimated_place` count within `group`. `expected` is the score that an average juror would give, in
    points of the rubric, with its `standard_error`. `best` and `among_top` are probabilities, null where there are
    several groups. Everything is null that the scores do not determine.
    """

    nomination: str
    group: int | None
    place: int | None
    tied: bool
    mean: float | None
    jurors: int
    estimated_place: int | None
    expected: float | None
    standard_error: float | None
    best: float | None
    among_top: float | None


class AnalysedJuror(Struct, frozen=True):
    """A juror under a letter, the most severe first; letters differ from category to category.

    `severity` in points below an average juror, negative for a lenient one. `spread` is the standard deviation of
    their scores, `residual` how far these lie from what nomination and severity explain. `scored` counts nominations.
    """

    juror: str
    group: int
    scored: int
    severity: float
    standard_error: float
    spread: float | None
    residual: float | None
    discrimination: float | None
    constant: bool


class WithoutJuror(Struct, frozen=True):
    """The published result without one juror, among the nominations of their group.

    `parts`: into how many groups that cannot be compared these fall; `winners` is null unless it is 1.
    `estimated_winners` is the same by the model.
    """

    juror: str
    parts: int
    winners: list[str] | None
    winner_changes: bool | None
    estimated_winners: list[str] | None


class AgreementFigure(Struct, frozen=True):
    """One coefficient of agreement; `lower` and `upper` bound it with 95 % confidence where that is known.

    `undefined` is the reason why there is no value, in one stable word.
    """

    figure: str
    value: float | None
    lower: float | None
    upper: float | None
    undefined: str | None


class AwardAnalysis(Struct, frozen=True):
    """How sure the places of one category are.

    `undefined` is the reason why severity, expected scores and probabilities are missing, in one stable word:
    `no_marks`, `one_entry`, `one_judge`, `constant`, `no_spare_scores`, `no_error` or `extra_missing`.
    `no_difference_between` names `entries` or `judges` where the scores show no difference between them. `groups`
    lists nominations that can be compared. `among_top` counts to place `top`.
    """

    category: str
    final: bool
    assigned: int
    sealed: int
    groups: list[list[str]]
    top: int
    nominations: list[AnalysedNomination]
    jurors: list[AnalysedJuror]
    undefined: str | None
    no_difference_between: list[str]
    without: list[WithoutJuror]
    agreement: list[AgreementFigure]


@get(f"{API}/results", permission="awards.results", operation_id="getAwardResults")
async def get_results(event: EventView, visit: Visit) -> AwardResults:
    """The places by category. 409 `results_not_yet` until every sheet is sealed, unless one holds `awards.results.early`."""
    results = await queries.results(event, may_see_early=visit.may("awards.results.early", event))
    if results.refusals:
        raise Refused(*results.refusals)
    decimals = (await queries.award_settings(event)).decimals
    return AwardResults(
        final=results.final,
        assigned=results.assigned,
        sealed=results.sealed,
        tie_break=list(results.tie_rule.then_by),
        categories=[
            AwardCategoryResults(found.category.code, found.groups, [_place(line, decimals) for line in found.lines])
            for found in results.categories
        ],
    )


@get(f"{API}/results/{{category:str}}/analysis", permission="awards.results", operation_id="getAwardAnalysis")
async def get_analysis(event: EventView, visit: Visit, category: str) -> AwardAnalysis:
    """How sure the places of one category are. 409 `results_not_yet` as for the results."""
    seen = await queries.analysis(event, category, may_see_early=visit.may("awards.results.early", event))
    if seen is None:
        raise NotFoundException
    if seen.found is None:
        raise Refused(*seen.results.refusals)
    return _analysis(category, seen.results, seen.found)


def _place(line: queries.ResultLine, decimals: int) -> AwardPlace:
    result = line.result
    return AwardPlace(
        nomination=line.nomination,
        candidate=only(CandidateDocument, line.candidate),
        place=result.place,
        tied=result.tied,
        mean=_mean("", result.mean, decimals) if result.mean is not None else None,
        criteria=[_mean(criterion, mean, decimals) for criterion, mean in result.means.items()],
        jurors=result.judges,
        abstentions=result.abstentions,
        unscored=list(result.unscored),
        group=line.group,
    )


def _analysis(category: str, results: queries.Results, found: Analysis) -> AwardAnalysis:
    model = found.model if isinstance(found.model, AdditiveModel) else None
    return AwardAnalysis(
        category=category,
        final=results.final,
        assigned=results.assigned,
        sealed=results.sealed,
        groups=[list(group.entries) for group in found.groups],
        top=queries.TOP,
        nominations=_analysed_nominations(found, model),
        jurors=[_analysed_juror(each) for each in (model.judges if model else ())],
        undefined=found.model.reason if isinstance(found.model, Undefined) else None,
        no_difference_between=list(model.singular) if model else [],
        without=[_without(each) for each in found.without],
        agreement=_agreement(found.agreement),
    )


def _analysed_nominations(found: Analysis, model: AdditiveModel | None) -> list[AnalysedNomination]:
    effects = {each.entry: each for each in (model.entries if model else ())}
    return [
        AnalysedNomination(
            nomination=standing.entry,
            group=standing.group,
            place=standing.place,
            tied=standing.tied,
            mean=standing.mean,
            jurors=standing.judges,
            estimated_place=effect.place if effect else None,
            expected=effect.expected if effect else None,
            standard_error=effect.standard_error if effect else None,
            best=effect.win if effect else None,
            among_top=effect.among_top if effect else None,
        )
        for standing in found.standings
        for effect in (effects.get(standing.entry),)
    ]


def _analysed_juror(effect: JudgeEffect) -> AnalysedJuror:
    return AnalysedJuror(
        juror=effect.judge,
        group=effect.group,
        scored=effect.scores,
        severity=effect.severity,
        standard_error=effect.standard_error,
        spread=effect.spread,
        residual=effect.residual_sd,
        discrimination=effect.discrimination,
        constant=effect.constant,
    )


def _without(each: WithoutJudge) -> WithoutJuror:
    return WithoutJuror(
        juror=each.judge,
        parts=each.parts,
        winners=list(each.published.winners) if each.published else None,
        winner_changes=each.published.winner_changes if each.published else None,
        estimated_winners=list(each.model.winners) if each.model else None,
    )


def _agreement(found: Agreement) -> list[AgreementFigure]:
    figures = [_figure("Krippendorff's alpha, interval", found.interval)]
    figures.append(_figure("Krippendorff's alpha, ordinal", found.ordinal))
    if isinstance(found.icc, Undefined):
        figures.append(_figure("ICC", found.icc))
    else:
        figures += [AgreementFigure(c.name, c.value, c.lower, c.upper, None) for c in found.icc.coefficients]
    return [*figures, _figure("Kendall's W", found.concordance)]


def _figure(name: str, found: Alpha | Concordance | Undefined) -> AgreementFigure:
    if isinstance(found, Undefined):
        return AgreementFigure(name, None, None, None, found.reason)
    return AgreementFigure(name, found.w if isinstance(found, Concordance) else found.value, None, None, None)


def _mean(criterion: str, mean: Fraction, decimals: int) -> CriterionMean:
    return CriterionMean(criterion, mean.numerator, mean.denominator, printed(mean, decimals))


ROUTES = [
    get_results,
    get_analysis,
]
