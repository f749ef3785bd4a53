"""Change the tables

Written by `python -m plenaria.core.storage.database.new_migration core`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey

ID = "2026-11-28T19:43:21:314908"
VERSION = "1.38.0"
DESCRIPTION = "Change the tables"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="SignInAttempt",
        tablename="core_sign_in_attempt",
        column_name="person",
        db_column_name="person",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    return manager
