"""Time zones as calendars need them: the zone's own rules, written as a VTIMEZONE of yearly rules.

The rules are read from the pinned `tzdata` distribution (TZif, RFC 9636), never from the machine: the same
input gives the same bytes everywhere, and the wall times we write are those of the VTIMEZONE beside them.

Why not `icalendar.add_missing_timezones()`: it lists onsets as RDATE, and ical.js, ts-ics and vobject then
read Tijuana an hour wrong in summer.
"""

import re
import struct
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from plenaria.core.kernel.values import Refusal

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Outside of [EARLIEST, LATEST) readers differ about zones, and nobody knows them: write such instants in UTC."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - to count wall times from
_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_DAY_S = 86_400
_DAY = timedelta(days=1)


class UnknownZone(ValueError):
    """The id is not one of the IANA database."""


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Every IANA id that `zone` accepts, old names included."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=64)
def zone(key: str) -> ZoneInfo:
    """The zone of that id. Raises UnknownZone."""
    return ZoneInfo.from_file(BytesIO(_tzif(key)), key=key)


def instant(wall: datetime, key: str, *, second: bool = False) -> datetime | Refusal:
    """The UTC instant of a wall time, or a refusal if clocks there never show it.

    A wall time that happens twice (clocks set back) means its first pass, as RFC 5545 section 3.3.5 says,
    unless `second` asks for the other. `wall` is naive. Raises UnknownZone.
    """
    if wall.tzinfo is not None:
        raise ValueError(f"a wall time has no offset of its own: {wall}")
    local = wall.replace(tzinfo=zone(key), fold=int(second))
    found = local.astimezone(UTC)
    if found.astimezone(zone(key)).replace(tzinfo=None, fold=0) != wall.replace(fold=0):
        return Refusal("wall_time_skipped", {"wall_time": wall.isoformat(), "zone": key})
    return found


def steady(at: datetime, key: str) -> bool:
    """Whether clocks there are known to stay as they are from a day before the instant to a day after it.

    Elsewhere wall time is not safe to write: it may mean two instants, and readers differ: ts-ics takes a change
    to come at its own machine's midnight.
    """
    place = zone(key)
    if not EARLIEST <= at < LATEST:
        return False
    return (at - _DAY).astimezone(place).utcoffset() == (at + _DAY).astimezone(place).utcoffset()


@lru_cache(maxsize=64)
def vtimezone(key: str, first: date, last: date) -> bytes:
    """The VTIMEZONE that is right for every instant from `first` to `last`, both included (UTC days).

    Yearly rules where the zone keeps one, open-ended where it still does; single onsets where it kept none.
    """
    component = Timezone()
    component.add("TZID", key)
    for run in _runs(key, first, last):
        if len(run.onsets) > 1 and run.onsets[0].at > _day_s(first) - 366 * _DAY_S:
            # ts-ics overlooks the onset that a yearly rule starts with: say that one by itself, too.
            component.add_component(_observance(_Run(run.onsets[:1], run.rules)))
        component.add_component(_observance(run))
    return bytes(component.to_ical())


# ------------------------------------------------------------------------------------------- onsets and runs


@dataclass(frozen=True)
class _Onset:
    """A change of offset. Instants in seconds since 1970 UTC, offsets in seconds east; `rules`: RRULE parts,
    each of which would give this day in this year."""

    at: int
    before: int
    after: int
    summer: bool
    name: str
    rules: frozenset[str]

    @property
    def wall(self) -> datetime:
        """What clocks showed when it came, by the offset before it."""
        return _EPOCH + timedelta(seconds=self.at + self.before)


@dataclass(frozen=True)
class _Run:
    """Onsets one year apart that one of `rules` describes; `endless` if the zone goes on so."""

    onsets: tuple[_Onset, ...]
    rules: frozenset[str]
    endless: bool = False

    def joined(self, onset: _Onset) -> "_Run | None":
        """The run with this onset at its end, or None where no one rule says both."""
        last = self.onsets[-1]
        alike = (last.before, last.after, last.wall.time()) == (onset.before, onset.after, onset.wall.time())
        rules = self.rules & onset.rules
        if alike and rules and onset.wall.year == last.wall.year + 1:
            return _Run((*self.onsets, onset), rules)
        return None

    def since(self, at: int) -> "_Run | None":
        """The run without what came before `at`; an endless one keeps its true beginning."""
        onsets = self.onsets if self.endless else tuple(o for o in self.onsets if o.at >= at)
        return _Run(onsets, self.rules, self.endless) if onsets else None


def _runs(key: str, first: date, last: date) -> list[_Run]:
    """The runs needed between the two days, oldest first; at least one."""
    footer, onsets = _onsets(key, last.year)
    begins, ends = (_day_s(first), _day_s(last) + 366 * _DAY_S)
    governing = max((o.at for o in onsets if o.at <= begins), default=onsets[0].at)
    lasting = [_lasting(run, footer, onsets[-1].wall.year) for run in _fitted(onsets)]
    needed = [trimmed for run in lasting if (trimmed := run.since(governing)) and trimmed.onsets[0].at <= ends]
    return sorted(needed, key=lambda run: run.onsets[0].at)


def _lasting(run: _Run, footer: "_Footer", horizon: int) -> _Run:
    """The run, endless if it reaches the horizon by one of the zone's last rules."""
    rules = run.rules & footer.rules
    if rules and run.onsets[-1].wall.year >= horizon - 1:
        return _Run(run.onsets, rules, endless=True)
    return run


def _fitted(onsets: list[_Onset]) -> list[_Run]:
    """The onsets as few runs, greedily, each onset in exactly one."""
    runs: list[_Run] = []
    for onset in onsets:
        fitting = ((i, joined) for i, run in enumerate(runs) if (joined := run.joined(onset)))
        found = next(fitting, None)
        if found:
            runs[found[0]] = found[1]
        else:
            runs.append(_Run((onset,), onset.rules))
    return runs


def _onsets(key: str, year: int) -> tuple["_Footer", list[_Onset]]:
    """The zone's last rules, and every change of offset since 1970 until well after `year` and after all that
    the file lists, led by the offset in force in 1970."""
    data = _tzif(key)
    footer = _Footer.read(data.rsplit(b"\n", 2)[1].decode("ascii"))
    changes = list(_written(data))
    listed_until = changes[-1].at if changes else 0
    horizon = max(year, (_EPOCH + timedelta(seconds=listed_until)).year) + 3
    changes += footer.changes(after=listed_until, horizon=horizon)
    past = [change.after for change in changes if change.at <= 0]
    in_force = past[-1] if past else changes[0].before if changes else footer.standard
    later = [change for change in changes if change.at > 0 and change.moves]
    return footer, [_onset(change, footer) for change in [_Change(0, in_force, in_force), *later]]


def _onset(change: "_Change", footer: "_Footer") -> _Onset:
    wall = _EPOCH + timedelta(seconds=change.at + change.before.offset)
    summer = (change.before.dst or change.after.dst) and change.after.offset > change.before.offset
    summer = summer or (not change.moves and change.after.dst)
    return _Onset(
        change.at,
        change.before.offset,
        change.after.offset,
        summer,
        change.after.name,
        frozenset([*_day_rules(wall), *footer.rules_of(wall)]),
    )


def _day_rules(wall: datetime) -> Iterator[str]:
    """The yearly rules by weekday that give this day: "the second Sunday", "the last Sunday"."""
    weekday = _WEEKDAYS[wall.isoweekday() % 7]
    nth = (wall.day + 6) // 7
    if nth < 5:
        yield f"BYMONTH={wall.month};BYDAY={nth}{weekday}"
    if wall.day > monthrange(wall.year, wall.month)[1] - 7:
        yield f"BYMONTH={wall.month};BYDAY=-1{weekday}"


def _observance(run: _Run) -> TimezoneStandard | TimezoneDaylight:
    onset, final = run.onsets[0], run.onsets[-1]
    component = TimezoneDaylight() if onset.summer else TimezoneStandard()
    component.add("DTSTART", onset.wall)
    component.add("TZOFFSETFROM", timedelta(seconds=onset.before))
    component.add("TZOFFSETTO", timedelta(seconds=onset.after))
    component.add("TZNAME", final.name)
    if run.endless or len(run.onsets) > 1:
        rule = f"FREQ=YEARLY;{min(run.rules)}"
        if not run.endless:  # a day late, on purpose: dateutil, and so vobject, takes UNTIL for a wall time
            rule += f";UNTIL={_EPOCH + timedelta(seconds=final.at + _DAY_S):%Y%m%dT%H%M%SZ}"
        component.add("RRULE", vRecur.from_ical(rule))
    return component


def _day_s(day: date) -> int:
    return (day - _EPOCH.date()).days * _DAY_S


# -------------------------------------------------------------------------------------------- TZif, RFC 9636


@dataclass(frozen=True)
class _Kind:
    """A local time type: offset in seconds east of UTC, whether it counts as daylight saving, its letters."""

    offset: int
    dst: bool
    name: str


@dataclass(frozen=True)
class _Change:
    at: int
    before: _Kind
    after: _Kind

    @property
    def moves(self) -> bool:
        return self.before.offset != self.after.offset


def _tzif(key: str) -> bytes:
    if key not in known():
        raise UnknownZone(f"no IANA time zone is called {key!r}")
    return files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()


def _written(data: bytes) -> Iterator[_Change]:
    """The transitions that the file's 64-bit block lists (RFC 9636 section 3.2)."""
    header = struct.Struct(">4s1s15x6l")
    _, _, utc, std, leaps, times, types, chars = header.unpack_from(data)
    at = header.size + times * 5 + types * 6 + chars + leaps * 8 + std + utc
    _, _, utc, std, leaps, times, types, chars = header.unpack_from(data, at)
    at += header.size
    instants = struct.unpack_from(f">{times}q", data, at)
    indices = data[at + times * 8 : at + times * 9]
    at += times * 9
    letters = data[at + types * 6 : at + types * 6 + chars]
    kinds = [
        _Kind(offset, bool(dst), letters[name : letters.index(b"\0", name)].decode("ascii"))
        for offset, dst, name in struct.iter_unpack(">lBB", data[at : at + types * 6])
    ]
    for instant_s, (before, after) in zip(instants, pairwise([0, *indices]), strict=True):
        yield _Change(instant_s, kinds[before], kinds[after])


# ---------------------------------------------------- the footer: a POSIX TZ string, RFC 9636 section 3.3

_LETTERS = r"<[^>]+>|[A-Za-z]+"
_CLOCK = r"[+-]?\d+(?::\d+){0,2}"
_POSIX = re.compile(rf"({_LETTERS})({_CLOCK})(?:({_LETTERS})({_CLOCK})?,([^,]+),([^,]+))?")
_YEARLY = re.compile(rf"M(\d+)\.([1-5])\.([0-6])(?:/({_CLOCK}))?")


@dataclass(frozen=True)
class _Yearly:
    """`week`-th (5: last) `weekday` (0: Sunday) of `month`, `clock_s` seconds after its midnight; may be
    negative or beyond 24 hours."""

    month: int
    week: int
    weekday: int
    clock_s: int

    @classmethod
    def read(cls, text: str) -> "_Yearly":
        found = _YEARLY.fullmatch(text)
        if not found:  # Julian days: no zone of today's database uses them
            raise UnknownZone(f"cannot read the yearly rule {text!r}")
        month, week, weekday = (int(part) for part in found.group(1, 2, 3))
        return cls(month, week, weekday, _seconds(found[4] or "2"))

    def wall(self, year: int) -> datetime:
        """The wall time of the onset, by the offset before it."""
        length = monthrange(year, self.month)[1]
        first = date(year, self.month, 1).isoweekday() % 7
        day = 1 + (self.weekday - first) % 7 + 7 * (self.week - 1)
        day -= 7 * (day > length)
        midnight = datetime(year, self.month, day)  # noqa: DTZ001 - a wall time, by definition
        return midnight + timedelta(seconds=self.clock_s)

    @property
    def rule(self) -> str | None:
        """As RRULE parts, or None where the days it may fall on cross the end of a month (Cairo's Friday
        after the last Thursday of October): such onsets are listed one by one."""
        shift = self.clock_s // _DAY_S
        weekday = _WEEKDAYS[(self.weekday + shift) % 7]
        if shift == 0:
            return f"BYMONTH={self.month};BYDAY={self.week if self.week < 5 else -1}{weekday}"
        length = monthrange(2001, self.month)[1]
        first = (7 * self.week - 6 if self.week < 5 else length - 6) + shift
        if first < 1 or first + 6 > length or (self.week == 5 and self.month == 2):
            return None
        days = ",".join(str(day) for day in range(first, first + 7))
        return f"BYMONTH={self.month};BYMONTHDAY={days};BYDAY={weekday}"


@dataclass(frozen=True)
class _Footer:
    """What holds after the last listed transition, for ever."""

    standard: _Kind
    summer: _Kind | None = None
    into_summer: _Yearly | None = None
    out_of_summer: _Yearly | None = None

    @classmethod
    def read(cls, text: str) -> "_Footer":
        found = _POSIX.fullmatch(text)
        if not found:
            raise UnknownZone(f"cannot read the zone's last rule {text!r}")
        standard = _Kind(-_seconds(found[2]), False, found[1].strip("<>"))
        if not found[3]:
            return cls(standard)
        offset = -_seconds(found[4]) if found[4] else standard.offset + 3600
        summer = _Kind(offset, True, found[3].strip("<>"))
        return cls(standard, summer, _Yearly.read(found[5]), _Yearly.read(found[6]))

    def changes(self, *, after: int, horizon: int) -> list[_Change]:
        """The changes later than `after` up to the end of the year `horizon`, in order."""
        if not (self.summer and self.into_summer and self.out_of_summer):
            return []
        begins = (_EPOCH + timedelta(seconds=after)).year - 1
        both = [
            _change(yearly.wall(year), *kinds)
            for year in range(begins, horizon + 1)
            for yearly, kinds in (
                (self.into_summer, (self.standard, self.summer)),
                (self.out_of_summer, (self.summer, self.standard)),
            )
        ]
        return sorted((change for change in both if change.at > after), key=lambda change: change.at)

    @property
    def _yearlies(self) -> list[_Yearly]:
        return [yearly for yearly in (self.into_summer, self.out_of_summer) if yearly]

    @property
    def rules(self) -> frozenset[str]:
        """Its rules that can be said as RRULE parts."""
        return frozenset(yearly.rule for yearly in self._yearlies if yearly.rule)

    def rules_of(self, wall: datetime) -> list[str]:
        """Those of them that give this wall time in its year."""
        return [yearly.rule for yearly in self._yearlies if yearly.rule and yearly.wall(wall.year) == wall]


def _change(wall: datetime, before: _Kind, after: _Kind) -> _Change:
    return _Change(int((wall - _EPOCH).total_seconds()) - before.offset, before, after)


def _seconds(clock: str) -> int:
    """ "-5:30" as seconds."""
    sign = -1 if clock.startswith("-") else 1
    hours, minutes, seconds = ([int(part) for part in clock.lstrip("+-").split(":")] + [0, 0])[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
