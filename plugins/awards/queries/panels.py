"""The award's parts of shared pages: the event's front page and `/me`."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plenaria.core.kernel.values import EventView
from plenaria.plugins.awards.queries.declared import award_settings, section_of
from plenaria.plugins.awards.queries.judging import sheets_of
from plenaria.plugins.awards.queries.nominating import nominations_of


async def event_panel(*, event: EventView, now: datetime, person: int | None) -> dict[str, Any] | None:
    """The award on the event's front page; left out until something is declared."""
    settings, section = await award_settings(event), await section_of(event)
    if not section.categories:
        return None
    return {
        "cycle": settings.cycle,
        "introduction": settings.introduction,
        "until": settings.nominations_until,
        "is_open": settings.nominations.contains(now),
        "is_before": settings.nominations.is_before(now),
        "opens_at": settings.nominations.opens_at,
        "categories": len(section.categories),
    }


async def my_panel(*, person: int, events: Sequence[EventView], now: datetime) -> dict[str, Any] | None:
    """One's own nominations, what one has still to judge and how much is sealed, over all events; two queries."""
    by_id = {event.id: event for event in events}
    mine = await nominations_of(person, list(by_id))
    sheets = await sheets_of(person, list(by_id))
    if not mine and not sheets:
        return None
    sealed = Counter(line.event for line in sheets if line.state == "sealed")
    return {
        "nominations": [(by_id[line.event], line) for line in mine],
        "sheets": [(by_id[line.event], line) for line in sheets if line.state != "sealed"],
        "sealed": [(by_id[event], count) for event, count in sealed.items()],
    }
