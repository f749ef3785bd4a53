"""Index every foreign key

Written by `python -m plenaria.core.storage.database.new_migration core`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey
from piccolo.constraints import Unique

ID = "2026-11-28T18:30:39:261821"
VERSION = "1.38.0"
DESCRIPTION = "Index every foreign key"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="EventPlugin",
        tablename="core_event_plugin",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="MailOverride",
        tablename="core_mail_override",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="MailOverride",
        tablename="core_mail_override",
        column_name="changed_by",
        db_column_name="changed_by",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Session",
        tablename="core_session",
        column_name="person",
        db_column_name="person",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Grant",
        tablename="core_grant",
        column_name="person",
        db_column_name="person",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Grant",
        tablename="core_grant",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="Grant",
        tablename="core_grant",
        column_name="granted_by",
        db_column_name="granted_by",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="ApiToken",
        tablename="core_api_token",
        column_name="person",
        db_column_name="person",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="ApiToken",
        tablename="core_api_token",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="StoredFile",
        tablename="core_file",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="StoredFile",
        tablename="core_file",
        column_name="owner",
        db_column_name="owner",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.add_constraint(
        table_class_name="OutboxLine",
        tablename="core_outbox_line",
        constraint_name="core_outbox_line_event_id_key",
        constraint_class=Unique,
        params={"columns": ["event", "id"], "nulls_distinct": True},
        schema=None,
    )
    manager.add_constraint(
        table_class_name="AuditLine",
        tablename="core_audit_line",
        constraint_name="core_audit_line_event_id_key",
        constraint_class=Unique,
        params={"columns": ["event", "id"], "nulls_distinct": True},
        schema=None,
    )
    return manager
