"""Make the audit log append-only in the database itself (plenaria.core.storage.audit.guard)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from plenaria.core.storage.audit.guard import allow_changes, refuse_changes
from plenaria.core.storage.database import current

ID = "2026-11-21T23:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refuse changes of the audit log"


async def forwards() -> MigrationManager:
    """Set the triggers; on the way back take them away."""
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)

    async def guard() -> None:
        await refuse_changes(current())

    async def unguard() -> None:
        await allow_changes(current())

    manager.add_raw(guard)
    manager.add_raw_backwards(unguard)
    return manager
