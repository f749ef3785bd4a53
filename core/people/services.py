"""Writes of people: signing in and out, passwords, second factors, roles, tokens."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from plenaria.core import mail
from plenaria.core.host.permissions import ROLES
from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import LANGUAGES, EventView, Refusal, Refused, in_language
from plenaria.core.people import queries
from plenaria.core.people.queries import normal_email
from plenaria.core.people.tables import ApiToken, Erasure, Grant, Person, Session, SignInLink
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction

PASSWORD_MINIMUM: Final = 12
INVITATION_DAYS: Final = 7
TOTP_STEP_S: Final = 30
TOTP_SECRET: Final = re.compile("[A-Z2-7]{32}")
"""160 random bits in base32, as we make them."""

_hasher = PasswordHasher()

_NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$zgWrdgYuAwm1RsIaXiDRIQ$5A26+Vh07X1RA+WG4aAWo32t704n7IJjp1cOyLwxOow"
)
"""Of a secret that was thrown away. Verified when the address is unknown, so that the answer takes the same time; written
out because hashing it would cost every start a sixth of a second."""


async def ensure_person(email: str, *, now: datetime, language: str = "", name: Sequence[str] = ()) -> PersonView:
    """The person with that address; made when there is none. `name`: given names, first and second surname.

    A name is only filled in where none was known. Joins the caller's transaction.
    """
    address = normal_email(email)
    async with transaction():
        if (known := await queries.person_by_email(address)) is None:
            row = Person(email=address, language=language, created_at=now)
            await Person.insert(row).on_conflict(action="DO NOTHING")
            known = await queries.person_by_email(address)
            assert known is not None  # noqa: S101 - stored just now, by us or by somebody at the same moment
        if name and not known.given_names:
            given, first, second = (*name, "", "", "")[:3]
            await Person.update(
                {Person.given_names: given, Person.first_surname: first, Person.second_surname: second}
            ).where(Person.id == known.id)
            known = msgspec.structs.replace(known, given_names=given, first_surname=first, second_surname=second)
        return known


async def rename(person: int, *, given_names: str, first_surname: str, second_surname: str, language: str) -> None:
    await Person.update(
        {
            Person.given_names: given_names,
            Person.first_surname: first_surname,
            Person.second_surname: second_surname,
            Person.language: language,
        }
    ).where(Person.id == person)


# -- signing in ----------------------------------------------------------------------------------------------------


async def new_link(email: str, *, next_page: str, valid_for: timedelta, now: datetime) -> str:
    """A one-time sign-in secret for an address, whether or not somebody has it yet. Joins the caller's transaction."""
    secret = new_secret()
    await SignInLink(
        token_hash=hashed(secret), email=normal_email(email), next=next_page, expires_at=now + valid_for
    ).save()
    return secret


async def send_link(email: str, *, next_page: str, language: str, settings: Settings, now: datetime) -> None:
    """Mail a sign-in link. Says nothing about whether the address is known."""
    async with transaction():
        valid_for = timedelta(minutes=settings.sign_in_minutes)
        secret = await new_link(email, next_page=next_page, valid_for=valid_for, now=now)
        await mail.send(
            "core.sign_in",
            to=normal_email(email),
            language=language,
            facts={
                "site": settings.title,
                "minutes": str(settings.sign_in_minutes),
                "link": f"{settings.address}/sign-in/{secret}",
            },
            now=now,
        )


async def use_link(secret: str, *, user_agent: str, settings: Settings, now: datetime) -> tuple[str, str, PersonView]:
    """Spend a link: `(session secret, page to go to, person)`. Raises `Refused(link_used_or_expired)`.

    One conditional UPDATE spends it, so that two clicks at once make one session.
    """
    async with transaction():
        spent = (
            await SignInLink.update({SignInLink.used_at: now})
            .where(
                (SignInLink.token_hash == hashed(secret)) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
            )
            .returning(SignInLink.email, SignInLink.next)
        )
        if not spent:
            raise Refused(Refusal("link_used_or_expired"))
        person = await ensure_person(spent[0]["email"], now=now)
        await _take_back_erasure(person.id, now=now)
        session = await _open_session(person, strong=False, user_agent=user_agent, settings=settings, now=now)
        return session, spent[0]["next"], person


async def erasure_taken_back_by(secret: str) -> datetime | None:
    """When the data of the link's person is to be erased, if it is: signing in with the link takes that back."""
    link = await SignInLink.select(SignInLink.email).where(SignInLink.token_hash == hashed(secret)).first()
    pending = (
        await Erasure.select(Erasure.due_at)
        .where((Erasure.person.email == link["email"]) & (Erasure.state == "blocked"))
        .first()
        if link
        else None
    )
    return pending["due_at"] if pending else None


async def _take_back_erasure(person: int, *, now: datetime) -> None:
    taken = (
        await Erasure.update({Erasure.state: "taken_back", Erasure.ended_at: now})
        .where((Erasure.person == person) & (Erasure.state == "blocked"))
        .returning(Erasure.id)
    )
    if taken:
        by = subject = f"person:{person}"
        await audit.record("person.erasure_taken_back", by=by, subject=subject, facts={}, now=now)


async def link_is_open(secret: str, *, now: datetime) -> bool:
    return await SignInLink.exists().where(
        (SignInLink.token_hash == hashed(secret)) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
    )


async def sign_in_with_password(
    email: str, password: str, *, user_agent: str, settings: Settings, now: datetime
) -> tuple[str, PersonView]:
    """`(session secret, person)`. Raises `Refused(wrong_credentials)`, in the same time whether the address is known or not."""
    row = await Person.select(Person.id, Person.password_hash).where(Person.email == normal_email(email)).first()
    known_hash = row["password_hash"] if row else ""
    is_right = await asyncio.to_thread(_is_password, known_hash or _NOBODYS_HASH, password)
    person = await queries.person(row["id"]) if row and known_hash and is_right else None
    if person is None:
        raise Refused(Refusal("wrong_credentials"))
    if await Erasure.exists().where((Erasure.person == person.id) & (Erasure.state == "blocked")):
        raise Refused(Refusal("account_blocked"))
    async with transaction():
        return await _open_session(person, strong=False, user_agent=user_agent, settings=settings, now=now), person


def _is_password(stored_hash: str, password: str) -> bool:
    """Takes tens of milliseconds on purpose: called in a thread, so that nobody else waits."""
    try:
        return _hasher.verify(stored_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def _open_session(person: PersonView, *, strong: bool, user_agent: str, settings: Settings, now: datetime) -> str:
    secret = new_secret()
    await Session(
        token_hash=hashed(secret),
        person=person.id,
        strong=strong,
        user_agent="".join(filter(str.isprintable, user_agent))[:200],
        created_at=now,
        expires_at=now + timedelta(days=settings.session_days),
    ).save()
    await audit.record("person.signed_in", by=f"person:{person.id}", subject=f"person:{person.id}", facts={}, now=now)
    return secret


async def show_second_factor(visit: Visit, code: str, *, settings: Settings, user_agent: str) -> str:
    """Make the session strong: a new secret for a new session (the old one ends). Raises `Refused(wrong_code)`."""
    if visit.pending is None or visit.session_id is None:
        raise Refused(Refusal("wrong_code"))
    person = visit.pending
    async with transaction():
        row = await Person.select(Person.totp_secret).where(Person.id == person.id).first()
        await _spend_code(person.id, row["totp_secret"] if row else "", code, now=visit.now)
        await Session.delete().where(Session.id == visit.session_id)
        return await _open_session(person, strong=True, user_agent=user_agent, settings=settings, now=visit.now)


async def _spend_code(person: int, secret: str, code: str, *, now: datetime) -> None:
    """Accept a code of this step or of a neighbour, once (RFC 6238, 5.2)."""
    step = _matching_step(secret, code.replace(" ", ""), now)
    spent = step is not None and await Person.update({Person.totp_step: step}).where(
        (Person.id == person) & (Person.totp_step < step)
    ).returning(Person.id)
    if not spent:
        raise Refused(Refusal("wrong_code"))


def _matching_step(secret: str, code: str, now: datetime) -> int | None:
    if not secret:
        return None
    current = int(now.timestamp()) // TOTP_STEP_S
    generator = pyotp.TOTP(secret)
    for step in (current, current - 1, current + 1):
        if pyotp.utils.strings_equal(generator.at(step * TOTP_STEP_S), code):
            return step
    return None


async def set_password(visit: Visit, password: str) -> None:
    """Set or (with an empty text) remove the password; every other session of the person ends."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    if password and len(password) < PASSWORD_MINIMUM:
        raise Refused(Refusal("password_too_short", {"minimum": PASSWORD_MINIMUM}, "/password"))
    stored = await asyncio.to_thread(_hasher.hash, password) if password else ""
    async with transaction():
        await Person.update({Person.password_hash: stored}).where(Person.id == visit.person.id)
        await Session.delete().where((Session.person == visit.person.id) & (Session.id != (visit.session_id or 0)))
        await audit.record("person.password_changed", by=visit.by, subject=visit.by, facts={}, now=visit.now)


async def enable_second_factor(visit: Visit, secret: str, code: str) -> None:
    """Keep the secret once its first code proved that the person's app has it."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    step = _matching_step(secret, code.replace(" ", ""), visit.now) if TOTP_SECRET.fullmatch(secret) else None
    if step is None:
        raise Refused(Refusal("wrong_code", {}, "/code"))
    async with transaction():
        kept = (
            await Person.update({Person.totp_secret: secret, Person.totp_step: step})
            .where((Person.id == visit.person.id) & (Person.totp_secret == ""))
            .returning(Person.id)
        )
        if not kept:
            raise Refused(Refusal("second_factor_is_on"))
        await Session.update({Session.strong: True}).where(Session.id == (visit.session_id or 0))
        await audit.record("person.second_factor_on", by=visit.by, subject=visit.by, facts={}, now=visit.now)


async def disable_second_factor(visit: Visit, code: str) -> None:
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    async with transaction():
        row = await Person.select(Person.totp_secret).where(Person.id == visit.person.id).first()
        await _spend_code(visit.person.id, row["totp_secret"] if row else "", code, now=visit.now)
        await Person.update({Person.totp_secret: "", Person.totp_step: 0}).where(Person.id == visit.person.id)
        await audit.record("person.second_factor_off", by=visit.by, subject=visit.by, facts={}, now=visit.now)


async def sign_out(session_id: int) -> None:
    await Session.delete().where(Session.id == session_id)


async def end_session(person: int, session_id: int) -> None:
    """End one of one's own sessions."""
    await Session.delete().where((Session.id == session_id) & (Session.person == person))


# -- roles ---------------------------------------------------------------------------------------------------------


async def grant(
    person: PersonView, role: str, *, event: EventView | None, by: str, now: datetime, granted_by: int | None = None
) -> None:
    """Give somebody a role in an event (None: in the installation). Giving it twice is giving it once."""
    if role not in ROLES:
        raise Refused(Refusal("unknown_role", {"role": role}, "/role"))
    key = f"{person.id}/{event.id if event else '*'}/{role}"
    async with transaction():
        row = Grant(
            person=person.id,
            event=event.id if event else None,
            role=role,
            granted_at=now,
            granted_by=granted_by,
            key=key,
        )
        if not await Grant.insert(row).on_conflict(action="DO NOTHING").returning(Grant.id):
            return
        await audit.record(
            "team.granted",
            by=by,
            subject=f"person:{person.id}",
            event=event.id if event else None,
            facts={"role": role},
            now=now,
        )


async def invite(
    email: str,
    role: str,
    *,
    event: EventView | None,
    visit_by: str,
    granted_by: int | None,
    may_grant_owner: bool,
    settings: Settings,
    now: datetime,
    language: str = "",
    next_page: str = "",
) -> PersonView:
    """Give a role (without an event: in the whole installation) to whoever has that address and mail them a way in."""
    if role == "owner" and not may_grant_owner:
        raise Refused(Refusal("only_owners_grant_owner", {}, "/role"))
    async with transaction():
        person = await ensure_person(email, now=now, language=language)
        await grant(person, role, event=event, by=visit_by, now=now, granted_by=granted_by)
        await send_invitation(
            person,
            role,
            event=event,
            settings=settings,
            now=now,
            next_page=next_page or (f"/{event.slug}/organise" if event else "/"),
        )
        return person


async def send_invitation(
    person: PersonView, role: str, *, event: EventView | None, settings: Settings, now: datetime, next_page: str
) -> None:
    """Mail the way in; good for a week, once."""
    from plenaria.core.kernel.i18n import gettext, using

    language = person.language or (event.language if event else LANGUAGES[0])
    secret = await new_link(person.email, next_page=next_page, valid_for=timedelta(days=INVITATION_DAYS), now=now)
    with using(language):
        title = gettext(ROLES[role])
    await mail.send(
        "core.invitation",
        to=person.email,
        language=language,
        event=event,
        facts={
            "event": in_language(event.name, language) if event else settings.title,
            "role": title,
            "days": str(INVITATION_DAYS),
            "link": f"{settings.address}/sign-in/{secret}",
            "site_link": f"{settings.address}/sign-in",
        },
        now=now,
    )


async def revoke(person: int, role: str, *, event: EventView, by: str, may_grant_owner: bool, now: datetime) -> None:
    """Take a role away. The last owner stays."""
    async with transaction():
        if role == "owner":
            if not may_grant_owner:
                raise Refused(Refusal("only_owners_grant_owner", {}, "/role"))
            await lock(f"owners of {event.id}")
            if await Grant.count().where((Grant.event == event.id) & (Grant.role == "owner")) <= 1:
                raise Refused(Refusal("last_owner"))
        gone = await Grant.delete().where(Grant.key == f"{person}/{event.id}/{role}").returning(Grant.id)
        if not gone:
            raise Refused(Refusal("not_in_team"))
        await audit.record(
            "team.revoked", by=by, subject=f"person:{person}", event=event.id, facts={"role": role}, now=now
        )


# -- access tokens -------------------------------------------------------------------------------------------------


async def make_token(visit: Visit, event: EventView, *, name: str, scopes: Sequence[str]) -> str:
    """A bearer token for the JSON API; shown this once. Scopes are permissions that one holds oneself."""
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    refused = [Refusal("unknown_scope", {"scope": scope}, "/scopes") for scope in scopes if not visit.may(scope, event)]
    if refused:
        raise Refused(*refused)
    secret = new_secret()
    async with transaction():
        await ApiToken(
            token_hash=hashed(secret),
            person=visit.person.id,
            event=event.id,
            name=name,
            scopes=msgspec.json.encode(list(scopes)).decode(),
            created_at=visit.now,
        ).save()
        await audit.record(
            "token.made", by=visit.by, subject=visit.by, event=event.id, facts={"scopes": list(scopes)}, now=visit.now
        )
    return secret


async def revoke_token(visit: Visit, event: EventView, token_id: int) -> None:
    """End one of one's own tokens; nothing happens, and nothing is recorded, when it is not one or has ended."""
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    async with transaction():
        revoked = (
            await ApiToken.update({ApiToken.revoked_at: visit.now})
            .where((ApiToken.id == token_id) & (ApiToken.person == visit.person.id))
            .where((ApiToken.event == event.id) & ApiToken.revoked_at.is_null())
            .returning(ApiToken.id)
        )
        if not revoked:
            return
        await audit.record(
            "token.revoked", by=visit.by, subject=f"token:{token_id}", event=event.id, facts={}, now=visit.now
        )
