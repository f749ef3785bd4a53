"""Files that mean harm, and files that mean nothing: each answered in time, in memory, and by `Unreadable` alone."""

import json
import socket
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from plenaria.plugins.agenda.ics import UnknownZone
from plenaria.plugins.agenda.interchange import (
    LEFT_OUT_WORDS,
    NOTE_WORDS,
    REPAIRED_WORDS,
    UNREADABLE_WORDS,
    Read,
    Unreadable,
    read,
    read_calendar,
    read_json,
    read_xml,
)
from plenaria.plugins.agenda.settings import AgendaSection
from tests.plugins.agenda.interchange_files import schedule_file

MOST_OCTETS = 8 * 1024 * 1024


def refused(data: bytes, reader: Callable[..., Read] = read) -> str:
    with pytest.raises(Unreadable) as caught:
        reader(data)
    assert caught.value.refusal.code == caught.value.code
    assert str(caught.value) == UNREADABLE_WORDS[caught.value.code].format(**caught.value.facts)
    return caught.value.code


def xml(inside: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<schedule>{inside}</schedule>'.encode()


def laughs() -> str:
    entities = ['<!ENTITY lol0 "lol">']
    entities += [f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<!DOCTYPE schedule [{''.join(entities)}]>"


DTDS = {
    "billion laughs": (laughs(), "<version>&lol9;</version>"),
    "quadratic": (f'<!DOCTYPE schedule [<!ENTITY a "{"a" * 50_000}">]>', f"<version>{'&a;' * 50_000}</version>"),
    "a file": ('<!DOCTYPE schedule [<!ENTITY x SYSTEM "file:///etc/hostname">]>', "<version>&x;</version>"),
    "a parameter": ('<!DOCTYPE schedule [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>', ""),
    "an outside subset": ('<!DOCTYPE schedule SYSTEM "http://127.0.0.1:9/schedule.dtd">', ""),
    "a public one": ('<!DOCTYPE schedule PUBLIC "-//x//y" "http://127.0.0.1:9/schedule.dtd">', ""),
    "an empty one": ("<!DOCTYPE schedule>", ""),
}


@pytest.mark.parametrize("name", DTDS)
def test_no_dtd_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head, inside = DTDS[name]
    opened: list[Any] = []
    monkeypatch.setattr(socket, "socket", lambda *given, **_: opened.append(given))
    monkeypatch.setattr("builtins.open", lambda *given, **_: opened.append(given))

    assert refused(xml(inside, head)) == "dtd_forbidden"
    assert opened == []


def test_an_entity_without_a_dtd_is_text(tmp_path: Path) -> None:
    """What the repair of stray ampersands must never become: a way to resolve something."""
    found = read(xml("<version>&x; &amp;lol; &#0;</version>"))

    assert found.imported.version == "&x; &lol;"


def test_xinclude_and_stylesheets_are_dead_letters() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'

    found = read(xml(include, '<?xml-stylesheet href="file:///etc/hostname"?>'))

    assert found.imported.draft.sessions == ()
    assert [note.facts["field"] for note in found.report.left_out] == ["include"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<schedule>" + b"<a>" * 100_000, "nested_too_deep"),
        (b"<schedule>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</schedule>", "nested_too_deep"),
        (b"<schedule>" + b"<a>" * 64 + b"</a>" * 64 + b"</schedule>", "nested_too_deep"),
        (b"[" * 100_000, "nested_too_deep"),
        (b'{"schedule":' * 100_000 + b"1" + b"}" * 100_000, "nested_too_deep"),
        (b"<schedule>" + b"<a/>" * 400_000 + b"</schedule>", "too_many_parts"),
        (b"[" + b"[]," * 400_000 + b"[]]", "too_many_parts"),
        (b"[" + b"1," * 3_000_000 + b"1]", "too_many_parts"),
        (b"<schedule>" + b" " * MOST_OCTETS, "file_too_large"),
        (b"BEGIN:VCALENDAR\r\n" + b" " * MOST_OCTETS, "file_too_large"),
    ],
    ids=[
        "open",
        "closed",
        "one too deep",
        "lists",
        "objects",
        "elements",
        "small lists",
        "numbers",
        "size",
        "calendar",
    ],
)
def test_what_is_too_deep_or_too_large_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_as_deep_as_allowed_is_read() -> None:
    inner = b"<a>" * 63 + b"</a>" * 63

    assert read(b"<schedule>" + inner + b"</schedule>").report.sessions == 0


@pytest.mark.parametrize(
    "data",
    [
        b'<schedule version="' + b"x" * (MOST_OCTETS - 1000) + b'"/>',
        b"<schedule><version>" + b"x" * (MOST_OCTETS - 1000) + b"</version></schedule>",
        b"<schedule><version><![CDATA[" + b"&" * (MOST_OCTETS - 1000) + b"]]></version></schedule>",
        xml("<version>" + "<![CDATA[]]>&amp;" * 300_000 + "</version>"),
        b"<schedule>" + b"<version/>" * 200_000 + b"</schedule>",
        b'{"conference": {"title": "' + b"x" * (MOST_OCTETS - 1000) + b'"}}',
        b'{"conference": {"title": "' + b"\\n" * (MOST_OCTETS // 2 - 1000) + b'"}}',
        b'{"conference": {"days": [' + b'{"a":1},' * 200_000 + b"{}]}}",
    ],
    ids=["attribute", "text", "cdata", "many cdata", "elements", "string", "escapes", "objects"],
)
def test_what_is_large_but_allowed_stays_within_bounds_of_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        read(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 30 * MOST_OCTETS


LONG = "x" * 100_000
EVENTS = "".join(f'<event id="{n}"><title>{n}</title><start>10:00</start></event>' for n in range(1, 401))
ENTRIES = [{"id": n, "title": str(n), "start": "10:00"} for n in range(1, 401)]
SLOT = {"code": "A", "slots": [{"start": "2025-10-01T10:00", "room": "R"}]}


@pytest.mark.parametrize(
    "data",
    [
        xml(f'<day date="2025-10-01"><room name="{LONG}">{EVENTS}</room></day>'),
        xml(f'<day date="2025-10-01" start="{LONG}"><room name="R">{EVENTS}</room></day>'),
        json.dumps({"conference": {"days": [{"date": "2025-10-01", "rooms": {LONG: ENTRIES}}]}}).encode(),
        json.dumps(
            {"conference": {"days": [{"date": "2025-10-01", "rooms": [{"name": LONG, "events": ENTRIES}]}]}}
        ).encode(),
        json.dumps(
            {"conference": {"days": [{"date": "2025-10-01", "day_end": LONG, "rooms": {"R": ENTRIES}}]}}
        ).encode(),
        json.dumps({"s": {"2025-10-01": {LONG: {str(n): {**SLOT, "code": str(n)} for n in range(400)}}}}).encode(),
    ],
    ids=["room", "day", "room in JSON", "listed room", "day in JSON", "pointer"],
)
def test_what_many_sessions_have_in_common_takes_room_once(data: bytes) -> None:
    tracemalloc.start()
    try:
        found = read(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found.imported.draft.sessions) == 400
    assert most < 30 * len(data)


def test_a_room_with_an_endless_name_is_cut_and_said_to_be() -> None:
    found = read(xml(f'<day date="2025-10-01"><room name="{LONG}">{EVENTS}</room></day>'))

    assert [len(room.name["es"]) for room in found.imported.draft.rooms] == [120]
    assert [note.facts for note in found.report.repaired if note.code == "text_cut"] == [{"field": "room", "most": 120}]


@pytest.mark.parametrize("odd", ["\\ud800", "\\u0000"], ids=["lone surrogate", "NUL"])
def test_a_key_that_no_database_can_hold_is_cleaned(odd: str) -> None:
    event = '{"title": {"es%s": "x"}, "start": "10:00", "odd%s": 1, "odd%s": 2}'.replace("%s", odd)
    days = f'[{{"date": "2025-10-01", "rooms": {{"R{odd}": [{event}, {{"title": "y"}}]}}}}]'

    found = read(f'{{"conference": {{"days": {days}}}}}'.encode())

    assert [room.name for room in found.imported.draft.rooms] == [{"es": "R"}]
    assert "odd" in {note.facts.get("field") for note in found.report.left_out}
    assert "\\u0000" not in msgspec.json.encode(found).decode()


@pytest.mark.parametrize("data", [b'["\\ud800"]', b'{"\\ud800": 1}'])
def test_a_refusal_can_be_printed_whatever_the_file_says(data: bytes) -> None:
    assert refused(data) == "wrong_root"

    with pytest.raises(Unreadable) as caught:
        read(data)
    assert str(caught.value).encode()


@pytest.mark.parametrize(
    "hard",
    [
        "<" * 200_000,
        "<a href='" * 50_000,
        "<p " * 100_000,
        "&" * 200_000,
        "<a " + "href=" * 100_000 + ">",
        "<!--" * 100_000,
        "\n" * 200_000,
        "- " * 100_000,
    ],
)
def test_an_abstract_made_to_be_slow_is_not(hard: str) -> None:
    event = {
        "title": "t",
        "date": "2025-10-01T09:00:00Z",
        "abstract": "<p>x</p>" + hard,
        "duration": hard,
        "slug": hard,
    }
    document = {"schedule": {"conference": {"days": [{"rooms": {"R": [event]}}]}}}

    found = read(msgspec.json.encode(document))

    assert [len(each.abstract["es"]) <= 5000 for each in found.imported.draft.sessions] == [True]


@pytest.mark.parametrize("address", ["javascript:alert`1`", "data:text/html,x", "//elsewhere.example", "FILE:///etc"])
def test_a_link_that_leads_elsewhere_than_to_the_web_is_its_words_alone(address: str) -> None:
    abstract = f"&lt;a href='{address}'&gt;words&lt;/a&gt;"

    found = read(xml(f"<event><date>2025-10-01T09:00:00Z</date><abstract>{abstract}</abstract></event>"))

    assert [each.abstract for each in found.imported.draft.sessions] == [{"es": "words"}]


def test_a_code_with_a_number_behind_it_may_be_taken_too() -> None:
    titles = ["Talk", "Talk 2", "Talk"]
    event = "<event><title>{}</title><date>2025-10-01T{:02}:00:00Z</date></event>"
    found = read(xml("".join(event.format(title, hour) for hour, title in enumerate(titles, start=9))))

    assert [each.code for each in found.imported.draft.sessions] == ["talk", "talk-2", "talk-3"]


def test_ten_thousand_sessions_alike_get_ten_thousand_codes() -> None:
    event = "<event><title>Same</title><date>2025-10-01T09:00:00Z</date><duration>{}</duration></event>"
    found = read(xml("<day>" + "".join(event.format(n) for n in range(5, 5 + 10_050)) + "</day>"))

    assert len({each.code for each in found.imported.draft.sessions}) == 10_000
    assert found.report.sessions == 10_050 == len(found.imported.draft.sessions) + found.report.sessions_left_out


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"\0\0\0", "file_empty"),
        (b"PK\x03\x04 a spreadsheet", "format_unknown"),
        (b"%PDF-1.7", "format_unknown"),
        (b"null", "format_unknown"),
        (b"<html><body/></html>", "wrong_root"),
        (b"<!DOCTYPE html><html></html>", "dtd_forbidden"),
        (b"<schedule><day></schedule>", "not_well_formed"),
        (b'<schedule a="1" a="2"/>', "not_well_formed"),
        (b"<schedule/><schedule/>", "not_well_formed"),
        (b"<schedule><day>", "file_truncated"),
        (b"<schedule><day", "file_truncated"),
        (b"<schedule><![CDATA[", "file_truncated"),
        (b"[]", "wrong_root"),
        (b"{}", "wrong_root"),
        (b'{"schedule": 1}', "wrong_root"),
        (b'{"schedule": {"conference": []}}', "wrong_root"),
        (b'{"a": }', "not_well_formed"),
        (b"{'a': 1}", "not_well_formed"),
        (b'{"a": [1, 2', "file_truncated"),
        (b'{"a": "b', "file_truncated"),
        (b'{"a": 1} x', "not_well_formed"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_every_cut_of_a_real_file_is_told_to_be_cut() -> None:
    for name, reader in (("31c3-schedule.xml", read_xml), ("frab-camp2019.json", read_json)):
        whole = schedule_file(name).rstrip()
        for length in range(1000, len(whole) - 1, len(whole) // 25):
            assert refused(whole[:length], reader) == "file_truncated"


def test_a_zone_or_language_that_is_none_is_the_caller_s_mistake() -> None:
    with pytest.raises(UnknownZone):
        read(xml(""), zone="Mars/Olympus")
    with pytest.raises(ValueError, match="'fr' is not one of the languages es, en"):
        read(xml(""), language="fr")


def test_every_note_has_words_and_stands_on_one_side() -> None:
    assert not set(REPAIRED_WORDS) & set(LEFT_OUT_WORDS)
    assert set(NOTE_WORDS) == set(REPAIRED_WORDS) | set(LEFT_OUT_WORDS)


# ---------------------------------------------------------------------------------------- whatever comes


def examined(data: bytes, reader: Callable[..., Read]) -> None:
    """Reads; whatever comes of it must be valid by the agenda's own rules, and the same again."""
    try:
        found = reader(data, zone="America/Mexico_City")
    except Unreadable:
        return
    assert reader(data, zone="America/Mexico_City") == found
    assert_valid(found)


def assert_valid(found: Read) -> None:
    draft = found.imported.draft
    lists = {kind: getattr(draft, kind) for kind in ("rooms", "tracks", "types", "people", "sessions")}
    codes = {kind: [each.code for each in listed] for kind, listed in lists.items()}
    assert all(len(set(each)) == len(each) for each in codes.values())
    assert (
        len({each.uid for each in draft.sessions})
        == len({each.number for each in draft.sessions})
        == len(draft.sessions)
    )
    assert [str(UUID(each.uid)) for each in draft.sessions] == [each.uid for each in draft.sessions]
    section = msgspec.convert(
        {
            "rooms": [_item(room, "code", "name", "capacity") for room in draft.rooms],
            "tracks": [_item(track, "code", "name", "colour") for track in draft.tracks],
            "types": [_item(kind, "code", "name") for kind in draft.types],
            "people": [_item(person, "code", "given_names", "bio") for person in draft.people],
            "sessions": [
                {
                    **_item(
                        each, "code", "title", "abstract", "language", "type", "track", "room", "duration_min", "state"
                    ),
                    "starts_at": each.starts_at,
                    "people": [_item(part, "person", "role") for part in each.parts],
                }
                for each in draft.sessions
            ],
        },
        AgendaSection,
    )
    assert list(section.problems()) == []
    for each in draft.sessions:
        assert set(each.title) <= {"es", "en"}
        assert all(0 < len(text) <= 200 and text == " ".join(text.split()) for text in each.title.values())
        assert all(0 < len(text) <= 5000 for text in each.abstract.values())
    msgspec.json.encode(found)  # no lone surrogate, nothing that a database could not hold
    assert found.report.sessions == len(draft.sessions) + found.report.sessions_left_out
    for note in (*found.report.repaired, *found.report.left_out):
        assert NOTE_WORDS[note.code].format(**note.fields)


def _item(of: Any, *fields: str) -> dict[str, Any]:
    return {field: getattr(of, field) for field in fields}


@cache
def short(name: str) -> bytes:
    """The beginning of a real file and its end: as much as can be read a few hundred times."""
    whole = schedule_file(name)
    if not name.endswith("xml"):
        document = msgspec.json.decode(whole)
        for day in document["schedule"]["conference"]["days"]:
            day["rooms"] = {room: events[:3] for room, events in day["rooms"].items()}
        return msgspec.json.encode(document)
    cut = whole.index(b"</event>", 12_000) + len(b"</event>")
    return whole[:cut] + b"</room></day></schedule>"


@pytest.mark.parametrize("name", ["31c3-schedule.xml", "fosdem-2023.xml", "frab-camp2019.json", "moca24-schedule.ics"])
def test_a_whole_real_file_gives_what_the_agenda_may_hold(name: str) -> None:
    examined(schedule_file(name), read)


@given(st.binary(max_size=300))
@example(b"<schedule>\xff</schedule>")
@example(b'{"schedule":{"conference":{"days":[null,{"rooms":[1]}],"rooms":[[]],"tracks":[null]}}}')
@example(b"BEGIN:VCALENDAR")
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for reader in (read, read_xml, read_json, read_calendar):
        examined(data, reader)


@pytest.mark.parametrize("name", ["31c3-schedule.xml", "fosdem-2023.xml", "frab-camp2019.json"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_real_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    given_file = bytearray(short(name))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(given_file)))
        until = at + data.draw(st.sampled_from([0, 1, 5, 40]))
        given_file[at:until] = data.draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from([b"<day>", b"</event>", b"&", b"\0", b"NaN", b"1e999", b'"', b"}", b"99:99"]),
            )
        )

    examined(bytes(given_file), read)


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["2025-10-01", "2025-10-01T09:00:00+02:00", "09:00", "25:30", "PT1H", "0", "-5", "\ud800", "x" * 300, "a/b~c"]
    ),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.sampled_from(["es", "en", "fr", "name", "id"]), st.text(max_size=4), max_size=2),
)
KEYS = (
    "guid", "id", "code", "slug", "title", "subtitle", "abstract", "track", "type", "language", "date", "start", "end",
    "duration", "room", "persons", "links", "state",
)  # fmt: skip
events = st.dictionaries(st.sampled_from(KEYS), odd | st.lists(odd, max_size=3), max_size=len(KEYS))
days = st.fixed_dictionaries(
    {"rooms": st.dictionaries(st.text(max_size=4), st.lists(events | odd, max_size=3), max_size=2) | odd},
    optional={"date": odd, "day_start": odd, "day_end": odd},
)
conferences = st.fixed_dictionaries(
    {"days": st.lists(days | odd, max_size=2) | odd},
    optional=dict.fromkeys(
        ("title", "acronym", "start", "end", "time_zone_name", "day_change", "rooms", "tracks"), odd
    ),
)


@given(conferences)
@settings(max_examples=200, deadline=None)
def test_json_of_the_right_shape_and_odd_values_is_read(conference: dict[str, Any]) -> None:
    data = json.dumps({"schedule": {"version": 1, "conference": conference}}).encode("utf-8", "surrogatepass")

    assert_valid(read(data))
    examined(data, read_json)
