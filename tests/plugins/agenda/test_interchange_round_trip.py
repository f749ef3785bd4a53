"""Out and in again: what the formats can hold is there, and what we write of others' files is valid."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda import ics
from plenaria.plugins.agenda.interchange import (
    Imported,
    Reader,
    entries,
    frab_json,
    frab_xml,
    read,
    read_calendar,
    read_json,
    read_xml,
)
from plenaria.plugins.agenda.rules import (
    Draft,
    Part,
    Person,
    Room,
    Schedule,
    Session,
    SessionType,
    Track,
    next_schedule,
)
from tests.plugins.agenda.interchange_files import json_problems, schedule_file, xml_problems

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FORMATS = {"json": (frab_json, read_json, json_problems), "xml": (frab_xml, read_xml, xml_problems)}


def release(imported: Imported, *, now: datetime) -> Schedule:
    """The imported schedule as a first release, as the exports take it."""
    return next_schedule(None, imported.draft, place="", now=now)


def event_of(imported: Imported) -> EventView | None:
    """The imported schedule's event, as the exports take it; None where the file does not say when it is."""
    if imported.starts_on is None or imported.ends_on is None:
        return None
    return EventView(
        id=0,
        slug=imported.acronym or "schedule",
        name=imported.title,
        zone=imported.zone,
        starts_on=imported.starts_on,
        ends_on=imported.ends_on,
    )


ZONES = {
    "fosdem-2023.xml": "Europe/Brussels",
    "31c3-schedule.xml": "Europe/Berlin",
    "frab-camp2019.json": "UTC",
    "pyconfr-2025-schedule.json": "Europe/Paris",
    "moca24-schedule.ics": "UTC",
}

Seen = dict[str, tuple[object, ...]]


def seen(draft: Draft, language: str) -> Seen:
    """What readers see of each session, by its uid."""
    names = {
        kind: {each.code: in_language(each.name, language) for each in getattr(draft, kind)}
        for kind in ("rooms", "tracks", "types")
    }
    people = {person.code: person.name for person in draft.people}
    return {
        each.uid: (
            each.code,
            each.number,
            in_language(each.title, language),
            in_language(each.abstract, language),
            each.language,
            names["rooms"].get(each.room, ""),
            names["tracks"].get(each.track, ""),
            names["types"].get(each.type, ""),
            each.starts_at,
            each.duration_min,
            tuple(people[part.person] for part in each.parts),
        )
        for each in draft.sessions
    }


def standing(draft: Draft) -> Draft:
    """Without what no schedule of the frab family shows."""
    return replace(draft, sessions=tuple(each for each in draft.sessions if each.state == "confirmed"))


def written(imported: Imported, write: Callable[[Schedule, EventView, Reader], bytes], language: str) -> bytes:
    event = event_of(imported)
    assert event is not None
    return write(release(imported, now=NOW), event, Reader(language=language, address="https://p.example"))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("form", FORMATS)
def test_a_real_schedule_written_again_is_valid_and_says_the_same(name: str, form: str) -> None:
    write, reader, problems = FORMATS[form]
    imported = read(schedule_file(name), zone=ZONES[name], language="en").imported

    document = written(imported, write, "en")

    assert problems(document) == []
    again = reader(document, language="en")
    assert seen(again.imported.draft, "en") == seen(standing(imported.draft), "en")
    assert {room.name["en"]: room.capacity for room in again.imported.draft.rooms if _in_use(room, imported.draft)} == {
        room.name["en"]: room.capacity if form == "json" else 0
        for room in imported.draft.rooms
        if _in_use(room, imported.draft)
    }
    assert {person.name for person in again.imported.draft.people} == {person.name for person in imported.draft.people}
    assert (again.imported.zone, again.imported.starts_on, again.imported.ends_on) == (
        imported.zone,
        imported.starts_on,
        imported.ends_on,
    )
    assert again.report.sessions_left_out == 0
    assert not {note.code for note in again.report.repaired} - {"event_title_missing"}


def _in_use(room: Room, draft: Draft) -> bool:
    return any(in_language(each.name, "en") == room.name["en"] and _holds(each, draft) for each in draft.rooms)


def _holds(room: Room, draft: Draft) -> bool:
    return any(session.room == room.code for session in draft.sessions)


@pytest.mark.parametrize("name", ["31c3-schedule.xml", "frab-camp2019.json"])
def test_xml_and_json_of_one_schedule_read_the_same(name: str) -> None:
    imported = read(schedule_file(name), zone=ZONES[name], language="en").imported
    as_xml = read(written(imported, frab_xml, "en"), language="en").imported

    as_json = read(written(as_xml, frab_json, "en"), language="en").imported

    assert replace(as_json, draft=standing(as_json.draft)) == as_xml


# ------------------------------------------------------------------------------------------- our own

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40).map(lambda given: " ".join(given.split()))
WORDS = st.sampled_from(
    ["Sesión", "R&D", "<3", "“¿Qué?”", "日本", "a\x07b", "]]>", "&amp;", "🎉", "5 < 6 > 4", "x" * 30, "O'Neil"]
)
names = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
codes = st.from_regex(r"[a-z0-9]{2,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


def printable(given: str) -> str:
    """What of a text a file can hold."""
    return " ".join(given.replace("\x07", "").split())


def unlike(listed: list[str]) -> list[str]:
    """Names that stay apart when read: the formats know rooms, tracks and types by name alone."""
    found: dict[str, str] = {}
    for each in listed:
        found.setdefault(printable(each).casefold(), each)
    return list(found.values())


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """A draft of ours: everything that its forms would let in."""

    def some(most: int) -> list[tuple[str, str]]:
        called = unlike(draw(st.lists(names, max_size=most)))
        return list(
            zip(draw(st.lists(codes, min_size=len(called), max_size=len(called), unique=True)), called, strict=True)
        )

    rooms = tuple(Room(code=c, name={"es": n}, capacity=draw(st.integers(0, 100_000))) for c, n in some(3))
    tracks = tuple(Track(code=c, name={"es": n}) for c, n in some(3))
    types = tuple(SessionType(code=c, name={"es": n}) for c, n in some(2))
    people = tuple(Person(code=c, given_names=n, first_surname="Ruiz") for c, n in some(3))
    wanted = draw(st.lists(codes, max_size=5, unique=True))
    numbers = draw(st.lists(st.integers(1, 2**31 - 1), min_size=len(wanted), max_size=len(wanted), unique=True))
    minute = st.integers(0, 3 * 24 * 60)

    def one_of(things: tuple[Room, ...] | tuple[Track, ...] | tuple[SessionType, ...]) -> str:
        return draw(st.sampled_from(["", *(each.code for each in things)]))

    return Draft(
        rooms=rooms,
        tracks=tracks,
        types=types,
        people=people,
        sessions=tuple(
            Session(
                code=code,
                number=number,
                uid=ics.uid("round", code),
                title={"es": draw(names)},
                abstract={"es": draw(names)},
                language=draw(st.sampled_from(["es", "en"])),
                type=one_of(types),
                track=one_of(tracks),
                room=one_of(rooms),
                starts_at=datetime(2025, 10, 31, 6, 0, tzinfo=UTC) + timedelta(minutes=draw(minute)),
                duration_min=draw(st.integers(5, 1440)),
                state="confirmed",
                parts=tuple(Part(person=person.code) for person in people if draw(st.booleans())),
            )
            for code, number in zip(wanted, numbers, strict=True)
        ),
    )


def cleaned(given: Seen) -> Seen:
    return {
        uid: tuple(
            printable(value)
            if isinstance(value, str)
            else tuple(map(printable, value))
            if isinstance(value, tuple)
            else value
            for value in values
        )
        for uid, values in given.items()
    }


ZONE_IDS = st.sampled_from(
    [
        "America/Mexico_City",
        "America/Tijuana",
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Pacific/Apia",
        "UTC",
    ]
)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, deadline=None)
@given(draft=drafts(), zone=ZONE_IDS)
def test_our_own_schedule_comes_back_as_it_was(form: str, draft: Draft, zone: str) -> None:
    """Also across the change of clocks of 1 and 2 November; the codes of sessions come back too."""
    write, reader, problems = FORMATS[form]
    event = EventView(
        id=1,
        slug="congreso",
        name={"es": "Congreso"},
        zone=zone,
        starts_on=date(2025, 10, 31),
        ends_on=date(2025, 11, 3),
    )
    schedule = next_schedule(None, draft, place="", now=NOW)

    document = write(schedule, event, Reader(language="es", address="https://p.example"))

    assert problems(document) == []
    found = reader(document, language="es")
    assert seen(found.imported.draft, "es") == cleaned(seen(draft, "es"))
    assert found.imported.zone == zone
    assert found.report.sessions_left_out == 0
    assert {note.code for note in found.report.repaired} <= {"no_sessions"}
    assert {note.facts["field"] for note in found.report.left_out} <= {"url", "room guid"}
    other = frab_xml if write is frab_json else frab_json
    across = read(written(found.imported, other, "es"), language="es").imported
    assert seen(across.draft, "es") == seen(found.imported.draft, "es")


def test_our_own_calendar_comes_back() -> None:
    imported = read(schedule_file("31c3-schedule.xml"), zone="Europe/Berlin", language="en").imported
    event = event_of(imported)
    assert event is not None
    slots = entries(release(imported, now=NOW), event, Reader(language="en", address="https://p.example"))

    found = read_calendar(ics.calendar(slots, name="31C3", language="en"), language="en")

    assert {each.uid: (each.starts_at, each.duration_min, each.title) for each in found.imported.draft.sessions} == {
        each.uid: (each.starts_at, each.duration_min, each.title) for each in imported.draft.sessions
    }
    assert {room.name["en"] for room in found.imported.draft.rooms} == {
        room.name["en"] for room in imported.draft.rooms
    }
    assert found.imported.title == {"en": "31C3"}
