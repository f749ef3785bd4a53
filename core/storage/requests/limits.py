"""Rate limits, counted in the database so that several processes share them."""

from datetime import datetime, timedelta
from typing import Any, Final

from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.database import statement
from plenaria.core.storage.requests.ceilings import Ceilings, counters
from plenaria.core.storage.requests.tables import RateCount

HOUR: Final = timedelta(hours=1)


async def attempt(what: str, ceilings: Ceilings, *, account: str, client: str, now: datetime) -> None:
    """Count an attempt before it is made, as if it failed; raises `Refused(too_many_requests)`.

    `forgive` takes it back when it succeeds. Counted first, so that many guesses at once are no more than one after another.
    """
    for who, most in counters(ceilings, account=account, client=client):
        await count(what, who, most=most, span=HOUR, now=now)


async def forgive(what: str, ceilings: Ceilings, *, account: str, client: str, now: datetime) -> None:
    """The attempt that was counted at `now` did not fail."""
    for who, _ in counters(ceilings, account=account, client=client):
        key = _key(what, who, HOUR, now)
        await RateCount.raw("UPDATE core_rate_count SET seen = seen - 1 WHERE key = {} AND seen > 0", key)


async def count(what: str, who: str, *, most: int, span: timedelta, now: datetime) -> None:
    """Count one attempt; raises `Refused(too_many_requests)` from the one after `most` within a span on.

    Spans are fixed slices of time. The count is one upsert of its own, kept whatever happens to the attempt. Addresses are
    kept as hashes: the table tells nobody who was here.
    """
    rows = await _counted(_key(what, who, span, now), now + span)
    if rows[0]["seen"] > most:
        span_s = int(span.total_seconds())
        left_s = span_s - int(now.timestamp()) % span_s
        raise Refused(Refusal("too_many_requests", {"seconds": left_s, "retry_after_s": left_s}))


@statement
def _counted(key: str, expires_at: datetime) -> Any:
    return RateCount.raw(
        "INSERT INTO core_rate_count (key, seen, expires_at) VALUES ({}, 1, {}) "
        "ON CONFLICT (key) DO UPDATE SET seen = core_rate_count.seen + 1 RETURNING seen",
        key,
        expires_at,
    )


def _key(what: str, who: str, span: timedelta, now: datetime) -> str:
    return f"{what}/{int(now.timestamp()) // int(span.total_seconds())}/{hashed(who)}"


async def forget_old(*, now: datetime) -> None:
    await RateCount.delete().where(RateCount.expires_at < now)
