"""What may be in a timetable. Pure: values in, Refusals out."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from plenaria.plugin import EventView, Refusal

MARGIN = timedelta(days=1)


def departure_refusals(leaves_at: datetime, event: EventView) -> list[Refusal]:
    """A departure lies between the day before the event and the day after it, in the event's zone."""
    first, last = days_of_service(event)
    if first <= leaves_at.astimezone(ZoneInfo(event.zone)).date() <= last:
        return []
    return [
        Refusal("shuttle_departure_outside_event", {"first": first.isoformat(), "last": last.isoformat()}, "/leaves_at")
    ]


def days_of_service(event: EventView) -> tuple[date, date]:
    """First and last day, both included."""
    return event.starts_on - MARGIN, event.ends_on + MARGIN
