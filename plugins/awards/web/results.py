"""The organiser's results: the published places, and for each category how sure they are."""

from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView
from plenaria.core.web.templating import page
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import CategoryAnalysis
from plenaria.plugins.awards.rules import KIND_NAMES
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.statistics import AdditiveModel, Analysis, printed
from plenaria.plugins.awards.web import findings
from plenaria.plugins.awards.web.form_input import Anything, sentences
from plenaria.plugins.awards.web.interval_chart import Chart, Line, chart

EARLY: Final = "awards.results.early"
MOST_ROWS: Final = 20
"""How many nominations the chart shows; the table shows all."""


@get("/{event_slug:str}/organise/awards/results", permission="awards.results", include_in_schema=False)
async def results_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """The places, once every sheet is sealed; before that only for who holds `awards.results.early`."""
    results = await queries.results(event, may_see_early=visit.may(EARLY, event))
    settings = await queries.award_settings(event)
    return page(
        request,
        "awards/results.html",
        results=results,
        printed=lambda value: printed(value, settings.decimals),
        refusals=sentences(results.refusals, event),
        kinds=KIND_NAMES,
    )


@get(
    "/{event_slug:str}/organise/awards/results/{category:str}",
    permission="awards.results",
    include_in_schema=False,
)
async def analysis_page(request: Anything, event: EventView, visit: Visit, category: str) -> Response[str]:
    """How sure the places of one category are; seen by whom and when the results are."""
    section = await queries.section_of(event)
    seen = await queries.analysis(event, category, may_see_early=visit.may(EARLY, event))
    declared = section.category(category)
    if seen is None or declared is None:
        raise NotFoundException
    shown: dict[str, Any] = {"found": None}
    if seen.found is not None:
        shown = _shown(seen, seen.found, await queries.award_settings(event))
    return page(
        request,
        "awards/results_analysis.html",
        results=seen.results,
        category_name=localized(declared.name),
        refusals=sentences(seen.results.refusals, event),
        **shown,
    )


def _shown(seen: CategoryAnalysis, found: Analysis, settings: AwardsSettings) -> dict[str, Any]:
    assert seen.published is not None  # noqa: S101 - comes with `found`
    names = {line.nomination: line.candidate.name for line in seen.published.lines}
    model = found.model if isinstance(found.model, AdditiveModel) else None
    return {
        "found": found,
        "model": model,
        "candidates": {line.nomination: line.candidate for line in seen.published.lines},
        "warnings": findings.warnings(found, names),
        "words": findings.findings(found, names),
        "expected": {each.entry: each for each in model.entries} if model else {},
        "entry_chart": _entry_chart(model, names) if model else None,
        "severity_chart": _severity_chart(model) if model and "judges" not in model.singular else None,
        "agreement": findings.agreement(found),
        "without": findings.without_each(found, names),
        "without_effect": findings.without_effect(found),
        "printed": lambda value: findings.points(value, settings.decimals),
        "chance": findings.chance,
        "top": queries.TOP,
        "more_than_top": len(found.standings) - len(found.unscored) > queries.TOP,
        "most_rows": MOST_ROWS,
    }


def _entry_chart(model: AdditiveModel, names: dict[str, str]) -> Chart:
    return chart(
        [Line(names[each.entry], each.expected, each.standard_error) for each in model.entries[:MOST_ROWS]],
    )


def _severity_chart(model: AdditiveModel) -> Chart:
    return chart(
        [Line(findings.juror(each.judge), each.severity, each.standard_error) for each in model.judges],
        around_zero=True,
    )


ROUTES = [results_page, analysis_page]
