"""The wishes of a contradiction in words, each with links to where it can be changed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.shown import clock_time, localized, short_day
from plenaria.core.kernel.values import N_, EventView
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.queries import ProposalView
from plenaria.plugins.agenda.solver.problem import Wish
from plenaria.plugins.agenda.solver.words import WISHES

WISH_WORDS: Final[Mapping[str, str]] = {
    **WISHES,
    "windows": N_("“{session}” keeps its start, or is held within the session hours."),
    "availability": N_("{person} is not available at all times."),
    "closed": N_("{room} is closed or occupied from {start} to {end}."),
}
"""The solver's words, but for what such a wish comes from here."""


def wish_lines(view: ProposalView, draft: rules.Draft, event: EventView, *, settings_href: str) -> list[dict[str, Any]]:
    """`words` and `links` of each wish; the settings are linked for those who may change them (`settings_href` not "")."""
    contradiction = view.answer.contradiction
    names = _Names(view, draft, event, settings_href)
    wishes = contradiction.wishes if contradiction else ()
    return [{"words": names.words(each), "links": list(names.links(each))} for each in wishes]


class _Names:
    """What a wish's codes and minutes are called in this event, and where they lead."""

    def __init__(self, view: ProposalView, draft: rules.Draft, event: EventView, settings_href: str) -> None:
        self.draft, self.event, self.settings_href = draft, event, settings_href
        self.axis = rules.Axis(view.wishes.first_day, view.wishes.zone)
        self.movable = {each.session for each in view.spots}
        self.sessions = {each.code: each for each in draft.sessions}
        self.people = {each.code: each.name for each in draft.people}
        self.rooms = {each.code: localized(each.name) for each in draft.rooms}

    def words(self, wish: Wish) -> str:
        if wish.code == "availability":
            return self._availability_words(str(wish.facts["person"]))
        facts = {fact: self._named(wish, fact, value) for fact, value in wish.facts.items()}
        return fill(gettext(WISH_WORDS.get(wish.code, wish.code)), facts)

    def _availability_words(self, person: str) -> str:
        """When somebody is away, what of theirs stays where it is, and what of theirs finds no time."""
        facts = {
            "person": self.people.get(person, person),
            "absences": _listed(self._stretch(each) for each in self.draft.absences.get(person, ())),
            "staying": _listed(self._quoted(each.code) for each in self._staying() if _is_on_stage(person, each)),
            "moving": _listed(self._quoted(code) for code in sorted(self.movable) if self._stages(person, code)),
        }
        otherwise, sentences = WISH_WORDS["availability"], []
        if facts["absences"]:
            sentences.append(gettext("{person} is absent: {absences}."))
        if facts["staying"]:
            sentences.append(gettext("{person} is on stage in sessions that stay where they are: {staying}."))
        sentences = sentences or [gettext(otherwise)]
        if facts["moving"]:
            sentences.append(gettext("So there is no time for: {moving}."))
        return fill(" ".join(sentences), facts)

    def _stages(self, person: str, code: str) -> bool:
        return code in self.sessions and _is_on_stage(person, self.sessions[code])

    def _quoted(self, code: str) -> str:
        return f"“{self._title(code)}”"

    def _stretch(self, absence: rules.Absence) -> str:
        zone = self.axis.zone
        first, last = (short_day(at, zone) for at in (absence.starts_at, absence.ends_at))
        starts, ends = (clock_time(at, zone) for at in (absence.starts_at, absence.ends_at))
        return f"{first}, {starts}–{ends}" if first == last else f"{first}, {starts} – {last}, {ends}"

    def _named(self, wish: Wish, fact: str, value: str | int) -> str:
        if fact == "session":
            return self._title(str(value))
        if fact == "person":
            return self.people.get(str(value), str(value))
        if fact == "room" or (fact == "rooms" and wish.code == "rooms"):
            return ", ".join(self.rooms.get(code, code) for code in str(value).split(", "))
        if fact in ("start", "end") and isinstance(value, int):
            at, zone = self.axis.instant(value), self.axis.zone
            clock = clock_time(at, zone)
            return clock if "day" in wish.facts else f"{short_day(at, zone)}, {clock}"
        if fact == "day":
            return short_day(date.fromisoformat(str(value)))
        return str(value)

    def _title(self, code: str) -> str:
        return localized(self.sessions[code].title) if code in self.sessions else code

    def links(self, wish: Wish) -> Iterator[dict[str, str]]:
        """To the things that the wish speaks of; else to the settings."""
        base = f"/{self.event.slug}/organise/agenda"
        person, room = str(wish.facts.get("person", "")), str(wish.facts.get("room", ""))
        if person in self.people:
            yield {"href": f"{base}/people/{person}#field-absences", "label": self.people[person]}
        if room in self.rooms:
            yield {"href": f"{base}/rooms/{room}", "label": self.rooms[room]}
        for code in self._sessions_of(wish):
            yield {"href": f"{base}/sessions/{code}", "label": self._title(code)}
        if wish.code in ("meal", "day", "changeover", "too_much") and self.settings_href:
            yield {"href": self.settings_href, "label": gettext("Settings")}

    def _sessions_of(self, wish: Wish) -> Iterable[str]:
        """The one that is named; or those that stay and so take a person's time, a room, or everybody's time."""
        if "session" in wish.facts:
            return [code for code in [str(wish.facts["session"])] if code in self.sessions]
        staying = self._staying()
        if wish.code == "availability":
            person = str(wish.facts["person"])
            return [each.code for each in staying if _is_on_stage(person, each)]
        if wish.code in ("closed", "break"):
            room = str(wish.facts.get("room", ""))
            return [each.code for each in staying if each.room == room and self._is_during(each, wish)]
        return []

    def _staying(self) -> list[rules.Session]:
        return [each for each in self.draft.sessions if each.code not in self.movable and each.state != "cancelled"]

    def _is_during(self, session: rules.Session, wish: Wish) -> bool:
        if session.starts_at is None or session.ends_at is None:
            return False
        starts, ends = (self.axis.instant(int(wish.facts[fact])) for fact in ("start", "end"))
        return session.starts_at < ends and starts < session.ends_at


MOST_LISTED: Final = 5


def _is_on_stage(person: str, session: rules.Session) -> bool:
    return any(part.person == person for part in session.parts)


def _listed(words: Iterable[str]) -> str:
    """The first few, by semicolons, since dates have commas."""
    found = list(words)
    return "; ".join([*found[:MOST_LISTED], *(["…"] if len(found) > MOST_LISTED else [])])
