"""What guards an account, decided without touching anything: how fresh a proof of identity is, how many failures are borne."""

from datetime import datetime, timedelta
from typing import Final

from plenaria.core.storage.requests.ceilings import Ceilings

CONFIRMED_FOR: Final = timedelta(minutes=15)
"""How long a browser may change what opens the account after it was last shown that it is the person."""

PASSWORDS: Final = Ceilings(together=10, client=1000, account=300)
CODES: Final = Ceilings(together=10, client=1000, account=60)
"""A code is one of a million and three are right: sixty guesses an hour find one in half a year."""
LINKS: Final = Ceilings(together=6, client=1000, account=30)
"""Mails that are asked for, not failures. Each of them brings its reader in: thirty strangers who ask shut nobody out."""


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Whether the person was shown to be it a short while ago. An access token was never."""
    return confirmed_at is not None and now - confirmed_at < CONFIRMED_FOR
