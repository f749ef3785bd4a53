"""The draft as an event's file declares it, or as an import makes it."""

from collections.abc import Mapping
from datetime import datetime

from plenaria.core.forms import recorded
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import queries
from plenaria.plugins.agenda.services.catalogue import add_and_change, drop_others
from plenaria.plugins.agenda.services.draft import hold, record
from plenaria.plugins.agenda.services.releasing import release
from plenaria.plugins.agenda.services.sessions import set_sessions
from plenaria.plugins.agenda.settings import AgendaSection


async def apply_section(event: EventView, section: AgendaSection, *, by: str, now: datetime) -> None:
    """Make the draft equal to the section, and release it where the section says so and it differs from what is public.

    Inside the caller's transaction. A declared release with serious conflicts is refused like any other.
    """
    async with transaction():
        await hold(event)
        before = await queries.section_of(event)
        await set_draft(event, section, now=now)
        await record("agenda.applied", event.slug, event, by, now, recorded(before, section))
        if section.released and not (await queries.section_of(event)).released:
            await release(event, by=by, now=now)


async def set_draft(
    event: EventView, section: AgendaSection, *, uids: Mapping[str, str] | None = None, now: datetime
) -> None:
    """Make the draft equal to the section, in the caller's transaction and under its hold.

    `uids` is code → uid for new sessions that bring their own; what is there keeps the one that it has.
    """
    await add_and_change(event, queries.ROOMS, section.rooms)
    await add_and_change(event, queries.TRACKS, section.tracks)
    await add_and_change(event, queries.TYPES, section.types)
    await add_and_change(event, queries.PEOPLE, section.people)
    await set_sessions(event, section.sessions, uids or {}, now=now)
    await drop_others(event, queries.ROOMS, section.rooms)
    await drop_others(event, queries.TRACKS, section.tracks)
    await drop_others(event, queries.TYPES, section.types)
    await drop_others(event, queries.PEOPLE, section.people)
