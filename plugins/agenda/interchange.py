"""The released schedule in the formats of others: calendar entries, and the frab family's XML and JSON. Pure, export only.

Sources: RFC 5545 by way of `plugins.agenda.ics`; https://c3voc.de/wiki/schedule with its XSD and JSON Schema.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from core.values import CalendarEntry, EventView, in_language
from plugins.agenda.ics import Slot
from plugins.agenda.rules import Part, ReleasedSession, Schedule, day_of

NO_ROOM: Final = {"es": "Sin sala", "en": "No room"}
"""The formats of the frab family know no session without a room."""


class Reader(Struct, frozen=True):
    """For whom something is written: the language, the site's address, and the words for roles by code."""

    language: str
    address: str
    roles: Mapping[str, str] = {}


# ---------------------------------------------------------------------------------------------- iCalendar


def entries(
    schedule: Schedule, event: EventView, reader: Reader, *, track: str = "", room: str = "", alarm_min: int = 0
) -> list[Slot]:
    """Every session as a calendar entry, cancelled ones too; of one track or one room if so asked."""
    book = _Book(schedule, reader.language)
    return [
        entry_of(each, schedule, event, reader, alarm_min=alarm_min, book=book)
        for each in schedule.sessions
        if (not track or each.session.track == track) and (not room or each.session.room == room)
    ]


def entry_of(
    released: ReleasedSession,
    schedule: Schedule,
    event: EventView,
    reader: Reader,
    *,
    alarm_min: int = 0,
    book: "_Book | None" = None,
) -> Slot:
    """One session as a calendar entry."""
    book = book or _Book(schedule, reader.language)
    session = released.session
    room = book.rooms.get(session.room, "")
    track = book.tracks.get(session.track, "")
    people = [_said(part, book, reader) for part in session.parts if part.person in book.people]
    return Slot(
        uid=session.uid,
        starts_at=released.starts_at,
        ends_at=released.ends_at,
        zone=event.zone,
        title=in_language(session.title, reader.language),
        changed_at=released.changed_at,
        revision=released.revision,
        status="cancelled" if released.is_cancelled else "confirmed",
        description="\n\n".join(
            part for part in ("\n".join(people), in_language(session.abstract, reader.language)) if part
        ),
        location=", ".join(part for part in (room, schedule.place) if part),
        url=f"{reader.address}/{event.slug}/agenda/{session.code}",
        categories=(track,) if track else (),
        alarm_min=alarm_min or None,
    )


def contributed(entry: CalendarEntry, event: EventView, language: str) -> Slot:
    """What another plugin puts into the event's calendar."""
    return Slot(
        uid=entry.uid,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        zone=event.zone,
        title=in_language(entry.title, language),
        changed_at=entry.changed_at,
        revision=entry.revision,
        status="cancelled" if entry.cancelled else "confirmed",
        description=in_language(entry.description, language),
        location=entry.location,
        url=entry.url,
    )


class _Book:
    """A schedule's names by code, in one language."""

    def __init__(self, schedule: Schedule, language: str) -> None:
        self.rooms = {each.code: in_language(each.name, language) for each in schedule.rooms}
        self.tracks = {each.code: in_language(each.name, language) for each in schedule.tracks}
        self.types = {each.code: in_language(each.name, language) for each in schedule.types}
        self.people = {each.code: each.name for each in schedule.people}


def _said(part: Part, book: _Book, reader: Reader) -> str:
    words = [book.people[part.person], part.employer]
    return f"{reader.roles.get(part.role, part.role)}: {', '.join(word for word in words if word)}"


# ------------------------------------------------------------------------------------------ the frab family


class _Place:
    """What of an event both formats need: its addresses, its zone, its name for machines."""

    def __init__(self, schedule: Schedule, event: EventView, reader: Reader) -> None:
        self.schedule, self.event, self.reader = schedule, event, reader
        self.book = _Book(schedule, reader.language)
        self.zone = ZoneInfo(event.zone)
        self.url = f"{reader.address}/{event.slug}/agenda"
        self.acronym = acronym(event.slug)
        self.no_room = in_language(NO_ROOM, reader.language)

    def local(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def slug(self, released: ReleasedSession) -> str:
        return f"{self.acronym}-{released.session.number}-{released.session.code}"

    def room(self, released: ReleasedSession) -> str:
        return self.book.rooms.get(released.session.room, "") or self.no_room

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


def frab_json(schedule: Schedule, event: EventView, reader: Reader) -> bytes:
    """`schedule.json`: what is on, by day and room."""
    place = _Place(schedule, event, reader)
    days = place.days()
    conference = {
        "acronym": place.acronym,
        "title": in_language(event.name, reader.language),
        "start": event.starts_on.isoformat(),
        "end": event.ends_on.isoformat(),
        "daysCount": len(days),
        "timeslot_duration": "00:05",
        "time_zone_name": event.zone,
        "url": place.url,
        "tracks": [{"name": place.book.tracks[each.code], "slug": each.code} for each in schedule.tracks],
        "rooms": [
            {
                "name": place.book.rooms[each.code],
                "slug": each.code,
                "guid": place.guid("room", each.code),
                "capacity": each.capacity or None,
            }
            for each in schedule.rooms
        ],
        "days": [_json_day(place, index, day, sessions) for index, day, sessions in days],
    }
    document = {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {"name": "Plenaria", "url": reader.address},
        "schedule": {"version": str(schedule.number), "base_url": f"{reader.address}/", "conference": conference},
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _json_day(place: _Place, index: int, day: date, sessions: list[ReleasedSession]) -> dict[str, Any]:
    starts, ends = place.bounds(day)
    rooms = {name: [_json_event(place, each) for each in found] for name, found in place.by_room(sessions).items()}
    return {"index": index, "date": day.isoformat(), "day_start": starts, "day_end": ends, "rooms": rooms}


def _json_event(place: _Place, released: ReleasedSession) -> dict[str, Any]:
    session, language = released.session, place.reader.language
    return {
        "guid": session.uid,
        "id": session.number,
        "slug": place.slug(released),
        "url": f"{place.url}/{session.code}",
        "date": place.local(released.starts_at),
        "start": f"{released.starts_at.astimezone(place.zone):%H:%M}",
        "end": place.local(released.ends_at),
        "duration": duration(released.ends_at - released.starts_at),
        "room": place.room(released),
        "title": in_language(session.title, language),
        "subtitle": None,
        "track": place.book.tracks.get(session.track),
        "type": place.book.types.get(session.type, session.type),
        "language": session.language,
        "abstract": in_language(session.abstract, language),
        "description": None,
        "persons": [
            {
                "guid": place.guid("person", part.person),
                "name": place.book.people[part.person],
                "url": f"{place.reader.address}/{place.event.slug}/speakers/{part.person}",
            }
            for part in session.parts
            if part.person in place.book.people
        ],
        "links": [],
    }


def frab_xml(schedule: Schedule, event: EventView, reader: Reader) -> bytes:
    """`schedule.xml`: what is on, by day and room."""
    place = _Place(schedule, event, reader)
    root = Element("schedule")
    SubElement(root, "generator", name="Plenaria", system=reader.address)
    _child(root, "url", f"{reader.address}/{event.slug}/schedule.xml")
    _child(root, "version", str(schedule.number))
    days = place.days()
    conference = SubElement(root, "conference")
    _child(conference, "title", in_language(event.name, reader.language))
    _child(conference, "acronym", place.acronym)
    _child(conference, "start", event.starts_on.isoformat())
    _child(conference, "end", event.ends_on.isoformat())
    _child(conference, "days", str(len(days)))
    _child(conference, "timeslot_duration", "00:05")
    _child(conference, "base_url", place.url)
    _child(conference, "url", place.url)
    _child(conference, "time_zone_name", event.zone)
    for track in schedule.tracks:
        SubElement(conference, "track", name=clean(place.book.tracks[track.code]))
    for index, day, sessions in days:
        starts, ends = place.bounds(day)
        element = SubElement(root, "day", index=str(index), date=day.isoformat(), start=starts, end=ends)
        for name, found in place.by_room(sessions).items():
            room = SubElement(element, "room", name=clean(name))
            for each in found:
                _xml_event(room, place, each)
    indent(root, space=" ")
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def _xml_event(room: Element, place: _Place, released: ReleasedSession) -> None:
    session, language = released.session, place.reader.language
    event = SubElement(room, "event", guid=session.uid, id=str(session.number))
    _child(event, "room", place.room(released))
    _child(event, "title", in_language(session.title, language))
    _child(event, "subtitle", "")
    _child(event, "type", place.book.types.get(session.type, session.type))
    _child(event, "date", place.local(released.starts_at))
    _child(event, "start", f"{released.starts_at.astimezone(place.zone):%H:%M}")
    _child(event, "duration", duration(released.ends_at - released.starts_at))
    _child(event, "abstract", in_language(session.abstract, language))
    _child(event, "slug", place.slug(released))
    _child(event, "track", place.book.tracks.get(session.track, ""))
    _child(event, "language", session.language)
    _child(event, "url", f"{place.url}/{session.code}")
    persons = SubElement(event, "persons")
    for part in session.parts:
        if part.person in place.book.people:
            person = SubElement(persons, "person", guid=place.guid("person", part.person))
            person.text = clean(place.book.people[part.person])


def _child(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = clean(text)


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold (section 2.2)."""
    return _NOT_XML.sub("", text)
