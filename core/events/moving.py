"""Moving a declared event in time, so that a past congress can be walked through today. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

A_DAY: Final = timedelta(days=1)
_MOST_WEEKS: Final = 52 * 100


def moved(document: Mapping[str, Any], weeks: int) -> dict[str, Any]:
    """The document with every date and instant `weeks` later, each at the same hour of the event's own clock.

    Dates are found by their type, wherever they stand; times of day and texts stay as they are.
    """
    return moved_by(document, timedelta(weeks=weeks))


def moved_by(document: Mapping[str, Any], days: timedelta) -> dict[str, Any]:
    """The same, by whole days in either direction."""
    zone = ZoneInfo(document["event"].get("zone", "America/Mexico_City"))
    moved: dict[str, Any] = _moved(document, days, zone)
    return moved


def _moved(value: Any, by: timedelta, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return (value.astimezone(zone).replace(tzinfo=None) + by).replace(tzinfo=zone)
    if isinstance(value, date):
        return value + by
    if isinstance(value, Mapping):
        return {key: _moved(one, by, zone) for key, one in value.items()}
    return [_moved(one, by, zone) for one in value] if isinstance(value, list) else value


Ends = tuple[datetime | None, datetime | None]


def weeks_to_open(document: Mapping[str, Any], now: datetime) -> int:
    """The fewest weeks after which the most windows are open at `now` and for a day more; 0 when that is so already."""
    windows = list(_windows(document))
    weeks = range(_weeks_until_the_first_closes_later(windows, now) + 1)
    return max(weeks, key=lambda each: (_open_count(windows, now - timedelta(weeks=each)), -each))


def _windows(value: Any) -> Iterator[Ends]:
    if isinstance(value, Mapping):
        opens_at, closes_at = value.get("opens_at"), value.get("closes_at")
        if isinstance(opens_at, datetime) or isinstance(closes_at, datetime):
            yield opens_at, closes_at
        for one in value.values():
            yield from _windows(one)
    elif isinstance(value, list):
        for one in value:
            yield from _windows(one)


def _weeks_until_the_first_closes_later(windows: list[Ends], now: datetime) -> int:
    """From then on every window is open or not yet open, so that no later week can open more."""
    closings = [closes_at for _, closes_at in windows if closes_at is not None]
    if not closings:
        return 0
    behind = now + A_DAY - min(closings)
    return min(max(behind // timedelta(weeks=1) + 1, 0), _MOST_WEEKS)


def _open_count(windows: list[Ends], now: datetime) -> int:
    return sum(
        (opens_at is None or opens_at <= now) and (closes_at is None or now + A_DAY < closes_at)
        for opens_at, closes_at in windows
    )
