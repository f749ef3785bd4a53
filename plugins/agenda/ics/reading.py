"""A calendar file from elsewhere as session values, with a report of everything that did not come along."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from math import isfinite
from typing import Any

import msgspec
from icalendar import Calendar, Component, Event, Timezone
from icalendar.prop import vBroken
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from plenaria.core.kernel.values import Refusal

from . import recurrence, zones
from .slot import Conference, Organizer, Slot, Status, uid
from .writing import plain

MOST_OCTETS = 8 * 1024 * 1024
MOST_SLOTS = 10_000

_STATUSES: dict[str, Status] = {"CANCELLED": "cancelled", "TENTATIVE": "tentative"}
_UNDERSTOOD = {
    "UID", "SEQUENCE", "STATUS", "DTSTAMP", "CREATED", "LAST-MODIFIED", "DTSTART", "DTEND", "DURATION",
    "SUMMARY", "DESCRIPTION", "LOCATION", "GEO", "URL", "CATEGORIES", "CONFERENCE", "ORGANIZER", "RRULE",
    "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP", "CLASS",
}  # fmt: skip


class LeftOut(msgspec.Struct, frozen=True):
    """One thing of the file that the slots do not hold, or hold differently.

    `code` is stable, `facts` are builtins for the words at the door. Entries left out: `unreadable`,
    `too_large`, `too_many`, `no_start`, `whole_day`, `no_end`, `ends_before_it_starts`, `superseded`,
    `repeated`. Read with a doubt: `not_utf8`, `no_uid`, `repeated_uid` (each entry got a UID of its own),
    `zone_unknown`, `zone_assumed`, `wall_time_skipped`, `recurrence_not_understood` (first occurrence kept),
    `recurrence_cut`, `range_not_understood`. Parts left out: `property`, `component`, `broken_property`.
    """

    code: str
    uid: str = ""
    facts: dict[str, Any] = {}


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar file said: its name, its zone, a slot for each occurrence, and what was left out."""

    name: str
    zone: str
    slots: tuple[Slot, ...]
    left_out: tuple[LeftOut, ...]


def read(data: bytes, *, zone: str = "UTC") -> Read:
    """The slots of an .ics file; never raises for what the file says.

    Recurring entries become one slot each time (at most two years of them), exceptions and changed
    occurrences applied. UIDs stay as they are; occurrences, and entries that share one UID without being
    versions of each other, get UIDs made from it. Slots come by start. `zone` is the IANA id for times that
    name none, and the zone of slots given in UTC, if the file does not say its own. Raises UnknownZone
    for a `zone` that is none.
    """
    zones.zone(zone)
    report = _Report()
    entries: list[_Entry] = []
    name = ""
    for calendar in _calendars(data, report):
        frame = _Frame(calendar, zone, report)
        name, zone = name or frame.name, frame.zone
        entries += _entries(calendar, frame, report)
    slots = _distinct(islice(_slots(entries, report), MOST_SLOTS + 1))
    if len(slots) > MOST_SLOTS:
        report("too_many", most=MOST_SLOTS)
    kept = sorted(slots[:MOST_SLOTS], key=lambda slot: (slot.starts_at, slot.location, slot.uid))
    return Read(name=name, zone=zone, slots=tuple(kept), left_out=report.closed())


@dataclass
class _Report:
    lines: list[LeftOut] = field(default_factory=list)
    parts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, code: str, uid: str = "", **facts: Any) -> None:
        line = LeftOut(code, uid, facts)
        if line not in self.lines[-20:]:  # the same of start and end is one thing
            self.lines.append(line)

    def part(self, code: str, name: str) -> None:
        self.parts[code, name] += 1

    def closed(self) -> tuple[LeftOut, ...]:
        counted = (LeftOut(code, "", {"name": n, "count": c}) for (code, n), c in sorted(self.parts.items()))
        return (*self.lines, *counted)


# ------------------------------------------------------------------------------------------------ the file


def _calendars(data: bytes, report: _Report) -> Iterable[Component]:
    if len(data) > MOST_OCTETS:
        report("too_large", octets=len(data), most=MOST_OCTETS)
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        report("not_utf8")
        text = data.decode("cp1252", errors="replace")
    try:
        return list(Calendar.from_ical(text, multiple=True))
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        report("unreadable", why=str(problem)[:200])
        return []


class _Frame:
    """What the calendar around an entry says about zones."""

    def __init__(self, calendar: Component, zone: str, report: _Report) -> None:
        self.report = report
        self.zone = zone
        self.name = _text(calendar, "NAME") or _text(calendar, "X-WR-CALNAME")
        self._own = {str(c.get("TZID", "")): c for c in calendar.subcomponents if isinstance(c, Timezone)}
        # MoCa's schedule states its zone in a property of the component's name.
        for property_name in ("X-WR-TIMEZONE", "VTIMEZONE", "TIMEZONE-ID"):
            if found := _iana(_text(calendar, property_name)):
                self.zone = found
                break

    def moment(self, value: Any, uid: str) -> tuple[datetime, str]:
        """The UTC instant of a date-time property and the zone it was meant in. Raises _WholeDay."""
        at, tzid = value.dt, str(value.params.get("TZID", ""))
        if not isinstance(at, datetime):
            raise _WholeDay
        if not tzid and at.tzinfo is not None:
            return at.astimezone(UTC), self.zone
        key, rules = self._zone_of(tzid, uid)
        return self._instant(at.replace(tzinfo=None), key, rules, uid), key

    def _zone_of(self, tzid: str, uid: str) -> tuple[str, tzinfo]:
        if key := _iana(tzid):
            return key, zones.zone(key)
        if tzid in self._own:
            self.report("zone_unknown", uid, zone=tzid)
            try:
                return self.zone, self._own[tzid].to_tz(lookup_tzid=False)
            except (ValueError, LookupError, TypeError, AttributeError):
                self.report("unreadable", uid, zone=tzid)
        self.report("zone_assumed", uid, zone=self.zone, given=tzid)
        return self.zone, zones.zone(self.zone)

    def _instant(self, wall: datetime, key: str, rules: tzinfo, uid: str) -> datetime:
        if rules is zones.zone(key) and isinstance(zones.instant(wall, key), Refusal):
            self.report("wall_time_skipped", uid, wall_time=wall.isoformat(), zone=key)
        return wall.replace(tzinfo=rules).astimezone(UTC)


class _WholeDay(Exception):
    """A date where a time is needed."""


def _iana(tzid: str) -> str | None:
    """The IANA id that a TZID means: itself, Windows' name of it, or the end of a vendor's path."""
    tzid = plain(tzid).strip().strip('"')
    parts = tzid.split("/")
    for guess in (tzid, WINDOWS_TO_OLSON.get(tzid, ""), *("/".join(parts[-n:]) for n in (3, 2))):
        if guess in zones.known():
            return guess
    return None


# ---------------------------------------------------------------------------------------------- an entry


@dataclass(frozen=True)
class _Entry:
    """One VEVENT: its slot, and what it says about other occurrences (instants in UTC)."""

    slot: Slot
    replaces: datetime | None
    rule: dict[str, Any] | None
    until: datetime | None
    also: tuple[datetime, ...]
    never: frozenset[datetime]
    never_on: frozenset[Any]


def _entries(calendar: Component, frame: _Frame, report: _Report) -> Iterator[_Entry]:
    for component in calendar.subcomponents:
        if isinstance(component, Event):
            entry = _entry(component, frame, report)
            if entry:
                yield entry
        elif component.name != "VTIMEZONE":
            report.part("component", str(component.name))


def _entry(event: Event, frame: _Frame, report: _Report) -> _Entry | None:
    name = _text(event, "UID") or _invented_uid(event, report)
    _note_parts(event, report)
    try:
        span = _span(event, frame, name, report)
    except _WholeDay:
        report("whole_day", name, title=_text(event, "SUMMARY"))
        return None
    if not span:
        return None
    rule = _value(event, "RRULE")
    never = list(_listed(event, "EXDATE", frame, name, report))
    return _Entry(
        slot=_slot(event, name, *span, report=report),
        replaces=_replaces(event, frame, name, report),
        rule={str(part).upper(): values for part, values in rule.items()} if rule else None,
        until=_until(rule, frame, span[2]) if rule else None,
        also=tuple(at for at in _listed(event, "RDATE", frame, name, report) if isinstance(at, datetime)),
        never=frozenset(at for at in never if isinstance(at, datetime)),
        never_on=frozenset(day for day in never if not isinstance(day, datetime)),
    )


def _invented_uid(event: Event, report: _Report) -> str:
    title, start = _text(event, "SUMMARY"), _value(event, "DTSTART")
    report("no_uid", title=title)
    return uid("", f"{start.to_ical().decode() if start else ''}/{title}")


def _span(event: Event, frame: _Frame, name: str, report: _Report) -> tuple[datetime, datetime, str] | None:
    start, end, duration = (_value(event, key) for key in ("DTSTART", "DTEND", "DURATION"))
    if start is None or (end is None and duration is None):
        report("no_start" if start is None else "no_end", name, title=_text(event, "SUMMARY"))
        return None
    starts_at, zone = frame.moment(start, name)
    ends_at = frame.moment(end, name)[0] if end is not None else starts_at + duration.dt
    if ends_at <= starts_at:
        report("ends_before_it_starts", name, title=_text(event, "SUMMARY"))
        return None
    return starts_at, ends_at, zone


def _slot(event: Event, name: str, starts_at: datetime, ends_at: datetime, zone: str, *, report: _Report) -> Slot:
    return Slot(
        uid=name,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone,
        title=_text(event, "SUMMARY"),
        changed_at=_changed_at(event) or starts_at,
        revision=max(0, int(_value(event, "SEQUENCE") or 0)),
        status=_STATUSES.get(_text(event, "STATUS").upper(), "confirmed"),
        description=_text(event, "DESCRIPTION"),
        location=_text(event, "LOCATION"),
        geo=_geo(event, report),
        url=_text(event, "URL"),
        categories=_categories(event),
        conference=_conference(event),
        organizer=_organizer(event),
        alarm_min=_alarm_min(event, report),
    )


def _changed_at(event: Event) -> datetime | None:
    for key in ("LAST-MODIFIED", "DTSTAMP", "CREATED"):
        value = _value(event, key)
        at = value.dt if value is not None else None
        if isinstance(at, datetime):
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _geo(event: Event, report: _Report) -> tuple[float, float] | None:
    value = _value(event, "GEO")
    if value is None:
        return None
    latitude, longitude = float(value.latitude), float(value.longitude)
    if isfinite(latitude) and isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180:
        return round(latitude, 6), round(longitude, 6)  # RFC 5545 section 3.8.1.6 asks for six
    report.part("broken_property", "GEO")
    return None


def _categories(event: Event) -> tuple[str, ...]:
    lists = [value for value in _values(event, "CATEGORIES") if hasattr(value, "cats")]
    return tuple(text for value in lists for cat in value.cats if (text := plain(str(cat)).strip()))


def _conference(event: Event) -> Conference | None:
    value = _value(event, "CONFERENCE")
    if value is None:
        return None
    features = value.params.get("FEATURE", ())
    listed = features.split(",") if isinstance(features, str) else features
    return Conference(
        uri=plain(str(value)).strip(),
        label=plain(str(value.params.get("LABEL", ""))),
        features=tuple(str(feature).upper() for feature in listed),
    )


def _organizer(event: Event) -> Organizer | None:
    value = _value(event, "ORGANIZER")
    if value is None:
        return None
    address = plain(str(value)).strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    return Organizer(address=address, name=plain(str(value.params.get("CN", ""))))


def _alarm_min(event: Event, report: _Report) -> int | None:
    found: int | None = None
    for alarm in event.subcomponents:
        trigger = _value(alarm, "TRIGGER") if alarm.name == "VALARM" else None
        before = trigger.dt if trigger is not None and "RELATED" not in trigger.params else None
        if found is None and isinstance(before, timedelta) and before <= timedelta():
            found = int(-before / timedelta(minutes=1))
        else:
            report.part("component", str(alarm.name))
    return found


def _note_parts(event: Event, report: _Report) -> None:
    for name, value in event.property_items(recursive=False, sorted=False):
        if name in ("BEGIN", "END"):
            continue
        if isinstance(value, vBroken):
            report.part("broken_property", str(name))
        elif name not in _UNDERSTOOD:
            report.part("property", str(name))


# ------------------------------------------------------------------------------------------- recurrence


def _replaces(event: Event, frame: _Frame, name: str, report: _Report) -> datetime | None:
    value = _value(event, "RECURRENCE-ID")
    if value is None:
        return None
    if "RANGE" in value.params:
        report("range_not_understood", name)
    try:
        return frame.moment(value, name)[0]
    except _WholeDay:
        report.part("broken_property", "RECURRENCE-ID")
        return None


def _until(rule: Any, frame: _Frame, zone: str) -> datetime | None:
    """UNTIL as a wall time of the entry's zone; a date means its last moment."""
    listed = rule.get("UNTIL")
    if not listed:
        return None
    at = listed[0] if isinstance(listed, list) else listed
    if not isinstance(at, datetime):
        return datetime.combine(at, time.max)
    return at.astimezone(zones.zone(zone)).replace(tzinfo=None) if at.tzinfo else at


def _listed(event: Event, key: str, frame: _Frame, name: str, report: _Report) -> Iterator[Any]:
    """The instants, or the days, of a date list."""
    for value in _values(event, key):
        for member in getattr(value, "dts", ()):
            if isinstance(member.dt, tuple):
                report.part("broken_property", f"{key};VALUE=PERIOD")
                continue
            member.params.update(value.params)
            try:
                yield frame.moment(member, name)[0]
            except _WholeDay:
                yield member.dt


def _slots(entries: list[_Entry], report: _Report) -> Iterator[Slot]:
    """Every occurrence of every entry, entries of one UID together."""
    by_uid: dict[str, list[_Entry]] = {}
    for entry in entries:
        by_uid.setdefault(entry.slot.uid, []).append(entry)
    for name, family in by_uid.items():
        changed = {e.replaces: e for e in _latest([e for e in family if e.replaces], name, report)}
        masters = _latest([e for e in family if not e.replaces], name, report)
        for master in _told_apart(masters, name, report):
            yield from _occurrences(master, changed, report)
        yield from (_renamed(entry.slot, f"{at:%Y%m%dT%H%M%SZ}") for at, entry in changed.items() if at)


def _latest(entries: list[_Entry], name: str, report: _Report) -> list[_Entry]:
    """Those of the highest revision: of each changed occurrence, or of all masters."""
    newest: dict[datetime | None, int] = {}
    for entry in entries:
        newest[entry.replaces] = max(newest.get(entry.replaces, 0), entry.slot.revision)
    kept = [entry for entry in entries if entry.slot.revision == newest[entry.replaces]]
    if len(kept) < len(entries):
        report("superseded", name, count=len(entries) - len(kept))
    return kept


def _told_apart(masters: list[_Entry], name: str, report: _Report) -> list[_Entry]:
    """Entries that share a UID and a revision are no versions of each other: each gets a UID of its own."""
    different: list[_Entry] = []
    for entry in masters:
        if entry not in different:
            different.append(entry)
    if len(different) < len(masters):
        report("repeated", name, count=len(masters) - len(different))
    if len(different) < 2:
        return different
    report("repeated_uid", name, count=len(different))
    return [_with_slot(entry, _renamed(entry.slot, _fingerprint(entry.slot))) for entry in different]


def _occurrences(entry: _Entry, changed: dict[datetime | None, _Entry], report: _Report) -> Iterator[Slot]:
    """The entry's slots, changed occurrences taken out of `changed` in their place."""
    if entry.rule is None and not entry.also:
        yield entry.slot
        return
    for at in _instants(entry, report):
        replacement = changed.pop(at, None)
        slot = replacement.slot if replacement else _moved(entry.slot, at)
        yield _renamed(slot, f"{at:%Y%m%dT%H%M%SZ}")


def _instants(entry: _Entry, report: _Report) -> list[datetime]:
    slot, place = entry.slot, zones.zone(entry.slot.zone)
    walls = [slot.starts_at.astimezone(place).replace(tzinfo=None)]
    if entry.rule:
        try:
            walls, cut = recurrence.occurrences(entry.rule, walls[0], entry.until)
        except (recurrence.NotUnderstood, ValueError) as problem:
            report("recurrence_not_understood", slot.uid, rule=str(problem)[:200])
        else:
            if cut:
                report("recurrence_cut", slot.uid, days=recurrence.HORIZON_DAYS)
    kept = [wall for wall in walls if wall.date() not in entry.never_on]
    instants = {wall.replace(tzinfo=place).astimezone(UTC) for wall in kept} | set(entry.also)
    return sorted(instants - entry.never)


def _moved(slot: Slot, at: datetime) -> Slot:
    return msgspec.structs.replace(slot, starts_at=at, ends_at=at + (slot.ends_at - slot.starts_at))


def _renamed(slot: Slot, part: str) -> Slot:
    return msgspec.structs.replace(slot, uid=uid(slot.uid, part))


def _with_slot(entry: _Entry, slot: Slot) -> _Entry:
    return _Entry(slot, entry.replaces, entry.rule, entry.until, entry.also, entry.never, entry.never_on)


def _fingerprint(slot: Slot) -> str:
    return f"{slot.starts_at:%Y%m%dT%H%M%SZ}/{slot.location}/{slot.title}"


def _distinct(slots: Iterable[Slot]) -> list[Slot]:
    """The slots; one that still shares its UID with an earlier one gets the next number."""
    seen: Counter[str] = Counter()
    kept = []
    for slot in slots:
        seen[slot.uid] += 1
        kept.append(slot if seen[slot.uid] == 1 else _renamed(slot, str(seen[slot.uid])))
    return kept


# ------------------------------------------------------------------------------------------- properties


def _values(component: Component, name: str) -> list[Any]:
    found = component.get(name)
    listed = found if isinstance(found, list) else [found] if found is not None else []
    return [value for value in listed if not isinstance(value, vBroken)]


def _value(component: Component, name: str) -> Any:
    """The first readable value, or None."""
    return next(iter(_values(component, name)), None)


def _text(component: Component, name: str) -> str:
    value = _value(component, name)
    return "" if value is None else plain(str(value)).strip()
