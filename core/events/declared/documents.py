"""A declaration, or the event as it is, as builtins; and those as TOML."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import tomli_w

from plenaria.core.events import queries
from plenaria.core.events.declared.declaration import Declaration, Document
from plenaria.core.events.declared.registered import declared_of, settings_type
from plenaria.core.events.details import details_of
from plenaria.core.events.tables import EventPlugin
from plenaria.core.forms import as_toml
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Declared
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.people import queries as people_queries

SECTION_WITHIN_S: Final = 20.0
"""How long a plugin may take to say what it has."""


def document(declaration: Declaration) -> Document:
    """The declaration as builtins, every default written out."""
    whole: Document = {"event": {"slug": declaration.slug, **as_toml(declaration.details)}}
    if declaration.team is not None:
        whole["team"] = as_toml(declaration.team)
    whole["plugins"] = {
        name: {"enabled": plugin.enabled, **as_toml(plugin.settings or {}), **as_toml(plugin.section or {})}
        for name, plugin in declaration.plugins.items()
    }
    return whole


async def document_of(
    event: EventView, only: Sequence[str] | None = None, *, team: bool = False, for_copy: bool = False
) -> Document:
    """The event as it is: of the plugins `only` these, else all that were ever switched on or configured here.

    `for_copy`: of each section what its plugin lets go into another event.

    Raises `Refused(plugin_failed)` when one of `only` cannot say what it has. Of all, such a plugin is left out as a whole
    (half a table would be a truth of its own) and named under `missing`.
    """
    names = await _plugins_used(event) if only is None else only
    document: Document = {"event": {"slug": event.slug, **as_toml(details_of(event))}}
    if team:
        members = await people_queries.team(event)
        document["team"] = [{"email": member.email, "role": member.role} for member in members]
    document["plugins"] = {}
    missing = []
    for name in names:
        try:
            document["plugins"][name] = await _plugin_document(event, name, for_copy=for_copy)
        except Refused:
            if only is not None:
                raise
            missing.append(name)
    return {**document, "missing": missing} if missing else document


async def _plugin_document(event: EventView, name: str, *, for_copy: bool) -> Document:
    section = await section_now(event, name, for_copy=for_copy)
    return {
        "enabled": name in event.plugins,
        **as_toml(await settings_now(event, name) or {}),
        **as_toml(section or {}),
    }


async def settings_now(event: EventView, name: str) -> Any:
    struct_type = settings_type(name)
    return await queries.settings_of(event, name, struct_type) if struct_type else None


async def section_now(event: EventView, name: str, *, for_copy: bool = False) -> Any:
    """All that the plugin has, or what of it goes into a copy. Raises `Refused(plugin_failed)` when the plugin cannot say."""
    declared = declared_of(name)
    if declared is None:
        return None
    return await plugins.host().insist(name, "register_declared", lambda: _section_of(declared, event, for_copy))


async def _section_of(declared: Declared, event: EventView, for_copy: bool) -> Any:
    async with asyncio.timeout(SECTION_WITHIN_S):
        section = await declared.read(event)
    _refuse_other_type("read", section, declared)
    if for_copy and declared.copied is not None:
        section = declared.copied(section)
        _refuse_other_type("copied", section, declared)
    as_toml(section)  # what cannot be written down fails here, where it is known whose it is
    return section


def _refuse_other_type(part: str, section: object, declared: Declared) -> None:
    if not isinstance(section, declared.struct):
        raise TypeError(f"{part} gave {type(section).__name__} instead of {declared.struct.__name__}")


async def _plugins_used(event: EventView) -> list[str]:
    rows = await EventPlugin.select(EventPlugin.plugin).where(EventPlugin.event == event.id)
    used = {row["plugin"] for row in rows}
    return [name for name in plugins.host().plugins if name in used]


def as_text(document: Document) -> str:
    """The document as TOML in a stable order, instants in the event's zone; `plan` of it is empty."""
    zone = ZoneInfo(document["event"]["zone"])
    return tomli_w.dumps(_in_zone(document, zone), multiline_strings=True, indent=2)


def _in_zone(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone)
    if isinstance(value, Mapping):
        return {key: _in_zone(one, zone) for key, one in value.items()}
    return [_in_zone(one, zone) for one in value] if isinstance(value, (list, tuple)) else value
