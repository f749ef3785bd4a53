"""What both formats of the frab family need of an event: its days and rooms, its addresses, its names for machines.

Source: https://c3voc.de/wiki/schedule with its XSD and JSON Schema.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda.rules import ReleasedSession, Schedule, day_of

from .audience import Book, Reader

NO_ROOM: Final = {"es": "Sin sala", "en": "No room"}
"""The formats of the frab family know no session without a room."""


class Place:
    """What of an event both formats need: its addresses, its zone, its name for machines."""

    def __init__(self, schedule: Schedule, event: EventView, reader: Reader) -> None:
        self.schedule, self.event, self.reader = schedule, event, reader
        self.book = Book(schedule, reader.language)
        self.zone = ZoneInfo(event.zone)
        self.url = f"{reader.address}/{event.slug}/agenda"
        self.acronym = acronym(event.slug)
        self._room_codes = {name: code for code, name in reversed(self.book.rooms.items())}
        self.no_room = in_language(NO_ROOM, reader.language)

    def local(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def slug(self, released: ReleasedSession) -> str:
        return f"{self.acronym}-{released.session.number}-{released.session.code}"

    def room(self, released: ReleasedSession) -> str:
        return self.book.rooms.get(released.session.room, "") or self.no_room

    def room_guid(self, name: str) -> str:
        """The room's identifier; the sessions without a room have one in common."""
        return self.guid("room", self._room_codes.get(name, ""))

    def days(self) -> list[tuple[int, date, list[ReleasedSession]]]:
        """`(number from 1, day, what is on)` of every day of the event on which something is; cancelled is not on."""
        by_day: dict[date, list[ReleasedSession]] = {}
        for each in self.schedule.sessions:
            if not each.is_cancelled:
                by_day.setdefault(day_of(each.starts_at, self.event.zone), []).append(each)
        days = sorted(by_day) or [self.event.starts_on]
        return [(index, day, by_day.get(day, [])) for index, day in enumerate(days, start=1)]

    def by_room(self, sessions: Iterable[ReleasedSession]) -> dict[str, list[ReleasedSession]]:
        rooms: dict[str, list[ReleasedSession]] = {}
        for name in (*self.book.rooms.values(), self.no_room):
            rooms.setdefault(name, [])
        for each in sessions:
            rooms[self.room(each)].append(each)
        return {name: found for name, found in rooms.items() if found}

    def bounds(self, day: date) -> tuple[str, str]:
        """The day from midnight to midnight there."""
        first = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        after = date.fromordinal(day.toordinal() + 1)
        last = datetime(after.year, after.month, after.day, tzinfo=self.zone)
        return first.isoformat(timespec="seconds"), last.isoformat(timespec="seconds")

    def guid(self, kind: str, code: str) -> str:
        """The same for ever for the same thing of the same event."""
        return str(uuid5(NAMESPACE_URL, f"plenaria:{self.event.slug}:{kind}:{code}"))


def acronym(slug: str) -> str:
    """The event's name as both schemas allow it: lower-case letters, digits and underscores, at least four."""
    return re.sub(r"[^a-z0-9_]", "_", slug.lower()).ljust(4, "_")


def duration(length: timedelta) -> str:
    """`01:30`; both schemas allow at most 99 hours."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"
