"""The agenda's tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plenaria.plugins.agenda.tables import (
    Release,
    Room,
    Session,
    SessionPart,
    SessionType,
    StagePerson,
    TimetableProposal,
    Track,
)

APP_CONFIG = AppConfig(
    app_name="agenda",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[Room, Track, SessionType, StagePerson, Session, SessionPart, Release, TimetableProposal],
    migration_dependencies=["plenaria.core.piccolo_app"],
)
