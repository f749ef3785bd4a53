"""Days, clock times and lengths as schedule files write them. Every function gives None for what it cannot read."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

EARLIEST_YEAR, LATEST_YEAR = 1970, 2099
"""What lies outside is a slip of the pen, and zones are not known there."""

_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_MOMENT: Final = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})[Tt ] ?(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?"
    r" ?(?P<offset>[Zz]|[+-]\d{1,2}(?::?\d{2})?)?(?:\[[^\]]*\])?",
    re.ASCII,
)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_TWELVE: Final = re.compile(r"(\d{1,2}):(\d{2}) ?([ap])\.?m\.?", re.ASCII | re.IGNORECASE)
_LONG: Final = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2}))?", re.ASCII)
_MINUTES: Final = re.compile(r"(-?\d{1,7})(?:\.0+)? ?(?:m|min|mins|minutes?)?", re.ASCII | re.IGNORECASE)
_ISO: Final = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?", re.ASCII | re.IGNORECASE
)


def day(text: str) -> date | None:
    """The day at the beginning of `2025-10-01`, `2025-10-01T09:00` and the like."""
    found = _DAY.match(text)
    if not found:
        return None
    try:
        read = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return read if EARLIEST_YEAR <= read.year <= LATEST_YEAR else None


def moment(text: str) -> datetime | None:
    """`2025-10-01T09:00:00-06:00` as an aware moment, without an offset as a naive one."""
    found = _MOMENT.fullmatch(text)
    on = day(text) if found else None
    after = clock(found["clock"]) if found else None
    if found is None or on is None or after is None or after > timedelta(days=1):
        return None
    wall = datetime.combine(on, time()) + after
    if not found["offset"]:
        return wall
    offset = _offset(found["offset"])
    return None if offset is None else wall.replace(tzinfo=offset)


def _offset(text: str) -> timezone | None:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 15 or minutes > 59:
        return None
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if text[0] == "-" else length)


def clock(text: str) -> timedelta | None:
    """`09:00` as the time since midnight; up to `47:59`, as some write what is after midnight."""
    twelve = _TWELVE.fullmatch(text)
    if twelve:
        hours, minutes, seconds = int(twelve[1]) % 12 + 12 * (twelve[3] in "pP"), int(twelve[2]), 0
        wrong = int(twelve[1]) > 12
    else:
        found = _CLOCK.fullmatch(text)
        if not found:
            return None
        hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
        wrong = hours > 47
    if wrong or minutes > 59 or seconds > 59:
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def minutes(text: str) -> int | None:
    """A length in whole minutes, begun ones included: `01:30`, `1:30:00`, `90`, `90 min`, `PT1H30M`.

    It may be 0, negative or absurd: what is allowed is not decided here.
    """
    if found := _LONG.fullmatch(text):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)
    elif found := _MINUTES.fullmatch(text):
        seconds = int(found[1]) * 60
    elif (found := _ISO.fullmatch(text)) and any(found.groups()):
        days, hours, mins, secs = (int(part or 0) for part in found.groups())
        seconds = ((days * 24 + hours) * 60 + mins) * 60 + secs
    else:
        return None
    return -(-seconds // 60)
