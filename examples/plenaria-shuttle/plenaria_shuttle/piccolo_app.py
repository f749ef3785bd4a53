"""The plugin's tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plenaria_shuttle.tables import Departure

APP_CONFIG = AppConfig(
    app_name="shuttle",  # the entry point's name
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[Departure],
    migration_dependencies=["plenaria.core.piccolo_app"],
)
