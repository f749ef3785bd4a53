"""The sessions of signed-in browsers."""

from datetime import datetime, timedelta

from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.settings import Settings
from plenaria.core.people.tables import Session, SignInLink
from plenaria.core.storage import audit


async def open_session(person: PersonView, *, strong: bool, user_agent: str, settings: Settings, now: datetime) -> str:
    """The secret of a new session of that person. Joins the caller's transaction."""
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


async def end_every_way_in() -> None:
    """End all sessions and sign-in links: after a restore, those would work again that were ended since the backup.

    Works on any version's schema: a backup may be older.
    """
    await Session.delete(force=True)
    await SignInLink.delete(force=True)


async def sign_out(session_id: int) -> None:
    await Session.delete().where(Session.id == session_id)


async def end_session(person: int, session_id: int) -> None:
    """End one of one's own sessions."""
    await Session.delete().where((Session.id == session_id) & (Session.person == person))
