"""The JSON doors of the agenda. Public ones read the last release; `PUT`, conflicts and releases work on the draft."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import Response, get, post, put
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta, Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import Problem
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.values import N_, EventView, LocalizedText, Refused
from plenaria.core.web.api import After, Anything, Limit, Page, once, paged_whole
from plenaria.core.web.errors import Invalid
from plenaria.plugins.agenda import interchange, queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings, NewProposal, SessionItem
from plenaria.plugins.agenda.solver.problem import Contradiction, Cost, Progress, Proposal, Wish


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


class ConflictView(Struct, frozen=True):
    """Something in the draft that does not fit. A hard one keeps a schedule from being released without a reason."""

    code: str
    is_hard: bool
    sessions: list[str]
    facts: dict[str, Any]


class ConflictList(Struct, frozen=True):
    """All conflicts of the draft."""

    items: list[ConflictView]


class NewRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes with a release. `reason` is needed only while there are hard conflicts."""

    note: Annotated[str, Meta(title=N_("Note"), max_length=500, extra={"kind": "textarea"})] = ""
    reason: Annotated[str, Meta(title=N_("Reason"), max_length=500, extra={"kind": "textarea"})] = ""


class ReleaseView(Struct, frozen=True):
    """A release and what changed with it."""

    number: int
    changes: list[rules.Change]


class ImportTally(Struct, frozen=True):
    """How many of one kind the file adds, changes, leaves as they are, does not name (`kept`), and takes out (`gone`)."""

    added: int
    changed: int
    same: int
    kept: int
    gone: int


class ImportNote(Struct, frozen=True):
    """One thing that was repaired or left out; `subject` is what it is about, `pointer` and `line` its place in the file."""

    code: str
    detail: str
    subject: str
    pointer: str
    line: int
    facts: dict[str, Any]


class ImportView(Struct, frozen=True):
    """What a file does to the draft. `conflicts` are those of the draft afterwards; days are those that the file gives."""

    dry_run: bool
    language: str
    zone: str
    starts_on: date | None
    ends_on: date | None
    tallies: dict[str, ImportTally]
    sessions_left_out: int
    left_out: list[ImportNote]
    repaired: list[ImportNote]
    conflicts: list[ConflictView]


class DraftSession(Struct, frozen=True):
    """A session of the draft and its revision, which a later change may ask for with `If-Match`."""

    session: SessionItem
    revision: int


class ProposalSummary(Struct, frozen=True):
    """A timetable that was asked for; `cost` once there is one."""

    number: int
    state: queries.ProposalState
    asked: NewProposal
    asked_at: datetime
    ended_at: datetime | None
    cost: int | None


class MoveView(Struct, frozen=True):
    """What a proposal does to a session, which had no start (null) or no room ("") where it is new in the timetable."""

    session: str
    from_room: str
    from_start: datetime | None
    room: str
    starts_at: datetime


class TimetableView(Struct, frozen=True):
    """A timetable that keeps every hard wish. `cost` is in points; no timetable has fewer than `bound`."""

    moves: list[MoveView]
    cost: int
    bound: int
    is_proven: bool
    fewest_moves_proven: bool | None
    costs: list[Cost]
    seconds: float


class ContradictionView(Struct, frozen=True):
    """Wishes that cannot all be kept. `is_minimal`: without any one of them the others can.

    Minutes count from midnight of the event's first day.
    """

    wishes: list[Wish]
    is_minimal: bool
    seconds: float


class ProposalView(Struct, frozen=True):
    """A timetable that was asked for, how its search goes, and what came out."""

    number: int
    state: queries.ProposalState
    asked: NewProposal
    asked_at: datetime
    is_stopping: bool
    progress: Progress | None
    ended_at: datetime | None
    decided_at: datetime | None
    timetable: TimetableView | None
    contradiction: ContradictionView | None
    failure: str


# ---------------------------------------------------------------------------------------------- the release


@get("/api/v1/events/{event_slug:str}/sessions", permission="public", operation_id="listSessions")
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
    schedule = (await queries.known(event)).schedule
    found = [
        _session(each, schedule)
        for each in (schedule.sessions if schedule else ())
        if (not day or rules.day_of(each.starts_at, event.zone) == day)
        and (not track or each.session.track == track)
        and (not room or each.session.room == room)
    ]
    return paged_whole(request, found, key=lambda each: each.code, after=after, limit=limit)


def _session(released: rules.ReleasedSession, schedule: rules.Schedule | None) -> SessionView:
    session = released.session
    names = {person.code: person.name for person in schedule.people} if schedule else {}
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


@get("/api/v1/events/{event_slug:str}/speakers", permission="public", operation_id="listSpeakers")
async def list_speakers(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[SpeakerView]]:
    """Everybody on stage in a released session that is not cancelled."""
    schedule = (await queries.known(event)).schedule
    sessions: dict[str, list[str]] = {}
    for each in schedule.sessions if schedule else ():
        for part in each.session.parts if not each.is_cancelled else ():
            sessions.setdefault(part.person, []).append(each.session.code)
    people = [
        SpeakerView(person.code, person.name, person.bio, sessions[person.code])
        for person in (schedule.people if schedule else ())
        if person.code in sessions
    ]
    return paged_whole(request, people, key=lambda each: each.code, after=after, limit=limit)


@get("/api/v1/events/{event_slug:str}/rooms", permission="public", operation_id="listRooms")
async def list_rooms(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[RoomView]]:
    """The rooms of the last release, in their order."""
    schedule = (await queries.known(event)).schedule
    rooms = [RoomView(each.code, each.name, each.capacity) for each in (schedule.rooms if schedule else ())]
    return paged_whole(request, rooms, key=lambda each: each.code, after=after, limit=limit)


@get("/api/v1/events/{event_slug:str}/tracks", permission="public", operation_id="listTracks")
async def list_tracks(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[TrackView]]:
    """The tracks of the last release, in their order."""
    schedule = (await queries.known(event)).schedule
    tracks = [TrackView(each.code, each.name, each.colour) for each in (schedule.tracks if schedule else ())]
    return paged_whole(request, tracks, key=lambda each: each.code, after=after, limit=limit)


# ------------------------------------------------------------------------------------------------ the draft


@put(
    "/api/v1/events/{event_slug:str}/sessions/{code:str}",
    permission="agenda.edit",
    operation_id="putSession",
    responses={201: ResponseSpec(DraftSession, generate_examples=False, description="It was added")},
)
async def put_session(
    request: Anything, event: EventView, visit: Visit, code: str, data: SessionItem
) -> Response[DraftSession]:
    """Add a session to the draft, or replace the one of that code.

    With `If-Match: "<revision>"` an existing session is replaced only while it is still of that revision.
    """
    if data.code != code:
        raise Invalid((Problem("/code", "not_a_choice", {"allowed": [code], "actual": data.code}),))
    revisions = await queries.session_revisions(event.id)
    is_new = code not in revisions
    await services.store_session(
        event,
        data,
        code=None if is_new else code,
        revision=_expected(request),
        by=visit.by,
        now=visit.now,
    )
    revision = (await queries.session_revisions(event.id))[code]
    headers = {"ETag": f'"{revision}"'}
    return Response(DraftSession(data, revision), status_code=201 if is_new else 200, headers=headers)


def _expected(request: Anything) -> int | None:
    told = request.headers.get("if-match", "").strip().strip('"')
    if not told or told == "*":
        return None
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1


@get("/api/v1/events/{event_slug:str}/schedule/conflicts", permission="agenda.edit", operation_id="listConflicts")
async def list_conflicts(event: EventView) -> ConflictList:
    """Everything in the draft that does not fit."""
    settings = await settings_of(event, "agenda", AgendaSettings)
    found = services.conflicts_of(await queries.draft(event.id), event, settings)
    return ConflictList([_conflict(each) for each in found])


def _conflict(found: rules.Conflict) -> ConflictView:
    return ConflictView(found.code, found.is_hard, list(found.sessions), found.facts)


@post(
    "/api/v1/events/{event_slug:str}/schedule/imports",
    permission="agenda.edit",
    operation_id="importSchedule",
    status_code=200,
)
async def import_schedule(
    request: Anything,
    event: EventView,
    visit: Visit,
    dry_run: bool = False,
    way: rules.Way = "add",
    confirmed: bool = False,
    language: Literal["file", "es", "en"] = "file",
) -> ImportView:
    """Bring a schedule from elsewhere into the draft; nothing is released.

    The body is the file itself (frab XML or JSON, pretalx submissions, iCalendar), or multipart form data with `file`. With
    `dry_run` nothing is written. Importing the same file again changes nothing.
    """
    choices = services.ImportChoices(way=way, confirmed=confirmed, language=language)
    content = await _sent_file(request)
    try:
        if dry_run:
            found = await services.preview_import(event, content, choices)
        else:
            found = await services.import_schedule(event, content, choices, certain=True, by=visit.by, now=visit.now)
    except Refused as refused:
        raise Invalid(
            tuple(
                Problem(each.pointer, each.code, each.facts, services.IMPORT_REFUSALS[each.code])
                for each in refused.refusals
            )
        ) from refused
    return _imported(found, dry_run)


async def _sent_file(request: Anything) -> bytes:
    if request.content_type[0] != "multipart/form-data":
        return await request.body()
    upload = (await request.form()).get("file")
    return await upload.read() if isinstance(upload, UploadFile) else b""


def _imported(found: services.Preview, dry_run: bool) -> ImportView:
    imported, report = found.read.imported, found.read.report
    return ImportView(
        dry_run=dry_run,
        language=found.language,
        zone=imported.zone,
        starts_on=imported.starts_on,
        ends_on=imported.ends_on,
        tallies={kind: ImportTally(**services.counts(tally)) for kind, tally in found.merged.tallies.items()},
        sessions_left_out=report.sessions_left_out,
        left_out=[_note(note) for note in report.left_out],
        repaired=[_note(note) for note in report.repaired],
        conflicts=[_conflict(each) for each in found.conflicts],
    )


def _note(note: interchange.Note) -> ImportNote:
    detail = fill(gettext(interchange.NOTE_WORDS[note.code]), note.fields)
    return ImportNote(note.code, detail, note.subject, note.pointer, note.line, note.facts)


@post(
    "/api/v1/events/{event_slug:str}/schedule/releases",
    permission="agenda.release",
    operation_id="releaseSchedule",
    idempotent=True,
)
async def release_schedule(
    request: Anything, event: EventView, visit: Visit, data: NewRelease
) -> Response[ReleaseView]:
    """Make the draft public. Refused while it has hard conflicts and no reason is given, or when nothing has changed."""

    async def release() -> ReleaseView:
        number = await services.release(event, note=data.note, reason=data.reason, by=visit.by, now=visit.now)
        history = await queries.releases(event.id)
        changes = next(each.changes for each in history if each.number == number)
        return ReleaseView(number, list(changes))

    return await once(request, data, release)


# ------------------------------------------------------------------------------------- timetable proposals


def _proposal(found: queries.ProposalView) -> ProposalView:
    answer = found.answer
    return ProposalView(
        number=found.number,
        state=found.state,
        asked=found.asked,
        asked_at=found.asked_at,
        is_stopping=found.is_stopping,
        progress=found.progress,
        ended_at=found.ended_at,
        decided_at=found.decided_at,
        timetable=_timetable(found, answer.proposal) if answer.proposal else None,
        contradiction=_contradiction(answer.contradiction) if answer.contradiction else None,
        failure=answer.failure,
    )


def _timetable(found: queries.ProposalView, proposal: Proposal) -> TimetableView:
    moves = [MoveView(each.session, each.from_room, each.from_start, each.room, each.starts_at) for each in found.moves]
    return TimetableView(
        moves,
        proposal.cost,
        proposal.bound,
        proposal.is_proven,
        proposal.fewest_moves_proven,
        list(proposal.costs),
        proposal.seconds,
    )


def _contradiction(told: Contradiction) -> ContradictionView:
    return ContradictionView(list(told.wishes), told.is_minimal, told.seconds)


async def _proposal_now(event: EventView, number: int) -> ProposalView:
    found = await queries.proposal(event, number)
    if found is None:
        raise NotFoundException
    return _proposal(found)


@get("/api/v1/events/{event_slug:str}/schedule/proposals", permission="agenda.edit", operation_id="listProposals")
async def list_proposals(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[ProposalSummary]]:
    """The timetables that were asked for, the newest first."""
    found = [
        ProposalSummary(
            each.number,
            each.state,
            each.asked,
            each.asked_at,
            each.ended_at,
            each.answer.proposal.cost if each.answer.proposal else None,
        )
        for each in await queries.proposals(event)
    ]
    return paged_whole(request, found, key=lambda each: each.number, after=after, limit=limit)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals",
    permission="agenda.edit",
    operation_id="askForProposal",
    status_code=202,
    idempotent=True,
)
async def ask_for_proposal(
    request: Anything, event: EventView, visit: Visit, data: NewProposal
) -> Response[ProposalView]:
    """Queue the search for a timetable. Refused while another of this event is searched, or the installation cannot search."""

    async def ask() -> ProposalView:
        return await _proposal_now(event, await services.ask_for_proposal(event, data, by=visit.by, now=visit.now))

    return await once(request, data, ask)


@get(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}",
    permission="agenda.edit",
    operation_id="getProposal",
)
async def get_proposal(event: EventView, number: int) -> ProposalView:
    """How its search goes, or its answer."""
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/accept",
    permission="agenda.edit",
    operation_id="acceptProposal",
    status_code=200,
)
async def accept_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """Place the draft's sessions as proposed; nothing is released. Refused once the draft has changed in what matters."""
    await services.accept_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/stop",
    permission="agenda.edit",
    operation_id="stopProposal",
    status_code=200,
)
async def stop_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """End the search soon, with the best timetable so far."""
    await services.stop_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


@post(
    "/api/v1/events/{event_slug:str}/schedule/proposals/{number:int}/discard",
    permission="agenda.edit",
    operation_id="discardProposal",
    status_code=200,
)
async def discard_proposal(event: EventView, visit: Visit, number: int) -> ProposalView:
    """Put it aside. Refused while it is searched, and once it was accepted."""
    await services.discard_proposal(event, number, by=visit.by, now=visit.now)
    return await _proposal_now(event, number)


ROUTES = [
    list_proposals,
    ask_for_proposal,
    get_proposal,
    accept_proposal,
    stop_proposal,
    discard_proposal,
    list_sessions,
    list_speakers,
    list_rooms,
    list_tracks,
    put_session,
    list_conflicts,
    import_schedule,
    release_schedule,
]
