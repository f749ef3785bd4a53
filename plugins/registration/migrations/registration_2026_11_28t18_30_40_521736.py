"""Index every foreign key

Written by `python -m plenaria.core.storage.database.new_migration registration`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey
from piccolo.constraints import Unique

ID = "2026-11-28T18:30:40:521736"
VERSION = "1.38.0"
DESCRIPTION = "Index every foreign key"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="TicketTypeRow",
        tablename="registration_ticket_type",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="OrderLinkRow",
        tablename="registration_order_link",
        column_name="order",
        db_column_name="order",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="TicketRow",
        tablename="registration_ticket",
        column_name="order",
        db_column_name="order",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="TicketRow",
        tablename="registration_ticket",
        column_name="ticket_type",
        db_column_name="ticket_type",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="ScanRow",
        tablename="registration_scan",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="ScanRow",
        tablename="registration_scan",
        column_name="ticket",
        db_column_name="ticket",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="WaitingRow",
        tablename="registration_waiting",
        column_name="event",
        db_column_name="event",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.alter_column(
        table_class_name="WaitingRow",
        tablename="registration_waiting",
        column_name="ticket_type",
        db_column_name="ticket_type",
        params={"index": True},
        old_params={"index": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )
    manager.add_constraint(
        table_class_name="OrderRow",
        tablename="registration_order",
        constraint_name="registration_order_event_id_key",
        constraint_class=Unique,
        params={"columns": ["event", "id"], "nulls_distinct": True},
        schema=None,
    )
    manager.add_constraint(
        table_class_name="TicketRow",
        tablename="registration_ticket",
        constraint_name="registration_ticket_event_id_key",
        constraint_class=Unique,
        params={"columns": ["event", "id"], "nulls_distinct": True},
        schema=None,
    )
    return manager
