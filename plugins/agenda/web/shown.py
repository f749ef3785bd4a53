"""A released schedule as the templates draw it, in the reader's language."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from plenaria.core.kernel.i18n import current_language, gettext, pgettext
from plenaria.core.kernel.languages import name_in
from plenaria.core.kernel.shown import clock_time, localized, offset
from plenaria.core.kernel.shown import day as day_words
from plenaria.core.kernel.values import EventView
from plenaria.plugins.agenda import rules


def state_words(state: rules.State) -> str:
    """A session's state; with a context, because Spanish says "confirmada" of a session and "confirmado" of an order."""
    return {
        "draft": pgettext("session", "Draft"),
        "confirmed": pgettext("session", "Confirmed"),
        "cancelled": pgettext("session", "Cancelled"),
    }[state]


def change_words(kind: rules.ChangeKind) -> str:
    """What became of a session with a release."""
    return {
        "added": pgettext("session", "New"),
        "moved": pgettext("session", "Moved"),
        "changed": pgettext("session", "Changed"),
        "cancelled": pgettext("session", "Cancelled"),
        "restored": pgettext("session", "Reinstated"),
    }[kind]


class Showing:
    """A schedule with its names at hand; `now` decides what is on, and nothing else does."""

    def __init__(self, schedule: rules.Schedule, event: EventView, *, now: datetime) -> None:
        self.schedule, self.event, self.now = schedule, event, now
        self.rooms = {each.code: localized(each.name) for each in schedule.rooms}
        self.tracks = {each.code: each for each in schedule.tracks}
        self.types = {each.code: each for each in schedule.types}
        self.people = {each.code: each for each in schedule.people}
        self.days = schedule.days(event.zone)
        self._next_start = min((each.starts_at for each in self._standing() if each.starts_at > now), default=None)

    def _standing(self) -> Iterable[rules.ReleasedSession]:
        return (each for each in self.schedule.sessions if not each.is_cancelled)

    def of_day(self, day: date, *, track: str = "", room: str = "") -> list[rules.ReleasedSession]:
        return [
            each
            for each in self.schedule.sessions
            if rules.day_of(each.starts_at, self.event.zone) == day
            and (not track or each.session.track == track)
            and (not room or each.session.room == room)
        ]

    def today_or_first(self) -> date | None:
        """Today while the event lasts, else its first day with sessions."""
        today = rules.day_of(self.now, self.event.zone)
        return today if today in self.days else next(iter(self.days), None)

    # -- one session

    def card(self, released: rules.ReleasedSession) -> dict[str, Any]:
        """What the part `session_card` draws."""
        session = released.session
        kind = self.types.get(session.type)
        is_break = bool(kind and kind.is_break)
        track = self.tracks.get(session.track)
        status, tone = self.status(released)
        return {
            "code": session.code,
            "title": localized(session.title),
            "href": "" if is_break and not session.abstract else self.href(session),
            "starts": clock_time(released.starts_at, self.event.zone),
            "ends": clock_time(released.ends_at, self.event.zone),
            "room": self.rooms.get(session.room, ""),
            "track": localized(track.name) if track else "",
            "kind": localized(kind.name) if kind and not is_break else "",
            "people": self.stage(session),
            "status": status,
            "tone": tone,
            "variant": self._variant(released, is_break, track),
            "day": rules.day_of(released.starts_at, self.event.zone).isoformat(),
            "day_words": day_words(released.starts_at, self.event.zone),
        }

    def facts(self, released: rules.ReleasedSession) -> list[tuple[str, str]]:
        """`(term, value)` of the session's page."""
        card = self.card(released)
        moment = f"{card['starts']}–{card['ends']} ({offset(released.starts_at, self.event.zone)})"
        found = [
            (gettext("When"), f"{card['day_words']}, {moment}"),
            (gettext("Where"), card["room"]),
            (gettext("Track"), card["track"]),
            (gettext("Type"), card["kind"]),
            (gettext("Spoken language"), name_in(released.session.language, current_language())),
        ]
        return [(term, value) for term, value in found if value]

    def _variant(self, released: rules.ReleasedSession, is_break: bool, track: rules.Track | None) -> str:
        names = ["break"] if is_break else []
        if track is not None:
            names.append(f"track-{track.colour}")
        if released.is_cancelled:
            names.append("cancelled")
        return " session-".join(names)

    def status(self, released: rules.ReleasedSession) -> tuple[str, str]:
        """`(words, tone)` of the mark on a session, or two empty ones."""
        if released.is_cancelled:
            return state_words("cancelled"), "danger"
        if released.starts_at <= self.now < released.ends_at:
            return gettext("On now"), "success"
        is_next = released.starts_at == self._next_start
        same_day = rules.day_of(self.now, self.event.zone) == rules.day_of(released.starts_at, self.event.zone)
        return (gettext("Next"), "info") if is_next and same_day else ("", "")

    def href(self, session: rules.Session) -> str:
        return f"/{self.event.slug}/agenda/{session.code}"

    def stage(self, session: rules.Session) -> list[dict[str, Any]]:
        """The people of a session with the employer that they have there; who is not public is not in a release."""
        return [
            {
                "name": self.people[part.person].name,
                "role": gettext(rules.ROLES[part.role]),
                "employer": part.employer,
                "job_title": localized(part.job_title),
                "href": f"/{self.event.slug}/speakers/{part.person}",
            }
            for part in session.parts
            if part.person in self.people
        ]

    # -- a day as a grid

    def grid(self, sessions: list[rules.ReleasedSession]) -> dict[str, Any]:
        """What the part `day_grid` draws; cancelled sessions do not take a place that another may have now."""
        standing = {each.session.code: each for each in sessions if not each.is_cancelled}
        boxes = [rules.Box(code, each.starts_at, each.ends_at, each.session.room) for code, each in standing.items()]
        laid = rules.grid(boxes, [room.code for room in self.schedule.rooms])
        places = {place.key: place for place in laid.placed}
        beside = [each for each in sessions if each.session.code not in places]
        cards = [
            {**self.card(standing[code]), "from_row": place.from_row, "to_row": place.to_row, "column": place.column}
            for code, place in places.items()
        ]
        starts = {place.from_row for place in laid.placed}
        times = [
            {"label": clock_time(at, self.event.zone), "row": row}
            for row, at in enumerate(laid.instants, start=1)
            if row in starts
        ]
        return {
            "rooms": [self.rooms[code] for code in laid.rooms],
            "times": times,
            "sessions": cards,
            "beside": [self.card(each) for each in beside],
        }

    # -- people

    def speakers(self) -> list[dict[str, Any]]:
        """Everybody on stage in a session that stands, by surname."""
        by_person: dict[str, list[rules.ReleasedSession]] = {}
        for each in self._standing():
            for part in each.session.parts:
                if part.person in self.people:
                    by_person.setdefault(part.person, []).append(each)
        found = [self.speaker(code, sessions) for code, sessions in by_person.items()]
        return sorted(found, key=lambda each: each["sort"])

    def speaker(self, code: str, sessions: list[rules.ReleasedSession]) -> dict[str, Any]:
        person = self.people[code]
        mine = [part for each in sessions for part in each.session.parts if part.person == code]
        return {
            "name": person.name,
            "sort": (person.first_surname.casefold() or person.given_names.casefold(), person.name.casefold()),
            "bio": person.bio,
            "href": f"/{self.event.slug}/speakers/{code}",
            "employers": ", ".join(dict.fromkeys(part.employer for part in mine if part.employer)),
            "sessions": [self.card(each) for each in sessions],
        }
