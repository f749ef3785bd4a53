"""Access tokens for the JSON API."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from plenaria.core.forms import changed_value
from plenaria.core.host.permissions import may_be_a_scope
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.secrets import hashed, new_secret
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, in_language
from plenaria.core.people.services.notices import notify
from plenaria.core.people.services.sessions import refuse_unconfirmed
from plenaria.core.people.tables import ApiToken
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

USUAL_TOKEN_DAYS: Final = 365


async def make_token(
    visit: Visit, event: EventView, *, name: str, scopes: Sequence[str], days: int = USUAL_TOKEN_DAYS
) -> str:
    """A bearer token for the JSON API, good for that many days; shown this once, and mailed about to its owner.

    Scopes are permissions that one holds. Raises `Refused`.
    """
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    refuse_unconfirmed(visit)
    held = {scope for scope in scopes if may_be_a_scope(scope) and visit.may(scope, event)}
    refused = [Refusal("unknown_scope", {"scope": scope}, "/scopes") for scope in scopes if scope not in held]
    if refused:
        raise Refused(*refused)
    secret = new_secret()
    async with transaction():
        await ApiToken(
            token_hash=hashed(secret),
            person=visit.person.id,
            event=event.id,
            name=name,
            scopes=msgspec.json.encode(list(scopes)).decode(),
            created_at=visit.now,
            expires_at=visit.now + timedelta(days=days),
        ).save()
        facts = {"scopes": list(scopes), "days": days}
        await audit.record(
            "token.made",
            by=visit.by,
            subject=visit.by,
            event=event.id,
            facts=facts,
            changes=changed_value(N_("Scopes"), None, list(scopes), kind="list"),
            now=visit.now,
        )
        what = N_("An access token was made in your name: “{name}”, for {event}.")
        facts_of_mail = {"name": name, "event": in_language(event.name, visit.person.language or event.language)}
        await notify(visit.person, what, facts=facts_of_mail, now=visit.now)
    return secret


async def revoke_token(visit: Visit, event: EventView, token_id: int) -> None:
    """End one of one's own tokens; nothing happens, and nothing is recorded, when it is not one or has ended."""
    assert visit.person is not None  # noqa: S101 - the route declares a permission
    async with transaction():
        revoked = (
            await ApiToken.update({ApiToken.revoked_at: visit.now})
            .where((ApiToken.id == token_id) & (ApiToken.person == visit.person.id))
            .where((ApiToken.event == event.id) & ApiToken.revoked_at.is_null())
            .returning(ApiToken.id)
        )
        if not revoked:
            return
        await audit.record(
            "token.revoked", by=visit.by, subject=f"token:{token_id}", event=event.id, facts={}, now=visit.now
        )
