"""pretalx submissions by day and minute, as the site of PyConFR keeps them:
`{"schedule": {"2025-11-01": {"530": {"<room>": {"code": …, "slots": […]}}}}, "sprints": …, "rooms": […]}`."""

from collections.abc import Iterator
from typing import Any, Final

from . import moments
from .json_values import members, of, pointed, text, words
from .notes import Findings
from .parsed import ParsedPerson, ParsedRoom, ParsedSchedule, ParsedSession, Source

_UNDERSTOOD: Final = {
    "code", "title", "speakers", "submission_type", "state", "description", "abstract", "duration", "slot_count",
    "content_locale", "slots", "track",
}  # fmt: skip
_GONE: Final = ("canceled", "cancelled", "withdrawn", "rejected")


def recognised(document: dict[str, Any]) -> bool:
    """Whether at least one member is a calendar of days."""
    return any(_is_by_day(value) for value in document.values())


def parsed(document: dict[str, Any], findings: Findings) -> ParsedSchedule:
    """What the file says: a session for each slot. Notes `session_unreadable` and `field_dropped`."""
    sessions: list[ParsedSession] = []
    lost = 0
    for section, value in document.items():
        if not _is_by_day(value):
            if value and section not in ("rooms", "speakers"):
                findings.count("field_dropped", field=section[:50])
            continue
        for entry, pointer in _entries(value, section):
            slots = _of_slots(entry, pointer, findings)
            if not slots:
                findings("session_unreadable", Source(subject=text(of(entry, "title"))[:100], pointer=pointer))
                lost += 1
            sessions += slots
    rooms = [each for each in members(document.get("rooms")) if isinstance(each, dict)]
    return ParsedSchedule(
        rooms=tuple(_room(each) for each in rooms), sessions=tuple(sessions), count=len(sessions) + lost
    )


def seats(value: Any) -> int:
    """How many a room holds; 0 where that is not known."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100_000
    return int(value) if known else 0


def _is_by_day(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(moments.day(key) and isinstance(value[key], dict) for key in value)
    )


def _entries(days: dict[str, Any], section: str) -> Iterator[tuple[Any, str]]:
    for day, minutes in days.items():
        for minute, held in minutes.items():
            if (
                isinstance(held, dict)
                and held
                and all(isinstance(each, dict) and "code" in each for each in held.values())
            ):
                for room, entry in held.items():
                    yield entry, pointed("", section, day, minute, room)
            elif held:
                yield held, pointed("", section, day, minute)


def _of_slots(entry: Any, pointer: str, findings: Findings) -> list[ParsedSession]:
    slots = [slot for slot in members(of(entry, "slots")) if isinstance(slot, dict)]
    if not isinstance(entry, dict) or not slots:
        return []
    for key, value in entry.items():
        if key not in _UNDERSTOOD and value not in (None, "", "{}", [], {}, False):
            findings.count("field_dropped", len(value) if isinstance(value, list) else 1, field=key[:50])
    several = len(slots) > 1
    return [_session(entry, slot, pointed(pointer, "slots", at), several) for at, slot in enumerate(slots)]


def _session(entry: dict[str, Any], slot: dict[str, Any], pointer: str, several: bool) -> ParsedSession:
    title, code = text(entry.get("title")), text(entry.get("code"))
    return ParsedSession(
        source=Source(subject=(title or code)[:100], pointer=pointer),
        guid=f"{code}/{text(slot.get('id'))}" if several else code,
        number=text(slot.get("id")),
        code=code,
        title=words(entry.get("title")),
        texts=(words(entry.get("abstract")), words(entry.get("description"))),
        language=text(entry.get("content_locale")),
        type=words(of(entry.get("submission_type"), "name") or entry.get("submission_type")),
        track=words(of(entry.get("track"), "name") or entry.get("track")),
        under=words(of(slot.get("room"), "name") or slot.get("room")),
        date=text(slot.get("start")),
        end=text(slot.get("end")),
        duration=text(slot.get("duration")),
        is_cancelled=text(entry.get("state")) in _GONE,
        people=tuple(_person(each) for each in members(entry.get("speakers")) if isinstance(each, dict)),
    )


def _person(person: dict[str, Any]) -> ParsedPerson:
    return ParsedPerson(name=text(person.get("name")), key=text(person.get("code")), bio=words(person.get("biography")))


def _room(room: dict[str, Any]) -> ParsedRoom:
    return ParsedRoom(name=words(room.get("name")), capacity=seats(room.get("capacity")))
