"""The sessions of signed-in browsers."""

from datetime import datetime, timedelta
from typing import Final

from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people import rules
from plenaria.core.people.services.failures import take_failures
from plenaria.core.people.tables import Session
from plenaria.core.storage import audit

END_EVERY_WAY_IN: Final = {
    table: f"DELETE FROM {table}"  # noqa: S608 - names of our own tables
    for table in ("core_session", "core_sign_in_link", "core_sign_in_attempt")
}
"""Ends every session, link and sign-in under way: after a restore, those would work again that were ended since the backup.

By table; works on any version's schema: a backup may be older.
"""


def is_confirmed(visit: Visit) -> bool:
    return visit.token is None and rules.is_confirmed(visit.confirmed_at, visit.now)


def refuse_unconfirmed(visit: Visit) -> None:
    """Raises `Refused(confirmation_needed)` unless this browser showed a short while ago that it is the person; a token never."""
    if not is_confirmed(visit):
        raise Refused(Refusal("confirmation_needed"))


async def open_session(
    person: PersonView, *, strong: bool, user_agent: str, settings: Settings, now: datetime, ends: int | None = None
) -> str:
    """The secret of a new session of that person; the browser's session before it, `ends`, is over.

    While the second factor is still to be shown, the session confirms nothing. Joins the caller's transaction.
    """
    secret, is_whole = new_secret(), strong or not person.has_second_factor
    if ends is not None:
        await Session.delete().where(Session.id == ends)
    await Session(
        token_hash=hashed(secret),
        person=person.id,
        strong=strong,
        user_agent="".join(filter(str.isprintable, user_agent))[:200],
        failed_before=await take_failures(person.id) if is_whole else 0,
        created_at=now,
        confirmed_at=now if is_whole else None,
        seen_at=now,
        expires_at=now + timedelta(days=settings.session_days),
    ).save()
    await audit.record("person.signed_in", by=f"person:{person.id}", subject=f"person:{person.id}", facts={}, now=now)
    return secret


async def sign_out(session_id: int) -> None:
    await Session.delete().where(Session.id == session_id)


async def end_session(person: int, session_id: int) -> None:
    """End one of one's own sessions."""
    await Session.delete().where((Session.id == session_id) & (Session.person == person))
