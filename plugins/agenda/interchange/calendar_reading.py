"""A calendar (.ics) as a schedule: read by `plugins.agenda.ics`, its rooms and tracks taken from places and categories."""

from plenaria.plugins.agenda import ics
from plenaria.plugins.agenda.ics import LeftOut, Slot

from .encoding import MOST_OCTETS
from .notes import LOST_SESSIONS, NOTE_WORDS, Findings, Unreadable
from .parsed import ParsedSchedule, ParsedSession, Source


def parsed(data: bytes, zone: str, findings: Findings, *, place: str = "") -> ParsedSchedule:
    """What the calendar says; a location at `place`, the event's own, is the room there.

    Notes `calendar_…`, by the reader's codes. Raises Unreadable: file_too_large, format_unknown.
    """
    if len(data) > MOST_OCTETS:
        raise Unreadable("file_too_large", octets=len(data), most=MOST_OCTETS)
    found = ics.read(data, zone=zone)
    lost = sum(_noted(note, findings) for note in found.left_out)
    return ParsedSchedule(
        title=found.name,
        zone=found.zone,
        sessions=tuple(_session(slot, place) for slot in found.slots),
        count=len(found.slots) + lost,
    )


def _noted(note: LeftOut, findings: Findings) -> int:
    if note.code == "unreadable":
        raise Unreadable("format_unknown")
    code, count = f"calendar_{note.code}", int(note.facts.get("count", 1))
    named = {fact: note.facts[fact] for fact in ("name", "zone") if fact in note.facts}
    findings.count(code if code in NOTE_WORDS else "calendar_doubt", count, **named)
    return count if code in LOST_SESSIONS else 0


def _room(location: str, place: str) -> str:
    """What of a location stands before the event's own place; "" for the place alone."""
    if not place:
        return location
    return "" if location == place else location.removesuffix(f", {place}")


def _session(slot: Slot, place: str) -> ParsedSession:
    return ParsedSession(
        source=Source(subject=slot.title[:100]),
        guid=slot.uid,
        title=slot.title,
        texts=(slot.description,),
        under=_room(slot.location, place),
        track=next(iter(slot.categories), ""),
        date=slot.starts_at.isoformat(),
        end=slot.ends_at.isoformat(),
        is_cancelled=slot.status == "cancelled",
    )
