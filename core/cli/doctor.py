"""`doctor`: what somebody who helps from outside needs to know, as JSON, without personal data and without secrets."""

import json
import platform
import shutil
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from msgspec import Struct

    from plenaria.core.storage.database import Database

PACKAGES: Final = ("litestar", "piccolo", "msgspec", "pluggy", "icalendar", "uvicorn", "asyncpg", "typst", "tzdata")


@click.command()
@pass_installation
def doctor(installation: Installation) -> None:
    """Print what support needs to know: versions, plugins, schema, sizes. No personal data, no secrets."""
    installation.whole_application()
    click.echo(json.dumps(run(_findings(installation)), indent=2, ensure_ascii=False, default=str))


async def _findings(installation: Installation) -> dict[str, Any]:
    async with installation.database(any_schema=True) as database:
        return {
            "plenaria": version("plenaria"),
            "python": platform.python_version(),
            "system": platform.platform(),
            "packages": {name: _version(name) for name in PACKAGES},
            "settings": changed_settings(installation.settings),
            "warnings": _warnings(installation),
            "plugins": _plugins(installation),
            "database": await _of_database(installation, database),
            "free_disk_mb": shutil.disk_usage(".").free // 1_000_000,
        }


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def changed_settings(settings: "Struct", default: "Struct | None" = None) -> dict[str, Any]:
    """The settings that are not the default's. Of texts only that they are set: any may hold a name or a secret."""
    from msgspec import Struct

    default = type(settings)() if default is None else default
    found: dict[str, Any] = {}
    for name in settings.__struct_fields__:
        value, usual = getattr(settings, name), getattr(default, name)
        if value != usual:
            is_plain = isinstance(value, (bool, int, float))
            found[name] = value if is_plain else "(set)"
            if isinstance(value, Struct) and isinstance(usual, Struct):
                found[name] = changed_settings(value, usual)
    return found


def _warnings(installation: Installation) -> int:
    from plenaria.core.cli.cautions import about_tables, cautions

    found = cautions(installation.settings, installation.config_file)
    return len([*found, *about_tables(installation.host.tables())])


def _plugins(installation: Installation) -> list[dict[str, str]]:
    loaded = [
        {"name": each.name, "version": each.version, "state": "loaded"} for each in installation.host.plugins.values()
    ]
    disabled = [{"name": name, "version": "", "state": "disabled"} for name in installation.settings.disabled_plugins]
    broken = [{"name": each.name, "version": "", "state": "broken"} for each in installation.host.broken.values()]
    return [*loaded, *disabled, *broken]


async def _of_database(installation: Installation, database: "Database") -> dict[str, Any]:
    from plenaria.core.storage.database import schema_difference

    rows = {table._meta.tablename: await _count(table) for table in installation.host.tables()}
    return {
        "kind": database.dialect,
        "version": await _server_version(database),
        "schema_difference": await schema_difference(database, installation.host.apps()),
        "rows": rows,
    }


async def _count(table: Any) -> int | str:
    try:
        return int(await table.count())
    except Exception as error:  # a table that is not there yet is a finding, not the end
        return type(error).__name__


async def _server_version(database: "Database") -> str:
    question = {"sqlite": "SELECT sqlite_version() AS version", "postgres": "SHOW server_version"}[database.dialect]
    (row,) = await database.fetch(question)
    return str(next(iter(row.values())))
