"""Bringing a database to the schema that this code knows, and telling whether it is there.

The migrations are Piccolo's files and are read by Piccolo's manager. What differs from `piccolo migrations
forwards`: several processes may migrate at once, a migration's own line is written in its transaction, SQLite
can alter tables, modules of two apps with the same file name do not mix, and going back refuses while a
later app depends on it.
"""

import asyncio
import io
import os
import sys
import warnings
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.conf.apps import AppConfig, AppRegistry
from piccolo.table import Table

from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.postgres import PooledPostgresEngine
from plenaria.core.storage.database.stamp import CORE, stamp
from plenaria.core.storage.database.transaction import open_transaction

_CONF = "plenaria.core.storage.database.piccolo_conf_while_migrating"
_LOCK = "plenaria migrations"

_CREATE_TABLE = {
    "sqlite": (
        'CREATE TABLE IF NOT EXISTS "migration" ("id" INTEGER PRIMARY KEY NOT NULL, '
        "\"name\" VARCHAR(200) NOT NULL DEFAULT '', \"app_name\" VARCHAR(200) NOT NULL DEFAULT '', "
        '"ran_on" TIMESTAMP NOT NULL DEFAULT current_timestamp)'
    ),
    "postgres": (
        'CREATE TABLE IF NOT EXISTS "migration" ("id" SERIAL PRIMARY KEY NOT NULL, '
        "\"name\" VARCHAR(200) NOT NULL DEFAULT '', \"app_name\" VARCHAR(200) NOT NULL DEFAULT '', "
        '"ran_on" TIMESTAMP NOT NULL DEFAULT current_timestamp)'
    ),
}


@dataclass(frozen=True)
class Migration:
    """One migration file of an app."""

    app: str
    id: str
    module: ModuleType


@dataclass(frozen=True)
class Applied:
    """A migration that has been run on the database."""

    app: str
    id: str


async def migrate(database: Database, apps: Iterable[AppConfig]) -> list[Applied]:
    """Runs every migration that has not run yet, in dependency order; returns those that this call ran.

    Each runs in a transaction of its own together with the line that says so. Any number of processes may
    do this at once: each waits for its turn at every migration and skips what another has done meanwhile.
    Raises DatabaseProblem for a database that holds migrations unknown to this code.
    """
    ordered = in_dependency_order(apps)
    async with configured(database, ordered):
        await _refuse_a_newer_schema(database, ordered)
        ran = []
        for migration in [one for app in ordered for one in migrations_of(app)]:
            if await _run_once(database, migration):
                ran.append(Applied(migration.app, migration.id))
        await stamp(database, core_migrations=sum(one.app == CORE for one in await applied_migrations(database)))
        return ran


async def migrate_backwards(
    database: Database, apps: Iterable[AppConfig], app_name: str, *, to: str = ""
) -> list[Applied]:
    """Undoes an app's migrations, the newest first, down to and excluding `to` ("" undoes all).

    Raises DatabaseProblem while an app that depends on it has migrations applied: its tables would be left
    pointing nowhere.
    """
    ordered = in_dependency_order(apps)
    app = _named(ordered, app_name)
    async with configured(database, ordered):
        applied = await applied_migrations(database)
        _refuse_with_dependants(app, ordered, applied)
        undone = []
        for migration in reversed(migrations_of(app)):
            if migration.id <= to:
                break
            if await _undo_once(database, migration):
                undone.append(Applied(migration.app, migration.id))
        return undone


async def schema_difference(database: Database, apps: Iterable[AppConfig]) -> list[str]:
    """What keeps this code from serving on this database, a sentence each; [] when the schema matches.

    The tables of an app that is not among these (a plugin that was taken out) stay as they are and do not count.
    """
    ordered = in_dependency_order(apps)
    names = {app.app_name for app in ordered}
    known = [Applied(one.app, one.id) for app in ordered for one in migrations_of(app)]
    applied = await applied_migrations(database)
    missing = [f"{one.app}: the migration {one.id} has not been applied" for one in known if one not in applied]
    unknown = [
        f"{one.app}: the database has the migration {one.id}, which this code does not know"
        for one in applied
        if one.app in names and one not in known
    ]
    return missing + unknown


async def applied_migrations(database: Database) -> list[Applied]:
    """What has been run, in the order of running; [] for an empty database."""
    if not await _has_migration_table(database):
        return []
    rows = await database.fetch('SELECT "app_name", "name" FROM "migration" ORDER BY "id"')
    return [Applied(row["app_name"], row["name"]) for row in rows]


def in_dependency_order(apps: Iterable[AppConfig]) -> list[AppConfig]:
    """The apps so that each comes after those it depends on, otherwise by name; equal input, equal order."""
    by_name: dict[str, AppConfig] = {}
    for app in apps:
        if app.app_name in by_name:
            raise DatabaseProblem(f"Two Piccolo apps are named {app.app_name}.")
        by_name[app.app_name] = app
    needs = {name: {one.app_name for one in dependencies_of(app)} for name, app in sorted(by_name.items())}
    for name, wanted in needs.items():
        if absent := sorted(wanted - by_name.keys()):
            raise DatabaseProblem(f"The app {name} depends on {', '.join(absent)}, which is not installed.")
    try:
        return [by_name[name] for name in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        raise DatabaseProblem(f"Piccolo apps depend on each other in a circle: {error.args[1]}.") from error


def dependencies_of(app: AppConfig) -> list[AppConfig]:
    """The apps named in `migration_dependencies` (modules that hold an APP_CONFIG)."""
    return list(app.migration_dependency_app_configs)


def migrations_of(app: AppConfig) -> list[Migration]:
    """The app's migration files, oldest first, each as a fresh module.

    Fresh, because Piccolo notes the engine on the tables of a migration module; and under a name of its own,
    because Piccolo imports by bare file name, so that two apps with equal names would share a module.
    """
    folder = Path(app.resolved_migrations_folder_path)
    files = sorted(folder.glob("*.py")) if folder.is_dir() else []
    modules = [_loaded(app.app_name, path) for path in files if path.name != "__init__.py"]
    found = [Migration(app.app_name, module.ID, module) for module in modules if hasattr(module, "ID")]
    return sorted(found, key=lambda one: one.id)


async def managers_of(app: AppConfig) -> list[MigrationManager]:
    """What each migration of the app does, oldest first."""
    managers = [await one.module.forwards() for one in migrations_of(app)]
    return [one for one in managers if isinstance(one, MigrationManager)]


class _Manager(MigrationManager):
    """Piccolo's manager with earlier tables looked up through our loader and SQLite's rebuilds."""

    apps: Sequence[AppConfig] = ()

    async def get_table_from_snapshot(
        self,
        table_class_name: str,
        app_name: str | None,
        offset: int = 0,
        migration_id: str | None = None,
    ) -> type[Table]:
        managers = await managers_of(_named(self.apps, app_name or self.app_name))
        until = [one for one in managers if one.migration_id <= (migration_id or self.migration_id)]
        snapshot = SchemaSnapshot(managers=until[:offset] if offset else until)
        return snapshot.get_table_from_snapshot(table_class_name=table_class_name).to_table_class()


async def _run_once(database: Database, migration: Migration) -> bool:
    async with _turn(database):
        if await _has_run(database, migration):
            return False
        await _run(database, migration, backwards=False)
        await database.fetch(
            _placeholders(database, 'INSERT INTO "migration" ("name", "app_name") VALUES (?, ?)'),
            migration.id,
            migration.app,
        )
        return True


async def _undo_once(database: Database, migration: Migration) -> bool:
    async with _turn(database):
        if not await _has_run(database, migration):
            return False
        await _run(database, migration, backwards=True)
        await database.fetch(
            _placeholders(database, 'DELETE FROM "migration" WHERE "name" = ? AND "app_name" = ?'),
            migration.id,
            migration.app,
        )
        return True


async def _run(database: Database, migration: Migration, *, backwards: bool) -> None:
    response = await migration.module.forwards()
    if not isinstance(response, MigrationManager):
        return
    manager = _Manager(**vars(response))
    manager.apps = list(sys.modules[_CONF].APP_REGISTRY.app_configs.values())
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # Piccolo prints its progress, and warns that SQLite does not enforce lengths.
            warnings.simplefilter("ignore")
            await manager.run(backwards=backwards)
    except Exception as error:
        raise DatabaseProblem(f"The migration {migration.id} of {migration.app} failed: {error}") from error


@asynccontextmanager
async def _turn(database: Database) -> AsyncIterator[None]:
    """A transaction that excludes other migrating processes, with SQLite's foreign keys off."""
    engine = database.engine
    if isinstance(engine, PooledPostgresEngine):
        # Another process that migrates may take long: the one that waits for it must not give up.
        async with engine.transaction(without_limits=True) as running:
            await running.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [_LOCK])
            yield
        return
    async with engine.transaction(without_foreign_keys=True) as running:
        yield
        await _refuse_dangling_keys(running)


async def _refuse_dangling_keys(running: Any) -> None:
    dangling = await running.execute("PRAGMA foreign_key_check")
    if dangling:
        first = dangling[0]
        raise DatabaseProblem(
            f"{len(dangling)} rows would point nowhere, the first in {first['table']} to {first['parent']}."
        )


async def _has_run(database: Database, migration: Migration) -> bool:
    await database.fetch(_CREATE_TABLE[database.dialect])
    rows = await database.fetch(
        _placeholders(database, 'SELECT 1 FROM "migration" WHERE "name" = ? AND "app_name" = ?'),
        migration.id,
        migration.app,
    )
    return bool(rows)


async def _has_migration_table(database: Database) -> bool:
    if database.dialect == "sqlite":
        rows = await database.fetch("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'")
    else:
        rows = await database.fetch("SELECT 1 WHERE to_regclass('migration') IS NOT NULL")
    return bool(rows)


async def _refuse_a_newer_schema(database: Database, ordered: Sequence[AppConfig]) -> None:
    """An app that is not installed any more keeps its tables; one that is installed must know its past."""
    known = {(one.app, one.id) for app in ordered for one in migrations_of(app)}
    names = {app.app_name for app in ordered}
    for one in await applied_migrations(database):
        if one.app in names and (one.app, one.id) not in known:
            raise DatabaseProblem(
                f"The database has the migration {one.id} of {one.app}, which this code does not know: "
                "it was written by a newer release. Install that release, or restore a backup."
            )


def _refuse_with_dependants(app: AppConfig, ordered: Sequence[AppConfig], applied: Sequence[Applied]) -> None:
    active = {one.app for one in applied}
    dependants = [
        one.app_name
        for one in ordered
        if one.app_name in active and app.app_name in {needed.app_name for needed in dependencies_of(one)}
    ]
    if dependants:
        raise DatabaseProblem(f"{app.app_name} cannot go back: undo {', '.join(dependants)} first.")


def _named(apps: Iterable[AppConfig], name: str) -> AppConfig:
    for app in apps:
        if app.app_name == name:
            return app
    raise DatabaseProblem(f"There is no Piccolo app named {name}.")


def _placeholders(database: Database, sql: str) -> str:
    if database.dialect == "sqlite":
        return sql
    parts = sql.split("?")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], start=1)) + parts[-1]


def _loaded(app_name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(f"plenaria_migrations.{app_name}.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise DatabaseProblem(f"The migration {path} cannot be read.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def configured(database: Database, apps: Sequence[AppConfig]) -> AsyncIterator[None]:
    """Piccolo asks a module named by PICCOLO_CONF for its engine and apps; meanwhile it is this one."""
    if open_transaction(database.engine) is not None:
        raise DatabaseProblem("Migrations cannot run inside a transaction.")
    # Another migration may be running, perhaps in another loop of this process: there is no event to wait for.
    while _CONF in sys.modules:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    conf: Any = ModuleType(_CONF)
    conf.DB = database.engine
    conf.APP_REGISTRY = AppRegistry()
    conf.APP_REGISTRY.app_configs.update({app.app_name: app for app in apps})
    sys.modules[_CONF] = conf
    before = os.environ.get("PICCOLO_CONF")
    os.environ["PICCOLO_CONF"] = _CONF
    try:
        yield
    finally:
        del sys.modules[_CONF]
        if before is None:
            del os.environ["PICCOLO_CONF"]
        else:
            os.environ["PICCOLO_CONF"] = before
