"""The core's tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.audit_tables import AuditLine, AuditSeal
from core.events.tables import Event, EventPlugin, MailOverride
from core.files_tables import StoredFile
from core.outbox_tables import OutboxLine
from core.people.tables import ApiToken, Grant, IdempotentAnswer, Person, RateCount, Session, SignInLink

APP_CONFIG = AppConfig(
    app_name="core",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[
        Event,
        EventPlugin,
        Person,
        MailOverride,
        SignInLink,
        Session,
        Grant,
        ApiToken,
        RateCount,
        IdempotentAnswer,
        OutboxLine,
        StoredFile,
        AuditLine,
        AuditSeal,
    ],
    migration_dependencies=[],
)
