"""Writes of events: each is one transaction with its audit line and its facts."""

from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns import Column

from plenaria.core.events import cache, queries
from plenaria.core.events.details import EventDetails, NewEvent, details_of
from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.forms import changed_value, recorded, refuse_unseen
from plenaria.core.host import plugins
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused
from plenaria.core.people import services as people
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import lock, repeatable, transaction


async def create_event(slug: str, details: EventDetails, *, by: str, now: datetime) -> EventView:
    """Create an event with no plugin switched on. Raises `Refused(slug_taken)`."""
    async with transaction():
        event = Event(slug=slug, changed_at=now, **_columns(details))
        if not await Event.insert(event).on_conflict(action="DO NOTHING").returning(Event.id):
            raise Refused(Refusal("slug_taken", {"slug": slug}, "/slug"))
        await audit.record(
            "event.created",
            by=by,
            subject=f"event:{slug}",
            event=event.id,
            facts={"slug": slug},
            changes=recorded(None, details, currency=details.currency),
            now=now,
        )
        return await queries.event_by_id(event.id)


async def open_event(new: NewEvent, *, owner: PersonView, by: str, now: datetime) -> EventView:
    """Create an event and make somebody its owner. Raises `Refused(slug_taken)`."""
    values = {name: getattr(new, name) for name in EventDetails.__struct_fields__}
    async with transaction():
        event = await create_event(new.slug, EventDetails(**values), by=by, now=now)
        await people.grant(owner, "owner", event=event, by=by, now=now, granted_by=owner.id)
        return event


@repeatable
async def change_event(
    event: EventView, details: EventDetails, *, by: str, now: datetime, seen: str | None = None
) -> EventView:
    """Replace the event's own data and tell the plugins.

    `seen` is the fingerprint of what the writer had before their eyes (None: whatever is there); raises
    `Refused(changed_meanwhile)` when something else is stored by now.
    """
    changed_columns: dict[Column | str, Any] = {"changed_at": now}
    for name, value in _columns(details).items():
        changed_columns[name] = value
    async with transaction():
        await lock(f"event.details:{event.id}")
        stored = await queries.event_by_id(event.id)
        refuse_unseen(seen, details_of(stored))
        await Event.update(changed_columns).where(Event.id == event.id)
        await touch(event, now=now)
        changed = await queries.event_by_id(event.id)
        await audit.record(
            "event.changed",
            by=by,
            subject=f"event:{event.slug}",
            event=event.id,
            facts={"details": digest(msgspec.to_builtins(details))},
            changes=recorded(details_of(stored), details, currency=details.currency),
            now=now,
        )
        await outbox.tell("event_changed", event=changed, now=now)
        return changed


def _columns(details: EventDetails) -> dict[str, Any]:
    values = msgspec.structs.asdict(details)
    for name in ("name", "summary", "description"):
        values[name] = msgspec.json.encode(values[name]).decode()
    return values


async def touch(event: EventView, *, now: datetime) -> None:
    """Count a change of the event or of what a plugin shows for it: cached pages and feeds are made anew.

    Call inside the transaction of every write that changes a public page.
    """
    async with transaction() as running:
        await Event.update({Event.revision: Event.revision + 1, Event.changed_at: now}).where(Event.id == event.id)
        running.after_commit(lambda: cache.forget(event.slug))


@repeatable
async def switch_plugin(event: EventView, plugin: str, *, on: bool, by: str, now: datetime) -> EventView:
    """Switch a plugin on or off for the event; its data stays either way. Nothing happens when it is so already."""
    if plugin not in plugins.host().plugins:
        raise Refused(Refusal("unknown_plugin", {"plugin": plugin}))
    if (plugin in event.plugins) == on:
        return event
    async with transaction():
        refusals = await plugins.host().ask("refuse_plugin_switch", event=event, plugin=plugin, on=on, now=now)
        if refusals:
            raise Refused(*refusals)
        await _ensure_row(event, plugin)
        await EventPlugin.update({EventPlugin.enabled: on}).where(EventPlugin.key == f"{event.id}/{plugin}")
        await touch(event, now=now)
        changed = await queries.event_by_id(event.id)
        await audit.record(
            "plugin.switched",
            by=by,
            subject=f"plugin:{plugin}",
            event=event.id,
            facts={"on": on},
            changes=changed_value(N_("Switched on"), not on, on, kind="bool"),
            now=now,
        )
        await outbox.tell("plugin_switched", event=changed, plugin=plugin, on=on, now=now)
        return changed


@repeatable
async def change_settings(
    event: EventView, plugin: str, settings: Any, *, by: str, now: datetime, seen: str | None = None
) -> None:
    """Store a plugin's settings for the event (an instance of the Struct it registered). `seen` as in `change_event`."""
    values = msgspec.to_builtins(settings)
    async with transaction():
        await lock(f"plugin.settings:{event.id}/{plugin}")
        await _ensure_row(event, plugin)
        before = await queries.settings_of(event, plugin, type(settings))
        refuse_unseen(seen, before)
        await EventPlugin.update({EventPlugin.settings: msgspec.json.encode(values).decode()}).where(
            EventPlugin.key == f"{event.id}/{plugin}"
        )
        await touch(event, now=now)
        await audit.record(
            "plugin.configured",
            by=by,
            subject=f"plugin:{plugin}",
            event=event.id,
            facts={"settings": digest(values)},
            changes=recorded(before, settings, currency=event.currency),
            now=now,
        )
        await outbox.tell("event_changed", event=event, now=now)


async def forget_plugin(plugin: str, *, by: str, now: datetime) -> None:
    """Delete a plugin's switches and settings in every event; its own tables are the caller's to drop."""
    async with transaction():
        await EventPlugin.delete().where(EventPlugin.plugin == plugin)
        await audit.record("plugin.forgotten", by=by, subject=f"plugin:{plugin}", facts={}, now=now)


async def _ensure_row(event: EventView, plugin: str) -> None:
    row = EventPlugin(event=event.id, plugin=plugin, enabled=False, key=f"{event.id}/{plugin}")
    await EventPlugin.insert(row).on_conflict(action="DO NOTHING")
