"""How often one address may try to order or to wait, or ask for a price."""

from datetime import datetime, timedelta
from typing import Final

from plenaria.core.storage.requests import limits

HOUR: Final = timedelta(hours=1)
ORDERS_AN_HOUR: Final = 300
"""From one address, forms with mistakes included: a company's people may all sit behind the same one."""
QUOTES_AN_HOUR: Final = 1_200


async def count_attempt(client: str, *, now: datetime) -> None:
    """Count an attempt to order or to join the waiting list. Raises `Refused(too_many_requests)` when there were too many.

    Handlers have it as their guard, before the body is read: what cannot be read counts too.
    """
    await limits.count("order", client, most=ORDERS_AN_HOUR, span=HOUR, now=now)


async def count_quote(client: str, *, now: datetime) -> None:
    """Count a quote. Raises `Refused(too_many_requests)` when there were too many."""
    await limits.count("quote", client, most=QUOTES_AN_HOUR, span=HOUR, now=now)
