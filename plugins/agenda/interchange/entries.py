"""The released schedule as calendar entries (RFC 5545, by way of `plugins.agenda.ics`)."""

from plenaria.core.kernel.values import CalendarEntry, EventView, in_language
from plenaria.plugins.agenda.ics import Slot
from plenaria.plugins.agenda.rules import Part, ReleasedSession, Schedule

from .audience import Book, Reader


def entries(
    schedule: Schedule, event: EventView, reader: Reader, *, track: str = "", room: str = "", alarm_min: int = 0
) -> list[Slot]:
    """Every session as a calendar entry, cancelled ones too; of one track or one room if so asked."""
    book = Book(schedule, reader.language)
    return [
        entry_of(each, schedule, event, reader, alarm_min=alarm_min, book=book)
        for each in schedule.sessions
        if (not track or each.session.track == track) and (not room or each.session.room == room)
    ]


def entry_of(
    released: ReleasedSession,
    schedule: Schedule,
    event: EventView,
    reader: Reader,
    *,
    alarm_min: int = 0,
    book: Book | None = None,
) -> Slot:
    """One session as a calendar entry."""
    book = book or Book(schedule, reader.language)
    session = released.session
    room = book.rooms.get(session.room, "")
    track = book.tracks.get(session.track, "")
    people = [_said(part, book, reader) for part in session.parts if part.person in book.people]
    return Slot(
        uid=session.uid,
        starts_at=released.starts_at,
        ends_at=released.ends_at,
        zone=event.zone,
        title=in_language(session.title, reader.language),
        changed_at=released.changed_at,
        revision=released.revision,
        status="cancelled" if released.is_cancelled else "confirmed",
        description="\n\n".join(
            part for part in ("\n".join(people), in_language(session.abstract, reader.language)) if part
        ),
        location=", ".join(part for part in (room, schedule.place) if part),
        url=f"{reader.address}/{event.slug}/agenda/{session.code}",
        categories=(track,) if track else (),
        alarm_min=alarm_min or None,
    )


def contributed(entry: CalendarEntry, event: EventView, language: str) -> Slot:
    """What another plugin puts into the event's calendar."""
    return Slot(
        uid=entry.uid,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        zone=event.zone,
        title=in_language(entry.title, language),
        changed_at=entry.changed_at,
        revision=entry.revision,
        status="cancelled" if entry.cancelled else "confirmed",
        description=in_language(entry.description, language),
        location=entry.location,
        url=entry.url,
    )


def _said(part: Part, book: Book, reader: Reader) -> str:
    words = [book.people[part.person], part.employer]
    return f"{reader.roles.get(part.role, part.role)}: {', '.join(word for word in words if word)}"
