"""Files that organisers take away: what the plugins offer, made when it is asked for."""

import asyncio
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from plenaria.core.host import plugins
from plenaria.core.host.contributions import Export
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Refusal, Refused, Sheet
from plenaria.core.web import sheets

WITHIN_S: Final = 60.0
"""How long an export may take."""
SHEET_FORMATS: Final = ("csv", "xlsx", "json")


class File(NamedTuple):
    name: str
    media_type: str
    content: bytes


def exports_for(visit: Visit, event: EventView) -> list[Export]:
    """What this reader may take away, plugin by plugin."""
    return [
        export
        for plugin, contributed in plugins.host().collect("register_exports")
        if plugin in event.plugins
        for export in contributed
        if visit.may(export.permission, event)
    ]


def formats_of(export: Export) -> tuple[str, ...]:
    return (export.ending,) if export.media_type else SHEET_FORMATS


async def made(export: Export, event: EventView, chosen: str, *, now: datetime) -> File:
    """The file in one of its `formats_of`. Raises `Refused` as the plugin does, `plugin_failed` when it fails."""
    content = await _content(export, event, now=now)
    name = f"{event.slug}-{export.name.replace('.', '-')}.{chosen}"
    if isinstance(content, bytes):
        return File(name, export.media_type, content)
    if chosen == "xlsx":
        return File(name, sheets.XLSX, sheets.xlsx_file(gettext(export.title), content, made_at=now))
    if chosen == "json":
        return File(name, "application/json", msgspec.json.encode(content))
    return File(name, sheets.CSV, sheets.csv_file(content))


async def _content(export: Export, event: EventView, *, now: datetime) -> Sheet | bytes:
    plugin = export.name.partition(".")[0]
    expected = bytes if export.media_type else Sheet
    try:
        async with asyncio.timeout(WITHIN_S):
            found = await export.make(event, now=now)
        if not isinstance(found, expected):
            raise TypeError(f"{export.name} gave {type(found).__name__} instead of {expected.__name__}")
    except Refused:
        raise
    except Exception as error:
        plugins.host().failures.note(plugin, "register_exports", error)
        raise Refused(Refusal("plugin_failed", {"plugin": plugin})) from error
    return found
