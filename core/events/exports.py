"""Files that organisers take away: what the plugins offer, made when it is asked for."""

import asyncio
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from plenaria.core.host import plugins
from plenaria.core.host.adjusting import copied_in_parts
from plenaria.core.host.contributions import Export
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Sheet
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

    async def make() -> File:
        async with asyncio.timeout(WITHIN_S):
            found = await export.make(event, now=now)
        name = f"{event.slug}-{export.name.replace('.', '-')}.{chosen}"
        # Tens of thousands of rows take seconds: in a thread, so that everybody else is answered meanwhile.
        return File(name, *await asyncio.to_thread(_written, export, await _checked(export, found), chosen, now=now))

    return await plugins.host().insist(export.name.partition(".")[0], "register_exports", make)


async def _checked(export: Export, found: Sheet | bytes) -> Sheet | bytes:
    """Raises TypeError or `msgspec.ValidationError` for what is not what the export says that it gives."""
    expected = bytes if export.media_type else Sheet
    if not isinstance(found, expected):
        raise TypeError(f"{export.name} gave {type(found).__name__} instead of {expected.__name__}")
    checked: Sheet | bytes = found if isinstance(found, bytes) else await copied_in_parts(found, Sheet)
    return checked


def _written(export: Export, content: Sheet | bytes, chosen: str, *, now: datetime) -> tuple[str, bytes]:
    """Its media type and its bytes."""
    if isinstance(content, bytes):
        return export.media_type, content
    if chosen == "xlsx":
        return sheets.XLSX, sheets.xlsx_file(gettext(export.title), content, made_at=now)
    if chosen == "json":
        return "application/json", msgspec.json.encode(content)
    return sheets.CSV, sheets.csv_file(content)
