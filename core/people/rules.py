"""What guards an account, decided without touching anything: how fresh a proof of identity is, how many failures are borne,
which address of an identity provider is believed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from plenaria.core.kernel.values import EMAIL
from plenaria.core.storage.requests.ceilings import Ceilings

CONFIRMED_FOR: Final = timedelta(minutes=15)
"""How long a browser may change what opens the account after it was last shown that it is the person."""

PASSWORDS: Final = Ceilings(together=10, client=1000, account=300)
CODES: Final = Ceilings(together=10, client=1000, account=60)
"""A code is one of a million and three are right: sixty guesses an hour find one in half a year."""
LINKS: Final = Ceilings(together=6, client=1000, account=30)
"""Mails that are asked for, not failures. Each of them brings its reader in: thirty strangers who ask shut nobody out."""
BEGUN: Final = 1000
"""How many attempts with a provider or a passkey one client may begin in an hour: each is a row for minutes. Their ends are not
counted: an attempt ends once, and nobody guesses its secret."""

LONGEST_ADDRESS: Final = 254


def is_confirmed(confirmed_at: datetime | None, now: datetime) -> bool:
    """Whether the person was shown to be it a short while ago. An access token was never."""
    return confirmed_at is not None and now - confirmed_at < CONFIRMED_FOR


def claimed_address(claims: Mapping[str, Any]) -> str:
    """The address in an ID token, in lower case; "" when there is none that mail could be sent to."""
    email = claims.get("email")
    is_address = isinstance(email, str) and len(email) <= LONGEST_ADDRESS and re.fullmatch(EMAIL, email)
    return str(email).lower() if is_address else ""


def is_believed(claims: Mapping[str, Any], trusted_domains: Sequence[str]) -> bool:
    """Whether the provider itself made sure that the person receives mail at the address (OpenID Connect Core, 5.1).

    Microsoft Entra sends no `email_verified`, and an administrator of any tenant writes any address into `email`: there it is
    believed only for domains that the installation names. A provider that says `false` is never overruled.
    """
    verified = claims.get("email_verified")
    if verified is None:
        return claimed_address(claims).rpartition("@")[2] in trusted_domains
    return verified is True
