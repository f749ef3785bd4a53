"""The JSON handlers of one's own: whom a token or a session belongs to."""

from datetime import datetime
from typing import Annotated, Any

from litestar import get, post
from msgspec import Meta, Struct

from plenaria.core.events import queries as event_queries
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_
from plenaria.core.me import erasure
from plenaria.core.me.erasure import ErasurePart, PendingErasure
from plenaria.core.people.services import refuse_unconfirmed


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


@get("/api/v1/me", permission="me.read", operation_id="getMe", tags=["people"])
async def me(visit: Visit) -> Me:
    """Who asks, and what they may do where."""
    assert visit.person is not None  # noqa: S101 - the route asks for `me.read`
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


class ErasurePreview(Struct, frozen=True, kw_only=True):
    """What will go and what will stay, part by part, and how many days later."""

    days: int
    parts: list[ErasurePart]


class ErasureRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The account's own address, as a confirmation."""

    address: Annotated[str, Meta(title=N_("Your e-mail address"), max_length=254)]


class ErasureReceipt(Struct, frozen=True, kw_only=True):
    """When the data will be erased. Until then a sign-in link takes that back."""

    due_at: datetime


@get("/api/v1/me/erasure", permission="me.read", operation_id="previewErasure", tags=["people"])
async def preview_erasure(visit: Visit, settings: Settings) -> ErasurePreview:
    """What would become of everything that is kept about the caller."""
    assert visit.person is not None  # noqa: S101 - the route asks for `me.read`
    return ErasurePreview(days=settings.erasure_days, parts=await erasure.preview(visit.person.id))


@post("/api/v1/me/erasure", permission="signed_in", operation_id="askForErasure", tags=["people"], status_code=202)
async def ask_for_erasure(visit: Visit, settings: Settings, data: ErasureRequest) -> ErasureReceipt:
    """Block the account at once and erase its data later. Only from a browser that has just confirmed who it is."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    refuse_unconfirmed(visit)
    due_at = await erasure.ask(visit.person.id, address=data.address, by=visit.by, settings=settings, now=visit.now)
    return ErasureReceipt(due_at=due_at)


class Erasures(Struct, frozen=True, kw_only=True):
    """Requests for erasure, the latest first. `by_hand`: plugins that cannot erase by themselves."""

    requests: list[PendingErasure]
    by_hand: list[str]


@get("/api/v1/erasures", permission="installation.own", operation_id="listErasures", tags=["people"])
async def list_erasures() -> Erasures:
    """Requests for erasure, by the people's numbers only."""
    return Erasures(requests=await erasure.requests(), by_hand=erasure.by_hand())


ROUTES: list[Any] = [me, preview_erasure, ask_for_erasure, list_erasures]
