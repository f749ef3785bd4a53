"""Write no log of the rate limits' counts on PostgreSQL: a crash may forget them, and each saves a flush of the disk."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from plenaria.core.storage.database import current

ID = "2026-11-28T19:17:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Keep the counts of requests out of PostgreSQL's log"


async def forwards() -> MigrationManager:
    """UNLOGGED; on the way back LOGGED."""
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)

    async def forget() -> None:
        await _set("UNLOGGED")

    async def remember() -> None:
        await _set("LOGGED")

    manager.add_raw(forget)
    manager.add_raw_backwards(remember)
    return manager


async def _set(kept: str) -> None:
    if current().dialect == "postgres":
        await current().fetch(f"ALTER TABLE core_rate_count SET {kept}")
