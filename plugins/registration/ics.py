"""The calendar file that goes with an order: the event's days. Pure: same input, same bytes."""

from datetime import date, datetime, timedelta

from icalendar import Calendar, Event
from msgspec import Struct

PRODUCT = "-//Plenaria//Registration//EN"


class EventDays(Struct, frozen=True, kw_only=True):
    """What the entry says; `ends_on` is the last day itself."""

    uid: str
    title: str
    starts_on: date
    ends_on: date
    changed_at: datetime
    location: str = ""
    description: str = ""
    url: str = ""
    cancelled: bool = False
    revision: int = 0


def calendar(days: EventDays) -> bytes:
    """An iCalendar file (RFC 5545) with one entry over whole days; DTEND is the day after the last (3.6.1).

    Whole days have no time zone, so no phone can show them an hour off.
    """
    entry = Event()
    entry.add("uid", days.uid)
    entry.add("dtstamp", days.changed_at)
    entry.add("dtstart", days.starts_on)
    entry.add("dtend", days.ends_on + timedelta(days=1))
    entry.add("summary", _clean(days.title))
    for name, text in (("location", days.location), ("description", days.description), ("url", days.url)):
        if text:
            entry.add(name, _clean(text))
    entry.add("sequence", days.revision)
    entry.add("status", "CANCELLED" if days.cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    file = Calendar()
    file.add("version", "2.0")
    file.add("prodid", PRODUCT)
    file.add("calscale", "GREGORIAN")
    file.add("method", "PUBLISH")
    file.add_component(entry)
    return bytes(file.to_ical())


def _clean(text: str) -> str:
    """Without control characters, which RFC 5545 does not allow; line breaks stay."""
    return "".join(letter for letter in text if letter == "\n" or (letter >= " " and letter != "\x7f"))
