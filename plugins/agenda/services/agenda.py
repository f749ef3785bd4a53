"""The draft and its releases: rooms, tracks, types, people, sessions, and the event's file."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from plenaria.core import mail
from plenaria.core.events import services as events
from plenaria.core.events.queries import settings_of
from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.shown import instant
from plenaria.core.kernel.values import EventView, LocalizedText, Refusal, Refused, in_language, refuse
from plenaria.core.people.queries import normal_email
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.agenda import ics, interchange, queries, rules
from plenaria.plugins.agenda.queries import TABLES, Item
from plenaria.plugins.agenda.settings import AgendaSection, AgendaSettings, PartItem, SessionItem
from plenaria.plugins.agenda.tables import Release, Session, SessionPart

SINGULAR: Final = {"rooms": "room", "tracks": "track", "types": "session_type", "people": "stage_person"}
INSERTED_AT_ONCE: Final = 500

# ------------------------------------------------------------------------------ rooms, tracks, types, people


async def store(
    event: EventView, kind: str, item: Item, *, code: str | None, revision: int | None, by: str, now: datetime
) -> None:
    """Add a room, track, type or person (`code` None), or change the one of that code.

    `revision` is what the form was made from (None: whatever is there). Raises `Refused`: changed_meanwhile, code_taken,
    not_found.
    """
    async with transaction():
        await hold(event)
        if code is None:
            await _refuse_taken(TABLES[kind], event, item.code)
            await _add(event, kind, item)
        else:
            await _change(event, kind, item, code, revision)
        subject = str((await _row(TABLES[kind], event, item.code, None))["id"])
        await _record(f"{SINGULAR[kind]}.{'added' if code is None else 'changed'}", subject, event, by, now)


async def _add(event: EventView, kind: str, item: Item) -> None:
    table = TABLES[kind]
    position = await table.count().where(table.event == event.id)
    await table(event=event.id, code=item.code, position=position, **_columns(item)).save()


async def _change(event: EventView, kind: str, item: Item, code: str, revision: int | None) -> None:
    table = TABLES[kind]
    row = await _row(table, event, code, revision)
    if item.code != code:
        await _refuse_taken(table, event, item.code)
    values = {"code": item.code, "revision": row["revision"] + 1, **_columns(item)}
    await table.update(values).where(table.id == row["id"])


async def remove(event: EventView, kind: str, code: str, *, by: str, now: datetime) -> None:
    """Take a room, track, type or person out of the draft. Raises `Refused(in_use)` while sessions name it."""
    async with transaction():
        await hold(event)
        row = await _row(TABLES[kind], event, code, None)
        used = await _uses(kind, row["id"])
        if used:
            raise Refused(Refusal("in_use", {"count": used}))
        await TABLES[kind].delete().where(TABLES[kind].id == row["id"])
        await _record(f"{SINGULAR[kind]}.removed", str(row["id"]), event, by, now)


async def _uses(kind: str, row_id: int) -> int:
    column: Any = {
        "rooms": Session.room,
        "tracks": Session.track,
        "types": Session.type,
        "people": SessionPart.person,
    }[kind]
    table: Any = SessionPart if kind == "people" else Session
    count: int = await table.count().where(column == row_id)
    return count


async def move(event: EventView, kind: str, code: str, *, up: bool, by: str, now: datetime) -> None:
    """Put it one place earlier or later in the order of its kind."""
    async with transaction():
        await hold(event)
        table = TABLES[kind]
        rows = (
            await table.select(table.id, table.code).where(table.event == event.id).order_by(table.position, table.id)
        )
        codes = [row["code"] for row in rows]
        if code not in codes:
            raise Refused(Refusal("not_found"))
        place = codes.index(code)
        other = max(0, place - 1) if up else min(len(rows) - 1, place + 1)
        rows[place], rows[other] = rows[other], rows[place]
        await _number(table, [row["id"] for row in rows])
        await _record(f"{SINGULAR[kind]}.moved", str(rows[other]["id"]), event, by, now)


async def _number(table: Any, ids: Iterable[int]) -> None:
    for position, row_id in enumerate(ids):
        await table.update({table.position: position}).where(table.id == row_id)


def _columns(item: Item) -> dict[str, Any]:
    """The item's fields as the table holds them, the code aside."""
    values: dict[str, Any] = msgspec.to_builtins(item)
    del values["code"]
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            values[name] = msgspec.json.encode(value).decode()
        elif value is None:
            values[name] = ""
    if "email" in values:
        values["email"] = normal_email(values["email"])
    return values


# ------------------------------------------------------------------------------------------------- sessions


async def store_session(
    event: EventView, item: SessionItem, *, code: str | None, revision: int | None, by: str, now: datetime
) -> None:
    """Add a session to the draft (`code` None) or change the one of that code, people included.

    Raises `Refused`: changed_meanwhile, code_taken, not_found, too_many_people, not_a_choice for a code that names nothing.
    """
    async with transaction():
        await hold(event)
        settings = await settings_of(event, "agenda", AgendaSettings)
        ids = await _ids(event)
        refuse(problem.as_refusal() for problem in item.unknown("", **ids))
        refuse(_people_refusals(item, settings))
        await _store_session(event, item, ids, code=code, revision=revision, now=now)
        await _record(f"session.{'added' if code is None else 'changed'}", item.code, event, by, now)


def _people_refusals(item: SessionItem, settings: AgendaSettings) -> list[Refusal]:
    if len(item.people) <= settings.most_people:
        return []
    return [Refusal("too_many_people", {"count": len(item.people), "most": settings.most_people}, "/people")]


async def _store_session(
    event: EventView,
    item: SessionItem,
    ids: Mapping[str, Mapping[str, int]],
    *,
    code: str | None,
    revision: int | None,
    now: datetime,
) -> None:
    values = {"code": item.code, **_session_columns(item, ids, now)}
    if code is None:
        await _refuse_taken(Session, event, item.code)
        await _add_sessions(event, [item], ids, {}, now)
        return
    row = await _row(Session, event, code, revision)
    if item.code != code:
        await _refuse_taken(Session, event, item.code)
    await Session.update({**values, "revision": row["revision"] + 1}).where(Session.id == row["id"])
    await _store_parts(row["id"], item.people, ids["people"])


def _session_columns(item: SessionItem, ids: Mapping[str, Mapping[str, int]], now: datetime) -> dict[Any, Any]:
    return {
        "title": _json(item.title),
        "abstract": _json(item.abstract),
        "language": item.language,
        "type": ids["types"].get(item.type),
        "track": ids["tracks"].get(item.track),
        "room": ids["rooms"].get(item.room),
        "starts_at": item.starts_at,
        "duration_min": item.duration_min,
        "state": item.state,
        "is_fixed": item.is_fixed,
        "changed_at": now,
    }


async def _store_parts(session: int, parts: Iterable[PartItem], people: Mapping[str, int]) -> None:
    """Make these the session's people; who stays has not to confirm again."""
    known = {row["person"]: row for row in await SessionPart.select().where(SessionPart.session == session)}
    added = []
    for position, part in enumerate(parts):
        values = _part_columns(part, position)
        row = known.pop(people[part.person], None)
        if row is None:
            added.append(SessionPart(session=session, person=people[part.person], **values))
        elif any(_plain(row[name]) != _plain(value) for name, value in values.items()):
            await SessionPart.update(values).where(SessionPart.id == row["id"])
    if known:
        await SessionPart.delete().where(SessionPart.id.is_in([row["id"] for row in known.values()]))
    if added:
        await SessionPart.insert(*added)


def _part_columns(part: PartItem, position: int) -> dict[Any, Any]:
    return {
        "position": position,
        "role": part.role,
        "employer": part.employer,
        "job_title": _json(part.job_title),
    }


def _plain(stored: Any) -> Any:
    return queries.text(stored) if isinstance(stored, str) and stored.startswith("{") else stored


async def move_session(
    event: EventView, code: str, *, room: str, starts_at: datetime | None, revision: int | None, by: str, now: datetime
) -> None:
    """Give a session another room or start. Raises `Refused`: changed_meanwhile, not_found, not_a_choice."""
    async with transaction():
        await hold(event)
        row = await _row(Session, event, code, revision)
        rooms = (await _ids(event))["rooms"]
        if room and room not in rooms:
            raise Refused(Refusal("not_a_choice", {"allowed": list(rooms), "actual": room}, "/room"))
        values: dict[Any, Any] = {
            "room": rooms.get(room),
            "starts_at": starts_at,
            "revision": row["revision"] + 1,
            "changed_at": now,
        }
        await Session.update(values).where(Session.id == row["id"])
        await _record("session.moved", code, event, by, now)


async def remove_session(event: EventView, code: str, *, by: str, now: datetime) -> None:
    """Take a session out of the draft; one that was released stays public as cancelled from the next release on."""
    async with transaction():
        await hold(event)
        row = await _row(Session, event, code, None)
        await _delete_sessions([row["id"]])
        await _record("session.removed", code, event, by, now)


async def _delete_sessions(ids: list[int]) -> None:
    if ids:
        await SessionPart.delete().where(SessionPart.session.is_in(ids))
        await Session.delete().where(Session.id.is_in(ids))


# ----------------------------------------------------------------------------------------- people themselves


async def confirm_part(
    event: EventView,
    code: str,
    *,
    email: str,
    employer: str,
    job_title: LocalizedText,
    by: str,
    now: datetime,
) -> None:
    """Somebody says that they will be there, and for whom they work that day. Goes out with the next release."""
    async with transaction():
        await hold(event)
        rows = await SessionPart.select(SessionPart.id, SessionPart.confirmed_at).where(
            (SessionPart.session.event == event.id)
            & (SessionPart.session.code == code)
            & (SessionPart.person.email == normal_email(email))
        )
        if not rows or not email:
            raise Refused(Refusal("not_found"))
        for row in rows:
            values: dict[Any, Any] = {
                "employer": employer,
                "job_title": _json(job_title),
                "confirmed_at": row["confirmed_at"] or now,
            }
            await SessionPart.update(values).where(SessionPart.id == row["id"])
        await Session.update({Session.revision: Session.revision + 1}).where(
            (Session.event == event.id) & (Session.code == code)
        )
        await _record("session.part_confirmed", code, event, by, now)


# ------------------------------------------------------------------------------------------------- releases


async def release(event: EventView, *, note: str = "", reason: str = "", by: str, now: datetime) -> int:
    """Make the draft public and return the release's number.

    In one transaction: conflicts and other plugins are asked, the schedule is stored whole, people on stage are mailed, facts are
    told. Raises `Refused`: nothing_to_release, release_needs_reason, conflicts_forbid_release, and what plugins say.
    """
    async with transaction():
        await hold(event)
        settings = await settings_of(event, "agenda", AgendaSettings)
        previous = await queries.schedule(event)
        draft = await queries.draft(event.id)
        new = rules.next_schedule(previous, draft, place=queries.place_of(event), now=now)
        found = conflicts_of(draft, event, settings)
        refuse(
            rules.release_refusals(
                previous, new, found, reason=reason, despite_conflicts=settings.release_despite_conflicts
            )
        )
        sessions = [_told(each) for each in new.sessions]
        refuse(await plugins.host().ask("refuse_release", event=event, sessions=sessions, now=now))
        changes = rules.changes(previous, new)
        await _store_release(event, new, changes, found, note=note, reason=reason, by=by)
        await _tell(event, new, changes, note=note, now=now)
        if settings.mail_speakers:
            await _mail_people(event, new, changes, now=now)
        await events.touch(event, now=now)
        facts = {"number": new.number, "sessions": len(new.sessions), "changes": len(changes)}
        await audit.record(
            "schedule.released", by=by, subject=f"release:{new.number}", event=event.id, facts=facts, now=now
        )
        return new.number


def conflicts_of(draft: rules.Draft, event: EventView, settings: AgendaSettings) -> tuple[rules.Conflict, ...]:
    """The draft's conflicts by this event's days and settings."""
    return rules.conflicts(
        draft,
        first_day=event.starts_on,
        last_day=event.ends_on,
        zone=event.zone,
        changeover_min=settings.changeover_min,
    )


async def _store_release(
    event: EventView,
    new: rules.Schedule,
    changes: tuple[rules.Change, ...],
    found: tuple[rules.Conflict, ...],
    *,
    note: str,
    reason: str,
    by: str,
) -> None:
    await Release(
        event=event.id,
        number=new.number,
        released_at=new.released_at,
        released_by=by,
        note=note,
        reason=reason,
        conflicts=sum(conflict.is_hard for conflict in found),
        changes=_json(changes),
        schedule=_json(new),
    ).save()


def _told(released: rules.ReleasedSession) -> dict[str, Any]:
    """A released session as other plugins are told of it: builtins."""
    session = released.session
    return {
        "code": session.code,
        "uid": session.uid,
        "title": session.title,
        "room": session.room,
        "starts_at": released.starts_at.isoformat(),
        "ends_at": released.ends_at.isoformat(),
        "cancelled": released.is_cancelled,
        "revision": released.revision,
        "people": [{"person": part.person, "role": part.role, "employer": part.employer} for part in session.parts],
    }


async def _tell(
    event: EventView, new: rules.Schedule, changes: tuple[rules.Change, ...], *, note: str, now: datetime
) -> None:
    told = {
        "number": new.number,
        "released_at": new.released_at.isoformat(),
        "note": note,
        "changes": msgspec.to_builtins(changes),
    }
    await outbox.tell("schedule_released", event=event, release=told, now=now)
    for change in changes:
        released = new.released(change.session)
        if released is not None:
            session = {**_told(released), "kind": change.kind, "fields": list(change.fields)}
            await outbox.tell("session_changed", event=event, session=session, now=now)


MAIL_OF: Final = {
    "added": "agenda.session_added",
    "restored": "agenda.session_added",
    "moved": "agenda.session_moved",
    "cancelled": "agenda.session_cancelled",
}


async def _mail_people(
    event: EventView, new: rules.Schedule, changes: tuple[rules.Change, ...], *, now: datetime
) -> None:
    """Tell those on stage what became of their session, with its calendar entry."""
    addresses = await queries.addresses(event.id)
    for change in changes:
        released = new.released(change.session)
        key = MAIL_OF.get(change.kind)
        if released is None or key is None:
            continue
        for part in released.session.parts:
            if address := addresses.get(part.person):
                await _mail_one(key, event, new, released, part, address, now)


async def _mail_one(
    key: str,
    event: EventView,
    new: rules.Schedule,
    released: rules.ReleasedSession,
    part: rules.Part,
    address: str,
    now: datetime,
) -> None:
    language = event.language
    person = next(each for each in new.people if each.code == part.person)
    rooms = {room.code: in_language(room.name, language) for room in new.rooms}
    reader = reader_of(language)
    with using(language):
        facts = {
            "name": person.name,
            "event": in_language(event.name, language),
            "title": in_language(released.session.title, language),
            "role": gettext(rules.ROLES[part.role]),
            "when": instant(released.starts_at, event.zone),
            "room": rooms.get(released.session.room, "–"),
            "link": f"{mail.address()}/{event.slug}/agenda/{released.session.code}",
            "mine": f"{mail.address()}/me",
        }
    entry = ics.entry(interchange.entry_of(released, new, event, reader), language=language)
    attachment = mail.Attachment(f"{released.session.code}.ics", "text/calendar; charset=utf-8", entry)
    await mail.send(key, to=address, language=language, facts=facts, event=event, now=now, attachments=[attachment])


def reader_of(language: str) -> interchange.Reader:
    """A reader of feeds in that language."""
    with using(language):
        roles = {code: gettext(title) for code, title in rules.ROLES.items()}
    return interchange.Reader(language=language, address=mail.address(), roles=roles)


# ------------------------------------------------------------------------------------------- declared in TOML


async def apply_section(event: EventView, section: AgendaSection, *, by: str, now: datetime) -> None:
    """Make the draft equal to the section, and release it where the section says so and it differs from what is public.

    Inside the caller's transaction. A declared release with serious conflicts is refused like any other.
    """
    async with transaction():
        await hold(event)
        await set_draft(event, section, now=now)
        await _record("agenda.applied", event.slug, event, by, now)
        if section.released and not (await queries.section_of(event)).released:
            await release(event, by=by, now=now)


async def set_draft(
    event: EventView, section: AgendaSection, *, uids: Mapping[str, str] | None = None, now: datetime
) -> None:
    """Make the draft equal to the section, in the caller's transaction and under its hold.

    `uids` is code → uid for new sessions that bring their own; what is there keeps the one that it has.
    """
    for kind in TABLES:
        await _apply_list(event, kind, getattr(section, kind))
    await _apply_sessions(event, section.sessions, uids or {}, now)
    for kind in TABLES:
        await _drop_others(event, kind, {item.code for item in getattr(section, kind)})


async def _apply_list(event: EventView, kind: str, items: Iterable[Item]) -> None:
    table = TABLES[kind]
    known = {stored.item.code: stored.item for stored in await queries.items(event.id, kind)}
    rows = await table.select(table.id, table.code, table.position).where(table.event == event.id)
    places = {row["code"]: (row["id"], row["position"]) for row in rows}
    added = []
    for position, item in enumerate(items):
        if item.code not in known:
            added.append(table(event=event.id, code=item.code, position=position, **_columns(item)))
            continue
        row_id, was_at = places[item.code]
        values: dict[Any, Any] = {table.position: position} if was_at != position else {}
        if known[item.code] != item:
            values |= {**_columns(item), table.revision: table.revision + 1}
        if values:
            await table.update(values).where(table.id == row_id)
    await _insert(table, added)


async def _apply_sessions(
    event: EventView, items: Iterable[SessionItem], uids: Mapping[str, str], now: datetime
) -> None:
    draft = await queries.draft(event.id)
    known = {session.code: queries.session_item(session, draft, zone=event.zone) for session in draft.sessions}
    ids = await _ids(event)
    wanted, added = set(), []
    for item in items:
        wanted.add(item.code)
        if item.code not in known:
            added.append(item)
        elif known[item.code] != item:
            await _store_session(event, item, ids, code=item.code, revision=None, now=now)
    gone = [session.number for session in draft.sessions if session.code not in wanted]
    await _delete_sessions(gone)
    await _add_sessions(event, added, ids, uids, now)


async def _add_sessions(
    event: EventView,
    items: list[SessionItem],
    ids: Mapping[str, Mapping[str, int]],
    uids: Mapping[str, str],
    now: datetime,
) -> None:
    if not items:
        return
    uids = {**await queries.released_uids(event), **uids}
    taken = {row["uid"] for row in await Session.select(Session.uid).where(Session.event == event.id)}
    rows = []
    for item in items:
        uid = _free_uid(event, item.code, uids.get(item.code, ""), taken)
        rows.append(Session(event=event.id, code=item.code, uid=uid, **_session_columns(item, ids, now)))
    await _insert(Session, rows)
    stored = await Session.select(Session.id, Session.code).where(Session.event == event.id)
    numbers = {row["code"]: row["id"] for row in stored}
    parts = [
        SessionPart(session=numbers[item.code], person=ids["people"][part.person], **_part_columns(part, position))
        for item in items
        for position, part in enumerate(item.people)
    ]
    await _insert(SessionPart, parts)


def _free_uid(event: EventView, code: str, wish: str, taken: set[str]) -> str:
    """The wish, else the one made of the code, else one that no session of the draft has; it is taken then."""
    uid, count = wish or ics.uid(event.slug, code), 1
    while uid in taken:
        count += 1
        uid = ics.uid(event.slug, f"{code}-{count}")
    taken.add(uid)
    return uid


async def _insert(table: Any, rows: list[Any]) -> None:
    """Many rows in few statements; engines bound how many values one may have."""
    for start in range(0, len(rows), INSERTED_AT_ONCE):
        await table.insert(*rows[start : start + INSERTED_AT_ONCE])


async def _drop_others(event: EventView, kind: str, wanted: set[str]) -> None:
    ids = (await _ids(event))[kind]
    gone = [row_id for code, row_id in ids.items() if code not in wanted]
    if gone:
        await TABLES[kind].delete().where(TABLES[kind].id.is_in(gone))


# -------------------------------------------------------------------------------------------------- shared


async def hold(event: EventView) -> None:
    """One writer of an event's agenda at a time, on all hosts: a release is of one draft, not of two halves."""
    await lock(f"agenda:{event.id}")


async def _ids(event: EventView) -> dict[str, dict[str, int]]:
    """Kind → code → id."""
    found = {}
    for kind, table in TABLES.items():
        rows = (
            await table.select(table.code, table.id).where(table.event == event.id).order_by(table.position, table.id)
        )
        found[kind] = {row["code"]: row["id"] for row in rows}
    return found


async def _row(table: Any, event: EventView, code: str, revision: int | None) -> dict[str, Any]:
    """The row of that code. Raises `Refused`: not_found, changed_meanwhile when it is not of that revision any more."""
    row: dict[str, Any] | None = (
        await table.select(table.id, table.revision).where((table.event == event.id) & (table.code == code)).first()
    )
    if row is None:
        raise Refused(Refusal("not_found"))
    if revision is not None and row["revision"] != revision:
        raise Refused(Refusal("changed_meanwhile"))
    return row


async def _refuse_taken(table: Any, event: EventView, code: str) -> None:
    if await table.exists().where((table.event == event.id) & (table.code == code)):
        raise Refused(Refusal("code_taken", {"code": code}, "/code"))


async def _record(action: str, code: str, event: EventView, by: str, now: datetime) -> None:
    subject = f"{action.partition('.')[0]}:{code}"
    await audit.record(action, by=by, subject=subject, event=event.id, facts={}, now=now)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
