"""What an organiser decides about the agenda: the form in the console, `[plugins.agenda]` in TOML, and JSON.

The items below (rooms, tracks, types, people, sessions) are each the console's form, an entry of the event's file and a body of
the API.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, time
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from plenaria.core.forms.problems import Problem
from plenaria.core.kernel.languages import LANGUAGES, Names, own_name
from plenaria.core.kernel.values import N_, LocalizedText, Slug
from plenaria.plugins.agenda.rules import MAY_MOVE, ROLES, STATES, Hours, Importance, MayMove, Role, State

_SPOKEN = Names(own_name, es=own_name("es"), en=own_name("en"))
"""Also of a site in one language: a session in English is found at most congresses."""
_MINUTES = {"unit": N_("minutes")}
_PERSONAL = {"personal": True}
"""The record of changes keeps that it changed, not what it was."""
_CODE = Meta(
    title=N_("Code"),
    description=N_(
        "Part of web addresses: changing it later breaks links. If left blank in a form, it is made from the name."
    ),
)


_IMPORTANCE = {"choices": {"off": N_("Does not matter"), "some": N_("Matters"), "much": N_("Matters a lot")}}


class TimetableSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What proposals of a timetable keep to."""

    opens: Annotated[
        time, Meta(title=N_("Sessions from"), description=N_("Every day, local time; a room may have shorter hours."))
    ] = time(9)
    closes: Annotated[time, Meta(title=N_("Sessions until"), description=N_("Every session ends by this time."))] = (
        time(19)
    )
    meal_min: Annotated[
        int,
        Meta(
            ge=0,
            le=240,
            title=N_("Meal break"),
            description=N_("Guaranteed meal break; 0 turns it off."),
            extra=_MINUTES,
        ),
    ] = 60
    meal_from: Annotated[time, Meta(title=N_("Meal from"))] = time(13)
    meal_until: Annotated[time, Meta(title=N_("Meal until"))] = time(15, 30)
    track_parallel: Annotated[
        Importance, Meta(title=N_("No two sessions of a track at the same time"), extra=_IMPORTANCE)
    ] = "some"
    track_room: Annotated[Importance, Meta(title=N_("A track stays in one room"), extra=_IMPORTANCE)] = "some"
    idle: Annotated[
        Importance, Meta(title=N_("Short waits for people on stage between their sessions"), extra=_IMPORTANCE)
    ] = "some"
    balance: Annotated[Importance, Meta(title=N_("Every day is about equally full"), extra=_IMPORTANCE)] = "some"

    def problems(self) -> Iterator[Problem]:
        if self.closes <= self.opens:
            yield Problem("/closes", "closes_before_it_opens", {}, N_("Must be after the beginning."))
            return
        if not self.meal_min:
            return
        if self.meal_until <= self.meal_from:
            yield Problem("/meal_until", "closes_before_it_opens", {}, N_("Must be after the beginning."))
        elif self.meal_from < self.opens or self.closes < self.meal_until:
            yield Problem("/meal_from", "meal_outside_hours", {}, N_("The meal must be within the session hours."))
        elif _minutes(self.meal_until) - _minutes(self.meal_from) < self.meal_min:
            yield Problem(
                "/meal_min", "meal_too_long", {}, N_("Longer than the time between “Meal from” and “Meal until”.")
            )

    @property
    def hours(self) -> Hours:
        return Hours(
            opens=self.opens,
            closes=self.closes,
            meal_from=self.meal_from,
            meal_until=self.meal_until,
            meal_min=self.meal_min,
        )


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


class AgendaSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How an event's agenda behaves."""

    introduction: Annotated[
        LocalizedText,
        Meta(
            title=N_("Introduction"),
            description=N_("One or two sentences above the agenda."),
            extra={"max_length": 400, "kind": "textarea"},
        ),
    ] = {}
    before_release: Annotated[
        LocalizedText,
        Meta(
            title=N_("Before the first release"),
            description=N_("What the agenda’s page says before the first release."),
            extra={"max_length": 400, "kind": "textarea"},
        ),
    ] = {}
    default_duration_min: Annotated[
        int,
        Meta(
            ge=5,
            le=720,
            title=N_("Usual length"),
            description=N_("The length of a new session unless it is changed."),
            extra=_MINUTES,
        ),
    ] = 45
    most_people: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            title=N_("Maximum people in a session"),
            description=N_("How many people one session may have on stage."),
            extra={"unit": N_("people")},
        ),
    ] = 12
    changeover_min: Annotated[
        int,
        Meta(
            ge=0,
            le=120,
            title=N_("Time to change rooms"),
            description=N_(
                "Warns when somebody has less time than this between two sessions in different rooms; "
                "timetable proposals respect it."
            ),
            extra=_MINUTES,
        ),
    ] = 0
    release_despite_conflicts: Annotated[
        bool,
        Meta(
            title=N_("Release despite conflicts"),
            description=N_("Whether a schedule with serious conflicts may be released by somebody who gives a reason."),
        ),
    ] = True
    mail_speakers: Annotated[
        bool,
        Meta(
            title=N_("Mail people on stage"),
            description=N_("Whether a release mails those whose sessions are new, moved or cancelled."),
        ),
    ] = True
    calendar_alarm_min: Annotated[
        int,
        Meta(
            ge=0,
            le=1440,
            title=N_("Reminder in calendars"),
            description=N_("How long before each session calendars give a reminder; 0 turns it off."),
            extra=_MINUTES,
        ),
    ] = 0
    feed_max_age_s: Annotated[
        int,
        Meta(
            ge=0,
            le=86400,
            title=N_("Feed cache time"),
            description=N_("How long calendars and caches may keep a feed before they fetch it again."),
            extra={"unit": N_("seconds")},
        ),
    ] = 300

    timetable: Annotated[TimetableSettings, Meta(title=N_("Timetable proposals"))] = TimetableSettings()


class RoomItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A room."""

    code: Annotated[Slug, _CODE]
    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 120})]
    capacity: Annotated[
        int,
        Meta(ge=0, le=100_000, title=N_("Seats"), description=N_("0 if unknown."), extra={"unit": N_("seats")}),
    ] = 0
    opens: Annotated[time | None, Meta(title=N_("Opens"), description=N_("Every day, local time."))] = None
    closes: Annotated[time | None, Meta(title=N_("Closes"), description=N_("Every day, local time."))] = None

    def problems(self) -> Iterator[Problem]:
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            yield Problem("/closes", "closes_before_it_opens", {}, N_("Must be after the opening."))


class TrackItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A track."""

    code: Annotated[Slug, _CODE]
    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 120})]
    colour: Annotated[
        int, Meta(ge=1, le=8, title=N_("Colour"), description=N_("Number of one of the eight colours."))
    ] = 1


class TypeItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A session type."""

    code: Annotated[Slug, _CODE]
    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 120})]
    needs: Annotated[
        tuple[Role, ...],
        Meta(
            title=N_("Needs"),
            description=N_("Who must be on stage; a session without them is shown as a conflict."),
            extra={"choices": ROLES, "unique": ""},
        ),
    ] = ()
    is_break: Annotated[
        bool,
        Meta(
            title=N_("Break"),
            description=N_("Coffee, lunch: shown in a muted style, across all rooms if it has no room."),
        ),
    ] = False


class AbsenceItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When somebody on stage is not available."""

    starts_at: Annotated[datetime, Meta(tz=True, title=N_("From"))]
    ends_at: Annotated[datetime, Meta(tz=True, title=N_("Until"))]

    def problems(self) -> Iterator[Problem]:
        if self.ends_at <= self.starts_at:
            yield Problem("/ends_at", "closes_before_it_opens", {}, N_("Must be after the beginning."))


class PersonItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person on stage."""

    code: Annotated[Slug, _CODE, Meta(extra=_PERSONAL)]
    given_names: Annotated[str, Meta(title=N_("Given names"), min_length=1, max_length=100, extra=_PERSONAL)]
    first_surname: Annotated[str, Meta(title=N_("First surname"), max_length=100, extra=_PERSONAL)] = ""
    second_surname: Annotated[str, Meta(title=N_("Second surname"), max_length=100, extra=_PERSONAL)] = ""
    email: Annotated[
        str,
        Meta(
            title=N_("E-mail"),
            description=N_(
                "Never shown. The person who signs in with this address sees their sessions, confirms them "
                "and may correct their employer."
            ),
            max_length=254,
            extra={"kind": "email"},
        ),
    ] = ""
    bio: Annotated[
        LocalizedText,
        Meta(title=N_("Short biography"), extra={"max_length": 2000, "kind": "textarea", **_PERSONAL}),
    ] = {}
    is_public: Annotated[
        bool,
        Meta(
            title=N_("Shown in public"), description=N_("If switched off, the name appears on no page and in no feed.")
        ),
    ] = True
    absences: Annotated[
        tuple[AbsenceItem, ...],
        Meta(
            title=N_("Not available"),
            description=N_(
                "When this person cannot be on stage. Never shown in public; a session at that time is a conflict."
            ),
            max_length=50,
        ),
    ] = ()


class PartItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody's part in a session."""

    person: Annotated[str, Meta(title=N_("Person"), min_length=1, max_length=50, extra={"known": "people"})]
    role: Annotated[Role, Meta(title=N_("Role"), extra={"choices": ROLES})] = "speaker"
    employer: Annotated[
        str, Meta(title=N_("Employer"), description=N_("As shown with this session."), max_length=200)
    ] = ""
    job_title: Annotated[LocalizedText, Meta(title=N_("Job title"), extra={"max_length": 200})] = {}


class SessionItem(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A session."""

    code: Annotated[Slug, _CODE]
    title: Annotated[LocalizedText, Meta(title=N_("Title"), extra={"max_length": 200})]
    abstract: Annotated[
        LocalizedText,
        Meta(title=N_("Abstract"), description=N_("Markdown."), extra={"max_length": 5000, "kind": "textarea"}),
    ] = {}
    language: Annotated[str, Meta(title=N_("Spoken language"), min_length=1, extra={"choices": _SPOKEN})] = (
        msgspec.field(default_factory=lambda: LANGUAGES[0])
    )
    type: Annotated[str, Meta(title=N_("Type"), max_length=50, extra={"known": "types"})] = ""
    track: Annotated[str, Meta(title=N_("Track"), max_length=50, extra={"known": "tracks"})] = ""
    room: Annotated[str, Meta(title=N_("Room"), max_length=50, extra={"known": "rooms"})] = ""
    starts_at: Annotated[Annotated[datetime, Meta(tz=True)] | None, Meta(title=N_("Starts"))] = None
    duration_min: Annotated[int, Meta(ge=5, le=1440, title=N_("Length"), extra=_MINUTES)] = 45
    state: Annotated[
        State,
        Meta(
            title=N_("State"),
            description=N_("Only confirmed sessions are released; a cancelled one stays visible as cancelled."),
            extra={"choices": STATES},
        ),
    ] = "draft"
    is_fixed: Annotated[
        bool,
        Meta(
            title=N_("Stays where it is"),
            description=N_("No timetable proposal gives it another start or room."),
        ),
    ] = False
    people: Annotated[
        tuple[PartItem, ...],
        Meta(title=N_("People on stage"), max_length=100, extra={"unique": "person", **_PERSONAL}),
    ] = ()

    def unknown(self, pointer: str, **known: Collection[str]) -> Iterator[Problem]:
        """A problem for each code that names nothing; `known` is given by kind."""
        for field in ("type", "track", "room"):
            code, allowed = getattr(self, field), known[f"{field}s"]
            if code and code not in allowed:
                yield Problem(f"{pointer}/{field}", "not_a_choice", {"allowed": list(allowed), "actual": code})
        for index, part in enumerate(self.people):
            if part.person not in known["people"]:
                facts = {"allowed": list(known["people"]), "actual": part.person}
                yield Problem(f"{pointer}/people/{index}/person", "not_a_choice", facts)


class NewProposal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a timetable is asked for."""

    may_move: Annotated[
        MayMove,
        Meta(
            title=N_("Which sessions may be placed"),
            description=N_("All other sessions stay exactly where they are."),
            extra={"choices": MAY_MOVE, "kind": "radio"},
        ),
    ] = "unplaced"
    keeps_rooms: Annotated[
        bool,
        Meta(
            title=N_("Keep the rooms"),
            description=N_("A session that has a room keeps it; only times are searched for."),
        ),
    ] = False
    few_moves: Annotated[
        bool,
        Meta(
            title=N_("As few moves as possible"),
            description=N_("Sessions that have a start and a room stay where they are as far as possible."),
        ),
    ] = True
    limit_s: Annotated[
        int,
        Meta(
            ge=5,
            le=600,
            title=N_("Maximum search time"),
            description=N_("You get the best timetable found by then. You may stop the search earlier."),
            extra={"unit": N_("seconds")},
        ),
    ] = 60


class NewRelease(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes with a release. `reason` is needed only while there are hard conflicts."""

    note: Annotated[
        str,
        Meta(
            title=N_("Note"),
            description=N_("For the team: what this release is about."),
            max_length=500,
            extra={"kind": "textarea"},
        ),
    ] = ""
    reason: Annotated[
        str,
        Meta(
            title=N_("Reason for releasing despite conflicts"),
            description=N_("Needed only while there are serious conflicts; kept in the history."),
            max_length=500,
            extra={"kind": "textarea"},
        ),
    ] = ""


class AgendaSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an event's file declares of the agenda, besides its settings. The order of rooms, tracks and types is theirs."""

    rooms: Annotated[tuple[RoomItem, ...], Meta(title=N_("Rooms"), extra={"unique": "code"})] = ()
    tracks: Annotated[tuple[TrackItem, ...], Meta(title=N_("Tracks"), extra={"unique": "code"})] = ()
    types: Annotated[tuple[TypeItem, ...], Meta(title=N_("Session types"), extra={"unique": "code"})] = ()
    people: Annotated[
        tuple[PersonItem, ...], Meta(title=N_("People on stage"), extra={"unique": "code", **_PERSONAL})
    ] = ()
    sessions: Annotated[
        tuple[SessionItem, ...], Meta(title=N_("Sessions"), extra={"unique": "code", "unordered": True})
    ] = ()
    released: Annotated[
        bool,
        Meta(
            title=N_("Released"),
            description=N_("Whether this schedule is to be public. A file never withdraws what is already public."),
        ),
    ] = False

    def problems(self) -> Iterator[Problem]:
        """Codes that name nothing, all at once."""
        known = {kind: [each.code for each in getattr(self, kind)] for kind in ("rooms", "tracks", "types", "people")}
        for index, session in enumerate(self.sessions):
            yield from session.unknown(f"/sessions/{index}", **known)
