"""A declared event moved in time: by type, by whole weeks, by the event's own clock."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.events.moving import moved, weeks_to_open

ROOT = Path(__file__).parents[3]
SAMPLE = tomllib.loads((ROOT / "config" / "events" / "ciiam-2025.toml").read_text("utf-8"))


def with_windows(*windows: tuple[str, str], zone: str = "America/Mexico_City") -> dict[str, Any]:
    ends = [{"opens_at": datetime.fromisoformat(a), "closes_at": datetime.fromisoformat(b)} for a, b in windows]
    return {"event": {"zone": zone}, "plugins": {"any": {"several": ends}}}


def test_dates_and_instants_move_wherever_they_stand_and_nothing_else() -> None:
    def at(day: int) -> dict[str, Any]:
        local = datetime(2025, 10, day, 9)  # noqa: DTZ001 - TOML's local date-time
        return {
            "event": {"zone": "UTC", "starts_on": date(2025, 10, day), "name": {"es": "1 de octubre"}},
            "plugins": {"any": {"opens": time(9), "local": local, "deep": [{"on": date(2025, 10, day)}]}},
        }

    document = at(1)

    later = moved(document, 2)

    assert later == at(15)
    assert document["event"]["starts_on"] == date(2025, 10, 1)


def test_an_instant_keeps_its_hour_over_a_change_of_clocks() -> None:
    tijuana = "America/Tijuana"
    nine = datetime(2025, 10, 30, 9, tzinfo=ZoneInfo(tijuana))

    later = moved({"event": {"zone": tijuana}, "at": nine.astimezone(UTC)}, 1)

    assert later["at"] == datetime(2025, 11, 6, 9, tzinfo=ZoneInfo(tijuana))
    assert later["at"].utcoffset() == timedelta(hours=-8)


def test_an_event_that_is_open_stays_where_it_is() -> None:
    document = with_windows(("2025-06-01T00:00:00Z", "2025-09-11T00:00:00Z"))

    assert weeks_to_open(document, datetime(2025, 9, 1, tzinfo=UTC)) == 0


def test_an_event_that_is_over_moves_by_the_fewest_weeks() -> None:
    document = with_windows(("2025-06-01T00:00:00Z", "2025-09-11T00:00:00Z"))

    assert weeks_to_open(document, datetime(2025, 9, 11, tzinfo=UTC)) == 1
    assert weeks_to_open(document, datetime(2025, 9, 25, tzinfo=UTC)) == 3


def test_an_event_without_windows_or_in_the_future_does_not_move() -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)

    assert weeks_to_open({"event": {}}, now) == 0
    assert weeks_to_open(with_windows(("2025-06-01T00:00:00Z", "2025-09-11T00:00:00Z")), now) == 0


def windows(value: Any) -> list[dict[str, datetime]]:
    if isinstance(value, dict):
        own = [value] if "closes_at" in value else []
        return own + [window for one in value.values() for window in windows(one)]
    return [window for one in value for window in windows(one)] if isinstance(value, list) else []


@given(st.datetimes(datetime(2025, 9, 9, 6), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive by contract
def test_whenever_the_sample_is_shown_all_its_windows_are_open_for_a_day(now: datetime) -> None:
    later = moved(SAMPLE, weeks_to_open(SAMPLE, now))

    shut = [
        each for each in windows(later) if not each["opens_at"] <= now < now + timedelta(days=1) < each["closes_at"]
    ]
    assert shut == []
    assert len(windows(later)) == 7


def test_nominations_of_the_sample_close_at_the_end_of_10_september_in_mexico_city() -> None:
    closes_at = SAMPLE["plugins"]["awards"]["nominations"]["closes_at"]

    last = (closes_at - timedelta(seconds=1)).astimezone(ZoneInfo("America/Mexico_City"))
    assert last.isoformat() == "2025-09-10T23:59:59-06:00"


@pytest.mark.parametrize("weeks", [0, 1, 60])
def test_moving_by_whole_weeks_keeps_every_weekday(weeks: int) -> None:
    later = moved(SAMPLE, weeks)

    assert later["event"]["starts_on"].weekday() == SAMPLE["event"]["starts_on"].weekday() == 2
