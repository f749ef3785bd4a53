"""Reads of people: each returns a struct."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from plenaria.core.host.visit import PersonView, TokenView, Visit
from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import EventView
from plenaria.core.people.tables import ApiToken, Grant, Person, Session
from plenaria.core.storage.files.tables import StoredFile


class Member(Struct, frozen=True):
    """Somebody in an event's team."""

    person: int
    email: str
    name: str
    role: str
    granted_at: datetime


class TokenRow(Struct, frozen=True):
    """An access token as its owner sees it; the secret itself is kept nowhere."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class SessionRow(Struct, frozen=True):
    """A signed-in browser as its owner sees it."""

    id: int
    user_agent: str
    created_at: datetime
    expires_at: datetime


async def identify_session(visit: Visit, secret: str) -> None:
    """Fill the visit with the person of a session cookie; leave it anonymous when there is none.

    Who has a second factor is nobody yet (`pending`) until this session has shown it.
    """
    row = (
        await Session.select(Session.id, Session.person, Session.strong)
        .where((Session.token_hash == hashed(secret)) & (Session.expires_at > visit.now))
        .first()
    )
    if row is not None:
        visit.session_id = row["id"]
        visit.strong = row["strong"]
        await _identify(visit, row["person"])
        if visit.person is not None and visit.person.has_second_factor and not visit.strong:
            visit.pending, visit.person, visit.roles = visit.person, None, {}


async def identify_token(visit: Visit, secret: str) -> bool:
    """Fill the visit with the person and the limits of a bearer token; False when it is unknown, expired or revoked."""
    row = await ApiToken.select().where(ApiToken.token_hash == hashed(secret)).first()
    if row is None or row["revoked_at"] or (row["expires_at"] and row["expires_at"] <= visit.now):
        return False
    visit.token = TokenView(row["id"], row["event"], tuple(_json(row["scopes"])))
    await _identify(visit, row["person"])
    return visit.person is not None


async def _identify(visit: Visit, person_id: int) -> None:
    visit.person = await person(person_id)
    visit.roles = await roles(person_id)


async def roles(person_id: int) -> dict[int | None, tuple[str, ...]]:
    """Event id (None: the installation) → the roles held there."""
    held: dict[int | None, tuple[str, ...]] = {}
    for row in await Grant.select(Grant.event, Grant.role).where(Grant.person == person_id).order_by(Grant.id):
        held[row["event"]] = (*held.get(row["event"], ()), row["role"])
    return held


async def person(person_id: int) -> PersonView | None:
    """None for an id that nobody has."""
    row = await Person.select().where(Person.id == person_id).first()
    return _view(row) if row else None


async def person_by_email(email: str) -> PersonView | None:
    """None for an address that nobody has."""
    row = await Person.select().where(Person.email == normal_email(email)).first()
    return _view(row) if row else None


async def people(ids: list[int]) -> dict[int, PersonView]:
    """Several people by id, one query."""
    if not ids:
        return {}
    return {row["id"]: _view(row) for row in await Person.select().where(Person.id.is_in(ids))}


def normal_email(email: str) -> str:
    """How an address is stored and compared."""
    return email.strip().lower()


def _view(row: dict[str, Any]) -> PersonView:
    return PersonView(
        id=row["id"],
        email=row["email"],
        given_names=row["given_names"],
        first_surname=row["first_surname"],
        second_surname=row["second_surname"],
        language=row["language"],
        has_password=bool(row["password_hash"]),
        has_second_factor=bool(row["totp_secret"]),
    )


async def team(event: EventView) -> list[Member]:
    """Everybody with a role in the event, by role and address; two queries."""
    grants = await Grant.select().where(Grant.event == event.id).order_by(Grant.role, Grant.id)
    known = await people(sorted({row["person"] for row in grants}))
    return [
        Member(row["person"], known[row["person"]].email, known[row["person"]].name, row["role"], row["granted_at"])
        for row in grants
    ]


async def roles_held(event: int | None) -> set[tuple[str, str]]:
    """`(person:12, role)` of everybody in the event (None: in the installation)."""
    own: Any = Grant.event
    rows = await Grant.select(Grant.person, Grant.role).where(own.is_null() if event is None else own == event)
    return {(f"person:{row['person']}", row["role"]) for row in rows}


async def tokens(person_id: int, event: EventView) -> list[TokenRow]:
    rows = (
        await ApiToken.select()
        .where((ApiToken.person == person_id) & (ApiToken.event == event.id))
        .order_by(ApiToken.id, ascending=False)
    )
    return [
        TokenRow(row["id"], row["name"], _json(row["scopes"]), row["created_at"], row["used_at"], row["revoked_at"])
        for row in rows
    ]


async def sessions(person_id: int, now: datetime) -> list[SessionRow]:
    rows = (
        await Session.select(Session.id, Session.user_agent, Session.created_at, Session.expires_at)
        .where((Session.person == person_id) & (Session.expires_at > now))
        .order_by(Session.id, ascending=False)
    )
    return [SessionRow(**row) for row in rows]


async def personal_data(person_id: int) -> dict[str, Any]:
    """What the core keeps about a person, as builtins: no hash, no key; five queries."""
    of_person = Person.select(
        Person.email,
        Person.given_names,
        Person.first_surname,
        Person.second_surname,
        Person.language,
        Person.created_at,
    )
    has, row = await person(person_id), await of_person.where(Person.id == person_id).first()
    flags = {"has_password": has.has_password, "has_second_factor": has.has_second_factor} if has else {}
    return {
        "person": {**(row or {}), **flags},
        "sessions": await Session.select(Session.user_agent, Session.created_at, Session.expires_at)
        .where(Session.person == person_id)
        .order_by(Session.id),
        "roles": await Grant.select(Grant.event.slug.as_alias("event"), Grant.role, Grant.granted_at)
        .where(Grant.person == person_id)
        .order_by(Grant.id),
        "tokens": [
            {**token, "scopes": _json(token["scopes"])}
            for token in await ApiToken.select(
                ApiToken.event.slug.as_alias("event"),
                ApiToken.name,
                ApiToken.scopes,
                ApiToken.created_at,
                ApiToken.used_at,
                ApiToken.expires_at,
                ApiToken.revoked_at,
            )
            .where(ApiToken.person == person_id)
            .order_by(ApiToken.id)
        ],
        "files": await StoredFile.select(
            StoredFile.event.slug.as_alias("event"),
            StoredFile.name,
            StoredFile.media_type,
            StoredFile.size,
            StoredFile.sha256,
            StoredFile.stored_at,
        )
        .where(StoredFile.owner == person_id)
        .order_by(StoredFile.id),
    }


def _json(stored: Any) -> list[str]:
    return msgspec.json.decode(stored, type=list[str]) if isinstance(stored, str) else list(stored)
