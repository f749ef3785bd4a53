"""What a browser began and has minutes to end: once, and in the same browser."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people.tables import SignInAttempt

ATTEMPT_MINUTES: Final = 10


class Attempt(Struct, frozen=True):
    """What was kept between the two halves. `person`: who was signed in at the first."""

    person: int | None
    details: dict[str, Any]


async def begin_attempt(
    kind: str,
    key: str,
    details: Mapping[str, str] | None = None,
    *,
    now: datetime,
    person: int | None = None,
    minutes: int = ATTEMPT_MINUTES,
) -> str:
    """Keep the first half; returns the secret for the browser's cookie. Joins the caller's transaction if there is one."""
    browser = new_secret()
    await SignInAttempt(
        key=hashed(key),
        browser=hashed(browser),
        kind=kind,
        person=person,
        details=msgspec.json.encode(dict(details or {})).decode(),
        expires_at=now + timedelta(minutes=minutes),
    ).save()
    return browser


async def spend_attempt(kind: str, key: str, browser: str, *, now: datetime) -> Attempt:
    """The first half, which is then gone. Raises `Refused(attempt_over)` when it is, or was begun in another browser.

    One conditional DELETE spends it, so that of two answers at once one counts.
    """
    spent = (
        await SignInAttempt.delete()
        .where((SignInAttempt.key == hashed(key)) & (SignInAttempt.kind == kind))
        .where((SignInAttempt.browser == hashed(browser)) & (SignInAttempt.expires_at > now))
        .returning(SignInAttempt.person, SignInAttempt.details)
    )
    if not spent:
        raise Refused(Refusal("attempt_over"))
    details = spent[0]["details"]
    return Attempt(spent[0]["person"], msgspec.json.decode(details) if isinstance(details, str) else details)


async def is_attempt_open(kind: str, key: str, browser: str, *, now: datetime) -> bool:
    """Whether `spend_attempt` would give it."""
    return await SignInAttempt.exists().where(
        (SignInAttempt.key == hashed(key))
        & (SignInAttempt.kind == kind)
        & (SignInAttempt.browser == hashed(browser))
        & (SignInAttempt.expires_at > now)
    )


async def forget_old_attempts(*, now: datetime) -> None:
    await SignInAttempt.delete().where(SignInAttempt.expires_at < now)
