"""The second factor: codes of an authenticator app (TOTP, RFC 6238)."""

import re
from datetime import datetime
from typing import Final

import pyotp

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, Refusal, Refused
from plenaria.core.people import rules
from plenaria.core.people.services.factors import refuse_weak
from plenaria.core.people.services.failures import note_failure
from plenaria.core.people.services.links import lock_erasure, take_back_erasure
from plenaria.core.people.services.notices import notify
from plenaria.core.people.services.sessions import open_session, refuse_unconfirmed
from plenaria.core.people.tables import Person, Session
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.core.storage.requests import limits

TOTP_STEP_S: Final = 30
TOTP_SECRET: Final = re.compile("[A-Z2-7]{32}")
"""160 random bits in base32, as we make them."""


async def show_second_factor(visit: Visit, code: str, *, settings: Settings, user_agent: str) -> str:
    """Make the session strong: a new secret for a new session (the old one ends). Raises `Refused(wrong_code)`."""
    if visit.pending is None or visit.session_id is None:
        raise Refused(Refusal("wrong_code"))
    person = visit.pending
    await check_code(visit, person.id, code)
    async with transaction():
        await lock_erasure(person.id)
        if not await Session.delete().where(Session.id == visit.session_id).returning(Session.id):
            raise Refused(Refusal("wrong_code"))  # the account was blocked meanwhile
        await take_back_erasure(person.id, now=visit.now)
        return await open_session(person, strong=True, user_agent=user_agent, settings=settings, now=visit.now)


async def check_code(visit: Visit, person: int, code: str) -> None:
    """Spend a code of the person's. Raises `Refused`: `wrong_code`, which is recorded, or too many of them."""
    who = {"account": str(person), "client": visit.client}
    await limits.attempt("code", rules.CODES, **who, now=visit.now)
    if not await _spent(person, code, now=visit.now):
        await note_failure("code", person=person, now=visit.now)
        raise Refused(Refusal("wrong_code"))
    await limits.forgive("code", rules.CODES, **who, now=visit.now)


async def _spent(person: int, code: str, *, now: datetime) -> bool:
    """Accept a code of this step or of a neighbour, once (RFC 6238, 5.2)."""
    row = await Person.select(Person.totp_secret).where(Person.id == person).first()
    step = _matching_step(row["totp_secret"] if row else "", code.replace(" ", ""), now)
    return step is not None and bool(
        await Person.update({Person.totp_step: step})
        .where((Person.id == person) & (Person.totp_step < step))
        .returning(Person.id)
    )


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
    """Keep the secret once its first code proved that the person's app has it; the person is written to."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
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
        await notify(visit.person, N_("A second factor was switched on for your account."), now=visit.now)


async def disable_second_factor(visit: Visit, code: str) -> None:
    """Only with a code of it, which shows that it is the person; the person is written to."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    await check_code(visit, visit.person.id, code)
    async with transaction():
        await Person.update({Person.totp_secret: "", Person.totp_step: 0}).where(Person.id == visit.person.id)
        await audit.record("person.second_factor_off", by=visit.by, subject=visit.by, facts={}, now=visit.now)
        await notify(visit.person, N_("The second factor of your account was switched off."), now=visit.now)
