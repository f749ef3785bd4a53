"""The draft, what forms show of it, releases, and people on stage."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any, Final
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.values import EventView, LocalizedText
from plenaria.core.people import queries as people
from plenaria.core.people.queries import normal_email
from plenaria.core.storage.database import Database, current
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.settings import (
    AbsenceItem,
    AgendaSection,
    AgendaSettings,
    PartItem,
    PersonItem,
    RoomItem,
    SessionItem,
    TrackItem,
    TypeItem,
)
from plenaria.plugins.agenda.tables import Release, Room, Session, SessionPart, SessionType, StagePerson, Track

Item = RoomItem | TrackItem | TypeItem | PersonItem
Row = dict[str, Any]
_ASKED_AT_ONCE: Final = 5000


class Stored(Struct, frozen=True):
    """An item as stored, with the revision that a form hands back."""

    item: Any
    revision: int


class ReleaseRow(Struct, frozen=True):
    """One line of the history of releases."""

    number: int
    released_at: datetime
    released_by: str
    note: str
    reason: str
    conflicts: int
    changes: tuple[rules.Change, ...]


class MyPart(Struct, frozen=True):
    """A person's own part in a session, for `/me`."""

    event: int
    session: str
    title: LocalizedText
    state: str
    role: str
    employer: str
    job_title: LocalizedText
    confirmed_at: datetime | None


# ------------------------------------------------------------------------------------------------- the draft


async def draft(event_id: int) -> rules.Draft:
    """Everything as the organisers have it; six queries."""
    lists = await _lists(event_id)
    by_id = {kind: {row["id"]: row["code"] for row in rows} for kind, rows in lists.items()}
    parts = await _parts_by_session(event_id, by_id["people"])
    rows = await Session.select().where(Session.event == event_id).order_by(Session.id)
    sessions = [_session(row, by_id, parts.get(row["id"], ())) for row in rows]
    return rules.Draft(
        rooms=tuple(_room(row) for row in lists["rooms"]),
        tracks=tuple(_track(row) for row in lists["tracks"]),
        types=tuple(_type(row) for row in lists["types"]),
        people=tuple(_person(row) for row in lists["people"]),
        sessions=tuple(sorted(sessions, key=_by_time)),
        absences={row["code"]: found for row in lists["people"] if (found := _absences(row))},
        fixed=frozenset(row["code"] for row in rows if row["is_fixed"]),
    )


def _by_time(session: rules.Session) -> tuple[bool, Any, str, int]:
    """Sessions without a start last."""
    return session.starts_at is None, session.starts_at or 0, session.room, session.number


async def _lists(event_id: int) -> dict[str, list[Row]]:
    return {kind: await _ordered(table, event_id) for kind, table in TABLES.items()}


async def _ordered(table: Any, event_id: int) -> list[Row]:
    rows: list[Row] = await table.select().where(table.event == event_id).order_by(table.position, table.id)
    return rows


TABLES: Final[Mapping[str, Any]] = {"rooms": Room, "tracks": Track, "types": SessionType, "people": StagePerson}


async def _parts_by_session(event_id: int, people: Mapping[int, str]) -> dict[int, tuple[rules.Part, ...]]:
    rows = (
        await SessionPart.select(
            SessionPart.session,
            SessionPart.person,
            SessionPart.role,
            SessionPart.employer,
            SessionPart.job_title,
        )
        .where(SessionPart.session.event == event_id)
        .order_by(SessionPart.position, SessionPart.id)
    )
    found: dict[int, list[rules.Part]] = {}
    for row in rows:
        part = rules.Part(
            person=people[row["person"]],
            role=row["role"],
            employer=row["employer"],
            job_title=text(row["job_title"]),
        )
        found.setdefault(row["session"], []).append(part)
    return {session: tuple(parts) for session, parts in found.items()}


def _session(row: Row, by_id: Mapping[str, Mapping[int, str]], parts: tuple[rules.Part, ...]) -> rules.Session:
    return rules.Session(
        code=row["code"],
        number=row["id"],
        uid=row["uid"],
        title=text(row["title"]),
        abstract=text(row["abstract"]),
        language=row["language"],
        type=by_id["types"].get(row["type"], ""),
        track=by_id["tracks"].get(row["track"], ""),
        room=by_id["rooms"].get(row["room"], ""),
        starts_at=row["starts_at"],
        duration_min=row["duration_min"],
        state=row["state"],
        parts=parts,
    )


def _room(row: Row) -> rules.Room:
    return rules.Room(
        code=row["code"],
        name=text(row["name"]),
        capacity=row["capacity"],
        opens=_time(row["opens"]),
        closes=_time(row["closes"]),
    )


def _track(row: Row) -> rules.Track:
    return rules.Track(code=row["code"], name=text(row["name"]), colour=row["colour"])


def _type(row: Row) -> rules.SessionType:
    return rules.SessionType(
        code=row["code"], name=text(row["name"]), needs=tuple(_json(row["needs"])), is_break=row["is_break"]
    )


def _person(row: Row) -> rules.Person:
    return rules.Person(
        code=row["code"],
        given_names=row["given_names"],
        first_surname=row["first_surname"],
        second_surname=row["second_surname"],
        bio=text(row["bio"]),
        is_public=row["is_public"],
    )


def _absences(row: Row) -> tuple[rules.Absence, ...]:
    return msgspec.convert(_json(row["absences"]), tuple[rules.Absence, ...])


def _time(stored: str) -> time | None:
    return time.fromisoformat(stored) if stored else None


def text(stored: Any) -> LocalizedText:
    """A stored localised text; SQLite gives JSON back as a string."""
    found: LocalizedText = _json(stored)
    return found


def _json(stored: Any) -> Any:
    return msgspec.json.decode(stored) if isinstance(stored, (str, bytes)) else stored


# ------------------------------------------------------------------------------------------------- for forms


async def items(event_id: int, kind: str) -> list[Stored]:
    """Rooms, tracks, types or people as a form shows them, in their order."""
    return [Stored(_ITEMS[kind](row), row["revision"]) for row in await _ordered(TABLES[kind], event_id)]


async def item(event_id: int, kind: str, code: str) -> Stored | None:
    table = TABLES[kind]
    row = await table.select().where((table.event == event_id) & (table.code == code)).first()
    return Stored(_ITEMS[kind](row), row["revision"]) if row else None


def _person_item(row: Row) -> PersonItem:
    person = msgspec.structs.asdict(_person(row))
    absences = msgspec.convert(_json(row["absences"]), tuple[AbsenceItem, ...])
    return PersonItem(**person, email=row["email"], absences=absences)


_ITEMS: Final[Mapping[str, Any]] = {
    "rooms": lambda row: RoomItem(**msgspec.structs.asdict(_room(row))),
    "tracks": lambda row: TrackItem(**msgspec.structs.asdict(_track(row))),
    "types": lambda row: TypeItem(**msgspec.structs.asdict(_type(row))),
    "people": _person_item,
}


def session_item(session: rules.Session, draft: rules.Draft, *, zone: str) -> SessionItem:
    """A session of the draft as a form, a file and the API show it; its start with the offset of the event's zone."""
    starts = session.starts_at.astimezone(ZoneInfo(zone)) if session.starts_at else None
    return SessionItem(
        code=session.code,
        title=session.title,
        abstract=session.abstract,
        language=session.language,
        type=session.type,
        track=session.track,
        room=session.room,
        starts_at=starts,
        duration_min=session.duration_min,
        state=session.state,
        is_fixed=session.code in draft.fixed,
        people=tuple(PartItem(**msgspec.structs.asdict(part)) for part in session.parts),
    )


async def session_revisions(event_id: int) -> dict[str, int]:
    """Code → the revision that a form hands back."""
    rows = await Session.select(Session.code, Session.revision).where(Session.event == event_id)
    return {row["code"]: row["revision"] for row in rows}


async def section_of(event: EventView) -> AgendaSection:
    """What the event's file would declare of the agenda."""
    now = await draft(event.id)
    lists = {kind: tuple(each.item for each in await items(event.id, kind)) for kind in TABLES}
    lists["people"] = tuple(_in_zone(person, event.zone) for person in lists["people"])
    latest = await schedule(event)
    place = place_of(event)
    upcoming = rules.next_schedule(latest, now, place=place, now=latest.released_at) if latest else None
    return AgendaSection(
        **lists,
        sessions=tuple(session_item(session, now, zone=event.zone) for session in now.sessions),
        released=latest is not None and upcoming is not None and rules.is_same(latest, upcoming),
    )


def _in_zone(person: PersonItem, zone: str) -> PersonItem:
    """Absences with the offset of the event's zone, as somebody would write them."""
    place = ZoneInfo(zone)
    absences = tuple(
        AbsenceItem(starts_at=each.starts_at.astimezone(place), ends_at=each.ends_at.astimezone(place))
        for each in person.absences
    )
    return msgspec.structs.replace(person, absences=absences)


def place_of(event: EventView) -> str:
    """The venue as a calendar's location names it."""
    return ", ".join(part for part in (event.venue, event.address, event.city) if part)


# ------------------------------------------------------------------------------------------------- releases


class Known(Struct, frozen=True):
    """What public pages are made of: the last release, how the event wants it shown, and when that looks different.

    `instants` are all starts and ends, in order: between two of them the same sessions are on.
    """

    schedule: rules.Schedule | None
    settings: AgendaSettings
    instants: tuple[datetime, ...]
    days: frozenset[date]


_known: WeakKeyDictionary[Database, dict[int, tuple[int, Known]]] = WeakKeyDictionary()
"""By database (a process may open several, one after the other): event id → the event's revision, what it knew."""


async def known(event: EventView) -> Known:
    """The public agenda; two queries for one session as for 500, and none while the event has not changed."""
    by_event = _known.setdefault(current(), {})
    kept = by_event.get(event.id)
    if kept is None or kept[0] != event.revision:
        kept = by_event[event.id] = (event.revision, await _read_known(event))
    return kept[1]


async def _read_known(event: EventView) -> Known:
    found = await _last_release(event.id)
    instants = {at for each in found.sessions for at in (each.starts_at, each.ends_at)} if found else set()
    return Known(
        schedule=found,
        settings=await settings_of(event, "agenda", AgendaSettings),
        instants=tuple(sorted(instants)),
        days=frozenset(found.days(event.zone)) if found else frozenset(),
    )


async def schedule(event: EventView) -> rules.Schedule | None:
    """The last release, as the database has it now."""
    return await _last_release(event.id)


async def _last_release(event_id: int) -> rules.Schedule | None:
    row = (
        await Release.select(Release.schedule)
        .where(Release.event == event_id)
        .order_by(Release.number, ascending=False)
        .first()
    )
    return msgspec.json.decode(row["schedule"], type=rules.Schedule) if row else None


async def released_uids(event: EventView) -> dict[str, str]:
    """Code → uid of every session that was ever released: the last release still holds those cancelled or gone."""
    latest = await _last_release(event.id)
    return {each.session.code: each.session.uid for each in latest.sessions} if latest else {}


async def uids_elsewhere(event: EventView, uids: Collection[str]) -> set[str]:
    """Those of the uids that sessions of other events have."""
    found: set[str] = set()
    wanted = list(uids)
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        some = wanted[start : start + _ASKED_AT_ONCE]
        rows = await Session.select(Session.uid).where(Session.uid.is_in(some) & (Session.event != event.id))
        found |= {row["uid"] for row in rows}
    return found


async def releases(event_id: int) -> list[ReleaseRow]:
    """The history, newest first."""
    rows = (
        await Release.select(*(column for column in Release.all_columns() if column is not Release.schedule))
        .where(Release.event == event_id)
        .order_by(Release.number, ascending=False)
    )
    return [_release_row(row) for row in rows]


def _release_row(row: Row) -> ReleaseRow:
    return ReleaseRow(
        number=row["number"],
        released_at=row["released_at"],
        released_by=row["released_by"],
        note=row["note"],
        reason=row["reason"],
        conflicts=row["conflicts"],
        changes=msgspec.json.decode(row["changes"], type=tuple[rules.Change, ...]),
    )


# ---------------------------------------------------------------------------------------------------- people


async def parts_of(email: str, event_ids: list[int]) -> list[MyPart]:
    """The sessions of whoever has that address, in these events; one query."""
    if not event_ids or not email:
        return []
    session, person = SessionPart.session, SessionPart.person
    rows = (
        await SessionPart.select(
            session.event.as_alias("event"),
            session.code.as_alias("code"),
            session.title.as_alias("title"),
            session.state.as_alias("state"),
            SessionPart.role,
            SessionPart.employer,
            SessionPart.job_title,
            SessionPart.confirmed_at,
        )
        .where((person.email == normal_email(email)) & session.event.is_in(event_ids))
        .order_by(session.starts_at, SessionPart.id)
    )
    return [_my_part(row) for row in rows]


async def personal_data(person: int, /) -> dict[str, Any]:
    """What is kept under this person's address: as somebody on stage, and each part in a session; three queries."""
    known = await people.person(person)
    if known is None:
        return {}
    on_stage = (
        await StagePerson.select(
            StagePerson.event.slug.as_alias("event"),
            *(StagePerson.given_names, StagePerson.first_surname, StagePerson.second_surname, StagePerson.email),
            *(StagePerson.bio, StagePerson.is_public, StagePerson.absences),
        )
        .where(StagePerson.email == known.email)
        .order_by(StagePerson.id)
        .output(load_json=True)
    )
    session: Any = SessionPart.session
    parts = (
        await SessionPart.select(
            session.event.slug.as_alias("event"),
            session.code.as_alias("session"),
            *(SessionPart.role, SessionPart.employer, SessionPart.job_title, SessionPart.confirmed_at),
        )
        .where(SessionPart.person.email == known.email)
        .order_by(SessionPart.id)
        .output(load_json=True)
    )
    return {"people": on_stage, "parts": parts}


def _my_part(row: Row) -> MyPart:
    return MyPart(
        event=row["event"],
        session=row["code"],
        title=text(row["title"]),
        state=row["state"],
        role=row["role"],
        employer=row["employer"],
        job_title=text(row["job_title"]),
        confirmed_at=row["confirmed_at"],
    )


async def confirmed_parts(event_id: int) -> set[tuple[str, str]]:
    """`(session, person)` of everybody who confirmed that they will be there."""
    rows = await SessionPart.select(
        SessionPart.session.code.as_alias("session"), SessionPart.person.code.as_alias("person")
    ).where((SessionPart.session.event == event_id) & SessionPart.confirmed_at.is_not_null())
    return {(row["session"], row["person"]) for row in rows}


async def ever_released(event_id: int) -> set[str]:
    """Codes of everybody who stands in a released schedule of the event, the earlier ones too."""
    rows = await Release.select(Release.schedule).where(Release.event == event_id)
    schedules = [msgspec.json.decode(row["schedule"], type=rules.Schedule) for row in rows]
    return {person.code for schedule in schedules for person in schedule.people}


async def addresses(event_id: int) -> dict[str, str]:
    """Person's code → e-mail address, of those who have one. For mails, never for pages."""
    rows = await StagePerson.select(StagePerson.code, StagePerson.email).where(
        (StagePerson.event == event_id) & (StagePerson.email != "")
    )
    return {row["code"]: row["email"] for row in rows}
