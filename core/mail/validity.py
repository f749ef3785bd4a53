"""Until when a mail makes sense."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from plenaria.core.kernel.values import EventView, MailText


def end_of(text: MailText, event: EventView | None, *, now: datetime) -> datetime:
    """When a mail with this text, written now, is dropped instead of sent.

    Where a text holds until the event ends, that is the end of its last day, in its zone; after it, `valid_for` counts.
    """
    if text.until_event_ends and event is not None and (end := event_end(event)) > now:
        return end
    return now + text.valid_for


def event_end(event: EventView) -> datetime:
    """The end of the event's last day, in its zone."""
    return datetime.combine(event.ends_on + timedelta(days=1), time.min, tzinfo=ZoneInfo(event.zone))
