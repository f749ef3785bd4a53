"""The released schedule as `schedule.xml` of the frab family, strictly valid by its XSD."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda.rules import ReleasedSession, Schedule

from .audience import Reader
from .place import Place, duration
from .text import clean


def frab_xml(schedule: Schedule, event: EventView, reader: Reader) -> bytes:
    """`schedule.xml`: what is on, by day and room."""
    place = Place(schedule, event, reader)
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
        _track(conference, track.code, place.book.tracks[track.code])
    for index, day, sessions in days:
        starts, ends = place.bounds(day)
        element = SubElement(root, "day", index=str(index), date=day.isoformat(), start=starts, end=ends)
        for name, found in place.by_room(sessions).items():
            room = SubElement(element, "room", name=clean(name), guid=place.room_guid(name))
            for each in found:
                _xml_event(room, place, each)
    indent(root, space=" ")
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def _track(conference: Element, code: str, name: str) -> None:
    track = SubElement(conference, "track", name=clean(name))
    if code[0].isalpha():  # the XSD wants a slug to begin with a letter; ours may begin with a digit
        track.set("slug", code)


def _xml_event(room: Element, place: Place, released: ReleasedSession) -> None:
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
