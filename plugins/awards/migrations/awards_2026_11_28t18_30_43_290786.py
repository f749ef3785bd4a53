"""Index every foreign key

Written by `python -m plenaria.core.storage.database.new_migration awards`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey

ID = "2026-11-28T18:30:43:290786"
VERSION = "1.38.0"
DESCRIPTION = "Index every foreign key"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="awards", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="Nomination",
        tablename="awards_nomination",
        column_name="category",
        db_column_name="category",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="NominationFile",
        tablename="awards_file",
        column_name="nomination",
        db_column_name="nomination",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="NominationFile",
        tablename="awards_file",
        column_name="file",
        db_column_name="file",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Conflict",
        tablename="awards_conflict",
        column_name="juror",
        db_column_name="juror",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Conflict",
        tablename="awards_conflict",
        column_name="declared_by",
        db_column_name="declared_by",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    return manager
