"""What a file says, made into values that the agenda can hold: everything in doubt is decided here, and noted."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from plenaria.core.kernel.values import LANGUAGES, LocalizedText, in_language, slugify
from plenaria.plugins.agenda.ics import uid, zones
from plenaria.plugins.agenda.rules import Draft, Room, Session, SessionType, Track, day_of

from . import moments, words
from .codes import Codes, own_part
from .imported import Imported
from .notes import Findings
from .parsed import ParsedSchedule, ParsedSession, Source, Words
from .people import People, folded
from .place import NO_ROOM
from .text import label, one_line
from .times import Times

MOST_SESSIONS: Final = 10_000
MOST_NAME, MOST_TITLE, MOST_ABSTRACT = 120, 200, 5000
_MOST_NUMBER: Final = 2**31 - 1
_COLOURS: Final = 8
_MOST_EVENT: Final = 1000
_UNTITLED: Final = {"es": "Sin título", "en": "Untitled"}
_NO_ROOMS: Final = {folded(name) for name in NO_ROOM.values()}
_SPOKEN: Final = {
    **dict.fromkeys(("es", "spa", "spanish", "español", "castellano"), "es"),
    **dict.fromkeys(("en", "eng", "english", "inglés"), "en"),
}


def repaired(parsed: ParsedSchedule, findings: Findings, *, zone: str, language: str, duration_min: int) -> Imported:
    """The schedule as values. `zone`, `language` and `duration_min` hold where the file says nothing."""
    zone = _zone(parsed, zone, findings)
    title = words.name(parsed.title, language, MOST_TITLE, findings, Source(), "title")
    if not title:
        findings("event_title_missing")
    sessions = _Sessions(parsed, zone, language, duration_min, findings)
    draft = sessions.draft()
    starts_on, ends_on = _days(parsed, draft.sessions, zone, findings)
    return Imported(
        title=title,
        acronym=slugify(parsed.acronym) or slugify(words.shown(parsed.title, language)),
        version=one_line(parsed.version)[:100],
        zone=zone,
        starts_on=starts_on,
        ends_on=ends_on,
        draft=draft,
    )


def _zone(parsed: ParsedSchedule, zone: str, findings: Findings) -> str:
    named = parsed.zone.strip()
    if named in zones.known():
        return named
    if named:
        findings("zone_unknown", named=named[:50], zone=zone)
    else:
        findings("zone_missing", zone=zone)
    return zone


def _days(
    parsed: ParsedSchedule, sessions: Iterable[Session], zone: str, findings: Findings
) -> tuple[date | None, date | None]:
    """The first and the last day: as the file says, else of its days, else of its sessions."""
    first, last = moments.day(parsed.starts), moments.day(parsed.ends)
    if first is not None and last is not None and first <= last:
        return first, last
    findings("days_missing")
    listed = [moments.day(session.day.date) for session in parsed.sessions]
    days = [day for day in listed if day is not None]
    days = days or [day_of(each.starts_at, zone) for each in sessions if each.starts_at is not None]
    days += [day for day in (first, last) if day is not None]
    return (min(days), max(days)) if days else (None, None)


class _Named:
    """Rooms, tracks or types by their names, in the order in which they come up."""

    def __init__(self, kind: str, language: str, findings: Findings) -> None:
        self._kind, self._language, self._findings = kind, language, findings
        self._codes = Codes(kind)
        self._by_name: dict[str, str] = {}
        self.names: dict[str, LocalizedText] = {}

    def __contains__(self, given: Words) -> bool:
        return folded(words.shown(given, self._language)) in self._by_name

    def code(self, given: Words, slug: str = "") -> str:
        """The code of what is called so, new if need be; "" for no name."""
        called = words.shown(given, self._language)
        known_as = folded(called)
        if not known_as:
            return ""
        if known_as not in self._by_name:
            code = self._codes.give(slug, called)
            self._by_name[known_as] = code
            about = Source(subject=called[:100])
            self.names[code] = words.name(given, self._language, MOST_NAME, self._findings, about, self._kind)
        return self._by_name[known_as]


class _Sessions:
    """A file's sessions, one after another, with the rooms, tracks, types and people that they name."""

    def __init__(self, parsed: ParsedSchedule, zone: str, language: str, duration_min: int, findings: Findings) -> None:
        self._told, self._language, self._findings = parsed, language, findings
        self._times = Times(zone, parsed.day_change, duration_min, findings)
        self._sessions = self._kept()
        self._people = People(self._sessions, language, findings)
        self._rooms, self._tracks, self._types = (
            _Named(kind, language, findings) for kind in ("room", "track", "type")
        )
        self._names = _Names(parsed, self._sessions, findings)
        self._capacity: dict[str, int] = {}

    def draft(self) -> Draft:
        """Everything, sessions by start."""
        for room in self._told.rooms:
            if code := self._room_code(room.name, room.slug):
                self._capacity[code] = max(room.capacity, self._capacity.get(code, 0))
        for track in self._told.tracks:
            self._tracks.code(track.name, track.slug)
        self._announced = bool(self._rooms.names)
        sessions = [found for each in self._sessions if (found := self._session(each)) is not None]
        if not sessions:
            self._findings("no_sessions")
        return Draft(
            rooms=tuple(
                Room(code=code, name=name, capacity=self._capacity.get(code, 0))
                for code, name in self._rooms.names.items()
            ),
            tracks=tuple(
                Track(code=code, name=name, colour=index % _COLOURS + 1)
                for index, (code, name) in enumerate(self._tracks.names.items())
            ),
            types=tuple(SessionType(code=code, name=name) for code, name in self._types.names.items()),
            people=self._people.everybody,
            sessions=tuple(sorted(sessions, key=lambda each: (each.starts_at, each.room, each.number))),
        )

    def _kept(self) -> tuple[ParsedSession, ...]:
        """Those that are not the same as one before, and not too many."""
        kept: dict[bytes, ParsedSession] = {}
        for session in self._told.sessions:
            content = msgspec.msgpack.encode(replace(session, source=Source()))
            if content in kept:
                self._findings("session_repeated", session.source)
            kept.setdefault(content, session)
        if len(kept) > MOST_SESSIONS:
            self._findings("too_many_sessions", most=MOST_SESSIONS, count=len(kept) - MOST_SESSIONS)
        return tuple(kept.values())[:MOST_SESSIONS]

    def _session(self, parsed: ParsedSession) -> Session | None:
        starts_at = self._times.starts_at(parsed)
        if starts_at is None:
            return None
        room = self._room(parsed)
        title = self._title(parsed)
        return Session(
            code=self._names.code(parsed, words.shown(title, self._language)),
            number=self._names.number(parsed),
            uid=self._names.uid(parsed, starts_at),
            title=title,
            abstract=words.text(parsed.texts, self._language, MOST_ABSTRACT, self._findings, parsed.source, "abstract"),
            language=self._spoken(parsed),
            type=self._types.code(parsed.type),
            track=self._tracks.code(parsed.track),
            room=room,
            starts_at=starts_at,
            duration_min=self._times.minutes(parsed, starts_at),
            state="cancelled" if parsed.is_cancelled else "confirmed",
            parts=self._people.parts(parsed),
        )

    def _title(self, parsed: ParsedSession) -> LocalizedText:
        title = words.name(parsed.title, self._language, MOST_TITLE, self._findings, parsed.source, "title")
        if title:
            return title
        untitled = in_language(_UNTITLED, self._language)
        self._findings("title_missing", parsed.source, title=untitled)
        return {self._language: untitled}

    def _room(self, parsed: ParsedSession) -> str:
        """The room that it stands under; where it stands under none, the one that it names."""
        under, named = (words.shown(each, self._language) for each in (parsed.under, parsed.room))
        if under and named and folded(under) != folded(named):
            self._findings("room_disagrees", parsed.source, taken=under[:100], said=named[:100])
        taken = parsed.under if under else parsed.room
        is_new = self._announced and taken not in self._rooms
        code = self._room_code(taken)
        if code and is_new:
            self._findings("room_unknown", parsed.source, room=words.shown(taken, self._language)[:100])
        return code

    def _room_code(self, name: Words, slug: str = "") -> str:
        return "" if folded(words.shown(name, self._language)) in _NO_ROOMS else self._rooms.code(name, slug)

    def _spoken(self, parsed: ParsedSession) -> str:
        spoken = parsed.language.strip().lower().replace("_", "-")
        known = {**_SPOKEN, **{code.lower(): code for code in LANGUAGES}}
        found = known.get(spoken) or known.get(spoken.partition("-")[0])
        if found is None and spoken:
            self._findings.count("language_not_offered", language=spoken[:20], taken=self._language)
        return found or self._language


class _Names:
    """What sessions are called by machines: code, number and uid, each unique in the file."""

    def __init__(self, parsed: ParsedSchedule, sessions: Iterable[ParsedSession], findings: Findings) -> None:
        self._acronym, self._findings = label(parsed.acronym), findings
        self._event = self._acronym or msgspec.json.encode(parsed.title).decode()[:_MOST_EVENT]
        self._codes = Codes("session")
        self._slugs: set[str] = set()
        self._uids: set[str] = set()
        self._shared: dict[str, int] = {}
        self._taken: set[int] = set()
        self._wished = {number for each in sessions if (number := _number(each.number))}
        self._next = 1

    def code(self, parsed: ParsedSession, title: str) -> str:
        """From its slug in the file, else from its title."""
        own = own_part(parsed.slug, self._acronym, parsed.number)
        code = self._codes.give(own, title, parsed.code, f"session-{parsed.number}")
        if parsed.slug and parsed.slug in self._slugs:
            self._findings("slug_repeated", parsed.source, code=code)
        self._slugs.add(parsed.slug)
        return code

    def number(self, parsed: ParsedSession) -> int:
        """The file's, if it is one and nobody has it; else the next that nobody in the file wants."""
        number = _number(parsed.number)
        if number is None or number in self._taken:
            self._findings.count("number_given")
            while self._next in self._wished:
                self._next += 1
            number = self._next
            self._next += 1
        self._taken.add(number)
        return number

    def uid(self, parsed: ParsedSession, starts_at: datetime) -> str:
        """The file's identifier where it is a UUID; else one made of what names the session there, the same each time."""
        given = parsed.guid.strip()
        when_and_where = f"{starts_at.isoformat()}/{parsed.under}/{parsed.title}"
        if found := _uuid(given):
            wished = found
        else:
            self._findings.count("guid_invalid" if given else "guid_missing")
            wished = uid(self._event, given or parsed.number or parsed.slug or when_and_where)
        if wished in self._uids:
            self._findings("guid_repeated", parsed.source)
        own = self._apart(wished, when_and_where)
        self._uids.add(own)
        return own

    def _apart(self, wished: str, when_and_where: str) -> str:
        """The wish, or where it is taken, one made of it that nobody has; it counts on, so that 10,000 alike take no longer."""
        found = wished
        while found in self._uids:
            count = self._shared.get(wished, 0) + 1
            self._shared[wished] = count
            found = uid(wished, f"{when_and_where}/{count}")
        return found


def _number(text: str) -> int | None:
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        return None
    return int(digits) if 0 < int(digits) <= _MOST_NUMBER else None


def _uuid(text: str) -> str | None:
    """A UUID in its usual form, in lower case."""
    if len(text) != 36:
        return None
    try:
        found = str(UUID(text))
    except ValueError:
        return None
    return found if found == text.lower() else None
