"""Real schedules of others, counted here by other means than ours."""

import json
import re
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import pytest
from lxml import etree

from plenaria.plugins.agenda.interchange import Imported, Read, read, read_json, read_xml
from plenaria.plugins.agenda.rules import Session
from tests.plugins.agenda.interchange_files import schedule_file

ZONES = {
    "fosdem-2023.xml": "Europe/Brussels",
    "31c3-schedule.xml": "Europe/Berlin",
    "frab-camp2019.json": "UTC",  # says itself that it is in Berlin
    "pyconfr-2025-schedule.json": "Europe/Paris",
    "moca24-schedule.ics": "UTC",  # says itself that it is in Rome
}


def found_in(name: str) -> Read:
    return read(schedule_file(name), zone=ZONES[name], language="en")


def session(imported: Imported, title: str) -> Session:
    (only,) = [each for each in imported.draft.sessions if each.title == {"en": title}]
    return only


def codes(found: Read) -> dict[str, int]:
    """How often each code was noted, counts included."""
    counted: dict[str, int] = {}
    for note in chain(found.report.repaired, found.report.left_out):
        counted[note.code] = counted.get(note.code, 0) + note.facts.get("count", 1)
    return counted


@pytest.mark.parametrize(
    ("name", "sessions", "rooms", "tracks", "types", "people"),
    [("fosdem-2023.xml", 780, 35, 61, 6, 787), ("31c3-schedule.xml", 138, 4, 8, 3, 198)],
)
def test_a_whole_schedule_in_xml_comes_in(
    name: str, sessions: int, rooms: int, tracks: int, types: int, people: int
) -> None:
    file: Any = etree.fromstring(schedule_file(name), etree.XMLParser(huge_tree=True))
    assert len(file.xpath("//event")) == sessions
    assert len(set(file.xpath("//room[event]/@name"))) == rooms
    assert len(set(file.xpath("//event/track/text()"))) == tracks
    assert len(set(file.xpath("//event/type/text()"))) == types
    assert len(set(file.xpath("//person/@id"))) == people

    found = found_in(name)

    draft = found.imported.draft
    assert (len(draft.rooms), len(draft.tracks), len(draft.types), len(draft.people)) == (rooms, tracks, types, people)
    assert found.report.sessions == len(draft.sessions) + found.report.sessions_left_out == sessions
    assert found.report.sessions_left_out == 0
    assert {each.number for each in draft.sessions} == {int(number) for number in file.xpath("//event/@id")}
    assert [each.title["en"] for each in sorted(draft.sessions, key=lambda each: each.number)] == [
        " ".join(event.findtext("title").split())
        for event in sorted(file.xpath("//event"), key=lambda e: int(e.get("id")))
    ]
    assert sum(len(each.parts) for each in draft.sessions) == len(file.xpath("//person"))
    assert found == read_xml(schedule_file(name), zone=ZONES[name], language="en")


def test_the_camp_s_schedule_in_json_comes_in() -> None:
    conference = json.loads(schedule_file("frab-camp2019.json"))["schedule"]["conference"]
    events = [event for day in conference["days"] for held in day["rooms"].values() for event in held]

    found = found_in("frab-camp2019.json")

    draft = found.imported.draft
    assert len(draft.sessions) + found.report.sessions_left_out == found.report.sessions == len(events) == 79
    assert len(draft.rooms) == len({event["room"] for event in events}) == 2
    assert len(draft.tracks) == len({event["track"] for event in events}) == 7
    assert len(draft.people) == len({person["id"] for event in events for person in event["persons"]}) == 90
    assert {each.uid for each in draft.sessions} == {event["guid"] for event in events}
    assert {each.uid: each.starts_at for each in draft.sessions} == {
        event["guid"]: datetime.fromisoformat(event["date"]) for event in events
    }
    assert found.imported.zone == "Europe/Berlin"
    assert codes(found) == {
        "markup_converted": codes(found)["markup_converted"],
        "language_not_offered": sum(event["language"] == "de" for event in events),
        "field_dropped": sum(
            len(event["links"]) + len(event["attachments"]) + bool(event["url"]) + bool(event["logo"])
            for event in events
        ),
    }
    assert found == read_json(schedule_file("frab-camp2019.json"), language="en")


def test_pretalx_submissions_by_day_and_minute_come_in() -> None:
    document = json.loads(schedule_file("pyconfr-2025-schedule.json"))
    by_day = [document[section] for section in ("schedule", "sprints")]
    cells = [
        entry for days in by_day for minutes in days.values() for held in minutes.values() for entry in held.values()
    ]
    slots = {slot["id"]: (entry, slot) for entry in cells for slot in entry["slots"]}
    extras = sum(len(minutes) for minutes in document["extra"].values())
    twice = sum(len(entry["slots"]) for entry in cells) - len(slots)

    found = found_in("pyconfr-2025-schedule.json")

    draft = found.imported.draft
    assert {each.number: each.starts_at for each in draft.sessions} == {
        number: datetime.fromisoformat(slot["start"]) for number, (_, slot) in slots.items()
    }
    assert len(draft.sessions) == len(slots) == 93
    assert found.report.sessions == len(draft.sessions) + found.report.sessions_left_out
    lost = {"session_unreadable": extras, "session_repeated": twice}
    assert (
        {code: count for code, count in codes(found).items() if code in lost}
        == lost
        == dict(zip(lost, (5, 18), strict=True))
    )
    assert len(draft.people) == len({person["code"] for entry, _ in slots.values() for person in entry["speakers"]})
    assert {room.name["en"]: room.capacity for room in draft.rooms} == {
        room["name"]["en"]: room["capacity"] or 0 for room in document["rooms"]
    }
    assert len(draft.types) == len({entry["submission_type"]["id"] for entry, _ in slots.values()})


def test_a_calendar_comes_in_with_places_as_rooms() -> None:
    file = schedule_file("moca24-schedule.ics").replace(b"\r\n ", b"").replace(b"\n ", b"")
    places = {line.partition(b":")[2].strip() for line in re.findall(rb"(?m)^LOCATION.*$", file)}

    found = found_in("moca24-schedule.ics")

    assert len(found.imported.draft.sessions) == file.count(b"BEGIN:VEVENT") == found.report.sessions == 88
    assert len(found.imported.draft.rooms) == len(places)
    assert found.imported.zone == "Europe/Rome"


def test_instants_are_right_across_zones_and_past_midnight() -> None:
    fosdem, congress, camp, pycon = (found_in(name).imported for name in list(ZONES)[:4])

    # A winter's day in Brussels, without any offset in the file.
    assert session(fosdem, "Celebrating 25 years of Open Source").starts_at == datetime(2023, 2, 4, 9, 0, tzinfo=UTC)
    # Fifteen minutes after midnight, in the file under the day before.
    night = {each.number: each for each in congress.draft.sessions}
    assert night[6109].starts_at == datetime(2014, 12, 28, 23, 15, tzinfo=UTC)
    assert night[6581].starts_at == datetime(2014, 12, 27, 23, 0, tzinfo=UTC)
    # A summer's day in Brandenburg.
    assert session(camp, "Opening Ceremony").starts_at == datetime(2019, 8, 21, 9, 0, tzinfo=UTC)
    assert session(pycon, "Accueil / Welcome").duration_min == 45


def test_past_midnight_is_the_next_day_also_where_only_clock_times_are_given() -> None:
    """The congress's file once more without its dates: day and clock alone must give the very same instants."""
    file: Any = etree.fromstring(schedule_file("31c3-schedule.xml"))
    for event in file.iter("event"):
        event.remove(event.find("date"))

    found = read(etree.tostring(file), zone="Europe/Berlin", language="en")

    known = {each.number: each.starts_at for each in found_in("31c3-schedule.xml").imported.draft.sessions}
    assert {each.number: each.starts_at for each in found.imported.draft.sessions} == known
    assert codes(found)["after_midnight"] == 4 == sum(e.findtext("start") < "04:00" for e in file.iter("event"))


def test_identifiers_that_are_uuids_stay_and_others_are_made_of_what_stood_there() -> None:
    guids = dict(re.findall(r"guid='([^']+)' id='(\d+)'", schedule_file("31c3-schedule.xml").decode()))

    found = found_in("31c3-schedule.xml")

    uids = {str(each.number): each.uid for each in found.imported.draft.sessions}
    kept = [number for guid, number in guids.items() if uids[number] == guid]
    assert (len(guids), len(kept), codes(found)["guid_invalid"]) == (138, 26, 112)
    assert len(set(uids.values())) == 138


def test_what_the_agenda_has_no_place_for_is_counted() -> None:
    file: Any = etree.fromstring(schedule_file("fosdem-2023.xml"), etree.XMLParser(huge_tree=True))

    found = found_in("fosdem-2023.xml")

    dropped = {note.facts["field"]: note.facts["count"] for note in found.report.left_out}
    links, attachments = len(file.xpath("//link")), len(file.xpath("//attachment"))
    assert dropped == {"venue": 1, "city": 1, "links": links, "attachments": attachments}
    assert (links, attachments) == (4963, 522)
    long = [
        e for e in file.iter("event") if len((e.findtext("abstract") or "") + (e.findtext("description") or "")) > 5000
    ]
    assert 0 < codes(found)["text_cut"] <= len(long)
    assert (found.imported.starts_on, found.imported.ends_on) == (date(2023, 2, 4), date(2023, 2, 5))
