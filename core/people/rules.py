"""Decisions about people: which address of an identity provider is believed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from plenaria.core.kernel.values import EMAIL

LONGEST_ADDRESS: Final = 254


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
