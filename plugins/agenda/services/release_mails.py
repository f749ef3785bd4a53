"""What a release writes to people on stage: a mail for each of their sessions that is new, moved or cancelled."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final

from plenaria.core import mail
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.shown import instant
from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda import ics, interchange, queries, rules
from plenaria.plugins.agenda.services.feed_reader import reader_of

MAIL_OF: Final[Mapping[rules.ChangeKind, str]] = {
    "added": "agenda.session_added",
    "restored": "agenda.session_added",
    "moved": "agenda.session_moved",
    "cancelled": "agenda.session_cancelled",
}


async def mail_people(
    event: EventView, new: rules.Schedule, changes: tuple[rules.Change, ...], *, now: datetime
) -> None:
    """Write to those on stage what became of their sessions, each with its calendar entry; few statements for any number."""
    addresses = await queries.addresses(event.id)
    await mail.send_many(list(_letters(event, new, changes, addresses)), event=event, now=now)


def _letters(
    event: EventView, new: rules.Schedule, changes: tuple[rules.Change, ...], addresses: Mapping[str, str]
) -> Iterator[mail.Letter]:
    writer = _Writer(event, new)
    sessions = new.by_code()
    for change in changes:
        key, released = MAIL_OF.get(change.kind), sessions[change.session]
        parts = [part for part in released.session.parts if part.person in addresses]
        if key is None or not parts:
            continue
        entry = writer.attachment(released)
        for part in parts:
            yield mail.Letter(
                key=key,
                to=addresses[part.person],
                language=event.language,
                facts=writer.facts(released, part),
                attachments=[entry],
                about=_about(released),
            )


async def outdated_notices(event: EventView, about: Collection[str], /, *, now: datetime) -> set[str]:
    """Those that tell of a time, a room or a state that a later release changed: it wrote its own notice."""
    released = await queries.schedule(event)
    return set(about) - {_about(each) for each in released.sessions} if released else set()


def _about(released: rules.ReleasedSession) -> str:
    session = released.session
    return f"session:{session.code}|{released.starts_at.timestamp():.0f}|{session.room}|{session.state}"[:200]


class _Writer:
    """Writes of one release, in the event's language: names that every mail needs are looked up once."""

    def __init__(self, event: EventView, new: rules.Schedule) -> None:
        self.event, self.new = event, new
        self.reader = reader_of(event.language)
        self.names = {person.code: person.name for person in new.people}
        self.rooms = {room.code: in_language(room.name, event.language) for room in new.rooms}

    def facts(self, released: rules.ReleasedSession, part: rules.Part) -> dict[str, str]:
        event, session = self.event, released.session
        with using(event.language):
            return {
                "name": self.names[part.person],
                "event": in_language(event.name, event.language),
                "title": in_language(session.title, event.language),
                "role": gettext(rules.ROLES[part.role]),
                "when": instant(released.starts_at, event.zone),
                "room": self.rooms.get(session.room, "–"),
                "link": f"{mail.address()}/{event.slug}/agenda/{session.code}",
                "mine": f"{mail.address()}/me",
            }

    def attachment(self, released: rules.ReleasedSession) -> mail.Attachment:
        slot = interchange.entry_of(released, self.new, self.event, self.reader)
        entry = ics.entry(slot, language=self.event.language)
        return mail.Attachment(f"{released.session.code}.ics", "text/calendar; charset=utf-8", entry)
