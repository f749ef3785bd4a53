"""From one release to the next: what goes out, what a calendar must notice, and what to tell people."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from plenaria.core.kernel.values import N_, LocalizedText, Refusal

from .conflicts import Conflict
from .schedule import Draft, Part, Person, ReleasedSession, Room, Schedule, Session, Track

Face = Callable[[Session], tuple[Any, ...]]
ChangeKind = Literal["added", "moved", "changed", "cancelled", "restored"]

FIELD_WORDS: Final = {
    "time": N_("time"),
    "room": N_("room"),
    "title": N_("title"),
    "abstract": N_("abstract"),
    "people": N_("people"),
    "type": N_("type"),
    "track": N_("track"),
    "language": N_("language"),
}


class Change(Struct, frozen=True, kw_only=True):
    """What became of one session from one release to the next; `fields` are keys of `FIELD_WORDS`."""

    session: str
    kind: ChangeKind
    title: LocalizedText
    fields: tuple[str, ...] = ()


def next_schedule(previous: Schedule | None, draft: Draft, *, place: str, now: datetime) -> Schedule:
    """The release that follows `previous`.

    Confirmed sessions with a start go out. What was out before and is not confirmed any more (cancelled, a draft again,
    deleted) stays as cancelled, for ever, where it was last: a calendar that never hears of it keeps it for ever.
    """
    public = {person.code for person in draft.people if person.is_public}
    drafted = {session.uid: _shown(session, public) for session in draft.sessions}
    out = [session for session in drafted.values() if _goes_out(session)]
    was_out = {each.session.uid: each for each in previous.sessions} if previous else {}
    gone = set(was_out) - {session.uid for session in out}
    out += [_called_off(was_out[uid], drafted.get(uid)) for uid in was_out if uid in gone]
    schedule = Schedule(
        number=previous.number + 1 if previous else 1,
        released_at=now,
        place=place,
        people=_on_stage(out, previous, draft),
        **_kept(previous, draft),
    )
    before, after = calendar_faces(previous) if previous else None, calendar_faces(schedule)
    sessions = [_released(session, was_out.get(session.uid), before, after, now) for session in out]
    order = {room.code: index for index, room in enumerate(schedule.rooms)}
    sessions.sort(key=lambda each: (each.starts_at, order.get(each.session.room, -1), each.session.code))
    return replace(schedule, sessions=tuple(sessions))


def _goes_out(session: Session) -> bool:
    return session.state == "confirmed" and session.starts_at is not None


def _shown(session: Session, public: set[str]) -> Session:
    return replace(session, parts=tuple(part for part in session.parts if part.person in public))


def _on_stage(out: list[Session], previous: Schedule | None, draft: Draft) -> tuple[Person, ...]:
    """The public people of these sessions, those since deleted from the draft included; nobody else's data goes out."""
    named = {part.person for session in out for part in session.parts}
    known = {person.code for person in draft.people}
    gone = [person for person in previous.people if person.code not in known] if previous else []
    everybody = (*(person for person in draft.people if person.is_public), *gone)
    return tuple(person for person in everybody if person.code in named)


def _called_off(was: ReleasedSession, session: Session | None) -> Session:
    """The cancelled session: its words as they are now, its time and room as people know them."""
    known = was.session
    if session is None:
        return replace(known, state="cancelled")
    return replace(
        session,
        state="cancelled",
        starts_at=known.starts_at,
        duration_min=known.duration_min,
        room=known.room,
    )


def _kept(previous: Schedule | None, draft: Draft) -> dict[str, Any]:
    """Rooms, tracks and types of the draft, and those gone that cancelled sessions may still name."""
    lists: dict[str, Any] = {}
    for kind in ("rooms", "tracks", "types"):
        now = getattr(draft, kind)
        codes = {each.code for each in now}
        gone = [each for each in getattr(previous, kind) if each.code not in codes] if previous else []
        used = {getattr(each.session, kind[:-1]) for each in previous.sessions} if previous else set()
        lists[kind] = (*now, *(each for each in gone if each.code in used))
    return lists


def _released(
    session: Session, was: ReleasedSession | None, before: Face | None, after: Face, now: datetime
) -> ReleasedSession:
    if session.starts_at is None or session.ends_at is None:
        raise ValueError(f"a session without a start cannot be released: {session.code}")
    fresh = ReleasedSession(
        session=session, starts_at=session.starts_at, ends_at=session.ends_at, revision=0, changed_at=now
    )
    if was is None or before is None:
        return fresh
    if before(was.session) == after(session):
        return replace(fresh, revision=was.revision, changed_at=was.changed_at)
    return replace(fresh, revision=was.revision + 1)


def calendar_faces(schedule: Schedule) -> Face:
    """Gives all of a session that a calendar shows: when two faces are equal, no SEQUENCE moves."""
    rooms: dict[str, Room] = {each.code: each for each in schedule.rooms}
    tracks: dict[str, Track] = {each.code: each for each in schedule.tracks}
    people: dict[str, Person] = {each.code: each for each in schedule.people}

    def face(session: Session) -> tuple[Any, ...]:
        return (
            session.code,
            session.title,
            session.abstract,
            session.starts_at,
            session.duration_min,
            session.state,
            schedule.place,
            rooms[session.room].name if session.room in rooms else {},
            tracks[session.track].name if session.track in tracks else {},
            tuple(_face_of(part, people) for part in session.parts if part.person in people),
        )

    return face


def _face_of(part: Part, people: dict[str, Person]) -> tuple[Any, ...]:
    return people[part.person].name, part.role, part.employer


def changes(previous: Schedule | None, new: Schedule) -> tuple[Change, ...]:
    """What readers would notice session by session, in the order of the new schedule."""
    was = {each.session.uid: each for each in previous.sessions} if previous else {}
    found = (_change(was.get(each.session.uid), each) for each in new.sessions)
    return tuple(change for change in found if change is not None)


def _change(was: ReleasedSession | None, now: ReleasedSession) -> Change | None:
    kind: ChangeKind
    fields = () if was is None else _changed_fields(was.session, now.session)
    if was is None:
        kind = "added"
    elif now.is_cancelled and not was.is_cancelled:
        kind = "cancelled"
    elif was.is_cancelled and not now.is_cancelled:
        kind = "restored"
    elif not fields:
        return None
    else:
        kind = "moved" if {"time", "room"} & set(fields) else "changed"
    return Change(session=now.session.code, kind=kind, title=now.session.title, fields=fields)


def _changed_fields(was: Session, now: Session) -> tuple[str, ...]:
    pairs = {
        "time": ((was.starts_at, was.duration_min), (now.starts_at, now.duration_min)),
        "room": (was.room, now.room),
        "title": (was.title, now.title),
        "abstract": (was.abstract, now.abstract),
        "people": (was.parts, now.parts),
        "type": (was.type, now.type),
        "track": (was.track, now.track),
        "language": (was.language, now.language),
    }
    return tuple(field for field, (before, after) in pairs.items() if before != after)


def is_same(previous: Schedule | None, new: Schedule) -> bool:
    """Whether a release would change nothing that anybody can see."""
    if previous is None:
        return not new.sessions
    return replace(new, number=previous.number, released_at=previous.released_at) == previous


def release_refusals(
    previous: Schedule | None, new: Schedule, found: tuple[Conflict, ...], *, reason: str, despite_conflicts: bool
) -> tuple[Refusal, ...]:
    """Why the schedule may not go out: nothing new in it, or serious conflicts that nobody answers for."""
    refusals = []
    if is_same(previous, new):
        refusals.append(Refusal("nothing_to_release"))
    hard = [conflict for conflict in found if conflict.is_hard]
    if hard and not despite_conflicts:
        refusals.append(Refusal("conflicts_forbid_release", {"count": len(hard)}))
    elif hard and not reason.strip():
        refusals.append(Refusal("release_needs_reason", {"count": len(hard)}, "/reason"))
    return tuple(refusals)
