"""Sessions of the draft: stored, moved, removed, or set as a whole, with the people who are in them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import recorded
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
from plenaria.core.storage.database import repeatable, transaction
from plenaria.plugins.agenda import ics, queries
from plenaria.plugins.agenda.services.draft import (
    Ids,
    as_json,
    hold,
    ids_in,
    ids_of,
    insert,
    record,
    refuse_taken,
    row_of,
)
from plenaria.plugins.agenda.settings import AgendaSettings, PartItem, SessionItem
from plenaria.plugins.agenda.tables import Session, SessionPart


@repeatable
async def store_session(
    event: EventView, item: SessionItem, *, code: str | None, revision: int | None, by: str, now: datetime
) -> None:
    """Add a session to the draft (`code` None) or change the one of that code, people included.

    Raises `Refused`: changed_meanwhile, code_taken, not_found, too_many_people, not_a_choice for a code that names nothing.
    """
    async with transaction():
        await hold(event)
        settings = await settings_of(event, "agenda", AgendaSettings)
        ids = await ids_of(event)
        refuse(problem.as_refusal() for problem in item.unknown("", **ids._asdict()))
        refuse(_people_refusals(item, settings))
        before = await queries.stored_session(event, code) if code is not None else None
        if code is None:
            await refuse_taken(Session, event, item.code)
            await _add(event, [item], ids, {}, now)
        else:
            await _change(event, item, ids, code=code, revision=revision, now=now)
        changes = recorded(before, item)
        await record(f"session.{'added' if code is None else 'changed'}", item.code, event, by, now, changes)


def _people_refusals(item: SessionItem, settings: AgendaSettings) -> list[Refusal]:
    if len(item.people) <= settings.most_people:
        return []
    return [Refusal("too_many_people", {"count": len(item.people), "most": settings.most_people}, "/people")]


async def _change(
    event: EventView, item: SessionItem, ids: Ids, *, code: str, revision: int | None, now: datetime
) -> None:
    row = await row_of(Session, event, code, revision)
    if item.code != code:
        await refuse_taken(Session, event, item.code)
    columns = _session_columns(item, ids, now)
    await Session.update(code=item.code, revision=row["revision"] + 1, **columns).where(Session.id == row["id"])
    await _store_parts(row["id"], item.people, ids.people)


def _session_columns(item: SessionItem, ids: Ids, now: datetime) -> dict[str, Any]:
    return {
        "title": as_json(item.title),
        "abstract": as_json(item.abstract),
        "language": item.language,
        "type": ids.types.get(item.type),
        "track": ids.tracks.get(item.track),
        "room": ids.rooms.get(item.room),
        "starts_at": item.starts_at,
        "duration_min": item.duration_min,
        "state": item.state,
        "is_fixed": item.is_fixed,
        "changed_at": now,
    }


async def _store_parts(session: int, parts: Sequence[PartItem], people: Mapping[str, int]) -> None:
    """Make these the session's people; who stays has not to confirm again."""
    left = {row["person"]: row for row in await SessionPart.select().where(SessionPart.session == session)}
    added = []
    for position, part in enumerate(parts):
        columns = _part_columns(part, position)
        row = left.pop(people[part.person], None)
        if row is None:
            added.append(SessionPart(session=session, person=people[part.person], **columns))
        elif any(_plain(row[name]) != _plain(value) for name, value in columns.items()):
            await SessionPart.update(**columns).where(SessionPart.id == row["id"])
    if left:
        await SessionPart.delete().where(SessionPart.id.is_in([row["id"] for row in left.values()]))
    await insert(SessionPart, added)


def _part_columns(part: PartItem, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "role": part.role,
        "employer": part.employer,
        "job_title": as_json(part.job_title),
    }


def _plain(stored: Any) -> Any:
    return queries.text(stored) if isinstance(stored, str) and stored.startswith("{") else stored


@repeatable
async def move_session(
    event: EventView, code: str, *, room: str, starts_at: datetime | None, revision: int | None, by: str, now: datetime
) -> None:
    """Give a session another room or start. Raises `Refused`: changed_meanwhile, not_found, not_a_choice."""
    async with transaction():
        await hold(event)
        row = await row_of(Session, event, code, revision)
        rooms = await ids_in(queries.ROOMS.table, event)
        if room and room not in rooms:
            raise Refused(Refusal("not_a_choice", {"allowed": list(rooms), "actual": room}, "/room"))
        before = await queries.stored_session(event, code)
        columns: dict[str, Any] = {"room": rooms.get(room), "starts_at": starts_at, "changed_at": now}
        await Session.update(revision=row["revision"] + 1, **columns).where(Session.id == row["id"])
        changes = recorded(before, replace(before, room=room, starts_at=starts_at)) if before else ()
        await record("session.moved", code, event, by, now, changes)


@repeatable
async def remove_session(event: EventView, code: str, *, by: str, now: datetime) -> None:
    """Take a session out of the draft; one that was released stays public as cancelled from the next release on."""
    async with transaction():
        await hold(event)
        row = await row_of(Session, event, code, None)
        before = await queries.stored_session(event, code)
        await _delete([row["id"]])
        await record("session.removed", code, event, by, now, recorded(before, None))


async def _delete(ids: list[int]) -> None:
    if ids:
        await SessionPart.delete().where(SessionPart.session.is_in(ids))
        await Session.delete().where(Session.id.is_in(ids))


# ----------------------------------------------------------------------------------------------- set as a whole


async def set_sessions(
    event: EventView, items: Sequence[SessionItem], uids: Mapping[str, str], *, now: datetime
) -> None:
    """Make these the draft's sessions. Inside the caller's transaction and hold.

    `uids` is code → uid for new sessions that bring their own; what is there keeps the one that it has.
    """
    draft = await queries.draft(event.id)
    stored = {session.code: queries.session_item(session, draft, zone=event.zone) for session in draft.sessions}
    ids = await ids_of(event)
    for item in items:
        if item.code in stored and stored[item.code] != item:
            await _change(event, item, ids, code=item.code, revision=None, now=now)
    wanted = {item.code for item in items}
    await _delete([row_id for code, row_id in (await _session_ids(event)).items() if code not in wanted])
    await _add(event, [item for item in items if item.code not in stored], ids, uids, now)


async def _add(
    event: EventView, items: Sequence[SessionItem], ids: Ids, uids: Mapping[str, str], now: datetime
) -> None:
    if not items:
        return
    uids = {**await queries.released_uids(event), **uids}
    taken = {row["uid"] for row in await Session.select(Session.uid).where(Session.event == event.id)}
    rows = []
    for item in items:
        uid = _free_uid(event, item.code, uids.get(item.code, ""), taken)
        rows.append(Session(event=event.id, code=item.code, uid=uid, **_session_columns(item, ids, now)))
    await insert(Session, rows)
    numbers = await _session_ids(event)
    parts = [
        SessionPart(session=numbers[item.code], person=ids.people[part.person], **_part_columns(part, position))
        for item in items
        for position, part in enumerate(item.people)
    ]
    await insert(SessionPart, parts)


async def _session_ids(event: EventView) -> dict[str, int]:
    rows = await Session.select(Session.code, Session.id).where(Session.event == event.id)
    return {row["code"]: row["id"] for row in rows}


def _free_uid(event: EventView, code: str, wish: str, taken: set[str]) -> str:
    """The wish, else the one made of the code, else one that no session of the draft has; it is taken then."""
    uid, count = wish or ics.uid(event.slug, code), 1
    while uid in taken:
        count += 1
        uid = ics.uid(event.slug, f"{code}-{count}")
    taken.add(uid)
    return uid
