"""The core's tables and migrations, as Piccolo finds them."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.mail.tables import MailOverride
from plenaria.core.people.tables import (
    ApiToken,
    Erasure,
    Grant,
    Identity,
    Passkey,
    Person,
    Session,
    SignInAttempt,
    SignInLink,
)
from plenaria.core.storage.audit.tables import AuditHead, AuditLine, AuditSeal
from plenaria.core.storage.files.tables import StoredFile
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.core.storage.readiness.tables import Probe
from plenaria.core.storage.requests.tables import IdempotentAnswer, RateCount

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
        Erasure,
        SignInAttempt,
        Identity,
        Passkey,
        RateCount,
        IdempotentAnswer,
        OutboxLine,
        StoredFile,
        AuditLine,
        AuditSeal,
        AuditHead,
        Probe,
    ],
    migration_dependencies=[],
)
