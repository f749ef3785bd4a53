"""What a schedule in JSON says: the frab family's `schedule.json`, and pretalx submissions by day and minute."""

from collections.abc import Iterator
from typing import Any, Final

from . import submissions
from .json_tree import tree
from .json_values import members, of, pointed, text, words
from .notes import Findings, Unreadable
from .parsed import ParsedDay, ParsedPerson, ParsedRoom, ParsedSchedule, ParsedSession, ParsedTrack, Source
from .text import label, plain

_OF_CONFERENCE: Final = {
    "acronym", "title", "start", "end", "daysCount", "days", "time_zone_name", "timezone", "day_change", "timeslot_duration",
    "tracks", "rooms", "url",
}  # fmt: skip
_OF_EVENT: Final = {
    "guid", "id", "code", "slug", "title", "subtitle", "track", "type", "language", "abstract", "description", "date", "start",
    "end", "duration", "room", "persons", "status", "state",
}  # fmt: skip


def parsed(given: str, findings: Findings) -> ParsedSchedule:
    """What the file says. Notes `field_dropped`. Raises Unreadable: those of `json_tree.tree`, and wrong_root."""
    document = tree(given, findings)
    if not isinstance(document, dict):
        raise Unreadable("wrong_root", root=plain(given.strip("\0")[:50])[:10])
    schedule = document.get("schedule", document)
    conference = of(schedule, "conference")
    if isinstance(conference, dict):
        return _frab(
            schedule, conference, "/schedule/conference" if "schedule" in document else "/conference", findings
        )
    if submissions.recognised(document):
        return submissions.parsed(document, findings)
    raise Unreadable("wrong_root", root=next(iter(document), "{}")[:50])


def _frab(schedule: Any, conference: dict[str, Any], path: str, findings: Findings) -> ParsedSchedule:
    _dropped(conference, _OF_CONFERENCE, findings)
    entries = list(_entries(conference, path))
    sessions = []
    for entry, room, day, pointer in entries:
        if isinstance(entry, dict):
            sessions.append(_session(entry, room, day, pointer, findings))
        else:
            findings("session_unreadable", Source(pointer=pointer))
    return ParsedSchedule(
        title=words(conference.get("title")),
        acronym=text(conference.get("acronym")),
        version=text(of(schedule, "version")),
        zone=text(conference.get("time_zone_name")) or text(conference.get("timezone")),
        starts=text(conference.get("start")),
        ends=text(conference.get("end")),
        day_change=text(conference.get("day_change")),
        rooms=tuple(_rooms(conference, findings)),
        tracks=tuple(_tracks(conference, findings)),
        sessions=tuple(sessions),
        count=len(entries),
    )


def _rooms(conference: dict[str, Any], findings: Findings) -> Iterator[ParsedRoom]:
    for room in members(conference.get("rooms")):
        if not isinstance(room, dict):
            yield ParsedRoom(name=words(room))
            continue
        _dropped(room, {"name", "slug", "capacity"}, findings, "room ")
        yield ParsedRoom(
            name=words(room.get("name")), slug=text(room.get("slug")), capacity=submissions.seats(room.get("capacity"))
        )


def _tracks(conference: dict[str, Any], findings: Findings) -> Iterator[ParsedTrack]:
    for track in members(conference.get("tracks")):
        if isinstance(track, dict):
            _dropped(track, {"name", "slug"}, findings, "track ")
            yield ParsedTrack(name=words(track.get("name")), slug=text(track.get("slug")))
        else:
            yield ParsedTrack(name=words(track))


def _entries(conference: dict[str, Any], path: str) -> Iterator[tuple[Any, str, ParsedDay, str]]:
    """Every entry with its room, its day and its place in the file; rooms may be an object by name, or a list."""
    for index, day in enumerate(members(conference.get("days"))):
        if not isinstance(day, dict):
            continue
        date, starts, ends = (label(text(day.get(key))) for key in ("date", "day_start", "day_end"))
        is_on = ParsedDay(date=date, starts=starts, ends=ends)
        rooms = day.get("rooms")
        if isinstance(rooms, dict):
            held = [(name, name, events) for name, events in rooms.items()]
        else:
            held = [
                (str(at), label(text(of(room, "name"))), of(room, "events")) for at, room in enumerate(members(rooms))
            ]
        for key, name, events in held:
            for at, entry in enumerate(members(events)):
                yield entry, name, is_on, pointed(path, "days", index, "rooms", key, at)


def _session(event: dict[str, Any], room: str, day: ParsedDay, pointer: str, findings: Findings) -> ParsedSession:
    _dropped(event, _OF_EVENT, findings)
    fields = {key: text(event.get(key)) for key in _OF_EVENT}
    return ParsedSession(
        source=Source(subject=(fields["title"] or fields["slug"] or fields["id"])[:100], pointer=pointer),
        guid=fields["guid"],
        number=fields["id"],
        code=fields["code"],
        slug=fields["slug"],
        title=words(event.get("title")),
        texts=tuple(words(event.get(key)) for key in ("subtitle", "abstract", "description")),
        language=fields["language"],
        type=words(event.get("type")),
        track=words(event.get("track")),
        under=room,
        room=words(event.get("room")),
        day=day,
        date=fields["date"],
        start=fields["start"],
        end=fields["end"],
        duration=fields["duration"],
        is_cancelled=(fields["status"] or fields["state"]).casefold() in ("cancelled", "canceled"),
        people=tuple(_person(each) for each in members(event.get("persons"))),
    )


def _person(person: Any) -> ParsedPerson:
    if not isinstance(person, dict):
        return ParsedPerson(name=text(person))
    return ParsedPerson(
        name=text(person.get("name")) or text(person.get("public_name")),
        key=text(person.get("guid")) or text(person.get("code")) or text(person.get("id")),
        bio=words(person.get("biography")),
    )


def _dropped(given: dict[str, Any], understood: set[str], findings: Findings, of_what: str = "") -> None:
    for key, value in given.items():
        if key not in understood and value not in (None, "", [], {}, False):
            findings.count("field_dropped", len(value) if isinstance(value, list) else 1, field=of_what + key[:50])
