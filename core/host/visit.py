"""One request's caller: who, when, in which language."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar.connection import ASGIConnection
from msgspec import Struct

from plenaria.core.host.permissions import OF_INSTALLATION, allows, counts, is_everybodys, may_be_a_scope
from plenaria.core.kernel.values import EventView


class PersonView(Struct, frozen=True):
    """What handlers may know of the person who is signed in."""

    id: int
    email: str
    given_names: str = ""
    first_surname: str = ""
    second_surname: str = ""
    language: str = ""
    has_password: bool = False
    has_second_factor: bool = False

    @property
    def name(self) -> str:
        """Given names and surnames; the address when none is known."""
        parts = (self.given_names, self.first_surname, self.second_surname)
        return " ".join(part for part in parts if part) or self.email


class TokenView(Struct, frozen=True):
    """A bearer token: good for one event (None: any) and for its scopes only."""

    id: int
    event: int | None
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Visit:
    """Who calls, and when; made once per request by the outermost middleware, with the request's one reading of the clock."""

    now: datetime
    path: str = "/"
    query: str = ""
    language: str = "es"
    client: str = ""
    person: PersonView | None = None
    session_id: int | None = None
    strong: bool = False
    confirmed_at: datetime | None = None
    """When this browser last showed that it is the person: by signing in, the password, a code or a passkey."""
    pending: PersonView | None = None
    """Signed in by link or password, second factor still to be shown: a visitor everywhere but at `/sign-in/code`."""
    token: TokenView | None = None
    is_unidentified: bool = False
    """A session or token was shown, but the database did not answer."""
    has_bad_token: bool = False
    """A bearer token was sent that is unknown, expired or revoked: the guard answers 401."""
    roles: dict[int | None, tuple[str, ...]] = field(default_factory=dict)
    """By event id; None: in the whole installation."""
    notices: list[tuple[str, str]] = field(default_factory=list)
    """`(kind, sentence)` to show once: info, success, warning, danger."""

    def roles_in(self, event: EventView | None) -> tuple[str, ...]:
        """The roles held in the event, without those of plugins that are off there; none with another event's token."""
        if not self._token_reaches(event):
            return ()
        held, on = self.roles.get(None, ()), None
        if event is not None:
            held, on = (*held, *self.roles.get(event.id, ())), event.plugins
        return tuple(role for role in held if counts(role, on))

    def may(self, permission: str, event: EventView | None = None) -> bool:
        """Whether this caller holds the permission (for the event)."""
        if permission == "public":
            return True
        if self.person is None:
            return False
        if self.token is not None and not (permission in self.token.scopes and may_be_a_scope(permission)):
            return False
        if is_everybodys(permission):
            return self._token_reaches(event)
        if self.token is not None and event is None:
            return False
        if permission == OF_INSTALLATION:
            event = None  # the owner of one event does not own the installation
        return allows(permission, self.roles_in(event))

    def _token_reaches(self, event: EventView | None) -> bool:
        """A token is good in its own event, and where no event is named (`/api/v1/me`)."""
        return self.token is None or event is None or self.token.event in (None, event.id)

    @property
    def by(self) -> str:
        """The actor for the audit log: an id, never a name."""
        if self.person is None:
            return "visitor"
        return f"person:{self.person.id}" + (f"/token:{self.token.id}" if self.token else "")


def visit_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    visit: Visit = connection.scope["state"]["visit"]
    return visit
