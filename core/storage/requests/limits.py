"""Rate limits, counted in the database so that several processes share them."""

from datetime import datetime, timedelta
from typing import Any

from plenaria.core.kernel.secrets import hashed
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.database import statement
from plenaria.core.storage.requests.tables import RateCount


async def count(what: str, who: str, *, most: int, span: timedelta, now: datetime) -> None:
    """Count one attempt; raises `Refused(too_many_requests)` from the one after `most` within a span on.

    Spans are fixed slices of time. The count is one upsert of its own, kept whatever happens to the attempt. Addresses are
    kept as hashes: the table tells nobody who was here.
    """
    span_s = int(span.total_seconds())
    slice_no, elapsed_s = divmod(int(now.timestamp()), span_s)
    rows = await _counted(f"{what}/{slice_no}/{hashed(who)}", now + span)
    if rows[0]["seen"] > most:
        left_s = span_s - elapsed_s
        raise Refused(Refusal("too_many_requests", {"seconds": left_s, "retry_after_s": left_s}))


@statement
def _counted(key: str, expires_at: datetime) -> Any:
    return RateCount.raw(
        "INSERT INTO core_rate_count (key, seen, expires_at) VALUES ({}, 1, {}) "
        "ON CONFLICT (key) DO UPDATE SET seen = core_rate_count.seen + 1 RETURNING seen",
        key,
        expires_at,
    )


async def forget_old(*, now: datetime) -> None:
    await RateCount.delete().where(RateCount.expires_at < now)
