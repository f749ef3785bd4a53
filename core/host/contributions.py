"""The shapes of what a plugin contributes through `register_*` hooks, beyond the plain values of `core.kernel.values`."""

import types
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, Union, get_args, get_origin

import msgspec

from plenaria.core.kernel.values import CalendarEntry, EventView

if TYPE_CHECKING:
    from plenaria.core.host.visit import PersonView

CalendarSource = Callable[[EventView], Awaitable[list[CalendarEntry]]]


MOST_ENTRIES: Final = 5000
MOST_ENTRY_BYTES: Final = 20_000
MOST_DAYS_AWAY: Final = 3660
"""How far from the event's days an entry may lie: time zones are written out over the years of a calendar."""


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

    `struct` has a default for every field; list items are matched by the field that their metadata marks unique. A list whose
    order says nothing is marked `"unordered": True` beside it: then another order is no change.
    `settings` and this section stand side by side under `[plugins.<name>]`, so their field names must differ.
    """

    struct: type[Any]
    read: ReadDeclared
    apply: ApplyDeclared


class RunJob(Protocol):
    async def __call__(self, *, now: datetime) -> object:
        """One run. Several workers may run it at the same moment, and a run that failed is repeated."""


@dataclass(frozen=True, slots=True)
class Job:
    """Regular work that a worker does: `run` at start, then every `every_s` seconds.

    `stop` is called once when the worker ends, after the last run: for work that a run has left going on elsewhere.
    """

    name: str
    every_s: float
    run: RunJob
    stop: RunJob | None = None


class ExportPersonalData(Protocol):
    async def __call__(self, person: int, /) -> Any:
        """Everything that is kept about the person with this id, as builtins; empty when there is nothing."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a plugin does about a person's data: `export` answers the request to see it (LFPDPPP, the A of ARCO)."""

    export: ExportPersonalData


def checked_entries(found: object, event: EventView) -> list[CalendarEntry]:
    """What a calendar source gave, as new values that any calendar can be made of.

    Raises TypeError or ValueError for what is none: another type, an instant without its offset, an end before the start, a
    uid twice, too much of it.
    """
    if not has_shape(found, Sequence[CalendarEntry]):
        raise TypeError(f"a calendar source gave {type(found).__name__} instead of a list of CalendarEntry")
    assert isinstance(found, Sequence)  # noqa: S101 - has_shape looked
    if len(found) > MOST_ENTRIES:
        raise ValueError(f"more than {MOST_ENTRIES} calendar entries")
    entries = [_checked_entry(entry, event) for entry in found]
    if len({entry.uid for entry in entries}) < len(entries):
        raise ValueError("two calendar entries have the same uid")
    return entries


def _checked_entry(entry: CalendarEntry, event: EventView) -> CalendarEntry:
    stored = msgspec.json.encode(entry)
    if len(stored) > MOST_ENTRY_BYTES:
        raise ValueError(f"a calendar entry is larger than {MOST_ENTRY_BYTES} bytes")
    checked = msgspec.json.decode(stored, type=CalendarEntry)
    if not checked.uid:
        raise ValueError("a calendar entry has no uid")
    if any(instant.tzinfo is None for instant in (checked.starts_at, checked.ends_at, checked.changed_at)):
        raise ValueError("an instant of a calendar entry has no offset")
    if checked.ends_at < checked.starts_at:
        raise ValueError("a calendar entry ends before it starts")
    for instant in (checked.starts_at, checked.ends_at, checked.changed_at):
        if abs((instant.date() - event.starts_on).days) > MOST_DAYS_AWAY:
            raise ValueError("an instant of a calendar entry is years away from the event")
    if checked.url and not checked.url.startswith(("https://", "http://")):
        raise ValueError("the url of a calendar entry is no web address")
    return checked


def has_shape(value: object, expected: Any) -> bool:
    """Whether a contribution is what its hook's annotation says, as far as can be seen without calling anything."""
    origin = get_origin(expected)
    if origin in (Union, types.UnionType):
        return any(has_shape(value, each) for each in get_args(expected))
    if origin is Sequence:
        return isinstance(value, (list, tuple)) and all(has_shape(each, get_args(expected)[0]) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is type:
        return isinstance(value, type)
    if origin is Callable or getattr(expected, "_is_protocol", False):
        return callable(value)
    return isinstance(value, expected) if isinstance(expected, type) else True
