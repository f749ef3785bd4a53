"""The award in the console's overview: its figures, and what it lacks before the event can go public."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, ReadinessItem
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings


async def figures_panel(*, event: EventView, now: datetime) -> dict[str, Any]:
    """Nominations and the jury's progress."""
    states = Counter(line.state for line in await queries.nominations(event))
    jurors = await queries.jurors(event)
    return {
        "submitted": states["submitted"],
        "drafts": states["draft"],
        "jurors": len(jurors),
        "assigned": sum(juror.assigned for juror in jurors),
        "sealed": sum(juror.sealed for juror in jurors),
        "home": f"/{event.slug}/organise/awards",
    }


async def what_is_missing(event: EventView, /, *, now: datetime) -> list[ReadinessItem]:
    section, settings = await queries.section_of(event), await queries.award_settings(event)
    return [
        *_of_section(section, event),
        *_of_settings(settings, event),
        *(() if await queries.jurors(event) else (_no_jury(event),)),
    ]


def _of_section(section: AwardsSection, event: EventView) -> Iterator[ReadinessItem]:
    home = f"/{event.slug}/organise/awards/rubric"
    if not section.categories:
        words = gettext("The award has no categories, so nobody can nominate.")
        yield ReadinessItem(code="awards.no_categories", words=words, href=home)
    for category in section.categories:
        if not section.rubric(category.code):
            words = gettext("“{category}” has no rubric, so jurors cannot score it.")
            words = words.format(category=localized(category.name))
            yield ReadinessItem(code="awards.no_rubric", words=words, severity="advice", href=home)


def _of_settings(settings: AwardsSettings, event: EventView) -> Iterator[ReadinessItem]:
    if settings.nominations.closes_at is None:
        words, home = gettext("Nominations have no closing date."), f"/{event.slug}/organise/plugins/awards"
        yield ReadinessItem(code="awards.no_deadline", words=words, severity="advice", href=home)


def _no_jury(event: EventView) -> ReadinessItem:
    words = gettext("Nobody is on the jury yet.")
    return ReadinessItem(code="awards.no_jury", words=words, severity="advice", href=f"/{event.slug}/organise/team")
