"""The awards' tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plenaria.plugins.awards.tables import (
    AwardCategory,
    AwardRubric,
    Conflict,
    Nomination,
    NominationFile,
    Nominator,
    Receipt,
    Sheet,
)

APP_CONFIG = AppConfig(
    app_name="awards",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[AwardCategory, AwardRubric, Nomination, Nominator, NominationFile, Receipt, Sheet, Conflict],
    migration_dependencies=["plenaria.core.piccolo_app"],
)
