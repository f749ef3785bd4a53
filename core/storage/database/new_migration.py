"""Writes a migration file from the difference between an app's tables and its migrations.

    python -m plenaria.core.storage.database.new_migration agenda                     # what changed since the last migration
    python -m plenaria.core.storage.database.new_migration agenda --replace-initial   # throw all away, write the first anew

No database is needed. APP is `core`, the name of a plugin's entry point, the package of a plugin, or the folder of its
project: one whose pyproject.toml names the entry point, installed or not.
"""

import argparse
import asyncio
import io
import sys
import tomllib
from collections.abc import Sequence
from contextlib import redirect_stdout
from itertools import chain
from pathlib import Path
from typing import Any

import black
from piccolo import __VERSION__ as PICCOLO_VERSION
from piccolo.apps.migrations.auto import AlterStatements, DiffableTable, SchemaDiffer, SchemaSnapshot
from piccolo.conf.apps import AppConfig
from piccolo.constraints import Unique

from plenaria.core.host.plugins import GROUP, Unfit, piccolo_app
from plenaria.core.kernel import clock
from plenaria.core.storage.database.database import Database
from plenaria.core.storage.database.errors import DatabaseProblem
from plenaria.core.storage.database.indexes import unindexed_keys
from plenaria.core.storage.database.migrations import configured, dependencies_of, managers_of, migrations_of

_TEMPLATE = '''"""{description}

Written by `python -m plenaria.core.storage.database.new_migration {app}`; see docs/developer/migrations.md.
"""

# ruff: noqa
# mypy: ignore-errors

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
{imports}

{definitions}

ID = "{id}"
VERSION = "{version}"
DESCRIPTION = {description!r}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="{app}", description=DESCRIPTION)
{statements}
    return manager
'''


async def write_migration(
    app: AppConfig, *, replace_initial: bool = False, renamed: bool = False, description: str = ""
) -> Path | None:
    """The path of the file written; None when the tables are as the migrations say.

    With `replace_initial` every migration of the app is deleted first: only for an app that no installation
    has applied yet. Raises DatabaseProblem for tables that would not work on both engines.
    """
    alterations = await pending_changes(app, from_scratch=replace_initial, renamed=renamed)
    statements = list(chain.from_iterable(one.statements for one in alterations))
    if not statements:
        return None
    is_first = replace_initial or not migrations_of(app)
    if replace_initial:
        _delete_migrations(app)
    name = description or ("Create the tables" if is_first else "Change the tables")
    return _write(app, alterations, statements, name)


async def pending_changes(
    app: AppConfig, *, from_scratch: bool = False, renamed: bool = False
) -> list[AlterStatements]:
    """What the app's tables say and its migrations do not; `from_scratch` takes it as having no migrations.

    A column (or table) that went and one like it that came are two changes, or with `renamed` one renaming.

    Raises DatabaseProblem for tables that would not work on both engines.
    """
    every = [app, *dependencies_of(app)]
    _refuse_shared_names(every)
    _refuse_names_of_tables(every)
    _refuse_unwritten_values(app)
    # Any engine will do: nothing is asked of it, Piccolo only wants to know its kind.
    async with configured(Database("sqlite:///unused.sqlite3"), every):
        with redirect_stdout(io.StringIO()):  # Piccolo prints counts
            return _alterations(app, [] if from_scratch else await managers_of(app), renamed)


def _alterations(app: AppConfig, past: Sequence[Any], renamed: bool) -> list[AlterStatements]:
    snapshot = SchemaSnapshot(list(past)).get_snapshot()
    wanted = [
        DiffableTable(
            class_name=table.__name__,
            tablename=table._meta.tablename,
            columns=table._meta.non_default_columns,
            constraints=table._meta.constraints,
            schema=table._meta.schema,
        )
        for table in app.table_classes
    ]
    _refuse_changed_constraints(wanted, snapshot)
    return SchemaDiffer(
        schema=wanted, schema_snapshot=snapshot, auto_input="y" if renamed else "n"
    ).get_alter_statements()


def _write(app: AppConfig, alterations: list[AlterStatements], statements: list[str], description: str) -> Path:
    instant = clock.now().strftime("%Y-%m-%dT%H:%M:%S:%f")
    text = _TEMPLATE.format(
        description=description,
        app=app.app_name,
        imports="\n".join(sorted({repr(one) for one in chain.from_iterable(a.extra_imports for a in alterations)})),
        definitions="\n\n".join(
            sorted({repr(one) for one in chain.from_iterable(a.extra_definitions for a in alterations)})
        ),
        id=instant,
        version=PICCOLO_VERSION,
        statements="\n".join(f"    {statement}" for statement in statements),
    )
    folder = Path(app.resolved_migrations_folder_path)
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    path = folder / f"{app.app_name}_{instant.replace('-', '_').replace(':', '_').lower()}.py"
    path.write_text(black.format_str(text, mode=black.Mode(line_length=110)), encoding="utf-8")
    return path


def _delete_migrations(app: AppConfig) -> None:
    for migration in migrations_of(app):
        Path(str(migration.module.__file__)).unlink()


def _refuse_shared_names(apps: Sequence[AppConfig]) -> None:
    """On PostgreSQL a UNIQUE constraint is an index, whose name no other table may use."""
    seen: dict[str, str] = {}
    for table in chain.from_iterable(app.table_classes for app in apps):
        for constraint in table._meta.constraints:
            if not isinstance(constraint, Unique):
                continue
            name, owner = constraint._meta.name.lower(), table._meta.tablename
            if name in seen:
                raise DatabaseProblem(
                    f"{seen[name]} and {owner} both have a Unique named {name}; "
                    f"call it {owner}_{name} there: PostgreSQL keeps these names once for all tables."
                )
            seen[name] = owner


def _refuse_names_of_tables(apps: Sequence[AppConfig]) -> None:
    """Indexes and tables share their names on both engines."""
    tables = [table for app in apps for table in app.table_classes]
    names = {table._meta.tablename for table in tables}
    for table in tables:
        for column in table._meta.columns:
            name = table._get_index_name([column._meta.db_column_name])
            if column._meta.index and name in names:
                raise DatabaseProblem(
                    f"The index of {table._meta.tablename}.{column._meta.db_column_name} would be named {name}, "
                    f'which is a table; state it as a constraint, {name}_id_key = Unique([{column._meta.name}, "id"]).'
                )


def _refuse_unwritten_values(app: AppConfig) -> None:
    """Piccolo 1.38 writes `is_in([...])` in a Check as the representation of Python objects."""
    for table in app.table_classes:
        for constraint in table._meta.constraints:
            if "<piccolo" in constraint.ddl:
                raise DatabaseProblem(
                    f"Piccolo cannot write the condition of {constraint._meta.name}; state it as text: "
                    "Check(\"state IN ('draft', 'sent')\")."
                )


def _refuse_changed_constraints(wanted: list[DiffableTable], snapshot: list[DiffableTable]) -> None:
    """Piccolo compares constraints by name only and would miss a new condition under an old name."""
    before = {(t.class_name, c._meta.name): c.ddl for t in snapshot for c in t.constraints}
    for table in wanted:
        for constraint in table.constraints:
            name = constraint._meta.name
            if before.get((table.class_name, name), constraint.ddl) != constraint.ddl:
                raise DatabaseProblem(
                    f"The constraint {name} of {table.class_name} has changed; give it a new name, "
                    "so that the migration drops the old one and adds the new one."
                )


def app_of_project(folder: Path) -> AppConfig:
    """The Piccolo app of the plugin that the project in this folder is; it need not be installed.

    Raises `Unfit` for a folder that is no such project.
    """
    pyproject = folder / "pyproject.toml"
    document = tomllib.loads(pyproject.read_text(encoding="utf-8")) if pyproject.is_file() else {}
    entries = document.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if len(entries) != 1:
        raise Unfit(f"{pyproject} names {len(entries)} entry points in {GROUP}; a plugin's project names one")
    (module,) = entries.values()
    sys.path[:0] = [str(folder.resolve()), str(folder.resolve() / "src")]  # as the project itself would be imported
    return piccolo_app(str(module).partition(":")[0].rpartition(".")[0])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m plenaria.core.storage.database.new_migration", description=__doc__)
    parser.add_argument("app")
    parser.add_argument("--replace-initial", action="store_true", help="delete the app's migrations first")
    parser.add_argument("--renamed", action="store_true", help="what went and what came is the same, renamed")
    parser.add_argument("--description", default="", help="one line for the reader of the file")
    chosen = parser.parse_args(arguments)
    try:
        is_folder = "/" in chosen.app or Path(chosen.app, "pyproject.toml").is_file()
        app = app_of_project(Path(chosen.app)) if is_folder else piccolo_app(chosen.app)
        work = write_migration(
            app, replace_initial=chosen.replace_initial, renamed=chosen.renamed, description=chosen.description
        )
        path = asyncio.run(work)
    except (DatabaseProblem, Unfit) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Written: {path}" if path else "The tables are as the migrations say; nothing to write.")
    for key in unindexed_keys(app.table_classes):
        print(f"Warning: no index begins with the foreign key {key}; give it index=True.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
