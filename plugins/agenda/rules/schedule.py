"""What a schedule is made of: values, all frozen. The draft that organisers edit, and the releases that everybody reads."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from plenaria.core.kernel.values import N_, LocalizedText

Role = Literal["speaker", "moderator", "panellist"]
State = Literal["draft", "confirmed", "cancelled"]

ROLES: Final = {"speaker": N_("Speaker"), "moderator": N_("Moderator"), "panellist": N_("Panellist")}
STATES: Final[Mapping[State, str]] = {"draft": N_("Draft"), "confirmed": N_("Confirmed"), "cancelled": N_("Cancelled")}


class Room(Struct, frozen=True, kw_only=True):
    """Where sessions are held; `opens` and `closes` are the clock on its wall, each day (None: no limit)."""

    code: str
    name: LocalizedText
    capacity: int = 0
    opens: time | None = None
    closes: time | None = None


class Track(Struct, frozen=True, kw_only=True):
    """A thread through the programme; `colour` is an index from 1, not a colour."""

    code: str
    name: LocalizedText
    colour: int = 1


class SessionType(Struct, frozen=True, kw_only=True):
    """Keynote, panel, break. `needs` are the roles without which a session of the type is not complete."""

    code: str
    name: LocalizedText
    needs: tuple[Role, ...] = ()
    is_break: bool = False


class Person(Struct, frozen=True, kw_only=True):
    """Somebody on stage. What they work for stands with each session, not here."""

    code: str
    given_names: str
    first_surname: str = ""
    second_surname: str = ""
    bio: LocalizedText = {}
    is_public: bool = True

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)


class Part(Struct, frozen=True, kw_only=True):
    """One person's part in one session, with the employer that they have there."""

    person: str
    role: Role = "speaker"
    employer: str = ""
    job_title: LocalizedText = {}


class Session(Struct, frozen=True, kw_only=True):
    """One session. `number` and `uid` stay for ever; `type`, `track` and `room` are codes or ""."""

    code: str
    number: int
    uid: str
    title: LocalizedText
    abstract: LocalizedText = {}
    language: str = "es"
    type: str = ""
    track: str = ""
    room: str = ""
    starts_at: datetime | None = None
    duration_min: int = 45
    state: State = "draft"
    parts: tuple[Part, ...] = ()

    @property
    def ends_at(self) -> datetime | None:
        """The first instant that is no longer of the session."""
        return None if self.starts_at is None else self.starts_at + timedelta(minutes=self.duration_min)

    def overlaps(self, other: "Session") -> bool:
        """Whether both are on at some instant; one that ends as the other starts does not overlap it."""
        if self.starts_at is None or other.starts_at is None or self.ends_at is None or other.ends_at is None:
            return False
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Absence(Struct, frozen=True, kw_only=True):
    """When somebody on stage is not available: half-open."""

    starts_at: datetime
    ends_at: datetime


class Draft(Struct, frozen=True, kw_only=True):
    """Everything as the organisers have it now.

    `absences` by person, and the codes of sessions that are `fixed` for timetable proposals, stand beside people and sessions
    because those go into releases, and these do not.
    """

    rooms: tuple[Room, ...] = ()
    tracks: tuple[Track, ...] = ()
    types: tuple[SessionType, ...] = ()
    people: tuple[Person, ...] = ()
    sessions: tuple[Session, ...] = ()
    absences: Mapping[str, tuple[Absence, ...]] = {}
    fixed: frozenset[str] = frozenset()

    def session(self, code: str) -> Session | None:
        return next((session for session in self.sessions if session.code == code), None)


class ReleasedSession(Struct, frozen=True, kw_only=True):
    """A session as released: confirmed or cancelled, and always with a start.

    `revision` counts what a calendar shows of it (SEQUENCE); `changed_at` is the release in which that last changed.
    """

    session: Session
    starts_at: datetime
    ends_at: datetime
    revision: int
    changed_at: datetime

    @property
    def is_cancelled(self) -> bool:
        return self.session.state == "cancelled"


class Schedule(Struct, frozen=True, kw_only=True):
    """One release: what public pages and feeds are made of. Holds only people who are public."""

    number: int
    released_at: datetime
    place: str = ""
    rooms: tuple[Room, ...] = ()
    tracks: tuple[Track, ...] = ()
    types: tuple[SessionType, ...] = ()
    people: tuple[Person, ...] = ()
    sessions: tuple[ReleasedSession, ...] = ()
    """In order of start, then room, then code."""

    def released(self, code: str) -> ReleasedSession | None:
        return next((each for each in self.sessions if each.session.code == code), None)

    def by_code(self) -> dict[str, ReleasedSession]:
        """Each as `released` gives it, for who needs many."""
        return {each.session.code: each for each in reversed(self.sessions)}

    def days(self, zone: str) -> list[date]:
        """The days on which something starts, in the event's zone."""
        return sorted({day_of(each.starts_at, zone) for each in self.sessions})


def day_of(at: datetime, zone: str) -> date:
    """The day that it is there."""
    return at.astimezone(ZoneInfo(zone)).date()
