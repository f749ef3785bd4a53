"""Change the tables

Written by `python -m plenaria.core.storage.database.new_migration registration`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check

ID = "2026-11-28T18:56:07:980200"
VERSION = "1.38.0"
DESCRIPTION = "Change the tables"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="registration", description=DESCRIPTION)
    manager.add_column(
        table_class_name="OrderLinkRow",
        tablename="registration_order_link",
        column_name="confirms",
        db_column_name="confirms",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )
    manager.drop_constraint(
        table_class_name="OrderRow",
        tablename="registration_order",
        constraint_name="registration_order_known_state",
        schema=None,
    )
    manager.add_constraint(
        table_class_name="OrderRow",
        tablename="registration_order",
        constraint_name="registration_order_has_state",
        constraint_class=Check,
        params={"condition": "state IN ('unconfirmed', 'awaiting_payment', 'confirmed', 'cancelled', 'expired')"},
        schema=None,
    )
    return manager
