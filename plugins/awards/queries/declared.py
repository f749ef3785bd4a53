"""What the organiser declared: settings, categories, rubric."""

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.values import EventView
from plenaria.plugins.awards.queries.rows import decoded
from plenaria.plugins.awards.rules import Category, Criterion
from plenaria.plugins.awards.settings import AwardsSection, AwardsSettings
from plenaria.plugins.awards.tables import AwardCategory, AwardRubric


async def award_settings(event: EventView) -> AwardsSettings:
    return await settings_of(event, "awards", AwardsSettings)


async def section_of(event: EventView) -> AwardsSection:
    """Categories in their order, rubric and tie rule; two queries."""
    rows = (
        await AwardCategory.select(AwardCategory.definition)
        .where(AwardCategory.event == event.id)
        .order_by(AwardCategory.position, AwardCategory.id)
    )
    rubric = await AwardRubric.select().where(AwardRubric.event == event.id).first()
    return AwardsSection(
        categories=tuple(decoded(row["definition"], Category) for row in rows),
        criteria=decoded(rubric["criteria"], tuple[Criterion, ...]) if rubric else (),
        tie_break=decoded(rubric["tie_break"], tuple[str, ...]) if rubric else (),
    )


async def category_id(event: EventView, code: str) -> int | None:
    row = (
        await AwardCategory.select(AwardCategory.id)
        .where((AwardCategory.event == event.id) & (AwardCategory.code == code))
        .first()
    )
    return int(row["id"]) if row else None
