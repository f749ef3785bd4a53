"""What everybody may read: sessions, speakers, rooms and tracks of the last release."""

from collections.abc import Mapping
from datetime import date, datetime

from litestar import Response, get
from msgspec import Struct

from plenaria.core.kernel.values import EventView, LocalizedText
from plenaria.core.web.api import After, Anything, Limit, Page, paged, paged_whole, part_after
from plenaria.plugins.agenda import queries, rules


class RoomView(Struct, frozen=True):
    """A room."""

    code: str
    name: LocalizedText
    capacity: int


class TrackView(Struct, frozen=True):
    """A track."""

    code: str
    name: LocalizedText
    colour: int


class OnStageView(Struct, frozen=True):
    """Somebody's part in a session, with the employer that they have there."""

    person: str
    name: str
    role: str
    employer: str
    job_title: LocalizedText


class SessionView(Struct, frozen=True):
    """A released session. `revision` counts what calendars show of it; a cancelled one stays."""

    code: str
    uid: str
    title: LocalizedText
    abstract: LocalizedText
    language: str
    type: str
    track: str
    room: str
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    revision: int
    changed_at: datetime
    people: list[OnStageView]


class SpeakerView(Struct, frozen=True):
    """Somebody on stage and the sessions that they are in."""

    code: str
    name: str
    bio: LocalizedText
    sessions: list[str]


@get(
    "/api/v1/events/{event_slug:str}/sessions",
    permission="public",
    kept_while_away=("after", "limit", "day", "track", "room"),
    operation_id="listSessions",
)
async def list_sessions(
    request: Anything,
    event: EventView,
    after: After = "",
    limit: Limit = 50,
    day: date | None = None,
    track: str = "",
    room: str = "",
) -> Response[Page[SessionView]]:
    """The released sessions, by start."""
    known = await queries.known(event)
    found = [
        each
        for each in (known.schedule.sessions if known.schedule else ())
        if (not day or rules.day_of(each.starts_at, event.zone) == day)
        and (not track or each.session.track == track)
        and (not room or each.session.room == room)
    ]
    part = part_after(found, key=lambda each: each.session.code, after=after, limit=limit)
    return paged(request, [_session(each, known.names) for each in part], key=lambda each: each.code, limit=limit)


def _session(released: rules.ReleasedSession, names: Mapping[str, str]) -> SessionView:
    session = released.session
    return SessionView(
        code=session.code,
        uid=session.uid,
        title=session.title,
        abstract=session.abstract,
        language=session.language,
        type=session.type,
        track=session.track,
        room=session.room,
        starts_at=released.starts_at,
        ends_at=released.ends_at,
        is_cancelled=released.is_cancelled,
        revision=released.revision,
        changed_at=released.changed_at,
        people=[
            OnStageView(part.person, names[part.person], part.role, part.employer, part.job_title)
            for part in session.parts
            if part.person in names
        ],
    )


@get(
    "/api/v1/events/{event_slug:str}/speakers",
    permission="public",
    kept_while_away=("after", "limit"),
    operation_id="listSpeakers",
)
async def list_speakers(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[SpeakerView]]:
    """Everybody on stage in a released session that is not cancelled."""
    known = await queries.known(event)
    people = [person for person in (known.schedule.people if known.schedule else ()) if person.code in known.on_stage]
    speakers = [
        SpeakerView(person.code, person.name, person.bio, list(known.on_stage[person.code]))
        for person in part_after(people, key=lambda each: each.code, after=after, limit=limit)
    ]
    return paged(request, speakers, key=lambda each: each.code, limit=limit)


@get(
    "/api/v1/events/{event_slug:str}/rooms",
    permission="public",
    kept_while_away=("after", "limit"),
    operation_id="listRooms",
)
async def list_rooms(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[RoomView]]:
    """The rooms of the last release, in their order."""
    schedule = (await queries.known(event)).schedule
    rooms = [RoomView(each.code, each.name, each.capacity) for each in (schedule.rooms if schedule else ())]
    return paged_whole(request, rooms, key=lambda each: each.code, after=after, limit=limit)


@get(
    "/api/v1/events/{event_slug:str}/tracks",
    permission="public",
    kept_while_away=("after", "limit"),
    operation_id="listTracks",
)
async def list_tracks(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[TrackView]]:
    """The tracks of the last release, in their order."""
    schedule = (await queries.known(event)).schedule
    tracks = [TrackView(each.code, each.name, each.colour) for each in (schedule.tracks if schedule else ())]
    return paged_whole(request, tracks, key=lambda each: each.code, after=after, limit=limit)


ROUTES = [list_sessions, list_speakers, list_rooms, list_tracks]
