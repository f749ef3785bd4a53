"""Independent readers see every entry at the instant that we meant. Broken once on purpose: with the VTIMEZONEs
left out, with icalendar's own VTIMEZONEs and with fixed offsets, see the last tests."""

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from plenaria.plugins.agenda.ics import Slot, calendar, uid
from tests.plugins.agenda import readers

ZONES = (
    "America/Mexico_City",
    "America/Tijuana",
    "America/Ciudad_Juarez",
    "America/Cancun",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Santiago",
    "Europe/Dublin",
)
STARTS = (
    datetime(2025, 10, 1, 15, 0, tzinfo=UTC),
    datetime(2025, 7, 15, 16, 30, tzinfo=UTC),  # summer in the north
    datetime(2026, 1, 15, 16, 30, tzinfo=UTC),
    datetime(2025, 11, 1, 5, 30, tzinfo=UTC),  # across midnight in Mexico, on to 1 November
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),  # the night when the United States set clocks back
    datetime(2025, 11, 2, 8, 30, tzinfo=UTC),  # 01:30 in Tijuana, the first time
    datetime(2025, 11, 2, 9, 30, tzinfo=UTC),  # 01:30 in Tijuana, the second time
    datetime(2026, 3, 8, 9, 30, tzinfo=UTC),  # 01:30 in Tijuana, half an hour before the gap
    datetime(2025, 10, 26, 0, 30, tzinfo=UTC),  # 02:30 in Berlin, the first time
    datetime(2025, 10, 30, 21, 30, tzinfo=UTC),  # around Cairo's change at the end of a Thursday
)
PAST = (
    datetime(2022, 7, 1, 15, 0, tzinfo=UTC),  # Mexico City's last summer time
    datetime(2022, 11, 29, 15, 0, tzinfo=UTC),  # Ciudad Juárez between two rules
    datetime(2022, 12, 1, 15, 0, tzinfo=UTC),
    datetime(2021, 1, 15, 15, 0, tzinfo=UTC),  # Apia's last summer time
)


def slot(zone: str, starts_at: datetime, title: str = "Panel") -> Slot:
    return Slot(
        uid=uid(zone, starts_at.isoformat()),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=90),
        zone=zone,
        title=title,
        changed_at=datetime(2025, 9, 1, tzinfo=UTC),
        alarm_min=15,
    )


def expected(slots: list[Slot]) -> readers.Found:
    return {s.uid: (int(s.starts_at.timestamp()), int(s.ends_at.timestamp()), s.title) for s in slots}


def cases() -> list[list[Slot]]:
    """A calendar for each zone, for each zone with its past, and one with all zones together."""
    now = [[slot(zone, at) for at in STARTS] for zone in ZONES]
    past = [[slot(zone, at) for at in PAST + STARTS] for zone in ZONES]
    alone = [[slot(zone, at)] for zone in ZONES for at in (STARTS[1], STARTS[2])]
    return [*now, *past, *alone, [s for slots in now for s in slots]]


def text(slots: list[Slot]) -> str:
    return calendar(slots, name="CIIAM 2025", language="es").decode()


@lru_cache(maxsize=1)
def read_by_node() -> dict[str, list[readers.Found]]:
    return readers.with_node([text(slots) for slots in cases()])


@pytest.mark.parametrize("reader", readers.PYTHON_READERS)
def test_python_and_c_readers_see_every_instant_as_meant(reader: str) -> None:
    found = readers.PYTHON_READERS[reader]([text(slots) for slots in cases()])

    assert found == [expected(slots) for slots in cases()]


@pytest.mark.parametrize("reader", readers.NODE_READERS)
def test_javascript_readers_see_every_instant_as_meant(reader: str) -> None:
    found = read_by_node()[reader]

    assert found == [expected(slots) for slots in cases()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ZONES),
            st.integers(1_420_070_400, 2_082_758_400).map(lambda at: datetime.fromtimestamp(at, UTC)),
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1).map(str.strip),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda made: made[:2],
    )
)
def test_any_times_and_titles_come_back_from_vobject(made: list[tuple[str, datetime, str]]) -> None:
    slots = [slot(zone, at, title) for zone, at, title in made]

    assert readers.with_vobject([text(slots)]) == [expected(slots)]


def test_many_random_instants_come_back_from_every_javascript_reader() -> None:
    hours = range(0, 20 * 366 * 24, 1009)
    every = [
        [slot(zone, datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=hour % 60)) for hour in hours]
        for zone in ZONES
    ]

    found = readers.with_node([text(slots) for slots in every])

    assert found == {reader: [expected(slots) for slots in every] for reader in readers.NODE_READERS}


def without_vtimezone(body: str) -> str:
    head, _, rest = body.partition("BEGIN:VTIMEZONE")
    return head + rest.partition("END:VTIMEZONE\r\n")[2]


def test_the_readers_notice_a_missing_vtimezone() -> None:
    meant = [slot("America/Tijuana", STARTS[1])]

    found = readers.with_node([without_vtimezone(text(meant))])

    assert found["ical.js"] != [expected(meant)]


def test_the_readers_notice_the_zones_that_icalendar_would_add() -> None:
    """Why `zones.py` exists. When this fails, icalendar has learned it, and `zones.py` may go."""
    meant = [slot("America/Tijuana", STARTS[1])]
    theirs = Calendar.from_ical(without_vtimezone(text(meant)))
    theirs.add_missing_timezones()
    body = theirs.to_ical().decode()

    found = {**readers.with_node([body]), "vobject": readers.with_vobject([body])}

    assert {reader for reader, calendars in found.items() if calendars != [expected(meant)]} >= {"ical.js"}


def test_a_fixed_offset_is_written_in_the_stated_zone() -> None:
    decoded = datetime(2025, 10, 1, 9, 0, tzinfo=timezone(timedelta(hours=-6)))  # as msgspec decodes it
    given = [slot("America/Tijuana", decoded)]

    assert "DTSTART;TZID=America/Tijuana:20251001T080000\r\n" in text(given)
    assert readers.with_vobject([text(given)]) == [expected(given)]
