"""The migrations that the core and the built-in plugins ship."""

from itertools import chain

import pytest
from piccolo.apps.migrations.auto import AlterStatements
from piccolo.conf.apps import AppConfig

from plenaria.core.storage.database import Database, migrate_backwards, schema_difference
from plenaria.core.storage.database.migrations import applied_migrations, in_dependency_order, migrations_of
from plenaria.core.storage.database.new_migration import pending_changes
from tests.storage import installed_apps


@pytest.mark.parametrize("app", installed_apps(), ids=lambda app: app.app_name)
async def test_every_change_of_a_table_has_its_migration(app: AppConfig) -> None:
    pending: list[AlterStatements] = await pending_changes(app)

    statements = list(chain.from_iterable(one.statements for one in pending))
    assert statements == [], f"run: python -m plenaria.core.storage.database.new_migration {app.app_name}"


def test_no_two_migration_files_share_a_name() -> None:
    names = [one.module.__name__.rpartition(".")[2] for app in installed_apps() for one in migrations_of(app)]

    assert len(names) == len(set(names))


async def test_a_migrated_database_matches_the_code(database: Database) -> None:
    assert await schema_difference(database, installed_apps()) == []


async def test_every_migration_can_be_undone(database: Database) -> None:
    apps = installed_apps()

    for app in reversed(in_dependency_order(apps)):
        await migrate_backwards(database, apps, app.app_name)

    assert await applied_migrations(database) == []
