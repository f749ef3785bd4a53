"""Writing what an organiser declares: categories and rubric."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from plenaria.core.events.services import touch
from plenaria.core.forms import recorded
from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.values import EventView, Refusal, refuse
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.services.actors import encoded, jury_lock
from plenaria.plugins.awards.settings import AwardsSection
from plenaria.plugins.awards.tables import AwardCategory, AwardRubric, Sheet
from plenaria.plugins.awards.tables import Nomination as NominationTable


async def apply_section(event: EventView, section: AwardsSection, /, *, by: str, now: datetime) -> None:
    """Make the event's categories and rubric equal to the section.

    Raises Refused(category_has_nominations, rubric_in_use): a category with nominations stays, and what scores mean does
    not change once a sheet is sealed. Wording may change at any time.
    """
    async with transaction():
        await lock(jury_lock(event))
        before = await queries.section_of(event)
        known = await AwardCategory.select(AwardCategory.id, AwardCategory.code).where(AwardCategory.event == event.id)
        refuse([*await _removal_refusals(known, section), *await _rubric_refusals(event, section)])
        await _store_categories(event, section, {row["code"]: row["id"] for row in known})
        await AwardRubric.delete().where(AwardRubric.event == event.id)
        await AwardRubric(
            event=event.id, criteria=encoded(section.criteria), tie_break=encoded(section.tie_break)
        ).save()
        await touch(event, now=now)
        facts = {
            "categories": [category.code for category in section.categories],
            "criteria": {criterion.code: criterion.weight for criterion in section.criteria},
            "digest": digest(msgspec.to_builtins(section)),
        }
        await audit.record(
            "award.declared",
            by=by,
            subject="award",
            event=event.id,
            facts=facts,
            changes=recorded(before, section, currency=event.currency),
            now=now,
        )


async def _removal_refusals(known: Sequence[Mapping[str, Any]], section: AwardsSection) -> list[Refusal]:
    gone = [row for row in known if section.category(row["code"]) is None]
    refusals = []
    for row in gone:
        if count := await NominationTable.count().where(NominationTable.category == row["id"]):
            refusals.append(
                Refusal("category_has_nominations", {"category": row["code"], "count": count}, "/categories")
            )
    return refusals


async def _rubric_refusals(event: EventView, section: AwardsSection) -> list[Refusal]:
    before = await queries.section_of(event)
    if _meaning(before) == _meaning(section):
        return []
    count = await Sheet.count().where((Sheet.event == event.id) & (Sheet.state == "sealed"))
    return [Refusal("rubric_in_use", {"count": count}, "/criteria")] if count else []


def _meaning(section: AwardsSection) -> tuple[Any, ...]:
    """What decides about places; the words may change."""
    criteria = sorted((c.code, c.weight, c.scores, tuple(sorted(c.categories))) for c in section.criteria)
    return criteria, section.tie_break


async def _store_categories(event: EventView, section: AwardsSection, known: Mapping[str, int]) -> None:
    for position, category in enumerate(section.categories):
        definition = encoded(category)
        if category.code in known:
            await AwardCategory.update({AwardCategory.position: position, AwardCategory.definition: definition}).where(
                AwardCategory.id == known[category.code]
            )
        else:
            await AwardCategory(event=event.id, code=category.code, position=position, definition=definition).save()
    gone = [row_id for code, row_id in known.items() if section.category(code) is None]
    if gone:
        await AwardCategory.delete().where(AwardCategory.id.is_in(gone))
