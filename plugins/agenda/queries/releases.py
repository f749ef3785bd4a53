"""Releases: the last one as public pages show it, the history, and identifiers that sessions have had."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import Database, current, statement
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.queries.columns import Row
from plenaria.plugins.agenda.settings import AgendaSettings
from plenaria.plugins.agenda.tables import Release, Session

_ASKED_AT_ONCE: Final = 5000


class ReleaseRow(Struct, frozen=True):
    """One line of the history of releases."""

    number: int
    released_at: datetime
    released_by: str
    note: str
    reason: str
    conflicts: int
    changes: tuple[rules.Change, ...]


class Known(Struct, frozen=True):
    """What public pages are made of: the last release, how the event wants it shown, and when that looks different.

    `instants` are all starts and ends, in order: between two of them the same sessions are on. `names` by person's code;
    `on_stage` are the sessions of each that are not cancelled.
    """

    schedule: rules.Schedule | None
    settings: AgendaSettings
    instants: tuple[datetime, ...]
    days: frozenset[date]
    names: Mapping[str, str]
    on_stage: Mapping[str, tuple[str, ...]]


_known: WeakKeyDictionary[Database, dict[int, tuple[int, Known]]] = WeakKeyDictionary()
"""By database (a process may open several, one after the other): event id → the event's revision, what it knew."""


async def known(event: EventView) -> Known:
    """The public agenda; two queries for one session as for 500, and none while the event has not changed."""
    by_event = _known.setdefault(current(), {})
    kept = by_event.get(event.id)
    if kept is None or kept[0] != event.revision:
        kept = by_event[event.id] = (event.revision, await _read_known(event))
    return kept[1]


async def _read_known(event: EventView) -> Known:
    found = await _last_release(event.id)
    instants = {at for each in found.sessions for at in (each.starts_at, each.ends_at)} if found else set()
    return Known(
        schedule=found,
        settings=await settings_of(event, "agenda", AgendaSettings),
        instants=tuple(sorted(instants)),
        days=frozenset(found.days(event.zone)) if found else frozenset(),
        names={person.code: person.name for person in found.people} if found else {},
        on_stage=_on_stage(found.sessions) if found else {},
    )


def _on_stage(sessions: Iterable[rules.ReleasedSession]) -> dict[str, tuple[str, ...]]:
    by_person: dict[str, list[str]] = {}
    for each in sessions:
        for part in each.session.parts if not each.is_cancelled else ():
            by_person.setdefault(part.person, []).append(each.session.code)
    return {person: tuple(codes) for person, codes in by_person.items()}


async def schedule(event: EventView) -> rules.Schedule | None:
    """The last release, as the database has it now."""
    return await _last_release(event.id)


async def _last_release(event_id: int) -> rules.Schedule | None:
    row = await _newest.first(event_id)
    return msgspec.json.decode(row["schedule"], type=rules.Schedule) if row else None


@statement
def _newest(event: int) -> Any:
    return (
        Release.select(Release.schedule)
        .where(Release.event == event)
        .order_by(Release.number, ascending=False)
        .limit(1)
    )


async def released_uids(event: EventView) -> dict[str, str]:
    """Code → uid of every session that was ever released: the last release still holds those cancelled or gone."""
    latest = await _last_release(event.id)
    return {each.session.code: each.session.uid for each in latest.sessions} if latest else {}


async def uids_elsewhere(event: EventView, uids: Collection[str]) -> set[str]:
    """Those of the uids that sessions of other events have."""
    found: set[str] = set()
    wanted = list(uids)
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        some = wanted[start : start + _ASKED_AT_ONCE]
        rows = await Session.select(Session.uid).where(Session.uid.is_in(some) & (Session.event != event.id))
        found |= {row["uid"] for row in rows}
    return found


async def releases(event_id: int) -> list[ReleaseRow]:
    """The history, newest first."""
    rows = (
        await Release.select(*(column for column in Release.all_columns() if column is not Release.schedule))
        .where(Release.event == event_id)
        .order_by(Release.number, ascending=False)
    )
    return [_release_row(row) for row in rows]


def _release_row(row: Row) -> ReleaseRow:
    return ReleaseRow(
        number=row["number"],
        released_at=row["released_at"],
        released_by=row["released_by"],
        note=row["note"],
        reason=row["reason"],
        conflicts=row["conflicts"],
        changes=msgspec.json.decode(row["changes"], type=tuple[rules.Change, ...]),
    )


def place_of(event: EventView) -> str:
    """The venue as a calendar's location names it."""
    return ", ".join(part for part in (event.venue, event.address, event.city) if part)


async def ever_released(event_id: int) -> set[str]:
    """Codes of everybody who stands in a released schedule of the event, the earlier ones too."""
    rows = await Release.select(Release.schedule).where(Release.event == event_id)
    schedules = [msgspec.json.decode(row["schedule"], type=rules.Schedule) for row in rows]
    return {person.code for schedule in schedules for person in schedule.people}
