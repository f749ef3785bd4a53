"""Signing in with a one-time link that is mailed."""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from plenaria.core import mail
from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people import rules
from plenaria.core.people.queries import normal_email
from plenaria.core.people.services.persons import ensure_person
from plenaria.core.people.services.sessions import open_session
from plenaria.core.people.tables import Erasure, SignInLink
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction
from plenaria.core.storage.requests import limits

INVITATION_DAYS: Final = 7


async def new_link(email: str, *, next_page: str, valid_for: timedelta, now: datetime) -> str:
    """A one-time sign-in secret for an address, whether or not somebody has it yet. Joins the caller's transaction."""
    secret = new_secret()
    await SignInLink(
        token_hash=hashed(secret), email=normal_email(email), next=next_page, expires_at=now + valid_for
    ).save()
    return secret


async def way_in(email: str, *, has_account: bool, next_page: str, address: str, now: datetime) -> str:
    """Where a mail sends its reader to come in: a link that signs in, once, within a week, or for who has an account the page
    where one signs in, so that no mail to them holds a secret that their account opens with. Joins the caller's transaction."""
    if has_account:
        return f"{address}/sign-in?next={quote(next_page)}"
    valid_for = timedelta(days=INVITATION_DAYS)
    return f"{address}/sign-in/{await new_link(email, next_page=next_page, valid_for=valid_for, now=now)}"


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
            not_after=now + valid_for,
            about=f"link:{hashed(secret)}",
        )


async def ask_for_link(visit: Visit, email: str, *, next_page: str, settings: Settings) -> None:
    """Mail a sign-in link, unless too many were asked for: then the caller answers the same, and no mail is sent."""
    address = normal_email(email)
    try:
        await limits.attempt("sign-in", rules.LINKS, account=address, client=visit.client, now=visit.now)
    except Refused:
        return
    await send_link(address, next_page=next_page, language=visit.language, settings=settings, now=visit.now)


async def use_link(
    secret: str, *, user_agent: str, settings: Settings, now: datetime, ends: int | None = None
) -> tuple[str, str, PersonView]:
    """Spend a link: `(session secret, page to go to, person)`. Raises `Refused(link_used_or_expired)`.

    `ends` is the browser's session before it. Uses are not counted: nobody guesses 256 bits, and a good link is never refused
    because of others.

    One conditional UPDATE spends it, so that two clicks at once make one session. It takes an erasure back, unless a second
    factor has to be shown first (`show_second_factor` does it then).
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
        await lock_erasure(person.id)
        if not person.has_second_factor:
            await take_back_erasure(person.id, now=now)
        session = await open_session(person, strong=False, user_agent=user_agent, settings=settings, now=now, ends=ends)
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


async def lock_erasure(person: int) -> None:
    """Until the transaction ends nobody else asks for this person's erasure, takes it back or opens a session."""
    await lock(f"erasure:{person}")


async def take_back_erasure(person: int, *, now: datetime) -> None:
    """If there is one. Call it when a whole session opens, in its transaction."""
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
