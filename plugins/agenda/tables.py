"""Rooms, tracks, types, people, sessions, releases and timetable proposals, as stored."""

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from plenaria.core.events.tables import Event


class Room(Table, tablename="agenda_room"):
    """A room of the draft. `opens` and `closes` are `HH:MM:SS` on the wall there, or ""."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    position = Integer(default=0)
    name = JSON(default="{}")
    capacity = Integer(default=0)
    opens = Varchar(length=8, default="")
    closes = Varchar(length=8, default="")
    revision = Integer(default=1)

    agenda_room_event_code_key = Unique([event, code])


class Track(Table, tablename="agenda_track"):
    """A track of the draft."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    position = Integer(default=0)
    name = JSON(default="{}")
    colour = Integer(default=1)
    revision = Integer(default=1)

    agenda_track_event_code_key = Unique([event, code])


class SessionType(Table, tablename="agenda_session_type"):
    """A session type; `needs` is a list of roles."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    position = Integer(default=0)
    name = JSON(default="{}")
    needs = JSON(default="[]")
    is_break = Boolean(default=False)
    revision = Integer(default=1)

    agenda_session_type_event_code_key = Unique([event, code])


class StagePerson(Table, tablename="agenda_person"):
    """Somebody on stage; `email` is in lower case and never shown."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    position = Integer(default=0)
    given_names = Varchar(length=100)
    first_surname = Varchar(length=100, default="")
    second_surname = Varchar(length=100, default="")
    email = Varchar(length=254, default="", index=True)
    bio = JSON(default="{}")
    absences = JSON(default="[]")
    """When they are not available: `starts_at`, `ends_at` (RFC 3339, UTC)."""
    is_public = Boolean(default=True)
    revision = Integer(default=1)

    agenda_person_event_code_key = Unique([event, code])


class Session(Table, tablename="agenda_session"):
    """A session of the draft. `uid` is its name in calendars, for ever; `revision` counts edits."""

    id: Serial
    event = ForeignKey(references=Event, null=False, index=True)
    code = Varchar(length=50)
    uid = Varchar(length=36)
    title = JSON(default="{}")
    abstract = JSON(default="{}")
    language = Varchar(length=8, default="es")
    type = ForeignKey(references=SessionType, null=True)
    track = ForeignKey(references=Track, null=True, index=True)
    room = ForeignKey(references=Room, null=True, index=True)
    starts_at = Timestamptz(default=None, null=True)
    duration_min = Integer(default=45)
    state = Varchar(length=20, default="draft")
    is_fixed = Boolean(default=False)
    """No timetable proposal moves it."""
    revision = Integer(default=1)
    changed_at = Timestamptz(default=None)

    agenda_session_event_code_key = Unique([event, code])
    # `index=True` would name the index agenda_session_type, which is a table.
    agenda_session_type_id_key = Unique([type, "id"])
    agenda_session_takes_time = Check(duration_min > 0)
    agenda_session_known_state = Check("\"state\" IN ('draft', 'confirmed', 'cancelled')")


class SessionPart(Table, tablename="agenda_session_part"):
    """One person's part in one session, with the employer that they have there."""

    id: Serial
    session = ForeignKey(references=Session, null=False, index=True)
    person = ForeignKey(references=StagePerson, null=False, index=True)
    position = Integer(default=0)
    role = Varchar(length=20, default="speaker")
    employer = Varchar(length=200, default="")
    job_title = JSON(default="{}")
    confirmed_at = Timestamptz(default=None, null=True)
    """When the person said that they will be there."""

    agenda_session_part_session_person_key = Unique([session, person])
    agenda_session_part_known_role = Check("\"role\" IN ('speaker', 'moderator', 'panellist')")


class Release(Table, tablename="agenda_release"):
    """A released schedule, whole (`rules.Schedule` as JSON): public pages read the last one and nothing else."""

    id: Serial
    event = ForeignKey(references=Event, null=False)
    number = Integer()
    released_at = Timestamptz(default=None)
    released_by = Varchar(length=100)
    note = Text(default="")
    reason = Text(default="")
    """Why it went out despite conflicts."""
    conflicts = Integer(default=0)
    changes = Text(default="[]")
    schedule = Text()

    agenda_release_event_number_key = Unique([event, number])


class TimetableProposal(Table, tablename="agenda_proposal"):
    """A timetable that was asked for, and what became of it.

    `busy` is the event's id while it waits or is searched, else null: one search for an event at a time. Who searches holds it
    under the name `worker` until `lease_until`, and renews the lease; when it is over, any worker may take the search up.
    """

    id: Serial
    event = ForeignKey(references=Event, null=False)
    number = Integer()
    state = Varchar(length=20, default="waiting")
    busy = Integer(default=None, null=True)
    asked_at = Timestamptz(default=None)
    asked_by = Varchar(length=100)
    asked = Text()
    """`settings.NewProposal` as JSON."""
    wishes = Text()
    """`rules.Wishes` as JSON: what was asked, and the settings as they were."""
    problem = Text()
    """`solver.Problem` as JSON."""
    before = Text(default="[]")
    """Placements that it should stay near, for as few moves as possible."""
    spots = Text(default="[]")
    """Where the sessions that may move were: `rules.Spot`."""
    revisions = Text(default="{}")
    """Code of each session of the draft that it was made from → its revision."""
    worker = Varchar(length=40, default="")
    lease_until = Timestamptz(default=None, null=True)
    attempts = Integer(default=0)
    is_stopping = Boolean(default=False)
    progress = Text(default="")
    """`solver.Progress` as JSON, or ""."""
    answer = Text(default="")
    """`queries.Answered` as JSON, or ""."""
    ended_at = Timestamptz(default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)
    decided_by = Varchar(length=100, default="")

    agenda_proposal_event_number_key = Unique([event, number])
    agenda_proposal_busy_key = Unique([busy])
    agenda_proposal_known_state = Check(
        "\"state\" IN ('waiting', 'solving', 'solved', 'contradicted', 'gave_up', 'failed', 'accepted', 'discarded')"
    )
