"""The shapes of what a plugin contributes through `register_*` hooks, beyond the plain values of `core.kernel.values`."""

import types
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, Union, get_args, get_origin

import msgspec

from plenaria.core.kernel.values import (
    CalendarEntry,
    ErasureLine,
    EventView,
    ReadinessItem,
    RecordedFact,
    RecordFinding,
    Sheet,
)

if TYPE_CHECKING:
    from plenaria.core.host.visit import PersonView

CalendarSource = Callable[[EventView], Awaitable[list[CalendarEntry]]]


API_VERSION: Final = (1, 1)
"""Of `plenaria.plugin` and the hooks: the major grows when a name or an argument goes, the minor when one comes."""

MOST_ENTRIES: Final = 5000
MOST_ENTRY_BYTES: Final = 20_000
MOST_DAYS_AWAY: Final = 3660
"""How far from the event's days an entry may lie: time zones are written out over the years of a calendar."""


@dataclass(frozen=True, slots=True)
class PluginCard:
    """How a plugin presents itself: msgids. `api` is the `API_VERSION` that it was written for, `"1.0"`; "" runs with any.

    `facts_at_once`: how many facts it may be handed at the same moment. With 1 they come one after another, in their order.
    """

    title: str
    summary: str = ""
    api: str = ""
    facts_at_once: int = 1


def why_unfit(api: str) -> str:
    """Why a plugin that was written for this version of the API cannot run on ours; "" when it can."""
    if not api:
        return ""
    ours = ".".join(map(str, API_VERSION))
    try:
        major, minor = map(int, api.split("."))
    except ValueError:
        return f"states the API version {api!r}; a version looks like {ours!r}"
    if major == API_VERSION[0] and minor <= API_VERSION[1]:
        return ""
    return f"was written for version {api} of the plugin API; this Plenaria has {ours}"


class FindOver(Protocol):
    async def __call__(self, event: EventView, about: Collection[str], /, *, now: datetime) -> Collection[str]:
        """Which of these are over, so that a mail about them makes no sense any more."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a shared page: a template, and the async function that gives its context (None: not shown)."""

    template: str
    context: Callable[..., Awaitable[dict[str, Any] | None]]
    order: int = 50


@dataclass(frozen=True, slots=True)
class DashboardPanel(Panel):
    """A part of the console's overview, for those who hold the permission in the event."""

    permission: str = "event.view"


@dataclass(frozen=True, slots=True)
class PagePart(Panel):
    """A part of another plugin's page. `slot` says where: `registration.order`, `agenda.session`, `agenda.person`."""

    slot: str = ""


class MakeExport(Protocol):
    async def __call__(self, event: EventView, /, *, now: datetime) -> Sheet | bytes:
        """The export as it is now; headings and words in the reader's language. May raise `Refused`."""


@dataclass(frozen=True, slots=True)
class Export:
    """Something an organiser may take away as a file. `title` is a msgid.

    `name` begins with the plugin's name and stands in addresses: `shuttle.seats`. With an empty `media_type` it is a `Sheet`,
    written as CSV, workbook or JSON; else `make` gives the bytes of a file that ends in `ending` (`xml`).
    """

    name: str
    title: str
    permission: str
    make: MakeExport
    media_type: str = ""
    ending: str = ""


class CheckRecords(Protocol):
    async def __call__(self, event: EventView, lines: Sequence[RecordedFact], /) -> list[RecordFinding]:
        """What of the plugin's own data does not agree with the event's lines, which come in their order; [] when all does."""


class FillPlaceholder(Protocol):
    async def __call__(self, event: EventView, /, *, to: str, language: str, now: datetime) -> str:
        """The text for a mail to this address in this language; "" when there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A further `{name}` for mails about an event. `name` begins with the plugin's name and `_`; `title` is a msgid."""

    name: str
    title: str
    sample: str
    text: FillPlaceholder


@dataclass(frozen=True, slots=True)
class RecordSubject:
    """What a line in the record of changes is about. `title` is a msgid; `href` its page, with `{event}` and `{id}`.

    Without an `href` it is named and not linked; without an `{id}` in it the link leads to the list. The link stands for those
    who hold `permission` in the event.
    """

    title: str
    href: str = ""
    permission: str = "event.view"


class CheckReadiness(Protocol):
    async def __call__(self, event: EventView, /, *, now: datetime) -> list[ReadinessItem]:
        """What is missing of the plugin's part; [] when nothing is."""


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
    """What an event file may declare for a plugin besides its settings; a copy of the event gets the same.

    `copied` gives what of the section goes into a copy, where that is not all of it: nothing about people does.

    `struct` has a default for every field; list items are matched by the field that their metadata marks unique. A list whose
    order says nothing is marked `"unordered": True` beside it: then another order is no change.
    `settings` and this section stand side by side under `[plugins.<name>]`, so their field names must differ.
    """

    struct: type[Any]
    read: ReadDeclared
    apply: ApplyDeclared
    copied: Callable[[Any], Any] | None = None


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


class ForgetOld(Protocol):
    async def __call__(self, *, before: datetime, now: datetime) -> object:
        """Delete what is older than `before`; a second time changes nothing. Several workers may do it at the same moment."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the plugin keeps one kind of data, and why. `title`, `why` and `rule` are msgids.

    `name` begins with the plugin's name. `days` is what an installation may change (`retention` in its settings); None is for
    what ends by a `rule` of its own, or, without a `forget`, is kept as long as the event.
    """

    name: str
    title: str
    why: str
    days: int | None = None
    forget: ForgetOld | None = None
    rule: str = ""


class ExportPersonalData(Protocol):
    async def __call__(self, person: int, /) -> Any:
        """Everything that is kept about the person with this id, as builtins; empty when there is nothing."""


class PreviewErasure(Protocol):
    async def __call__(self, person: int, /) -> list[ErasureLine]:
        """What `erase` would do about this person, in words; [] when nothing is kept."""


class ErasePersonalData(Protocol):
    async def __call__(self, person: int, /, *, now: datetime) -> None:
        """Do it, inside the caller's transaction. A second time changes nothing."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a plugin does about a person's data (LFPDPPP): `export` shows it (the A of ARCO), `erase` cancels it (the C).

    `preview` and `erase` go together. A plugin without them is named to the organisers: they erase by hand.
    """

    export: ExportPersonalData
    preview: PreviewErasure | None = None
    erase: ErasePersonalData | None = None


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
