"""The agenda's parts of other pages: the event's front page, an order, the console's overview."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.shown import day as day_words
from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings
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


async def figures_panel(*, event: EventView, now: datetime) -> dict[str, Any]:
    """Sessions, conflicts and what is not released yet, for the console's overview."""
    draft, latest = await queries.draft(event.id), await queries.schedule(event)
    upcoming = rules.next_schedule(latest, draft, place=queries.place_of(event), now=now)
    settings = await settings_of(event, "agenda", AgendaSettings)
    return {
        "sessions": len(draft.sessions),
        "without_time": sum(session.starts_at is None for session in draft.sessions),
        "unreleased": len(rules.changes(latest, upcoming)),
        "release": latest.number if latest else 0,
        "conflicts": sum(each.is_hard for each in services.conflicts_of(draft, event, settings)),
        "home": f"/{event.slug}/organise/agenda",
    }


async def order_part(
    *, event: EventView, now: datetime, person: int | None, subject: Mapping[str, Any]
) -> dict[str, Any] | None:
    """On an order that is good: the agenda and its calendar; for an attendee who is on stage, their sessions too."""
    schedule = await queries.schedule(event)
    if schedule is None or subject["state"] != "confirmed":
        return None
    sessions = await services.sessions_by_address(event)
    on_stage = [
        {"name": ticket["name"], "sessions": sessions[ticket["email"]]}
        for ticket in subject["tickets"]
        if ticket["email"] in sessions
    ]
    return {"on_stage": on_stage, "slug": event.slug}
