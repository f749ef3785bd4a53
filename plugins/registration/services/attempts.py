"""How often one address may try to order or to wait, or ask for a price, and be written to because somebody typed it."""

from datetime import datetime, timedelta
from typing import Final

from plenaria.core.kernel.values import Refusal, Refused
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


MAILS_AN_HOUR: Final = 8
"""To an address that nobody has shown to be theirs."""


async def count_mail(email: str, *, now: datetime) -> None:
    """Count a mail to an address that anybody may have typed. Raises `Refused(too_many_mails)` when there were too many.

    Who signs in with the address orders without it, so that nobody shuts another out.
    """
    try:
        await limits.count("registration.mail", email, most=MAILS_AN_HOUR, span=HOUR, now=now)
    except Refused as refused:
        (first,) = refused.refusals
        seconds = int(first.facts["seconds"])
        facts = {"email": email, "minutes": -(-seconds // 60), "retry_after_s": seconds}
        raise Refused(Refusal("too_many_mails", facts)) from refused


async def may_be_written_to(email: str, *, now: datetime) -> bool:
    """The same for an attendee whose ticket the buyer has as well: over the limit it is not sent."""
    try:
        await count_mail(email, now=now)
    except Refused:
        return False
    return True
