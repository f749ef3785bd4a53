from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import vRecur

from plenaria.plugins.agenda.ics import LeftOut, Read, calendar, read, recurrence
from tests.plugins.agenda.interchange_files import schedule_file


def file(*lines: str, head: str = "") -> bytes:
    """A calendar of these content lines between BEGIN and END."""
    body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *([head] if head else []), *lines, "END:VCALENDAR"]
    return ("\r\n".join(body) + "\r\n").encode()


def event(*lines: str, uid: str = "u1") -> str:
    given = "\r\n".join(lines)
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20250901T000000Z\r\n{given}\r\nEND:VEVENT"


NINE = "DTSTART;TZID=America/Mexico_City:20251001T090000"
TEN = "DTEND;TZID=America/Mexico_City:20251001T100000"


def starts(found: Read) -> list[str]:
    return [f"{slot.starts_at:%m-%dT%H:%M}" for slot in found.slots]


def codes(found: Read) -> list[str]:
    return [line.code for line in found.left_out]


def test_moca_s_schedule_comes_whole_although_all_its_sessions_share_five_uids() -> None:
    found = read(schedule_file("moca24-schedule.ics"))

    assert len(found.slots) == len({slot.uid for slot in found.slots}) == 88
    assert found.zone == "Europe/Rome"
    assert {line.code for line in found.left_out} == {"repeated_uid"}
    assert found.slots[-1].title == "Closing ceremony"
    assert found.slots[-1].starts_at == datetime(2024, 9, 15, 13, 0, tzinfo=UTC)
    assert read(calendar(found.slots, name="MoCa", language="it")).slots == found.slots


def test_a_daily_session_with_an_exception_and_a_moved_day() -> None:
    found = read(
        file(
            event(NINE, TEN, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=America/Mexico_City:20251002T090000"),
            event(
                "RECURRENCE-ID;TZID=America/Mexico_City:20251003T090000",
                "DTSTART;TZID=America/Mexico_City:20251003T170000",
                "DURATION:PT30M",
                "SUMMARY:Por la tarde",
            ),
        )
    )

    assert starts(found) == ["10-01T15:00", "10-03T23:00", "10-04T15:00"]
    assert found.slots[1].title == "Por la tarde"
    assert found.slots[1].ends_at - found.slots[1].starts_at == timedelta(minutes=30)
    assert len({slot.uid for slot in found.slots}) == 3
    assert found.left_out == ()


def test_an_occurrence_keeps_its_uid_when_the_series_changes_around_it() -> None:
    series = [read(file(event(NINE, TEN, f"RRULE:FREQ=DAILY;COUNT={n}"))).slots for n in (2, 3)]

    assert [slot.uid for slot in series[0]] == [slot.uid for slot in series[1]][:2]


def test_occurrences_keep_their_wall_time_across_a_change_of_clocks() -> None:
    weekly = ("DTSTART;TZID=America/Tijuana:20251027T090000", "DTEND;TZID=America/Tijuana:20251027T100000")

    found = read(file(event(*weekly, "RRULE:FREQ=WEEKLY;UNTIL=20251103T170000Z", "RDATE:20251225T120000Z")))

    assert starts(found) == ["10-27T16:00", "11-03T17:00", "12-25T12:00"]


def test_of_two_versions_the_later_counts() -> None:
    found = read(
        file(
            event("DTSTART:20251001T150000Z", "DTEND:20251001T160000Z", "SEQUENCE:1", "SUMMARY:Vieja"),
            event("DTSTART:20251001T170000Z", "DTEND:20251001T180000Z", "SEQUENCE:2", "SUMMARY:Nueva"),
        )
    )

    assert [slot.title for slot in found.slots] == ["Nueva"]
    assert found.left_out == (LeftOut("superseded", "u1", {"count": 1}),)


def test_a_word_for_word_repetition_is_one_session() -> None:
    once = event("DTSTART:20251001T150000Z", "DTEND:20251001T160000Z")

    found = read(file(once, once))

    assert (starts(found), codes(found)) == (["10-01T15:00"], ["repeated"])


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["DTSTART;VALUE=DATE:20251001"], "no_end"),
        (["DTSTART;VALUE=DATE:20251001", "DTEND;VALUE=DATE:20251002"], "whole_day"),
        (["SUMMARY:Sin hora"], "no_start"),
        ([NINE], "no_end"),
        ([NINE, "DTEND:20251001T080000Z"], "ends_before_it_starts"),
        ([NINE, "DTEND:mañana"], "no_end"),
    ],
)
def test_an_entry_without_a_span_of_time_is_left_out_and_said(lines: list[str], code: str) -> None:
    found = read(file(event(*lines)))

    assert found.slots == ()
    assert code in codes(found)


@pytest.mark.parametrize(
    ("tzid", "hour", "doubts"),
    [
        ("America/Tijuana", 16, []),
        ("/freeassociation.sourceforge.net/America/Tijuana", 16, []),
        ("Pacific Standard Time (Mexico)", 16, []),
        ("Nowhere", 15, ["zone_assumed"]),
    ],
)
def test_a_zone_is_understood_by_any_of_its_names(tzid: str, hour: int, doubts: list[str]) -> None:
    lines = (f"DTSTART;TZID={tzid}:20251001T090000", f"DTEND;TZID={tzid}:20251001T100000")

    found = read(file(event(*lines)), zone="America/Mexico_City")

    assert (found.slots[0].starts_at.hour, codes(found)) == (hour, doubts)


def test_a_zone_of_the_file_s_own_is_read_by_its_rules_and_not_by_another_file_s() -> None:
    def own(offset: str) -> bytes:
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Sala\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
            f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
        )
        return file(zone, event("DTSTART;TZID=Sala:20251001T090000", "DURATION:PT1H"))

    found = [read(own(offset)) for offset in ("-0700", "+0300")]

    assert [starts(each) for each in found] == [["10-01T16:00"], ["10-01T06:00"]]
    assert codes(found[0]) == ["zone_unknown"]


def test_what_has_no_place_in_a_session_is_counted() -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM"
    found = read(
        file(
            event(NINE, TEN, "ATTENDEE:mailto:a@x.example", "ATTENDEE:mailto:b@x.example", "GEO:95;0", alarm),
            "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO",
        )
    )

    assert found.slots[0].alarm_min == 10
    assert found.left_out == (
        LeftOut("broken_property", "", {"name": "GEO", "count": 1}),
        LeftOut("component", "", {"name": "VTODO", "count": 1}),
        LeftOut("property", "", {"name": "ATTENDEE", "count": 2}),
    )


def test_a_time_in_a_gap_is_read_by_the_offset_before_it_and_said() -> None:
    found = read(file(event("DTSTART;TZID=America/Tijuana:20260308T023000", "DURATION:PT1H")))

    assert (starts(found), codes(found)) == (["03-08T10:30"], ["wall_time_skipped"])


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=25", "FREQ=YEARLY;BYWEEKNO=40", "FREQ=DAILY;BYDAY=XX"]
)
def test_a_rule_beyond_us_leaves_the_first_occurrence(rule: str) -> None:
    found = read(file(event(NINE, TEN, f"RRULE:{rule}")))

    assert starts(found) == ["10-01T15:00"]
    assert len(found.left_out) == 1


def test_a_session_held_twice_a_day_is_a_slot_each_time() -> None:
    found = read(file(event(NINE, TEN, "RRULE:FREQ=DAILY;COUNT=4;BYHOUR=9,16;BYMINUTE=0,30;BYSETPOS=1,-1")))

    assert (starts(found), codes(found)) == (["10-01T15:00", "10-01T22:30", "10-02T15:00", "10-02T22:30"], [])


def test_a_rule_without_end_is_cut_after_two_years() -> None:
    found = read(file(event(NINE, TEN, "RRULE:FREQ=DAILY")))

    assert len(found.slots) == recurrence.HORIZON_DAYS + 1
    assert codes(found) == ["recurrence_cut"]


def test_a_rule_that_means_every_minute_is_cut() -> None:
    every = ",".join(map(str, range(24))), ",".join(map(str, range(60)))

    found = read(file(event(NINE, TEN, "RRULE:FREQ=DAILY;BYHOUR={};BYMINUTE={}".format(*every))))

    assert (len(found.slots), codes(found)) == (recurrence.MOST, ["recurrence_cut"])


def test_too_much_is_refused_before_it_is_parsed() -> None:
    assert codes(read(b" " * (8 * 1024 * 1024 + 1))) == ["too_large"]


def test_a_file_in_an_old_encoding_is_read_and_said() -> None:
    found = read(file(event(NINE, TEN, "SUMMARY:Sesión")).decode().encode("cp1252"))

    assert (found.slots[0].title, codes(found)) == ("Sesión", ["not_utf8"])


PIECES = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:1", "DTSTART:20251001T150000Z", NINE,
        TEN, "DTSTART;VALUE=DATE:20251001", "DURATION:P1D", "DURATION:-PT1H", "RRULE:FREQ=WEEKLY;BYDAY=1MO",
        "RRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=x", "RRULE:COUNT=3", "RRULE:", "EXDATE:20251001",
        "RDATE;VALUE=PERIOD:20251001T150000Z/PT1H",
        "RECURRENCE-ID:20251001T150000Z", "RECURRENCE-ID;VALUE=DATE:20251001", "GEO:1", "GEO:a;b", "SEQUENCE:x",
        "SEQUENCE:-1", "DTSTAMP:20251001", "DTSTART;TZID=:20251001T090000", "DTSTART:00010101T000000Z",
        "DTEND:99991231T235959Z", "DURATION:P999999999W", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:A",
        "BEGIN:VALARM", "END:VALARM",
        "TRIGGER:-PT1H", "TRIGGER;VALUE=DATE-TIME:20251001T000000Z", "ORGANIZER;CN=x:mailto:a@b", "CATEGORIES:a,b",
        "RRULE:FREQ=DAILY;UNTIL=20251003;INTERVAL=0", "DTSTART;TZID=A:20251001T090000", ":", ";=", "\ud7ff", " x",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=14).map(lambda given: file(*given))))
def test_no_file_makes_reading_fail(data: bytes) -> None:
    found = read(data)

    assert calendar(found.slots, name=found.name, language="es")


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=8).map(lambda given: file(event(NINE, TEN, *given))))
def test_no_entry_makes_reading_fail(data: bytes) -> None:
    found = read(data)

    assert calendar(found.slots, name=found.name, language="es")


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 4))}")
    if draw(st.booleans()):
        # All numbered or none: of a mixture dateutil keeps the days that both kinds allow, RFC 5545 the union.
        numbered = frequency == "MONTHLY" and draw(st.booleans())
        numbers = ["1", "2", "-1", "-2"] if numbered else [""]
        week_days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
        parts.append("BYDAY=" + ",".join(draw(st.sampled_from(numbers)) + day for day in week_days))
    elif frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        parts.append("BYMONTHDAY=" + draw(st.sampled_from(["1", "-1", "15,31", "30,-2"])))
    if draw(st.booleans()) and frequency != "YEARLY":
        parts.append("BYMONTH=" + draw(st.sampled_from(["1,2,10", "10,11,12"])))
    if draw(st.booleans()):
        parts.append("BYHOUR=" + draw(st.sampled_from(["9", "9,16", "0,23"])))
    if draw(st.booleans()):
        parts.append("BYMINUTE=" + draw(st.sampled_from(["0", "15,45"])))
    # Not in weeks: of the first week dateutil counts the places from the start on, we from the week's first day.
    if "BY" in "".join(parts) and frequency == "MONTHLY" and draw(st.booleans()):
        parts.append("BYSETPOS=" + draw(st.sampled_from(["1", "-1", "1,-1", "2"])))
    if frequency == "WEEKLY" and draw(st.booleans()):
        parts.append("WKST=" + draw(st.sampled_from(["SU", "MO", "TH"])))
    return ";".join(parts)


@settings(max_examples=300, deadline=None)
@given(rules(), st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(microsecond=0)))  # noqa: DTZ001
def test_a_rule_means_the_same_days_as_for_dateutil(rule: str, start: datetime) -> None:
    until = start + timedelta(days=400)

    mine, _ = recurrence.occurrences(vRecur.from_ical(rule), start, until)
    assume(len(mine) > 1)  # for a rule that never holds dateutil searches until the year 9999
    theirs = rrulestr(rule + f";UNTIL={until:%Y%m%dT%H%M%S}", dtstart=start)

    assert mine == sorted({start, *theirs})
