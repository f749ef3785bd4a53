"""Instants, days and times of day."""

from datetime import UTC, date, datetime, time
from typing import Any

from plenaria.core.forms.checking.checker import Checker
from plenaria.core.forms.checking.facts import tidy
from plenaria.core.forms.schema import (
    Shape,
)


def instant(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    try:
        instant = datetime.fromisoformat(tidy(raw)) if isinstance(raw, str) else raw
        if not isinstance(instant, datetime):
            return checker.wrong_type(pointer, "instant", raw)
        if shape.limits.get("tz") is False:
            return instant if instant.tzinfo is None else checker.wrong_type(pointer, "local_time", raw)
        if instant.utcoffset() is None:
            return checker.no(pointer, "naive_datetime", {"actual": instant.isoformat()})
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return checker.wrong_type(pointer, "instant", raw)


def day(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    try:
        day = date.fromisoformat(tidy(raw)) if isinstance(raw, str) else raw
    except ValueError:
        day = None
    is_day = isinstance(day, date) and not isinstance(day, datetime)
    return day if is_day else checker.wrong_type(pointer, "date", raw)


def clock_time(checker: Checker, shape: Shape, raw: object, pointer: str) -> Any:
    try:
        clock = time.fromisoformat(tidy(raw)) if isinstance(raw, str) else raw
    except ValueError:
        clock = None
    is_local = isinstance(clock, time) and clock.tzinfo is None
    return clock if is_local else checker.wrong_type(pointer, "time", raw)
