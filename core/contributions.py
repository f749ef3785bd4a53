"""The shapes of what a plugin contributes through `register_*` hooks, beyond the plain values of `core.values`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from core.values import CalendarEntry, EventView

if TYPE_CHECKING:
    from core.security.visit import PersonView

CalendarSource = Callable[[EventView], Awaitable[list[CalendarEntry]]]


@dataclass(frozen=True, slots=True)
class PluginCard:
    """How a plugin presents itself: msgids."""

    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a shared page: a template, and the async function that gives its context (None: not shown)."""

    template: str
    context: Callable[..., Awaitable[dict[str, Any] | None]]
    order: int = 50


SamplePeople = Mapping[str, Sequence["PersonView"]]
"""The demo's people by role: owner, organiser, programme, finance, door, juror (five), attendee (eight), nominator (three)."""


class AddSample(Protocol):
    async def __call__(self, event: EventView, people: SamplePeople, now: datetime, /) -> None:
        """Fill the event with sample data through the plugin's own services, called once, outside a transaction."""


class ReadDeclared(Protocol):
    async def __call__(self, event: EventView, /) -> Any:
        """The section as the event has it now: an instance of `Declared.struct`."""


class ApplyDeclared(Protocol):
    async def __call__(self, event: EventView, section: Any, /, *, by: str, now: Any) -> None:
        """Make the event's data equal to the section, inside the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What an event file may declare for a plugin besides its settings.

    `struct` has a default for every field; list items are matched by the field that their metadata marks unique.
    `settings` and this section stand side by side under `[plugins.<name>]`, so their field names must differ.
    """

    struct: type[Any]
    read: ReadDeclared
    apply: ApplyDeclared
