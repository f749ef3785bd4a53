"""Secrets that we hand out: made here, kept only as hashes."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, safe in an address or a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """SHA-256 in hex. Enough for random secrets; passwords take argon2id."""
    return hashlib.sha256(secret.encode()).hexdigest()
