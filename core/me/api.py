"""The JSON doors of people: whom a token or a session belongs to."""

from typing import Any

from litestar import get
from msgspec import Struct

from plenaria.core.events import queries as event_queries
from plenaria.core.host.visit import Visit


class RoleHeld(Struct, frozen=True):
    """A role in an event; `event` is null for the whole installation."""

    event: str | None
    role: str


class TokenLimits(Struct, frozen=True):
    """What the token of this request is limited to: one event, and these permissions."""

    event: str | None
    scopes: list[str]


class Me(Struct, frozen=True, kw_only=True):
    """Who asks. `token` is null for a browser's session."""

    email: str
    given_names: str
    first_surname: str
    second_surname: str
    language: str
    roles: list[RoleHeld]
    token: TokenLimits | None


@get("/api/v1/me", permission="signed_in", operation_id="getMe", tags=["people"])
async def me(visit: Visit) -> Me:
    """Who asks, and what they may do where."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    slugs = {event.id: event.slug for event in await event_queries.events(public_only=False)}
    token = visit.token
    return Me(
        email=visit.person.email,
        given_names=visit.person.given_names,
        first_surname=visit.person.first_surname,
        second_surname=visit.person.second_surname,
        language=visit.person.language,
        roles=[
            RoleHeld(slugs[event] if event is not None else None, role)
            for event, roles in visit.roles.items()
            if token is None or token.event in (None, event)
            for role in roles
        ],
        token=None if token is None else TokenLimits(slugs.get(token.event or 0), list(token.scopes)),
    )


ROUTES: list[Any] = [me]
