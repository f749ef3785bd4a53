"""`plenaria plugin`: commands for writing one."""

import re
import sys
from pathlib import Path
from string import Template
from typing import Final

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

SCAFFOLD: Final = Path(__file__).parent / "scaffold"
"""The files of a new plugin: `.txt` at the end of each name is taken off, NAME in it filled in, `$name` in the text."""

BEFORE_ITS_NAME: Final = (
    "/",
    "/{event_slug:str}/",
    "/{event_slug:str}/organise/",
    "/api/v1/",
    "/api/v1/events/{event_slug:str}/",
)
"""What a plugin's own addresses have before its name."""


@click.group()
def plugin() -> None:
    """For developers: write a plugin as a distribution of its own."""


@plugin.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where the new folder is made; else here.",
)
def new(name: str, folder: Path) -> None:
    """Write the plugin NAME: a page, a console form, a table, an API, mail, Spanish and English, tests that pass."""
    from plenaria.core.kernel.i18n import fill, gettext

    refuse_name(name)
    project = folder / f"plenaria-{name.replace('_', '-')}"
    refuse_existing(project)
    write_project(project, name)
    migrate_project(project)
    click.echo(fill(gettext("Written: {path}"), {"path": project}))
    click.echo(f"  python -m pip install -e '{project}[test]'\n  python -m pytest {project}\n  plenaria plugins")


@plugin.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path())
@click.option("--renamed", is_flag=True, help="A column that went and one that came are the same, renamed.")
@click.option("--description", default="", help="One line that says what it changes.")
def migrate(folder: Path, renamed: bool, description: str) -> None:
    """Write the migration that the tables of the plugin in FOLDER need; it need not be installed."""
    from plenaria.core.storage.database.new_migration import main

    sys.exit(main([str(folder.resolve()), *["--renamed"] * renamed, f"--description={description}"]))


@plugin.command("remove-data")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_installation
def remove_data(installation: Installation, name: str, yes: bool) -> None:
    """Drop the tables and settings of the plugin NAME, over all events. Stop the service first; uninstall it afterwards."""
    from plenaria.core.kernel.i18n import fill, gettext
    from plenaria.core.kernel.settings import Misconfigured

    if name not in {app.app_name for app in installation.host.apps()} - {"core"}:
        raise Misconfigured(f"there is no plugin {name} with tables here; `plenaria plugins` lists them")
    if not yes:
        asked = gettext("Everything that the plugin {name} has stored is deleted. Go on?")
        click.confirm(fill(asked, {"name": name}), abort=True)
    run(_remove_data(installation, name))
    said = gettext("The data of {name} is gone. Uninstall it now, or name it in disabled_plugins: it would not start.")
    click.echo(fill(said, {"name": name}))


async def _remove_data(installation: Installation, name: str) -> None:
    from plenaria.core.events.services import forget_plugin
    from plenaria.core.kernel import clock
    from plenaria.core.storage.database import migrate_backwards

    async with installation.database() as database:
        await migrate_backwards(database, installation.host.apps(), name)
        await forget_plugin(name, by="cli", now=clock.now())


def refuse_name(name: str) -> None:
    """Raises `Misconfigured` for a name that no plugin can have here."""
    from plenaria.core.host.plugins import NAME, installed_names
    from plenaria.core.kernel.settings import Misconfigured

    if name == "core" or not NAME.fullmatch(name):
        raise Misconfigured(
            f"a plugin cannot be called {name!r}: at most 50 lower-case letters, digits and _, and not core"
        )
    if name.replace("_", "-") in core_words():
        raise Misconfigured(f"a plugin cannot be called {name!r}: the core has pages of that name")
    if name in installed_names():
        raise Misconfigured(f"a plugin called {name} is installed already; choose another name")


def core_words() -> set[str]:
    """What follows, in the core's addresses, where a plugin's word would stand."""
    from plenaria.core.app.routes import of_core
    from plenaria.core.host.plugins import PluginHost

    paths = [path for handler in of_core(PluginHost([])) for path in handler.paths]
    found = (path.removeprefix(before) for path in paths for before in BEFORE_ITS_NAME if path.startswith(before))
    return {word for rest in found if (word := rest.partition("/")[0]) and not word.startswith("{")}


def refuse_existing(project: Path) -> None:
    from plenaria.core.kernel.settings import Misconfigured

    if project.exists():
        raise Misconfigured(f"{project} exists already; nothing was written")


def write_project(project: Path, name: str) -> None:
    """Every file of the scaffold, filled in."""
    words = _words(name)
    for source in sorted(SCAFFOLD.rglob("*.txt")):
        relative = source.relative_to(SCAFFOLD).as_posix().removesuffix(".txt")
        relative = relative.replace("package_NAME", words["package"]).replace("NAME", name)
        path = project / re.sub(r"^dot_", ".", relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")


def _words(name: str) -> dict[str, str]:
    from plenaria.core.host.contributions import API_VERSION

    parts = name.split("_")
    return {
        "name": name,
        "package": f"plenaria_{name}",
        "distribution": f"plenaria-{name.replace('_', '-')}",
        "title": " ".join(parts).strip().capitalize(),
        "camel": "".join(part.capitalize() for part in parts),
        "api": ".".join(map(str, API_VERSION)),
    }


def migrate_project(project: Path) -> None:
    """The first migration, made from the files: nothing is installed yet."""
    from plenaria.core.storage.database.new_migration import app_of_project, write_migration

    run(write_migration(app_of_project(project)))
