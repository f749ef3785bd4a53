"""The award's results as a sheet."""

from datetime import datetime

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import Column, EventView, Refused, Sheet
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.statistics import printed


async def result_sheet(event: EventView, /, *, now: datetime) -> Sheet:
    """Every place in every category. Raises `Refused` while sheets are open: nobody takes half results away."""
    known, settings = await queries.results(event, may_see_early=False), await queries.award_settings(event)
    if known.refusals:
        raise Refused(*known.refusals)
    columns = [
        Column("category", gettext("Category")),
        Column("place", gettext("Place")),
        Column("nomination", gettext("Nomination")),
        Column("candidate", gettext("Candidate")),
        Column("company", gettext("Company")),
        Column("mean", gettext("Weighted mean")),
    ]
    rows: list[list[str | int | None]] = [
        [
            localized(found.category.name),
            line.result.place,
            line.nomination,
            line.candidate.name,
            line.candidate.company,
            "" if line.result.mean is None else printed(line.result.mean, settings.decimals),
        ]
        for found in known.categories
        for line in found.lines
    ]
    return Sheet(columns, rows)
