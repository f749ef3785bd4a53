"""The second factor: codes of an authenticator app (TOTP, RFC 6238)."""

import re
from datetime import datetime
from typing import Final

import pyotp

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people.services.factors import refuse_weak
from plenaria.core.people.services.links import lock_erasure, take_back_erasure
from plenaria.core.people.services.sessions import open_session
from plenaria.core.people.tables import Person, Session
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

TOTP_STEP_S: Final = 30
TOTP_SECRET: Final = re.compile("[A-Z2-7]{32}")
"""160 random bits in base32, as we make them."""


async def show_second_factor(visit: Visit, code: str, *, settings: Settings, user_agent: str) -> str:
    """Make the session strong: a new secret for a new session (the old one ends). Raises `Refused(wrong_code)`."""
    if visit.pending is None or visit.session_id is None:
        raise Refused(Refusal("wrong_code"))
    person = visit.pending
    async with transaction():
        row = await Person.select(Person.totp_secret).where(Person.id == person.id).first()
        await _spend_code(person.id, row["totp_secret"] if row else "", code, now=visit.now)
        await lock_erasure(person.id)
        if not await Session.delete().where(Session.id == visit.session_id).returning(Session.id):
            raise Refused(Refusal("wrong_code"))  # the account was blocked meanwhile
        await take_back_erasure(person.id, now=visit.now)
        return await open_session(person, strong=True, user_agent=user_agent, settings=settings, now=visit.now)


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


async def enable_second_factor(visit: Visit, secret: str, code: str) -> None:
    """Keep the secret once its first code proved that the person's app has it."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    await refuse_weak(visit)  # whoever has a passkey shows it: else a mailbox alone would add a way around it
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
