"""The plugin's tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plenaria.plugins.registration.tables import OrderLinkRow, OrderRow, ScanRow, TicketRow, TicketTypeRow, WaitingRow

APP_CONFIG = AppConfig(
    app_name="registration",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[TicketTypeRow, OrderRow, OrderLinkRow, TicketRow, ScanRow, WaitingRow],
    migration_dependencies=["plenaria.core.piccolo_app"],
)
