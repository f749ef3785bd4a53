"""Mails that wait know where they go, and a worker finds what is due by one index."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from plenaria.core.storage.database import current
from plenaria.core.storage.outbox.upgrading import fill_lanes, without_index

ID = "2026-11-28T18:36:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Lanes and recipients of the lines that are there; the index by which lines are claimed"


async def forwards() -> MigrationManager:
    async def fill() -> None:
        await fill_lanes(current())

    async def take_index() -> None:
        await without_index(current())

    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.add_raw(fill)
    manager.add_raw_backwards(take_index)
    return manager
