"""Signing in with a password, and setting it."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, Refusal, Refused
from plenaria.core.people import queries, rules
from plenaria.core.people.queries import normal_email
from plenaria.core.people.services.failures import note_failure
from plenaria.core.people.services.links import lock_erasure
from plenaria.core.people.services.notices import notify
from plenaria.core.people.services.sessions import open_session, refuse_unconfirmed
from plenaria.core.people.tables import Erasure, Person, Session
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.core.storage.requests import limits

PASSWORD_MINIMUM: Final = 12
_hasher = PasswordHasher()
_NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$zgWrdgYuAwm1RsIaXiDRIQ$5A26+Vh07X1RA+WG4aAWo32t704n7IJjp1cOyLwxOow"
)
"""Of a secret that was thrown away. Verified when the address is unknown, so that the answer takes the same time; written
out because hashing it would cost every start a sixth of a second."""


async def sign_in_with_password(
    visit: Visit, email: str, password: str, *, user_agent: str, settings: Settings
) -> tuple[str, PersonView]:
    """`(session secret, person)`. Raises `Refused`, in the same time whether the address is known or not."""
    person = await check_password(visit, email, password)
    async with transaction():
        await lock_erasure(person.id)
        if await Erasure.exists().where((Erasure.person == person.id) & (Erasure.state == "blocked")):
            raise Refused(Refusal("account_blocked"))
        ends, now = visit.session_id, visit.now
        session = await open_session(person, strong=False, user_agent=user_agent, settings=settings, now=now, ends=ends)
        return session, person


async def check_password(visit: Visit, email: str, password: str) -> PersonView:
    """Whose password it is. Raises `Refused`: `wrong_credentials`, which is recorded, or too many of them."""
    who = {"account": normal_email(email), "client": visit.client}
    await limits.attempt("password", rules.PASSWORDS, **who, now=visit.now)
    row = await Person.select(Person.id, Person.password_hash).where(Person.email == normal_email(email)).first()
    known_hash = row["password_hash"] if row else ""
    is_right = await asyncio.to_thread(_is_password, known_hash or _NOBODYS_HASH, password)
    person = await queries.person(row["id"]) if row and known_hash and is_right else None
    if person is None:
        await note_failure("password", person=row["id"] if row else None, now=visit.now)
        raise Refused(Refusal("wrong_credentials"))
    await limits.forgive("password", rules.PASSWORDS, **who, now=visit.now)
    return person


def _is_password(stored_hash: str, password: str) -> bool:
    """Takes tens of milliseconds on purpose: called in a thread, so that nobody else waits."""
    try:
        return _hasher.verify(stored_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def set_password(visit: Visit, password: str) -> None:
    """Set or (with an empty text) remove the password; every other session of the person ends, and the person is written to."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    if password and len(password) < PASSWORD_MINIMUM:
        raise Refused(Refusal("password_too_short", {"minimum": PASSWORD_MINIMUM}, "/password"))
    stored = await asyncio.to_thread(_hasher.hash, password) if password else ""
    async with transaction():
        await Person.update({Person.password_hash: stored}).where(Person.id == visit.person.id)
        await Session.delete().where((Session.person == visit.person.id) & (Session.id != (visit.session_id or 0)))
        await audit.record("person.password_changed", by=visit.by, subject=visit.by, facts={}, now=visit.now)
        what = (
            N_("The password of your account was set.") if password else N_("The password of your account was removed.")
        )
        await notify(visit.person, what, now=visit.now)
