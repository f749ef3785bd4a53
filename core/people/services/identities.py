"""Signing in with an identity provider (decision 0019): accounts are found by issuer and subject, never by address alone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from plenaria.core import mail
from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.settings import IdentityProvider, Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people import queries
from plenaria.core.people.rules import claimed_address, is_believed
from plenaria.core.people.services.attempts import Attempt, begin_attempt, spend_attempt
from plenaria.core.people.services.factors import enter, record_change, refuse_weak
from plenaria.core.people.services.persons import ensure_person
from plenaria.core.people.services.provider_client import claims_of, depart
from plenaria.core.people.services.sessions import refuse_unconfirmed
from plenaria.core.people.tables import Identity
from plenaria.core.storage.database import lock, transaction


class Entered(Struct, frozen=True):
    """Somebody is in: the secret of the session, who it is, and where they wanted to go."""

    session: str
    person: PersonView
    next: str


class Linked(Struct, frozen=True):
    """The identity now belongs to the account that asked for it."""

    name: str


class ToConfirm(Struct, frozen=True):
    """A mail was sent to the address, and this browser's secret makes its link work."""

    email: str
    browser: str


class _Stranger(Struct, frozen=True):
    """Who the provider says it is."""

    key: str
    provider: IdentityProvider
    subject: str
    email: str
    next: str


def redirect_uri(key: str, settings: Settings) -> str:
    """Each provider's own: an answer that comes to another's is refused."""
    return f"{settings.address}/sign-in/with/{key}/callback"


async def leave_for_provider(
    key: str, *, next_page: str, settings: Settings, now: datetime, visit: Visit | None = None
) -> tuple[str, str]:
    """`(the provider's address, the browser's secret)`. With a visit, its person's account is to be linked.

    Raises `Refused`: provider_unreachable, provider_not_believed; when linking confirmation_needed, stronger_sign_in_needed.
    """
    if visit is not None:
        refuse_unconfirmed(visit)
        await refuse_weak(visit)
    person = visit.person.id if visit and visit.person else None
    away = await depart(settings.identity_providers[key], redirect_uri=redirect_uri(key, settings))
    kept = {"provider": key, "nonce": away.nonce, "verifier": away.verifier, "next": next_page}
    return away.address, await begin_attempt("provider", away.state, kept, person=person, now=now)


async def come_back(
    key: str, answer: Mapping[str, str], *, browser: str, visit: Visit, user_agent: str, settings: Settings
) -> Entered | Linked | ToConfirm:
    """What the provider's answer leads to. It is asked outside any transaction: it may take seconds.

    Raises `Refused`: attempt_over, provider_denied, provider_unreachable, provider_not_believed, provider_sent_no_address,
    identity_taken, account_blocked.
    """
    attempt = await spend_attempt("provider", answer.get("state", ""), browser, now=visit.now)
    if attempt.details["provider"] != key or attempt.person != (attempt.person and visit.person and visit.person.id):
        raise Refused(Refusal("attempt_over"))
    provider = settings.identity_providers[key]
    claims = await claims_of(
        provider,
        answer,
        redirect_uri=redirect_uri(key, settings),
        nonce=attempt.details["nonce"],
        verifier=attempt.details["verifier"],
        now=visit.now,
    )
    stranger = _Stranger(key, provider, claims["sub"], claimed_address(claims), attempt.details["next"])
    if attempt.person is not None:
        return await _link(stranger, visit)
    return await _sign_in(stranger, claims, user_agent=user_agent, settings=settings, visit=visit)


async def _link(stranger: _Stranger, visit: Visit) -> Linked:
    assert visit.person is not None  # noqa: S101 - compared with the attempt's
    await refuse_weak(visit)
    async with transaction():
        await _attach(stranger, visit.person.id, by=visit.by, now=visit.now)
    return Linked(stranger.provider.name)


async def _sign_in(
    stranger: _Stranger, claims: Mapping[str, Any], *, user_agent: str, settings: Settings, visit: Visit
) -> Entered | ToConfirm:
    async with transaction():
        person = await _known(stranger, visit.now)
        if person is None and is_believed(claims, stranger.provider.trusted_domains):
            person = await _by_address(stranger, visit.now)
        if person is None:
            return await _ask_to_confirm(stranger, language=visit.language, settings=settings, now=visit.now)
        ends, now = visit.session_id, visit.now
        session = await enter(person, strong=False, user_agent=user_agent, settings=settings, now=now, ends=ends)
        return Entered(session, person, stranger.next)


async def _known(stranger: _Stranger, now: datetime) -> PersonView | None:
    """Whose identity it is."""
    found = (
        await Identity.update({Identity.last_used_at: now})
        .where((Identity.issuer == stranger.provider.issuer) & (Identity.subject == stranger.subject))
        .returning(Identity.person)
    )
    return await queries.person(found[0]["person"]) if found else None


async def _by_address(stranger: _Stranger, now: datetime) -> PersonView | None:
    """The account of the believed address, made if there is none, now with this identity.

    None where the account has another subject of the same issuer: the address was given to somebody else there.
    """
    person = await ensure_person(stranger.email, now=now) if stranger.email else None
    if person is None or await _has_other_subject(stranger, person.id):
        return None
    await _attach(stranger, person.id, by=f"person:{person.id}", now=now)
    return person


async def _has_other_subject(stranger: _Stranger, person: int) -> bool:
    return await Identity.exists().where(
        (Identity.person == person)
        & (Identity.issuer == stranger.provider.issuer)
        & (Identity.subject != stranger.subject)
    )


async def _attach(stranger: _Stranger, person: int, *, by: str, now: datetime) -> None:
    """Keep the identity with the person. Raises `Refused(identity_taken)` when it is somebody else's."""
    await lock(f"identity:{stranger.provider.issuer}:{stranger.subject}")
    owner = (
        await Identity.select(Identity.person)
        .where((Identity.issuer == stranger.provider.issuer) & (Identity.subject == stranger.subject))
        .first()
    )
    if owner is not None:
        if owner["person"] != person:
            raise Refused(Refusal("identity_taken", {"name": stranger.provider.name}))
        return
    await Identity(
        person=person,
        issuer=stranger.provider.issuer,
        subject=stranger.subject,
        created_at=now,
        last_used_at=now,
    ).save()
    facts = {"provider": stranger.key}
    await record_change("identity_linked", person, by=by, name=stranger.provider.name, facts=facts, now=now)


async def _ask_to_confirm(stranger: _Stranger, *, language: str, settings: Settings, now: datetime) -> ToConfirm:
    """Nobody made sure of the address: a mail does. Its link works in this browser only.

    Otherwise somebody could claim another's address at the provider, and wait for the other to click.
    """
    if not stranger.email:
        raise Refused(Refusal("provider_sent_no_address", {"name": stranger.provider.name}))
    secret = new_secret()
    kept = {"provider": stranger.key, "subject": stranger.subject, "email": stranger.email, "next": stranger.next}
    browser = await begin_attempt("confirm", secret, kept, now=now, minutes=settings.sign_in_minutes)
    await mail.send(
        "core.confirm_identity",
        to=stranger.email,
        language=language,
        facts={
            "site": settings.title,
            "name": stranger.provider.name,
            "minutes": str(settings.sign_in_minutes),
            "link": f"{settings.address}/sign-in/confirm/{secret}",
        },
        now=now,
        not_after=now + timedelta(minutes=settings.sign_in_minutes),
    )
    return ToConfirm(stranger.email, browser)


async def confirm_identity(secret: str, *, browser: str, visit: Visit, user_agent: str, settings: Settings) -> Entered:
    """The mailed link, pressed in the browser that began: the identity belongs to the address's account.

    Raises `Refused`: attempt_over, identity_taken, account_blocked.
    """
    async with transaction():
        ends, now = visit.session_id, visit.now
        attempt = await spend_attempt("confirm", secret, browser, now=now)
        stranger = _confirmed(attempt, settings)
        person = await ensure_person(stranger.email, now=now)
        await _attach(stranger, person.id, by=f"person:{person.id}", now=now)
        session = await enter(person, strong=False, user_agent=user_agent, settings=settings, now=now, ends=ends)
        return Entered(session, person, stranger.next)


def _confirmed(attempt: Attempt, settings: Settings) -> _Stranger:
    kept = attempt.details
    provider = settings.identity_providers.get(kept["provider"])
    if provider is None:  # taken out of the settings meanwhile
        raise Refused(Refusal("attempt_over"))
    return _Stranger(kept["provider"], provider, kept["subject"], kept["email"], kept["next"])


async def unlink(visit: Visit, identity: int, *, settings: Settings) -> None:
    """Take one of one's own identities away; nothing happens when it is not one.

    Raises `Refused(confirmation_needed | stronger_sign_in_needed)`.
    """
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    await refuse_weak(visit)
    async with transaction():
        gone = (
            await Identity.delete()
            .where((Identity.id == identity) & (Identity.person == visit.person.id))
            .returning(Identity.issuer)
        )
        if gone:
            name = queries.provider_name(gone[0]["issuer"], settings)
            await record_change("identity_unlinked", visit.person.id, by=visit.by, name=name, now=visit.now)
