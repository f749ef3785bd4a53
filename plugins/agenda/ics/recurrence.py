"""The times that a recurrence rule (RFC 5545 section 3.3.10) means, within a bounded time.

Our own small reading instead of dateutil's: a rule from an upload that never holds (the 30th of February,
every seventh day on another weekday) keeps dateutil searching until the year 9999. Here a rule costs at most
one look at each day of the horizon. What is not understood is refused, not guessed.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby, product
from typing import Any

HORIZON_DAYS = 2 * 366
"""A congress has no session that recurs for longer; later occurrences are left out and said so."""

MOST = 2_000
"""Occurrences of one rule: more than anybody's session has, and not every minute of two years."""

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNDERSTOOD = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYHOUR", "BYMINUTE", "BYSETPOS",
}  # fmt: skip


class NotUnderstood(ValueError):
    """The rule uses a part that is not read here."""


def occurrences(rule: Mapping[str, Any], start: datetime, until: datetime | None) -> tuple[list[datetime], bool]:
    """The wall times from `start` on, in order, and whether the horizon cut them short.

    `rule` maps upper-case parts to lists, as icalendar's vRecur does; `until` (included) is its UNTIL as a
    wall time. The start counts as the first occurrence even where the rule does not meet it. Raises
    NotUnderstood.
    """
    _refuse_unknown(rule)
    count = int(rule["COUNT"][0]) if rule.get("COUNT") else None
    horizon = start.date() + timedelta(days=HORIZON_DAYS)
    found = [start]
    for at in _times(rule, start, horizon):
        if (until and at > until) or (count is not None and len(found) >= count):
            return found, False
        if len(found) == MOST:
            return found, True
        if at > start:
            found.append(at)
    return found, not (until and until.date() <= horizon) and (count is None or len(found) < count)


def _refuse_unknown(rule: Mapping[str, Any]) -> None:
    unknown = sorted(set(rule) - _UNDERSTOOD)
    frequency = str(rule["FREQ"][0]).upper() if rule.get("FREQ") else "none"
    if unknown or frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise NotUnderstood(", ".join(unknown) or f"FREQ={frequency}")
    counted = any(nth for nth, _ in _by_day(rule))
    if counted and not (frequency == "MONTHLY" or (frequency == "YEARLY" and rule.get("BYMONTH"))):
        raise NotUnderstood("numbered BYDAY outside a month")
    if rule.get("BYMONTHDAY") and frequency == "WEEKLY":
        raise NotUnderstood("BYMONTHDAY in a week")


def _times(rule: Mapping[str, Any], opening: datetime, horizon: date) -> Iterator[datetime]:
    """The rule's wall times from the period of `opening` on, in order; days before it belong to the first period
    and count for BYSETPOS."""
    start = opening.date()
    frequency = str(rule["FREQ"][0]).upper()
    interval = max(1, int(rule["INTERVAL"][0])) if rule.get("INTERVAL") else 1
    week_start = _WEEKDAYS.index(str(rule["WKST"][0]).upper()) if rule.get("WKST") else 0
    origin = _period(start, frequency, week_start)
    fits = _filter(rule, frequency, start)
    first = start - timedelta(days={"DAILY": 0, "WEEKLY": 6, "MONTHLY": 31, "YEARLY": 366}[frequency])
    last = horizon + timedelta(days=366 if rule.get("BYSETPOS") else 0)
    clock = _clock(rule, opening)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    for period, members in groupby(days, key=lambda day: _period(day, frequency, week_start)):
        if period >= origin and (period - origin) % interval == 0:
            chosen = _positions(rule, [datetime.combine(day, at) for day in members if fits(day) for at in clock])
            yield from (at for at in chosen if start <= at.date() <= horizon)


def _clock(rule: Mapping[str, Any], opening: datetime) -> list[time]:
    """The times of a day, in order: what BYHOUR and BYMINUTE say, the start's where they are silent."""
    hours = {int(hour) for hour in rule.get("BYHOUR", ())} or {opening.hour}
    minutes = {int(minute) for minute in rule.get("BYMINUTE", ())} or {opening.minute}
    return [
        opening.time().replace(hour=hour, minute=minute) for hour, minute in product(sorted(hours), sorted(minutes))
    ]


def _period(day: date, frequency: str, week_start: int) -> int:
    """A running number of the day, week, month or year that the day lies in."""
    if frequency == "DAILY":
        return day.toordinal()
    if frequency == "WEEKLY":
        return (day.toordinal() - 1 - week_start) // 7
    return day.year * 12 + day.month if frequency == "MONTHLY" else day.year


def _positions(rule: Mapping[str, Any], times: list[datetime]) -> list[datetime]:
    if not rule.get("BYSETPOS"):
        return times
    places = {int(at) - 1 if int(at) > 0 else len(times) + int(at) for at in rule["BYSETPOS"]}
    return [at for place, at in enumerate(times) if place in places]


class _filter:  # noqa: N801 - reads as the function it is
    """Whether a day meets every BY… part, with what the start says where the rule is silent."""

    def __init__(self, rule: Mapping[str, Any], frequency: str, start: date) -> None:
        self.months = {int(month) for month in rule.get("BYMONTH", ())}
        self.month_days = {int(day) for day in rule.get("BYMONTHDAY", ())}
        self.week_days = set(_by_day(rule))
        if not self.month_days and not self.week_days:
            self._as_the_start(frequency, start)

    def _as_the_start(self, frequency: str, start: date) -> None:
        if frequency == "WEEKLY":
            self.week_days = {(0, start.weekday())}
        if frequency in ("MONTHLY", "YEARLY"):
            self.month_days = {start.day}
        if frequency == "YEARLY" and not self.months:
            self.months = {start.month}

    def __call__(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        left = monthrange(day.year, day.month)[1] - day.day
        if self.month_days and not self.month_days & {day.day, -left - 1}:
            return False
        nths = {(nth, day.weekday()) for nth in (0, (day.day + 6) // 7, -(left // 7) - 1)}
        return not self.week_days or bool(self.week_days & nths)


def _by_day(rule: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """(which one of the month, 0: each; weekday, 0: Monday)."""
    for part in rule.get("BYDAY", ()):
        text = str(part).upper()
        if text[-2:] not in _WEEKDAYS:
            raise NotUnderstood(f"BYDAY={text}")
        yield int(text[:-2] or 0), _WEEKDAYS.index(text[-2:])
