"""Reads of events: each returns a struct."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.host import plugins
from plenaria.core.kernel.values import EventView, LocalizedText, Refusal, Refused
from plenaria.core.storage.database import statement

S = TypeVar("S")


async def event_by_slug(slug: str) -> EventView | None:
    """The event of that address; None where there is none."""
    return _event(await _by_slug(slug))


async def event_by_id(event_id: int) -> EventView:
    """Raises `Refused(unknown_event)`."""
    found = _event(await _by_id(event_id))
    if found is None:
        raise Refused(Refusal("unknown_event", {"event": event_id}))
    return found


async def events(*, public_only: bool = True) -> list[EventView]:
    """All events, the next or latest first; two queries however many there are."""
    query = Event.select().order_by(Event.starts_on, ascending=False)
    rows = await (query.where(Event.is_public.eq(True)) if public_only else query)
    switched = await EventPlugin.select(EventPlugin.event, EventPlugin.plugin).where(EventPlugin.enabled.eq(True))
    by_event: dict[int, list[str]] = {}
    for row in switched:
        by_event.setdefault(row["event"], []).append(row["plugin"])
    return [_view(row, by_event.get(row["id"], [])) for row in rows]


_WITH_PLUGINS: Final = (
    "SELECT e.*, p.plugin AS switched FROM core_event e "
    "LEFT JOIN core_event_plugin p ON p.event = e.id AND p.enabled = {} WHERE "
)


@statement
def _by_slug(slug: str) -> Any:
    return Event.raw(_WITH_PLUGINS + "e.slug = {}", True, slug)


@statement
def _by_id(event_id: int) -> Any:
    return Event.raw(_WITH_PLUGINS + "e.id = {}", True, event_id)


def _event(rows: Sequence[dict[str, Any]]) -> EventView | None:
    """The event out of its rows, one for each plugin that is on."""
    return _view(rows[0], [row["switched"] for row in rows]) if rows else None


def _view(row: dict[str, Any], switched: list[str]) -> EventView:
    loaded = plugins.host().plugins
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= {name: _text(row[name]) for name in ("name", "summary", "description")}
    return EventView(**values, plugins=tuple(name for name in loaded if name in switched))


_PLAIN = tuple(
    field.name
    for field in msgspec.structs.fields(EventView)
    if field.name not in ("name", "summary", "description", "plugins")
)


def _text(stored: str | dict[str, str]) -> LocalizedText:
    return msgspec.json.decode(stored, type=dict[str, str]) if isinstance(stored, str) else stored


async def settings_of(event: EventView, plugin: str, struct: type[S]) -> S:
    """The plugin's settings for the event; its defaults where nothing was set."""
    row = await _settings.first(f"{event.id}/{plugin}")
    stored = row["settings"] if row else "{}"
    values = msgspec.json.decode(stored) if isinstance(stored, str) else stored
    return msgspec.convert(values, struct)


@statement
def _settings(key: str) -> Any:
    return EventPlugin.select(EventPlugin.settings).where(EventPlugin.key == key)


async def changed_at(event: EventView) -> datetime | None:
    row = await Event.select(Event.changed_at).where(Event.id == event.id).first()
    return row["changed_at"] if row else None
