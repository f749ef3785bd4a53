"""The draft: all of it, its sessions as forms and files show them, and the section that an event's file would declare."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.queries import catalogue
from plenaria.plugins.agenda.queries.catalogue import CATALOGUES, PEOPLE, ROOMS, TRACKS, TYPES, Catalogue, I
from plenaria.plugins.agenda.queries.columns import Row, text
from plenaria.plugins.agenda.queries.releases import place_of, schedule
from plenaria.plugins.agenda.settings import AbsenceItem, AgendaSection, PartItem, PersonItem, SessionItem
from plenaria.plugins.agenda.tables import Session, SessionPart


class _Codes(NamedTuple):
    """What a session's foreign keys mean: id → code."""

    rooms: Mapping[int, str]
    tracks: Mapping[int, str]
    types: Mapping[int, str]


async def draft(event_id: int) -> rules.Draft:
    """Everything as the organisers have it; six queries."""
    rooms, tracks, types, people = [await catalogue.rows(event_id, each.table) for each in CATALOGUES]
    codes = _Codes(_codes(rooms), _codes(tracks), _codes(types))
    parts = await _parts_by_session(event_id, _codes(people))
    rows = await Session.select().where(Session.event == event_id).order_by(Session.id)
    sessions = [_session(row, codes, parts.get(row["id"], ())) for row in rows]
    return rules.Draft(
        rooms=tuple(catalogue.room(row) for row in rooms),
        tracks=tuple(catalogue.track(row) for row in tracks),
        types=tuple(catalogue.session_type(row) for row in types),
        people=tuple(catalogue.person(row) for row in people),
        sessions=tuple(sorted(sessions, key=_by_time)),
        absences={row["code"]: away for row in people if (away := catalogue.absences(row))},
        fixed=frozenset(row["code"] for row in rows if row["is_fixed"]),
    )


def _codes(rows: list[Row]) -> dict[int, str]:
    return {row["id"]: row["code"] for row in rows}


def _by_time(session: rules.Session) -> tuple[bool, datetime | int, str, int]:
    """Sessions without a start last."""
    return session.starts_at is None, session.starts_at or 0, session.room, session.number


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
    by_session: dict[int, list[rules.Part]] = {}
    for row in rows:
        part = rules.Part(
            person=people[row["person"]],
            role=row["role"],
            employer=row["employer"],
            job_title=text(row["job_title"]),
        )
        by_session.setdefault(row["session"], []).append(part)
    return {session: tuple(parts) for session, parts in by_session.items()}


def _session(row: Row, codes: _Codes, parts: tuple[rules.Part, ...]) -> rules.Session:
    return rules.Session(
        code=row["code"],
        number=row["id"],
        uid=row["uid"],
        title=text(row["title"]),
        abstract=text(row["abstract"]),
        language=row["language"],
        type=codes.types.get(row["type"], ""),
        track=codes.tracks.get(row["track"], ""),
        room=codes.rooms.get(row["room"], ""),
        starts_at=row["starts_at"],
        duration_min=row["duration_min"],
        state=row["state"],
        parts=parts,
    )


# ----------------------------------------------------------------------------------------- as forms and files show it


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


async def stored_session(event: EventView, code: str) -> SessionItem | None:
    """The one of that code, as a form shows it; two queries, however large the draft is."""
    own = (Session.event == event.id) & (Session.code == code)
    rows = await Session.select(
        *(Session.id, Session.title, Session.abstract, Session.language, Session.starts_at, Session.duration_min),
        *(Session.state, Session.is_fixed, Session.type.code, Session.track.code, Session.room.code),
    ).where(own)
    if not rows:
        return None
    (row,) = rows
    parts = (
        await SessionPart.select(SessionPart.person.code, SessionPart.role, SessionPart.employer, SessionPart.job_title)
        .where(SessionPart.session == row["id"])
        .order_by(SessionPart.position, SessionPart.id)
    )
    return SessionItem(
        code=code,
        title=text(row["title"]),
        abstract=text(row["abstract"]),
        language=row["language"],
        type=row["type.code"] or "",
        track=row["track.code"] or "",
        room=row["room.code"] or "",
        starts_at=row["starts_at"],
        duration_min=row["duration_min"],
        state=row["state"],
        is_fixed=row["is_fixed"],
        people=tuple(
            PartItem(
                person=part["person.code"],
                role=part["role"],
                employer=part["employer"],
                job_title=text(part["job_title"]),
            )
            for part in parts
        ),
    )


async def session_revisions(event_id: int) -> dict[str, int]:
    """Code → the revision that a form hands back."""
    rows = await Session.select(Session.code, Session.revision).where(Session.event == event_id)
    return {row["code"]: row["revision"] for row in rows}


async def section_of(event: EventView) -> AgendaSection:
    """What the event's file would declare of the agenda."""
    now = await draft(event.id)
    latest = await schedule(event)
    upcoming = rules.next_schedule(latest, now, place=place_of(event), now=latest.released_at) if latest else None
    return AgendaSection(
        rooms=await _declared(event.id, ROOMS),
        tracks=await _declared(event.id, TRACKS),
        types=await _declared(event.id, TYPES),
        people=tuple(_in_zone(person, event.zone) for person in await _declared(event.id, PEOPLE)),
        sessions=tuple(session_item(session, now, zone=event.zone) for session in now.sessions),
        released=latest is not None and upcoming is not None and rules.is_same(latest, upcoming),
    )


async def _declared(event_id: int, of: Catalogue[I]) -> tuple[I, ...]:
    return tuple(stored.item for stored in await catalogue.items(event_id, of))


def _in_zone(person: PersonItem, zone: str) -> PersonItem:
    """Absences with the offset of the event's zone, as somebody would write them."""
    place = ZoneInfo(zone)
    absences = tuple(
        AbsenceItem(starts_at=each.starts_at.astimezone(place), ends_at=each.ends_at.astimezone(place))
        for each in person.absences
    )
    return msgspec.structs.replace(person, absences=absences)
