"""Reads of people: each returns a struct."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.host.visit import PersonView, TokenView, Visit
from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people.tables import ApiToken, Grant, Identity, Passkey, Person, Session
from plenaria.core.storage.database import statement
from plenaria.core.storage.files.tables import StoredFile

logger = logging.getLogger("plenaria.people")

NOTED_AGAIN_AFTER: Final = timedelta(hours=1)


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
    expires_at: datetime | None
    """None for one that was made before tokens had an end."""
    revoked_at: datetime | None


class SessionRow(Struct, frozen=True):
    """A signed-in browser as its owner sees it."""

    id: int
    user_agent: str
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    failed_before: int


class IdentityRow(Struct, frozen=True):
    """Where else the person says who they are."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyRow(Struct, frozen=True):
    """A passkey as its owner sees it. `backed_up`: it is shared between devices."""

    id: int
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


async def identify_session(visit: Visit, secret: str) -> None:
    """Fill the visit with the person of a session cookie; leave it anonymous when there is none.

    Who has a second factor is nobody yet (`pending`) until this session has shown it.
    """
    row = await _session_with.first(hashed(secret), visit.now)
    if row is not None:
        visit.session_id = row["id"]
        visit.strong = row["strong"]
        visit.confirmed_at = row["confirmed_at"]
        await _note_use(Session.seen_at, Session.id == row["id"], row["seen_at"], now=visit.now)
        await _identify(visit, row["person"])
        if visit.person is not None and visit.person.has_second_factor and not visit.strong:
            visit.pending, visit.person, visit.roles = visit.person, None, {}


async def identify_token(visit: Visit, secret: str) -> bool:
    """Fill the visit with the person and the limits of a bearer token; False when it is unknown, expired or revoked."""
    row = await _token_with.first(hashed(secret))
    if row is None or row["revoked_at"] or (row["expires_at"] and row["expires_at"] <= visit.now):
        return False
    visit.token = TokenView(row["id"], row["event"], tuple(_json(row["scopes"])))
    await _identify(visit, row["person"])
    await _note_use(ApiToken.used_at, ApiToken.id == row["id"], row["used_at"], now=visit.now)
    return visit.person is not None


async def _note_use(column: Any, which: Any, noted_at: datetime | None, *, now: datetime) -> None:
    """Write when a token or a session was last used, once an hour. Nobody is kept out because it cannot be written."""
    if noted_at is not None and now - noted_at < NOTED_AGAIN_AFTER:
        return
    try:
        await column._meta.table.update({column: now}).where(which)
    except Exception:
        logger.exception("the last use could not be written")


async def _identify(visit: Visit, person_id: int) -> None:
    visit.person = await person(person_id)
    visit.roles = await roles(person_id)


async def roles(person_id: int) -> dict[int | None, tuple[str, ...]]:
    """Event id (None: the installation) → the roles held there."""
    held: dict[int | None, tuple[str, ...]] = {}
    for row in await _grants_of(person_id):
        held[row["event"]] = (*held.get(row["event"], ()), row["role"])
    return held


async def person(person_id: int) -> PersonView | None:
    """None for an id that nobody has."""
    row = await _person_of.first(person_id)
    return _view(row) if row else None


@statement
def _session_with(token_hash: str, now: datetime) -> Any:
    return Session.select(Session.id, Session.person, Session.strong, Session.confirmed_at, Session.seen_at).where(
        (Session.token_hash == token_hash) & (Session.expires_at > now)
    )


@statement
def _token_with(token_hash: str) -> Any:
    return ApiToken.select().where(ApiToken.token_hash == token_hash)


@statement
def _grants_of(person: int) -> Any:
    return Grant.select(Grant.event, Grant.role).where(Grant.person == person).order_by(Grant.id)


@statement
def _person_of(key: int) -> Any:
    return Person.select().where(Person.id == key)


async def person_by_email(email: str) -> PersonView | None:
    """None for an address that nobody has."""
    row = await Person.select().where(Person.email == normal_email(email)).first()
    return _view(row) if row else None


async def people(ids: list[int]) -> dict[int, PersonView]:
    """Several people by id, one query."""
    if not ids:
        return {}
    return {row["id"]: _view(row) for row in await Person.select().where(Person.id.is_in(ids))}


async def failed_sign_ins(ids: Collection[int]) -> dict[int, int]:
    """How many wrong passwords and codes each of them had since their last sign-in; only who had any."""
    if not ids:
        return {}
    rows = await Person.select(Person.id, Person.failed_sign_ins).where(
        Person.id.is_in(list(ids)) & (Person.failed_sign_ins > 0)
    )
    return {row["id"]: row["failed_sign_ins"] for row in rows}


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
    return await _members(Grant.event == event.id)


async def with_role(event: EventView, role: str) -> list[Member]:
    """Those of the team with that role; two queries."""
    return await _members((Grant.event == event.id) & (Grant.role == role))


async def _members(where: Any) -> list[Member]:
    grants = await Grant.select().where(where).order_by(Grant.role, Grant.id)
    known = await people(sorted({row["person"] for row in grants}))
    return [
        Member(
            row["person"],
            known[row["person"]].email,
            known[row["person"]].name,
            row["role"],
            row["granted_at"],
        )
        for row in grants
    ]


async def team_size(event: EventView) -> int:
    """How many people have a role in the event."""
    return int(await Grant.count(distinct=[Grant.person]).where(Grant.event == event.id))


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
        TokenRow(**{name: row[name] for name in TokenRow.__struct_fields__} | {"scopes": _json(row["scopes"])})
        for row in rows
    ]


async def sessions(person_id: int, now: datetime) -> list[SessionRow]:
    rows = (
        await Session.select(
            Session.id,
            Session.user_agent,
            Session.created_at,
            Session.seen_at,
            Session.expires_at,
            Session.failed_before,
        )
        .where((Session.person == person_id) & (Session.expires_at > now))
        .order_by(Session.id, ascending=False)
    )
    return [SessionRow(**row) for row in rows]


async def identities(person_id: int, settings: Settings) -> list[IdentityRow]:
    rows = (
        await Identity.select(Identity.id, Identity.issuer, Identity.created_at, Identity.last_used_at)
        .where(Identity.person == person_id)
        .order_by(Identity.id)
    )
    return [IdentityRow(name=provider_name(row.pop("issuer"), settings), **row) for row in rows]


def provider_name(issuer: str, settings: Settings) -> str:
    """What the provider is called on its button; its address once it is taken out of the settings."""
    return next((each.name for each in settings.identity_providers.values() if each.issuer == issuer), issuer)


async def passkeys(person_id: int) -> list[PasskeyRow]:
    rows = (
        await Passkey.select(Passkey.id, Passkey.name, Passkey.backed_up, Passkey.created_at, Passkey.last_used_at)
        .where(Passkey.person == person_id)
        .order_by(Passkey.id)
    )
    return [PasskeyRow(**row) for row in rows]


async def credential_ids(person_id: int) -> list[str]:
    """Of the person's passkeys, base64url."""
    rows = await Passkey.select(Passkey.credential_id).where(Passkey.person == person_id).order_by(Passkey.id)
    return [row["credential_id"] for row in rows]


async def personal_data(person_id: int) -> dict[str, Any]:
    """What the core keeps about a person, as builtins: no hash, no key; seven queries."""
    of_person = Person.select(
        Person.email,
        Person.given_names,
        Person.first_surname,
        Person.second_surname,
        Person.language,
        Person.failed_sign_ins,
        Person.created_at,
    )
    has, row = await person(person_id), await of_person.where(Person.id == person_id).first()
    flags = {"has_password": has.has_password, "has_second_factor": has.has_second_factor} if has else {}
    return {
        "person": {**(row or {}), **flags},
        "sessions": await Session.select(
            Session.user_agent, Session.created_at, Session.seen_at, Session.expires_at, Session.failed_before
        )
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
        "identities": await Identity.select(
            Identity.issuer, Identity.subject, Identity.created_at, Identity.last_used_at
        )
        .where(Identity.person == person_id)
        .order_by(Identity.id),
        "passkeys": await Passkey.select(Passkey.name, Passkey.backed_up, Passkey.created_at, Passkey.last_used_at)
        .where(Passkey.person == person_id)
        .order_by(Passkey.id),
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
