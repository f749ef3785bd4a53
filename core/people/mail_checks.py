"""Mails about signing in and about roles that are no longer true."""

from collections.abc import Collection
from datetime import datetime

from plenaria.core.people.tables import Grant, SignInLink


async def over(about: Collection[str], *, now: datetime) -> set[str]:
    """`link:<hash>` of links that were used or are out of date, `grant:<key>` of roles that nobody holds any more."""
    links, grants = _keys("link:", about), _keys("grant:", about)
    open_links = (
        await SignInLink.select(SignInLink.token_hash).where(
            SignInLink.token_hash.is_in(links) & SignInLink.used_at.is_null() & (SignInLink.expires_at > now)
        )
        if links
        else []
    )
    held = await Grant.select(Grant.key).where(Grant.key.is_in(grants)) if grants else []
    still = {*(f"link:{row['token_hash']}" for row in open_links), *(f"grant:{row['key']}" for row in held)}
    return {each for each in about if each.startswith(("link:", "grant:"))} - still


def _keys(prefix: str, about: Collection[str]) -> list[str]:
    return sorted(each.removeprefix(prefix) for each in about if each.startswith(prefix))
