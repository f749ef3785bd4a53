from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import ics
from plenaria.plugins.agenda.interchange import Reader, entries, frab_json, frab_xml
from plenaria.plugins.agenda.rules import Schedule, next_schedule
from tests.plugins.agenda.interchange_files import json_problems, xml_problems
from tests.plugins.agenda.samples import ZONE, draft, part, session

NOW = datetime(2025, 9, 1, tzinfo=UTC)
EVENT = EventView(
    id=1,
    slug="congress-2025",
    name={"es": "Congreso", "en": "Congress"},
    zone=ZONE,
    starts_on=date(2025, 10, 1),
    ends_on=date(2025, 10, 2),
)
READER = Reader(language="es", address="https://congress.example", roles={"speaker": "Ponente"})


def schedule() -> Schedule:
    first = next_schedule(
        None,
        draft(
            session("opening", parts=(part("ana", employer="Frenos Quimera"),), track="policy"),
            session("no-room", number=2, room="", type="break", minutes_later=45),
            session("odd", number=3, minutes_later=26 * 60, title={"es": "Bell \x07 & <b> ]]>"}, room="side"),
            session("off", number=4, minutes_later=90),
        ),
        place="Centro",
        now=NOW,
    )
    of = draft(*(each.session for each in first.sessions if each.session.code != "off"))
    return next_schedule(first, of, place="Centro", now=NOW)


@pytest.mark.parametrize("of", [schedule(), replace(schedule(), sessions=())], ids=["full", "empty"])
def test_the_json_export_is_valid(of: Schedule) -> None:
    assert json_problems(frab_json(of, EVENT, READER)) == []


@pytest.mark.parametrize("of", [schedule(), replace(schedule(), sessions=())], ids=["full", "empty"])
def test_the_xml_export_is_valid(of: Schedule) -> None:
    assert xml_problems(frab_xml(of, EVENT, READER)) == []


@pytest.mark.parametrize(
    "zone", ["America/Mexico_City", "America/Argentina/Buenos_Aires", "UTC", "EST5EDT", "Etc/GMT+6"]
)
def test_the_exports_are_valid_in_every_zone(zone: str) -> None:
    event = replace(EVENT, zone=zone)

    assert json_problems(frab_json(schedule(), event, READER)) == []
    assert xml_problems(frab_xml(schedule(), event, READER)) == []


def test_the_exports_hold_what_is_on_by_day_and_room_and_nothing_cancelled() -> None:
    document: dict[str, Any] = msgspec.json.decode(frab_json(schedule(), EVENT, READER))
    days = document["schedule"]["conference"]["days"]

    assert [day["date"] for day in days] == ["2025-10-01", "2025-10-02"]
    assert {room: [each["url"] for each in found] for room, found in days[0]["rooms"].items()} == {
        "Salón Principal": ["https://congress.example/congress-2025/agenda/opening"],
        "Sin sala": ["https://congress.example/congress-2025/agenda/no-room"],
    }
    opening = days[0]["rooms"]["Salón Principal"][0]
    assert (opening["date"], opening["start"], opening["duration"]) == ("2025-10-01T09:00:00-06:00", "09:00", "00:45")
    assert [person["name"] for person in opening["persons"]] == ["Ana Ruiz"]
    assert b"off" not in frab_xml(schedule(), EVENT, READER)


def test_the_same_schedule_gives_the_same_bytes() -> None:
    assert frab_json(schedule(), EVENT, READER) == frab_json(schedule(), EVENT, READER)
    assert frab_xml(schedule(), EVENT, READER) == frab_xml(schedule(), EVENT, READER)


def test_calendar_entries_say_who_where_and_that_a_session_is_off() -> None:
    by_code = {slot.url.rpartition("/")[2]: slot for slot in entries(schedule(), EVENT, READER, alarm_min=10)}

    opening = by_code["opening"]
    assert opening.description == "Ponente: Ana Ruiz, Frenos Quimera"
    assert opening.location == "Salón Principal, Centro"
    assert (opening.categories, opening.alarm_min, opening.revision) == (("Política pública",), 10, 0)
    assert (by_code["off"].status, by_code["off"].revision) == ("cancelled", 1)


def test_entries_of_one_track_or_room_are_those_of_the_whole_calendar() -> None:
    everything = {slot.uid: slot for slot in entries(schedule(), EVENT, READER)}

    by_track = entries(schedule(), EVENT, READER, track="policy")
    by_room = entries(schedule(), EVENT, READER, room="side")

    assert [slot.title for slot in by_track] == ["Sesión opening"]
    assert len(by_room) == 1
    assert all(everything[slot.uid] == slot for slot in (*by_track, *by_room))


def test_our_own_reader_reads_the_calendar_back() -> None:
    slots = entries(schedule(), EVENT, READER)

    found = ics.read(ics.calendar(slots, name="Congreso", language="es"))

    assert [(slot.uid, slot.starts_at, slot.status) for slot in found.slots] == [
        (slot.uid, slot.starts_at, slot.status) for slot in slots
    ]
