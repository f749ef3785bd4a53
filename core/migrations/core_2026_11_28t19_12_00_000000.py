"""Guard the heads like the log, and keep rows from being replaced (plenaria.core.storage.audit.guard)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from plenaria.core.storage.audit.guard import HEADS, allow_changes, allow_replacing, refuse_changes, refuse_replacing
from plenaria.core.storage.database import current

ID = "2026-11-28T19:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refuse changes of the kept heads, and replaced rows"


async def forwards() -> MigrationManager:
    """Set the triggers; on the way back take them away."""
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)

    async def guard() -> None:
        await refuse_changes(current(), HEADS)
        await refuse_replacing(current())

    async def unguard() -> None:
        await allow_replacing(current())
        await allow_changes(current(), HEADS)

    manager.add_raw(guard)
    manager.add_raw_backwards(unguard)
    return manager
