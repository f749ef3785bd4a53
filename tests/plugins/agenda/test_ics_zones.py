"""The VTIMEZONE of every zone of the database says what zoneinfo says, read by dateutil."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from dateutil.tz import tzical

from plenaria.core.kernel.values import Refusal
from plenaria.plugins.agenda.ics import UnknownZone, instant, vtimezone, zones

# Each way of saying a yearly rule that today's zones use, each kind of past, and the brief's own.
TELLING = (
    "Africa/Cairo", "Africa/Casablanca", "America/Cancun", "America/Ciudad_Juarez", "America/Havana",
    "America/Matamoros", "America/Mexico_City", "America/New_York", "America/Nuuk", "America/Ojinaga",
    "America/Santiago", "America/Tijuana", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem",
    "Asia/Kolkata", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin",
    "Europe/Dublin", "Europe/London", "Pacific/Apia", "Pacific/Chatham", "Pacific/Easter",
)  # fmt: skip


@pytest.mark.parametrize("year", [1975, 1999, 2021, 2025, 2033])
def test_the_telling_zones_keep_their_offsets_for_two_years(year: int) -> None:
    wrong = [(key, at) for key in TELLING for at in disagreements(key, year, every_days=1)]

    assert wrong == []


def test_every_zone_keeps_its_offsets_in_2025_and_2026() -> None:
    wrong = [(key, at) for key in sorted(zones.known()) for at in disagreements(key, 2025, every_days=13)]

    assert wrong == []


def disagreements(key: str, year: int, *, every_days: int) -> list[datetime]:
    """Instants of the two years at which the VTIMEZONE gives another offset than zoneinfo."""
    body = vtimezone(key, date(year, 1, 1), date(year + 1, 12, 31)).decode()
    read_back = tzical(StringIO(f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n")).get()
    instants = [datetime(year, 1, 1, d % 24, tzinfo=UTC) + timedelta(days=d) for d in range(0, 730, every_days)]
    local = [at.astimezone(zones.zone(key)) for at in instants]
    return [at for at in local if unambiguous(at) and read_back.utcoffset(at.replace(tzinfo=None)) != at.utcoffset()]


def unambiguous(at: datetime) -> bool:
    return at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset()


def test_a_zone_that_still_changes_is_two_endless_rules() -> None:
    body = vtimezone("America/Tijuana", date(2025, 10, 1), date(2025, 10, 2))

    assert [line for line in body.decode().splitlines() if line.startswith(("RRULE", "RDATE"))] == [
        "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
        "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
    ]


def test_no_zone_of_the_database_needs_a_date_list() -> None:
    bodies = [vtimezone(key, date(2025, 1, 1), date(2025, 12, 31)) for key in sorted(zones.known())]

    assert not any(b"RDATE" in body for body in bodies)


def test_a_wall_time_that_clocks_skip_is_refused() -> None:
    skipped = datetime(2026, 3, 8, 2, 30)  # noqa: DTZ001 - a wall time

    assert instant(skipped, "America/Tijuana") == Refusal(
        "wall_time_skipped", {"wall_time": "2026-03-08T02:30:00", "zone": "America/Tijuana"}
    )
    assert instant(skipped, "America/Mexico_City") == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)


def test_a_wall_time_that_happens_twice_is_the_first_unless_asked() -> None:
    twice = datetime(2025, 11, 2, 1, 30)  # noqa: DTZ001 - a wall time

    assert instant(twice, "America/New_York") == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
    assert instant(twice, "America/New_York", second=True) == datetime(2025, 11, 2, 6, 30, tzinfo=UTC)


def test_the_day_that_apia_skipped_is_refused() -> None:
    assert isinstance(instant(datetime(2011, 12, 30, 12, 0), "Pacific/Apia"), Refusal)  # noqa: DTZ001


def test_an_instant_is_no_wall_time_and_an_invented_zone_no_zone() -> None:
    with pytest.raises(ValueError, match="no offset of its own"):
        instant(datetime(2025, 1, 1, tzinfo=UTC), "America/Cancun")
    with pytest.raises(UnknownZone):
        instant(datetime(2025, 1, 1), "Mars/Olympus")  # noqa: DTZ001
