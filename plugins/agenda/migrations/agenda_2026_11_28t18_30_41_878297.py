"""Index every foreign key

Written by `python -m plenaria.core.storage.database.new_migration agenda`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey
from piccolo.constraints import Unique

ID = "2026-11-28T18:30:41:878297"
VERSION = "1.38.0"
DESCRIPTION = "Index every foreign key"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="agenda", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="Session",
        tablename="agenda_session",
        column_name="track",
        db_column_name="track",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Session",
        tablename="agenda_session",
        column_name="room",
        db_column_name="room",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.add_constraint(
        table_class_name="Session",
        tablename="agenda_session",
        constraint_name="agenda_session_type_id_key",
        constraint_class=Unique,
        params={"columns": ["type", "id"], "nulls_distinct": True},
        schema=None,
    )
    return manager
