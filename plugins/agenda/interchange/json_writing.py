"""The released schedule as `schedule.json` of the frab family, strictly valid by its JSON Schema."""

import re
from datetime import date
from typing import Any, Final

import msgspec

from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda.rules import ReleasedSession, Schedule

from .audience import Reader
from .place import Place, duration

_ZONE: Final = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+|.*UTC$")
"""The ids that the schema allows, which are nearly all of the IANA's: not `EST5EDT`, nor `Etc/GMT+6`."""


def frab_json(schedule: Schedule, event: EventView, reader: Reader) -> bytes:
    """`schedule.json`: what is on, by day and room."""
    place = Place(schedule, event, reader)
    days = place.days()
    conference = {
        "acronym": place.acronym,
        "title": in_language(event.name, reader.language),
        "start": event.starts_on.isoformat(),
        "end": event.ends_on.isoformat(),
        "daysCount": len(days),
        "timeslot_duration": "00:05",
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
    if _ZONE.match(event.zone):
        conference["time_zone_name"] = event.zone
    document = {
        "$schema": "https://c3voc.de/schedule/schema.json",
        "generator": {"name": "Plenaria", "url": reader.address},
        "schedule": {"version": str(schedule.number), "base_url": f"{reader.address}/", "conference": conference},
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _json_day(place: Place, index: int, day: date, sessions: list[ReleasedSession]) -> dict[str, Any]:
    starts, ends = place.bounds(day)
    rooms = {name: [_json_event(place, each) for each in found] for name, found in place.by_room(sessions).items()}
    return {"index": index, "date": day.isoformat(), "day_start": starts, "day_end": ends, "rooms": rooms}


def _json_event(place: Place, released: ReleasedSession) -> dict[str, Any]:
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
