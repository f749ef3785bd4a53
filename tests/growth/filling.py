"""An event with `n` of everything, put straight into the tables: services would take minutes for a thousand."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from piccolo.table import Table

from plenaria.core.events import cache, services
from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import EventView
from plenaria.core.people.tables import ApiToken, Grant, Person
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import insert
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.plugins.agenda import queries as agenda
from plenaria.plugins.agenda import rules
from plenaria.plugins.agenda.tables import Release, Room, Session, SessionPart, SessionType, StagePerson, Track
from plenaria.plugins.awards.rules import Category, Criterion, Level
from plenaria.plugins.awards.tables import AwardCategory, AwardRubric, Nomination, Nominator, Sheet
from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, ScanRow, TicketRow, TicketTypeRow, WaitingRow

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
OPENING = datetime(2025, 10, 1, 14, tzinfo=UTC)
A_ROOM, A_DAY = 40, 20
"""Sessions that one room holds, and how many of them on one day."""
AT_ONCE = 250


async def fill(event: EventView, n: int) -> dict[str, Any]:
    """Fills the event; returns what stands in the addresses of its pages."""
    found = {**await _agenda(event, n), **await orders(event, n)}
    found |= await _awards(event, n)
    found |= await _core(event, n)
    await services.touch(event, now=NOW)
    cache.forget()
    return found


async def _stored(table: type[Table], rows: Iterable[dict[str, Any]]) -> list[int]:
    """Their ids, in order."""
    waiting = [table(**row) for row in rows]
    ids: list[int] = []
    for start in range(0, len(waiting), AT_ONCE):
        ids += await insert(*waiting[start : start + AT_ONCE])
    return ids


# -- the agenda


async def _agenda(event: EventView, n: int) -> dict[str, Any]:
    of = {"event": event.id}
    rooms = await _stored(
        Room, ({**of, "code": f"room-{i}", "position": i, "name": _words(f"Sala {i}")} for i in range(-(-n // A_ROOM)))
    )
    tracks = await _stored(
        Track, ({**of, "code": f"track-{i}", "position": i, "name": _words(f"Tema {i}")} for i in range(4))
    )
    types = await _stored(SessionType, [{**of, "code": "panel", "name": _words("Panel")}])
    people = await _stored(
        StagePerson,
        (
            {**of, "code": f"person-{i}", "position": i, "given_names": f"Ana {i}", "first_surname": f"Ruiz {i % 97}"}
            | {"email": f"person-{i}@{event.slug}.example", "bio": _words("Investiga el suelo. " * 4)}
            for i in range(n)
        ),
    )
    sessions = await _stored(
        Session,
        (
            {**of, "code": f"session-{i}", "uid": f"{event.slug}-{i}", "title": _words(f"Sesión {i}")}
            | {"abstract": _words("Un panel sobre cadenas de suministro. " * 4), "state": "confirmed"}
            | {"type": types[0], "track": tracks[i % 4], "room": rooms[i // A_ROOM], "starts_at": _start(i)}
            | {"duration_min": 25, "changed_at": NOW}
            for i in range(n)
        ),
    )
    await _stored(
        SessionPart,
        (
            {"session": session, "person": person, "employer": f"Empresa {i}", "job_title": "{}"}
            for i, (session, person) in enumerate(zip(sessions, people, strict=True))
        ),
    )
    await _release(event)
    return {"session": "session-1", "person": "person-1", "kind": "people", "code": "person-1"}


def _start(i: int) -> datetime:
    day, turn = divmod(i % A_ROOM, A_DAY)
    return OPENING + timedelta(days=day, minutes=30 * turn)


async def _release(event: EventView) -> None:
    schedule = rules.next_schedule(None, await agenda.draft(event.id), place="", now=NOW)
    row = {"event": event.id, "number": 1, "released_at": NOW, "released_by": "test"}
    await Release.insert(Release(**row, schedule=msgspec.json.encode(schedule).decode()))


def _words(spanish: str) -> str:
    return msgspec.json.encode({"es": spanish}).decode()


# -- registration


async def orders(event: EventView, n: int) -> dict[str, Any]:
    of, e = {"event": event.id}, event.id
    (kind, *_) = await _stored(
        TicketTypeRow,
        [{**of, "code": "general", "name": _words("General"), "taken": n, "key": f"{e}/general"}],
    )
    placed = await _stored(
        OrderRow,
        (
            {**of, "code": _code("R", e, i), "state": "confirmed", "buyer_name": f"Ana {i}", "placed_at": NOW}
            | {"buyer_email": f"buyer-{e}-{i}@example.mx", "search": f"ana {i}", "confirmed_at": NOW}
            for i in range(n)
        ),
    )
    tickets = await _stored(
        TicketRow,
        (
            {**of, "order": order, "ticket_type": kind, "code": _code("T", e, i), "given_names": f"Ana {i}"}
            | {"first_surname": "Ruiz", "email": f"buyer-{e}-{i}@example.mx", "search": f"ana ruiz {i}"}
            for i, order in enumerate(placed)
        ),
    )
    await _stored(
        OrderLinkRow,
        ({"order": order, "secret_hash": hashed(f"secret-{e}-{i}"), "made_at": NOW} for i, order in enumerate(placed)),
    )
    await _stored(
        ScanRow,
        (
            {**of, "key": f"{e}/{i}", "ticket": ticket, "answer": "checked_in", "at": NOW}
            for i, ticket in enumerate(tickets)
        ),
    )
    await _stored(
        WaitingRow,
        (
            {**of, "ticket_type": kind, "name": f"Eva {i}", "email": f"eva-{i}@example.mx", "joined_at": NOW}
            | {"key": f"{kind}/eva-{i}@example.mx"}
            for i in range(n)
        ),
    )
    return {"order": _code("R", e, 1), "secret": f"secret-{e}-1", "ticket_type": "general"}


def _code(letter: str, event: int, i: int) -> str:
    return f"{letter}{event:03d}{i:06d}"


# -- awards


async def _awards(event: EventView, n: int) -> dict[str, Any]:
    of, e = {"event": event.id}, event.id
    category = Category(code="plant", name={"es": "Planta del año"})
    levels = tuple(Level(score=score, description={"es": f"{score}"}) for score in range(1, 6))
    criterion = Criterion(code="merit", name={"es": "Mérito"}, weight=1, levels=levels)
    (stored, *_) = await _stored(
        AwardCategory, [{**of, "code": "plant", "definition": msgspec.json.encode(category).decode()}]
    )
    await _stored(AwardRubric, [{**of, "criteria": msgspec.json.encode([criterion]).decode()}])
    jurors = await _stored(
        Person, ({"email": f"juror-{e}-{i}@example.mx", "created_at": NOW} for i in range(max(5, n // 20)))
    )
    nominations = await _stored(
        Nomination,
        (
            {**of, "category": stored, "code": f"nom-{e}-{i}", "state": "submitted", "submitted_revision": 1}
            | {"candidate": msgspec.json.encode({"kind": "company", "name": f"Empresa {i}"}).decode()}
            | {"submitted_form": _form(i), "submitted_at": NOW, "created_at": NOW, "changed_at": NOW}
            for i in range(n)
        ),
    )
    await _stored(
        Nominator,
        ({"nomination": each, "person": jurors[0], "role": "owner", "added_at": NOW} for each in nominations),
    )
    sheets = await _stored(
        Sheet,
        (
            {**of, "nomination": each, "juror": jurors[i % len(jurors)], "state": "sealed", "scores": '{"merit": 4}'}
            | {"assigned_at": NOW, "sealed_at": NOW}
            for i, each in enumerate(nominations)
        ),
    )
    return {"nomination": f"nom-{e}-1", "sheet_id": sheets[0], "category": "plant", "juror": f"juror-{e}-0@example.mx"}


def _form(i: int) -> str:
    return msgspec.json.encode(
        {"candidate": {"kind": "company", "name": f"Empresa {i}", "company": "", "place": "", "position": ""}}
        | {"answers": {}, "attachments": []}
    ).decode()


# -- the core


async def _core(event: EventView, n: int) -> dict[str, Any]:
    of, e = {"event": event.id}, event.id
    people = await _stored(Person, ({"email": f"team-{e}-{i}@example.mx", "created_at": NOW} for i in range(n)))
    await _stored(
        Grant,
        ({**of, "person": person, "role": "door", "granted_at": NOW, "key": f"{person}/{e}/door"} for person in people),
    )
    await _stored(
        ApiToken,
        (
            {**of, "token_hash": hashed(f"token-{e}-{i}"), "person": person, "name": "test", "created_at": NOW}
            for i, person in enumerate(people)
        ),
    )
    await _stored(
        OutboxLine,
        (
            {**of, "kind": "fact", "name": "registration_confirmed", "plugin": "registration", "payload": "{}"}
            | {"created_at": NOW, "done_at": NOW}
            for _ in range(n)
        ),
    )
    await _stored(
        AuditLine,
        (
            {**of, "at": NOW, "actor": "system", "action": "registration.order_placed", "subject": f"order:{i}"}
            | {"facts": "{}", "hash": "0" * 64}
            for i in range(n)
        ),
    )
    return {"key": "registration.confirmed", "language": "es", "plugin": "agenda", "export": "registration.attendees"}
