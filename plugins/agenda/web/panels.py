"""The agenda's part of the event's front page."""

from datetime import datetime
from typing import Any, Final

from plenaria.core.kernel.shown import day as day_words
from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import queries, rules
from plenaria.plugins.agenda.web.shown import Showing

COMING: Final = 4
"""Sessions shown: those that are on or come next; before the event, its first ones that are no breaks."""


async def agenda_panel(*, event: EventView, now: datetime, person: int | None) -> dict[str, Any] | None:
    """The days at a glance and what is on or comes next."""
    known = await queries.known(event)
    if known.schedule is None or not known.schedule.sessions:
        return None
    showing = Showing(known.schedule, event, now=now)
    coming = [each for each in known.schedule.sessions if _is_worth_naming(each, showing, now)]
    return {
        "days": [
            {
                "label": day_words(day),
                "href": f"/{event.slug}/agenda?day={day.isoformat()}",
                "count": sum(not each.is_cancelled for each in showing.of_day(day)),
            }
            for day in showing.days
        ],
        "sessions": [showing.card(each) for each in coming[:COMING]],
        "has_begun": known.instants[0] <= now,
        "href": f"/{event.slug}/agenda",
    }


def _is_worth_naming(released: rules.ReleasedSession, showing: Showing, now: datetime) -> bool:
    kind = showing.types.get(released.session.type)
    return released.ends_at > now and not released.is_cancelled and not (kind and kind.is_break)
