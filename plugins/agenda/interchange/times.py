"""When sessions start and how long they are: what a file says of it, understood."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from plenaria.core.kernel.values import Refusal
from plenaria.plugins.agenda.ics import instant, zones

from . import moments
from .notes import Findings
from .parsed import ParsedDay, ParsedSession

DAY_CHANGE: Final = timedelta(hours=4)
"""Until then it is still the day before, where a file says nothing of it: the hour at which frab ends its days."""

LEAST_MIN, MOST_MIN = 5, 1440
"""What a session of ours may last."""


class Times:
    """Understands times in one zone; `day_change` as the file has it."""

    def __init__(self, zone: str, day_change: str, default_min: int, findings: Findings) -> None:
        self._zone, self._findings, self._default_min = zone, findings, default_min
        change = moments.clock(day_change)
        self._change = change if change is not None and change <= timedelta(hours=12) else DAY_CHANGE

    def starts_at(self, session: ParsedSession) -> datetime | None:
        """The start in UTC, or None with a note: `start_missing` or `start_unreadable`."""
        written = moments.moment(session.date) or moments.moment(session.start)
        if written is not None:
            self._compare(written, session)
            return self._instant(written, session)
        wall = self._wall(session)
        if wall is not None:
            return self._instant(wall, session)
        start = f"{session.date} {session.start}".strip()
        if session.start or (start and not moments.day(start)):
            self._findings("start_unreadable", session.source, said=start[:50])
        else:
            self._findings("start_missing", session.source)
        return None

    def minutes(self, session: ParsedSession, starts_at: datetime) -> int:
        """The length within our bounds; notes what had to be assumed."""
        found = moments.minutes(session.duration) if session.duration else self._until_end(session, starts_at)
        if found is None and session.duration:
            found = self._until_end(session, starts_at)
        if found is None:
            facts = {"said": session.duration[:50]} if session.duration else {}
            code = "duration_unreadable" if facts else "duration_missing"
            self._findings(code, session.source, minutes=self._default_min, **facts)
            return self._default_min
        taken = min(max(found, LEAST_MIN), MOST_MIN)
        if taken != found:
            self._findings("duration_out_of_bounds", session.source, said=found, minutes=taken)
        return taken

    def _wall(self, session: ParsedSession) -> datetime | None:
        """The wall time of a clock time on the session's own day, or on the conference's day that it stands under."""
        clock = moments.clock(session.start)
        if clock is None:
            return None
        own = moments.day(session.date)
        if own is not None:
            return datetime.combine(own, time()) + clock
        on = moments.day(session.day.date) or moments.day(session.day.starts)
        if on is None:
            return None
        return self._on_day(on, clock, session)

    def _on_day(self, on: date, clock: timedelta, session: ParsedSession) -> datetime:
        wall = datetime.combine(on, time()) + clock
        if _is_after_midnight(wall, clock, session.day, self._change):
            wall += timedelta(days=1)
        if wall.date() != on:
            self._findings("after_midnight", session.source, start=session.start, day=wall.date().isoformat())
        return wall

    def _compare(self, written: datetime, session: ParsedSession) -> None:
        clock = moments.clock(session.start)
        since_midnight = timedelta(hours=written.hour, minutes=written.minute)
        if clock is not None and (clock - since_midnight) % timedelta(days=1) >= timedelta(minutes=1):
            self._findings("start_disagrees", session.source, date=session.date[:50], start=session.start)

    def _until_end(self, session: ParsedSession, starts_at: datetime) -> int | None:
        ends_at = moments.moment(session.end)
        if ends_at is not None:
            return -(-(self._instant(ends_at, session) - starts_at) // timedelta(minutes=1))
        clock = moments.clock(session.end)
        if clock is None:
            return None
        here = starts_at.astimezone(zones.zone(self._zone))
        length = (clock - timedelta(hours=here.hour, minutes=here.minute, seconds=here.second)) % timedelta(days=1)
        return -(-length // timedelta(minutes=1))

    def _instant(self, at: datetime, session: ParsedSession) -> datetime:
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        self._findings.count("offset_missing", zone=self._zone)
        found = instant(at, self._zone)
        if isinstance(found, Refusal):
            self._findings("wall_time_skipped", session.source, wall_time=at.isoformat(" "), zone=self._zone)
            return at.replace(tzinfo=zones.zone(self._zone)).astimezone(UTC)
        return found


def _is_after_midnight(wall: datetime, clock: timedelta, day: ParsedDay, change: timedelta) -> bool:
    """Whether a clock time of a conference's day means the calendar's next day: by the bounds of that day, else by the hour."""
    opens, closes = (_wall_of(text) for text in (day.starts, day.ends))
    if opens is not None and closes is not None and opens < closes:
        return wall < opens and wall + timedelta(days=1) < closes
    return clock < change


def _wall_of(text: str) -> datetime | None:
    found = moments.moment(text)
    return found.replace(tzinfo=None) if found else None
