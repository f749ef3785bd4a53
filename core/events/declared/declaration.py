"""What a file declares, checked."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from plenaria.core.events.details import EventDetails, NewEvent
from plenaria.core.forms import Problem
from plenaria.core.host.permissions import ROLES
from plenaria.core.kernel.values import N_

Document = dict[str, Any]


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[team]]`: an address and the role that it holds."""

    email: Annotated[str, Meta(title=N_("E-mail address"), max_length=254, extra={"kind": "email"})]
    role: Annotated[str, Meta(title=N_("Role"), extra={"choices": ROLES})]


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """A file without its plugins, which are checked by Structs of their own."""

    event: NewEvent
    team: tuple[Member, ...] | None = None

    def problems(self) -> Any:
        seen: dict[Member, int] = {}
        for index, member in enumerate(self.team or ()):
            if member in seen:
                facts = {"value": f"{member.email} ({member.role})", "first": seen[member]}
                yield Problem(f"/team/{index}", "not_unique", facts)
            seen.setdefault(member, index)


class DeclaredPlugin(Struct, frozen=True):
    """One `[plugins.<name>]`: values of the Structs that the plugin registered, None where it registered none."""

    enabled: bool
    settings: Any
    section: Any


class Declaration(Struct, frozen=True):
    """A whole file, checked."""

    slug: str
    details: EventDetails
    team: tuple[Member, ...] | None
    plugins: dict[str, DeclaredPlugin]
