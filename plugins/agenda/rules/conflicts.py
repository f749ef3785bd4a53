"""What does not fit in a draft: computed anew from the whole draft whenever it is looked at, never stored."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from plenaria.core.kernel.values import N_, LocalizedText

from .schedule import Draft, Part, Room, Session, SessionType

CONFLICT_WORDS: Final = {
    "room_taken": N_("{room} is also taken by “{other}” at that time."),
    "person_in_two_places": N_("{person} is also in “{other}” at that time."),
    "person_unavailable": N_("{person} is not available then: {starts_at} to {ends_at}."),
    "outside_event_days": N_("It is outside the days of the event."),
    "room_closed": N_("{room} is open from {opens} to {closes} only."),
    "start_missing": N_("It is confirmed but has no start, so it cannot be released."),
    "room_missing": N_("It has no room yet."),
    "role_missing": N_("A session of the type “{type}” needs somebody as: {role}."),
    "changeover_short": N_("{person} has only {minutes} minutes until “{other}” in another room."),
}

HARD: Final = frozenset(
    {
        "room_taken",
        "person_in_two_places",
        "person_unavailable",
        "outside_event_days",
        "room_closed",
        "start_missing",
    }
)
"""Those that keep a schedule from being released without a reason; the others only warn."""


class Conflict(Struct, frozen=True, kw_only=True):
    """Something that does not fit. `code` is stable API; `sessions` are codes, the first is the one to blame or to move."""

    code: str
    sessions: tuple[str, ...]
    facts: dict[str, Any] = {}

    @property
    def is_hard(self) -> bool:
        return self.code in HARD

    def seen_from(self, session: str, titles: Mapping[str, LocalizedText]) -> "Conflict":
        """The same conflict as the other of its two sessions sees it; `titles` by session."""
        if len(self.sessions) < 2 or self.sessions[0] == session:
            return self
        facts = {**self.facts, "other": titles.get(self.sessions[0], "")}
        return Conflict(code=self.code, sessions=(self.sessions[1], self.sessions[0]), facts=facts)


def conflicts(
    draft: Draft, *, first_day: date, last_day: date, zone: str, changeover_min: int = 0
) -> tuple[Conflict, ...]:
    """Everything that does not fit, in the order of the sessions. Cancelled sessions are in nobody's way."""
    standing = [session for session in draft.sessions if session.state != "cancelled"]
    rooms = {each.code: each for each in draft.rooms}
    types = {each.code: each for each in draft.types}
    place = ZoneInfo(zone)
    found: list[Conflict] = []
    for session in standing:
        found += _of_one(session, draft, rooms, types, first_day, last_day, place)
    found += _of_pairs(standing, draft, timedelta(minutes=changeover_min))
    order = {session.code: index for index, session in enumerate(draft.sessions)}
    return tuple(sorted(found, key=lambda each: order[each.sessions[0]]))


def simultaneous(sessions: Collection[Session]) -> int:
    """How many pairs of them are on at the same time; in n log n, unlike `conflicts`, which looks at each pair."""
    starts = sorted(each.starts_at for each in sessions if each.starts_at is not None)
    ends = sorted(each.ends_at for each in sessions if each.ends_at is not None)
    return sum(begun - bisect_right(ends, start) for begun, start in enumerate(starts))


def _of_one(
    session: Session,
    draft: Draft,
    rooms: dict[str, Room],
    types: dict[str, SessionType],
    first_day: date,
    last_day: date,
    place: ZoneInfo,
) -> Iterator[Conflict]:
    kind = types.get(session.type)
    if session.starts_at is None:
        if session.state == "confirmed":
            yield Conflict(code="start_missing", sessions=(session.code,))
    else:
        yield from _of_time(session, rooms, first_day, last_day, place)
        if not session.room and not (kind and kind.is_break):
            yield Conflict(code="room_missing", sessions=(session.code,))
        yield from _of_absences(session, draft)
    for role in kind.needs if kind else ():
        if not any(part.role == role for part in session.parts):
            facts = {"type": kind.name if kind else {}, "role": role}
            yield Conflict(code="role_missing", sessions=(session.code,), facts=facts)


def _of_absences(session: Session, draft: Draft) -> Iterator[Conflict]:
    """As hard as being in two places: somebody who is absent cannot be on stage."""
    for person in dict.fromkeys(part.person for part in session.parts) if draft.absences else ():
        for absence in draft.absences.get(person, ()):
            if session.starts_at is None or session.ends_at is None:
                continue
            if session.starts_at < absence.ends_at and absence.starts_at < session.ends_at:
                facts = {
                    "person": next((each.name for each in draft.people if each.code == person), person),
                    "starts_at": absence.starts_at,
                    "ends_at": absence.ends_at,
                }
                yield Conflict(code="person_unavailable", sessions=(session.code,), facts=facts)


def _of_time(
    session: Session, rooms: dict[str, Room], first_day: date, last_day: date, place: ZoneInfo
) -> Iterator[Conflict]:
    if session.starts_at is None or session.ends_at is None:
        return
    starts, ends = session.starts_at.astimezone(place), session.ends_at.astimezone(place)
    last_moment = (session.ends_at - timedelta(microseconds=1)).astimezone(place)
    if starts.date() < first_day or last_moment.date() > last_day:
        yield Conflict(code="outside_event_days", sessions=(session.code,))
    room = rooms.get(session.room)
    if room is None or (room.opens is None and room.closes is None):
        return
    too_early = room.opens is not None and starts.time() < room.opens
    over_night = last_moment.date() > starts.date()
    too_late = room.closes is not None and (over_night or ends.time() > room.closes)
    if too_early or too_late:
        hours = {"opens": _clock(room.opens), "closes": _clock(room.closes)}
        yield Conflict(code="room_closed", sessions=(session.code,), facts={"room": room.name, **hours})


def _clock(at: Any) -> str:
    return "…" if at is None else f"{at:%H:%M}"


def _of_pairs(sessions: Iterable[Session], draft: Draft, changeover: timedelta) -> Iterator[Conflict]:
    """Rooms and people that two sessions want at once: only neighbours in time that share one are compared, not all with all."""
    rooms = {room.code: room.name for room in draft.rooms}
    people = {person.code: person.name for person in draft.people}
    timed = sorted((one for one in sessions if one.starts_at is not None), key=_by_start)
    for earlier, later in _near(timed, changeover):
        if earlier.overlaps(later):
            if earlier.room and earlier.room == later.room:
                facts: dict[str, Any] = {"room": rooms.get(earlier.room, {}), "other": earlier.title}
                yield Conflict(code="room_taken", sessions=(later.code, earlier.code), facts=facts)
            for person in _shared(earlier.parts, later.parts):
                facts = {"person": people.get(person, person), "other": earlier.title}
                yield Conflict(code="person_in_two_places", sessions=(later.code, earlier.code), facts=facts)
        elif earlier.room != later.room and earlier.ends_at is not None and later.starts_at is not None:
            pause = later.starts_at - earlier.ends_at
            for person in _shared(earlier.parts, later.parts) if pause < changeover else ():
                facts = {
                    "person": people.get(person, person),
                    "minutes": int(pause.total_seconds() // 60),
                    "other": later.title,
                }
                yield Conflict(code="changeover_short", sessions=(earlier.code, later.code), facts=facts)


def _near(timed: list[Session], changeover: timedelta) -> Iterator[tuple[Session, Session]]:
    """Pairs with a room or a person in common of which the later begins before the earlier has ended, changeover included."""
    sharing: dict[tuple[str, str], list[int]] = {}
    for place, session in enumerate(timed):
        for wanted in {("room", session.room), *(("person", part.person) for part in session.parts)}:
            sharing.setdefault(wanted, []).append(place)
    sharing.pop(("room", ""), None)
    pairs = {pair for places in sharing.values() for pair in _neighbours(places, timed, changeover)}
    for earlier, later in sorted(pairs):
        yield timed[earlier], timed[later]


def _neighbours(places: list[int], timed: list[Session], changeover: timedelta) -> Iterator[tuple[int, int]]:
    for index, earlier in enumerate(places):
        ends_at = timed[earlier].ends_at
        for later in places[index + 1 :] if ends_at is not None else ():
            starts_at = timed[later].starts_at
            if ends_at is None or starts_at is None or starts_at >= ends_at + changeover:
                break
            yield earlier, later


def _by_start(session: Session) -> Any:
    return session.starts_at, session.number


def _shared(one: tuple[Part, ...], other: tuple[Part, ...]) -> list[str]:
    there = {part.person for part in other}
    return sorted({part.person for part in one if part.person in there})
