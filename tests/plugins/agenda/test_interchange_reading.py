"""Careless files: what is repaired, what is left out, and what is said of it."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from plenaria.plugins.agenda.interchange import Note, Read, read
from plenaria.plugins.agenda.rules import Session

ZONE = "America/Mexico_City"


def xml(*events: str, day: str = 'date="2025-10-01"', conference: str = "", head: str = "") -> bytes:
    return (
        f"{head}<schedule><conference><title>Congreso</title><start>2025-10-01</start><end>2025-10-02</end>"
        f"<time_zone_name>{ZONE}</time_zone_name>{conference}</conference>"
        f'<day {day}><room name="Sala 1">{"".join(events)}</room></day></schedule>'
    ).encode()


def event(inside: str = "", *, attributes: str = "", title: str = "Apertura", start: str = "09:00") -> str:
    """An event with what it needs: a title, a clock time, 45 minutes; `inside` comes first and so wins."""
    rest = f"<title>{title}</title><start>{start}</start><duration>00:45</duration>"
    return f"<event {attributes}>{inside}{rest}</event>"


def json(*events: dict[str, Any], **conference: Any) -> bytes:
    day = {"index": 1, "date": "2025-10-01", "rooms": {"Sala 1": events}}
    told = {"title": "Congreso", "time_zone_name": ZONE, "start": "2025-10-01", "end": "2025-10-02", "days": [day]}
    return msgspec.json.encode({"schedule": {"conference": {**told, **conference}}})


def entry(**values: Any) -> dict[str, Any]:
    return {"title": "Apertura", "id": 1, "guid": GUID, "start": "09:00", "duration": "00:45", **values}


GUID = "0b5e1c1e-6c27-4d4e-9d57-52d9a1a0a001"
EXPECTED = frozenset({"guid_missing", "number_given"})
"""What `event()` is noted for anyway."""


def only(found: Read) -> Session:
    (session,) = found.imported.draft.sessions
    return session


def notes(found: Read) -> list[Note]:
    return [note for note in (*found.report.repaired, *found.report.left_out) if note.code not in EXPECTED]


def codes(found: Read) -> list[str]:
    return [note.code for note in notes(found) if note.code != "offset_missing"]


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 10, day, hour, minute, tzinfo=UTC)


# -------------------------------------------------------------------------------------------------- time


def test_a_clock_time_is_one_of_the_day_it_stands_under_in_the_file_s_zone() -> None:
    found = read(xml(event()), zone="UTC")

    assert only(found).starts_at == utc(1, 15)
    assert [(note.code, note.facts) for note in notes(found)] == [("offset_missing", {"zone": ZONE, "count": 1})]


@pytest.mark.parametrize(("named", "code"), [("", "zone_missing"), ("Mars/Olympus", "zone_unknown")])
def test_without_a_zone_of_its_own_the_event_s_is_taken(named: str, code: str) -> None:
    found = read(xml(event()).replace(ZONE.encode(), named.encode()), zone="Europe/Berlin")

    assert only(found).starts_at == utc(1, 7)
    assert (found.imported.zone, codes(found)) == ("Europe/Berlin", [code])


@pytest.mark.parametrize(
    ("day", "start", "expected"),
    [
        ('date="2025-10-01"', "00:30", utc(2, 6, 30)),
        ('date="2025-10-01"', "03:59", utc(2, 9, 59)),
        ('date="2025-10-01"', "04:00", utc(1, 10)),
        ('date="2025-10-01"', "25:30", utc(2, 7, 30)),
        (
            'date="2025-10-01" start="2025-10-01T10:00:00-06:00" end="2025-10-02T06:00:00-06:00"',
            "05:30",
            utc(2, 11, 30),
        ),
        ('date="2025-10-01" start="2025-10-01T10:00:00-06:00" end="2025-10-02T06:00:00-06:00"', "06:00", utc(1, 12)),
        ('date="2025-10-01" start="2025-10-01T00:00:00-06:00" end="2025-10-02T00:00:00-06:00"', "00:30", utc(1, 6, 30)),
    ],
)
def test_a_clock_time_after_midnight_is_one_of_the_conference_s_day_before(
    day: str, start: str, expected: datetime
) -> None:
    found = read(xml(event(start=start), day=day))

    assert only(found).starts_at == expected
    is_next_day = expected.astimezone(UTC).day == 2
    assert codes(found) == (["after_midnight"] if is_next_day else [])


def test_the_file_may_say_itself_until_when_it_is_the_day_before() -> None:
    found = read(xml(event(start="05:30"), conference="<day_change>06:00:00</day_change>"))

    assert only(found).starts_at == utc(2, 11, 30)


@pytest.mark.parametrize(
    ("date", "start", "expected"),
    [
        ("2025-10-01T09:00:00-06:00", "09:00", utc(1, 15)),
        ("2025-10-01T09:00:00-0600", "", utc(1, 15)),
        ("2025-10-01T15:00:00Z", "", utc(1, 15)),
        ("2025-10-01T15:00:00.123+00:00", "", utc(1, 15)),
        ("2025-10-01T09:00", "", utc(1, 15)),
        ("2025-10-01 09:00:00", "", utc(1, 15)),
        ("2025-10-02", "09:00", utc(2, 15)),
        ("", "2025-10-02T09:00:00-06:00", utc(2, 15)),
        ("", "9:05", utc(1, 15, 5)),
        ("", "3:30 pm", utc(1, 21, 30)),
        ("", "12:05 AM", utc(2, 6, 5)),
    ],
)
def test_a_start_is_understood_as_people_write_it(date: str, start: str, expected: datetime) -> None:
    assert only(read(json(entry(date=date, start=start)))).starts_at == expected


def test_a_date_and_a_start_that_disagree_are_noted_and_the_date_is_taken() -> None:
    found = read(json(entry(date="2025-10-01T09:00:00-06:00", start="10:00")))

    assert (only(found).starts_at, codes(found)) == (utc(1, 15), ["start_disagrees"])


def test_a_wall_time_that_clocks_skip_is_moved_by_the_gap() -> None:
    given = json(entry(date="2025-03-30T02:30:00", start=""), time_zone_name="Europe/Berlin")

    found = read(given)

    assert only(found).starts_at == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert codes(found) == ["wall_time_skipped"]


@pytest.mark.parametrize(
    ("date", "start", "code"),
    [
        ("", "", "start_missing"),
        ("tomorrow", "", "start_unreadable"),
        ("2025-02-30T09:00:00Z", "", "start_unreadable"),
        ("0001-01-01T00:00:00+14:00", "", "start_unreadable"),
        ("9999-12-31T23:59:59-14:00", "", "start_unreadable"),
        ("", "99:99", "start_unreadable"),
        ("", "nine", "start_unreadable"),
    ],
)
def test_a_session_without_a_start_is_left_out_and_named(date: str, start: str, code: str) -> None:
    found = read(json(entry(date=date, start=start), entry(guid="", id=2)))

    (note,) = found.report.left_out
    assert (note.code, note.subject) == (code, "Apertura")
    assert note.pointer == "/schedule/conference/days/0/rooms/Sala 1/0"
    assert (found.report.sessions, found.report.sessions_left_out, len(found.imported.draft.sessions)) == (2, 1, 1)


# ---------------------------------------------------------------------------------------------- duration


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("1:30", 90), ("01:30", 90), ("01:30:00", 90), ("90", 90), ("90 min", 90), ("PT1H30M", 90), ("PT90M", 90), ("P1D", 1440),
        ("00:44:10", 45), (90, 90), (90.0, 90), ("24:00", 1440),
    ],
)  # fmt: skip
def test_a_length_is_understood_as_people_write_it(said: Any, minutes: int) -> None:
    found = read(json(entry(duration=said)))

    assert (only(found).duration_min, codes(found)) == (minutes, [])


@pytest.mark.parametrize(
    ("said", "minutes", "code"),
    [
        ("", 30, "duration_missing"), (None, 30, "duration_missing"), ("long", 30, "duration_unreadable"),
        ("00:00", 5, "duration_out_of_bounds"), ("-30", 5, "duration_out_of_bounds"), ("00:03", 5, "duration_out_of_bounds"),
        ("24:01", 1440, "duration_out_of_bounds"), ("9999:59", 1440, "duration_out_of_bounds"),
        (10**17, 30, "duration_unreadable"),
    ],
)  # fmt: skip
def test_a_length_that_cannot_be_is_replaced_and_noted(said: Any, minutes: int, code: str) -> None:
    found = read(json(entry(duration=said)), duration_min=30)

    assert (only(found).duration_min, codes(found)) == (minutes, [code])


@pytest.mark.parametrize("end", ["2025-10-01T10:15:00-06:00", "2025-10-01T10:15", "10:15"])
def test_without_a_length_the_end_says_it(end: str) -> None:
    found = read(json(entry(duration="", end=end)))

    assert (only(found).duration_min, codes(found)) == (75, [])


# ------------------------------------------------------------------------------------------------- names


def test_an_identifier_that_is_missing_or_no_uuid_is_made_and_stays_the_same() -> None:
    given = [entry(guid=""), entry(guid="HOqeNIb6G7M4hYFKFRkCmQ", id=2), entry(guid="{not}", id=3)]
    later = [dict(each, start="11:00", title="Otro") for each in reversed(given)]

    first, second = read(json(*given)), read(json(*later))

    uids = {each.number: each.uid for each in first.imported.draft.sessions}
    assert uids == {each.number: each.uid for each in second.imported.draft.sessions}
    assert [(note.code, note.facts["count"]) for note in first.report.repaired if "guid" in note.code] == [
        ("guid_missing", 1),
        ("guid_invalid", 2),
    ]


def test_an_identifier_in_capitals_is_the_same_identifier() -> None:
    assert only(read(json(entry(guid=GUID.upper())))).uid == GUID


def test_of_two_sessions_with_one_identifier_the_first_keeps_it() -> None:
    found = read(json(entry(), entry(start="10:00", id=2)))

    first, second = found.imported.draft.sessions
    assert (first.uid, second.uid != GUID, codes(found)) == (GUID, True, ["guid_repeated"])


def test_the_very_same_entry_twice_comes_in_once() -> None:
    found = read(json(entry(), entry()))

    assert only(found).uid == GUID
    assert (codes(found), found.report.sessions_left_out) == (["session_repeated"], 1)


def test_numbers_that_repeat_or_are_none_are_given_anew_and_take_nobody_s() -> None:
    ids = [7, 7, "x", None, 1, -3, 2**40, "12"]

    found = read(json(*(entry(id=number, guid="", start=f"1{at}:00") for at, number in enumerate(ids))))

    assert [each.number for each in found.imported.draft.sessions] == [7, 2, 3, 4, 1, 5, 6, 12]
    assert [note.facts["count"] for note in found.report.repaired if note.code == "number_given"] == [5]


def test_slugs_that_repeat_give_codes_apart() -> None:
    found = read(json(*(entry(slug="conf-1-opening", id=n, guid="", start=f"1{n}:00") for n in (1, 2)), acronym="conf"))

    assert [each.code for each in found.imported.draft.sessions] == ["opening", "1-opening"]
    assert codes(found) == ["slug_repeated"]


@pytest.mark.parametrize(
    ("slug", "title", "code"),
    [
        ("conf-1-opening_ceremony", "x", "opening-ceremony"),
        ("31c3_-_6561_-_en_-_saal_1_-_201412271100_-_keynote", "Keynote!", "keynote"),
        ("", "¿Y ahora qué?", "y-ahora-que"),
        ("", "A", "session-a"),
        ("", "日本語", "abcdef"),
        ("", "x" * 200, "x" * 50),
    ],
)
def test_a_code_comes_from_the_slug_else_from_the_title(slug: str, title: str, code: str) -> None:
    assert only(read(json(entry(slug=slug, title=title, code="ABCDEF"), acronym="conf"))).code == code


def test_codes_that_would_be_alike_are_numbered_within_their_length() -> None:
    found = read(json(*(entry(id=n, guid="", title="w " * 60, start=f"1{n}:00") for n in range(1, 4))))

    codes_given = [each.code for each in found.imported.draft.sessions]
    assert len(set(codes_given)) == 3
    assert all(len(code) <= 50 for code in codes_given)


# ------------------------------------------------------------------------------------ rooms, people, words


def test_a_session_in_a_room_that_the_file_does_not_list_adds_the_room() -> None:
    rooms = [{"name": "Sala 2", "slug": "dos", "capacity": 80, "guid": GUID}]

    found = read(json(entry(), rooms=rooms))

    assert [(room.code, room.name, room.capacity) for room in found.imported.draft.rooms] == [
        ("dos", {"es": "Sala 2"}, 80),
        ("sala-1", {"es": "Sala 1"}, 0),
    ]
    assert (only(found).room, set(codes(found))) == ("sala-1", {"room_unknown", "field_dropped"})


def test_a_session_that_names_another_room_than_it_stands_under_stays_there() -> None:
    found = read(json(entry(room="Sala 9")))

    assert ([room.code for room in found.imported.draft.rooms], codes(found)) == (["sala-1"], ["room_disagrees"])


@pytest.mark.parametrize("name", ["Sin sala", "No room", ""])
def test_no_room_is_no_room(name: str) -> None:
    found = read(json(entry()).replace(b"Sala 1", name.encode()))

    assert (only(found).room, found.imported.draft.rooms) == ("", ())


def test_sessions_may_stand_under_the_day_or_the_schedule_itself() -> None:
    given = xml(event()).replace(b'<room name="Sala 1">', b"").replace(b"</room>", b"")
    loose = event("<date>2025-10-02T09:00:00-06:00</date><room>Patio</room>", title="Suelta")

    found = read(given.replace(b"</schedule>", loose.encode() + b"</schedule>"))

    assert [(each.title["es"], each.room) for each in found.imported.draft.sessions] == [
        ("Apertura", ""),
        ("Suelta", "patio"),
    ]


def test_people_are_told_apart_by_number_and_met_again_by_name() -> None:
    given = [
        [{"id": 1, "name": "Ana Ruiz"}, {"id": 2, "name": "Ana Ruiz"}],
        [{"name": "ana  RUIZ"}, {"public_name": "Luis Mora"}, "Luis Mora"],
        [{"id": 1, "name": "Otra Persona"}, {"id": 9, "name": " "}],
    ]

    found = read(json(*(entry(persons=each, id=n, guid="", start=f"1{n}:00") for n, each in enumerate(given, start=1))))

    assert [(person.code, person.name) for person in found.imported.draft.people] == [
        ("ana-ruiz", "Ana Ruiz"),
        ("ana-ruiz-2", "Ana Ruiz"),
        ("luis-mora", "Luis Mora"),
        ("otra-persona", "Otra Persona"),
    ]
    assert [[part.person for part in each.parts] for each in found.imported.draft.sessions] == [
        ["ana-ruiz", "ana-ruiz-2"],
        ["ana-ruiz", "luis-mora"],
        ["otra-persona"],
    ]
    assert sorted(codes(found)) == ["person_number_repeated", "person_repeated", "person_without_name"]


def test_a_long_name_goes_on_in_the_fields_of_surnames() -> None:
    names = ["Ana " * 60, "x" * 350, "José Luis " * 3]

    found = read(json(entry(persons=names)))

    ana, long, luis = found.imported.draft.people
    assert (ana.name, luis.given_names, luis.first_surname) == (names[0].strip(), names[2].strip(), "")
    assert (long.name, codes(found)) == ("x" * 99 + "…", ["text_cut"])


def test_more_people_than_a_stage_holds_are_left_out() -> None:
    found = read(json(entry(persons=[{"name": f"P {n}"} for n in range(103)])))

    assert len(only(found).parts) == 100
    assert [note.facts for note in found.report.left_out] == [{"most": 100, "count": 3}]


def test_html_becomes_markdown_and_other_angles_stay() -> None:
    html = (
        '<p>Hola <b>a todas</b> &amp; a <em>todos</em></p><ul><li>uno</li><li>dos <a href="https://x.example/a?b=1&amp;c">aquí</a>'
        "</li></ul><a href='javascript:alert(1)'>no</a><br/>fin"
    )

    found = read(json(entry(abstract=html), entry(abstract="I <3 <name> & a < b", id=2, guid="", start="10:00")))

    first, second = found.imported.draft.sessions
    assert first.abstract["es"] == (
        "Hola **a todas** & a *todos*\n\n- uno\n- dos [aquí](https://x.example/a?b=1&c)\n\nno\nfin"
    )
    assert second.abstract["es"] == "I <3 <name> & a < b"
    assert [note.facts["count"] for note in notes(found) if note.code == "markup_converted"] == [1]


def test_html_that_nobody_escaped_is_read_too() -> None:
    found = read(xml(event("<abstract><p>Hola <b>a todas</b></p><p>Fin</p></abstract>")))

    assert only(found).abstract == {"es": "Hola **a todas**\n\nFin"}


def test_subtitle_abstract_and_description_are_one_text_each_said_once() -> None:
    found = read(json(entry(subtitle="Sub", abstract="Corto", description="Corto", language="en-GB")))

    assert (only(found).abstract, only(found).language) == ({"es": "Sub\n\nCorto"}, "en")


def test_texts_that_are_too_long_are_cut_at_a_word() -> None:
    found = read(json(entry(abstract="palabra " * 1000, title="T" * 300)))

    session = only(found)
    assert session.abstract["es"].endswith("palabra…")
    assert (len(session.title["es"]), len(session.abstract["es"])) == (200, 4999 - 4999 % 8)
    assert [note.facts["field"] for note in notes(found) if note.code == "text_cut"] == ["title", "abstract"]


def test_words_in_several_languages_stay_in_ours() -> None:
    found = read(json(entry(title={"fr": "Bonjour", "en": "Hello"}, track={"fr": "Culture"})), language="es")

    assert only(found).title == {"en": "Hello"}
    assert found.imported.draft.tracks[0].name == {"es": "Culture"}


def test_a_title_that_is_missing_is_invented() -> None:
    found = read(json(entry(title=" \u0007 ")), language="en")

    assert (only(found).title, codes(found)) == ({"en": "Untitled"}, ["title_missing"])


def test_a_cancelled_session_comes_in_as_cancelled() -> None:
    assert only(read(json(entry(status="Cancelled")))).state == "cancelled"
    assert only(read(xml(event("<status>cancelled</status>")))).state == "cancelled"


# ---------------------------------------------------------------------------------------------- the bytes


@pytest.mark.parametrize(
    ("declared", "written", "code"),
    [
        ("utf-8", "utf-8", []),
        ("utf-8", "cp1252", ["encoding_wrong"]),
        ("iso-8859-1", "iso-8859-1", []),
        ("iso-8859-1", "utf-8", ["encoding_wrong"]),
        ("us-ascii", "utf-8", []),
        ("zip", "utf-8", ["encoding_wrong"]),
        ("x-nobody", "cp1252", ["encoding_wrong"]),
        ("utf-16", "utf-16", []),
        ("utf-8", "utf-8-sig", []),
    ],
)
def test_a_file_is_read_whatever_encoding_it_claims(declared: str, written: str, code: list[str]) -> None:
    text = xml(event(title="Sesión ñandú"), head=f'<?xml version="1.0" encoding="{declared}"?>').decode()

    found = read(text.encode(written))

    assert (only(found).title, codes(found)) == ({"es": "Sesión ñandú"}, code)


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_json_too(written: str) -> None:
    assert only(read(json(entry(title="Sesión ñandú")).decode().encode(written))).title == {"es": "Sesión ñandú"}


def test_characters_that_xml_forbids_are_dropped_and_counted() -> None:
    found = read(b"\n\n" + xml(event(title="Ap\x07ert\x00ura&#1;"), head="\n"))

    assert (only(found).title, sorted(codes(found))) == (
        {"es": "Apertura"},
        ["ampersands_repaired", "characters_dropped"],
    )
    assert [note.facts for note in notes(found) if note.code == "characters_dropped"] == [{"line": 4, "count": 2}]


def test_stray_ampersands_and_names_of_html_are_read_as_text() -> None:
    given = event("<abstract><![CDATA[a &amp; b & c]]></abstract>", title="R&D&nbsp;caf&eacute; &amp; &#233;")

    found = read(xml(given))

    assert only(found).title == {"es": "R&D café & é"}
    assert only(found).abstract == {"es": "a &amp; b & c"}
    assert [note.facts["count"] for note in notes(found) if note.code == "ampersands_repaired"] == [3]


def test_numbers_that_are_none_and_keys_twice_are_noted() -> None:
    given = json(entry()).replace(b'"id":1', b'"id":NaN,"capacity":1e999,"id":' + b"9" * 5000 + b',"id":3')

    found = read(given)

    assert only(found).number == 3
    assert {note.code: note.facts["count"] for note in found.report.repaired if note.code != "offset_missing"} == {
        "number_unusable": 3,
        "key_repeated": 2,
    }


def test_unknown_elements_are_passed_over_and_counted() -> None:
    found = read(xml(event("<links><link/><link/></links><mood>good</mood><logo/>")), language="es")

    assert {note.facts["field"]: note.facts["count"] for note in found.report.left_out} == {"links": 2, "mood": 1}


def test_names_of_elements_may_be_in_capitals_and_in_a_namespace() -> None:
    given = (
        xml(event())
        .decode()
        .replace("<schedule>", '<s:Schedule xmlns:s="urn:x">')
        .replace("</schedule>", "</s:Schedule>")
    )

    assert only(read(given.encode())).title == {"es": "Apertura"}


def test_a_note_says_where() -> None:
    found = read(xml(event(start="nine", title="A").replace("<event", "\n\n<event"), event(title="B")))

    (note,) = found.report.left_out
    assert (note.subject, note.line, note.pointer) == ("A", 3, "/schedule/day[1]/room[1]/event[1]")


# ------------------------------------------------------------------------------------------- the schedule


@pytest.mark.parametrize(
    "given",
    [
        b"<schedule/>",
        b"<schedule><day/></schedule>",
        b"<schedule><conference/><day><room/></day></schedule>",
        b'{"schedule":{"conference":{}}}',
        b'{"conference":{"days":[{"rooms":{}},{}]}}',
    ],
)
def test_an_empty_schedule_is_one_and_says_so(given: bytes) -> None:
    found = read(given)

    assert found.imported.draft.sessions == ()
    assert (found.imported.starts_on, found.imported.acronym, found.report.sessions) == (None, "", 0)
    assert {"no_sessions", "event_title_missing", "zone_missing", "days_missing"} == set(codes(found))


def test_days_that_the_event_does_not_give_are_those_of_its_sessions() -> None:
    given = xml(event()).replace(b"<end>2025-10-02</end>", b"<end>2025-09-30</end>")

    found = read(given)

    assert (found.imported.starts_on, found.imported.ends_on) == (date(2025, 9, 30), date(2025, 10, 1))
    assert codes(found) == ["days_missing"]


def test_entries_that_are_no_sessions_are_counted_as_left_out() -> None:
    given = json(entry(), entry()).replace(b"[{", b'[null,"x",{', 1)
    day = {"date": "2025-10-01", "rooms": {"Sala 1": [None, "x", entry()]}}

    found = read(json(days=[day]))

    assert given != json(entry(), entry())
    assert (found.report.sessions, found.report.sessions_left_out) == (3, 2)


def test_rooms_may_be_a_list_and_conference_may_stand_alone() -> None:
    day = {"date": "2025-10-01", "rooms": [{"name": "Patio", "events": [entry()]}]}

    found = read(msgspec.json.encode({"conference": {"time_zone_name": ZONE, "days": [day]}}))

    assert (only(found).room, only(found).starts_at) == ("patio", utc(1, 15))
