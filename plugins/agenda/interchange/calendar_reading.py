"""A calendar (.ics) as a schedule: read by `plugins.agenda.ics`, its rooms and tracks taken from places and categories."""

from typing import Final

from plugins.agenda import ics
from plugins.agenda.ics import LeftOut, Slot

from .encoding import MOST_OCTETS
from .notes import Findings, Unreadable
from .told import Source, ToldSchedule, ToldSession

_LOST: Final = {"no_start", "whole_day", "no_end", "ends_before_it_starts", "superseded", "repeated", "too_many"}
"""What of a calendar's notes stands for entries that are no sessions."""


def told(data: bytes, zone: str, findings: Findings) -> ToldSchedule:
    """What the calendar says. Notes `calendar_entry` and `calendar_doubt`. Raises Unreadable: file_too_large, format_unknown."""
    if len(data) > MOST_OCTETS:
        raise Unreadable("file_too_large", octets=len(data), most=MOST_OCTETS)
    found = ics.read(data, zone=zone)
    lost = sum(_noted(note, findings) for note in found.left_out)
    return ToldSchedule(
        title=found.name,
        zone=found.zone,
        sessions=tuple(_session(slot) for slot in found.slots),
        count=len(found.slots) + lost,
    )


def _noted(note: LeftOut, findings: Findings) -> int:
    if note.code == "unreadable":
        raise Unreadable("format_unknown")
    code = "calendar_entry" if note.code in _LOST else "calendar_doubt"
    findings.count(code, note.facts.get("count", 1), reason=note.code)
    return int(note.facts.get("count", 1)) if code == "calendar_entry" else 0


def _session(slot: Slot) -> ToldSession:
    return ToldSession(
        source=Source(subject=slot.title[:100]),
        guid=slot.uid,
        title=slot.title,
        texts=(slot.description,),
        under=slot.location,
        track=next(iter(slot.categories), ""),
        date=slot.starts_at.isoformat(),
        end=slot.ends_at.isoformat(),
        is_cancelled=slot.status == "cancelled",
    )
