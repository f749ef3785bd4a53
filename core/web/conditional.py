"""Conditional requests (RFC 9110, section 13): a client that has the bytes already gets 304 without them."""

import hashlib


def etag_of(body: bytes) -> str:
    """An entity tag that is the same for the same bytes, on every host."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_fresh(if_none_match: str, etag: str) -> bool:
    """Whether `If-None-Match` names the tag. Weak comparison: a proxy that compressed the body may have marked it as weak."""
    if not if_none_match:
        return False
    tags = (one.strip().removeprefix("W/") for one in if_none_match.split(","))
    return any(tag in (etag, "*") for tag in tags)
