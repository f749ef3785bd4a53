"""What marks an SQLite file as Plenaria's: the application id and the user version in its header (SQLite file format, 1.3)."""

from typing import Final

from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.sqlite import PersistentSQLiteEngine

CORE: Final = "core"
APPLICATION_ID: Final = 0x504C454E
"""`PLEN`."""


async def stamp(database: Database, *, core_migrations: int) -> None:
    """Mark the file with our application id and with how many of the core's migrations it holds.

    Writes only what differs. On PostgreSQL there is nothing to mark: a dump is known by its table of migrations.
    """
    if not isinstance(database.engine, PersistentSQLiteEngine):
        return
    for pragma, value in (("application_id", APPLICATION_ID), ("user_version", core_migrations)):
        if (await database.fetch(f"PRAGMA {pragma}"))[0][pragma] != value:
            await database.fetch(f"PRAGMA {pragma} = {int(value)}")
