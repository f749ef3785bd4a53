"""`plenaria demo`: a sample installation of its own, made anew, with somebody of every role, served at once."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from plenaria.core.cli.declared import EventFile
from plenaria.core.cli.installation import Installation, run
from plenaria.core.cli.serving import listen, run_server

if TYPE_CHECKING:
    import socket
    from datetime import datetime

    from rich.console import Console

    from plenaria.core.host.visit import PersonView
    from plenaria.core.kernel.values import EventView

SAMPLE_EVENTS: Final = Path(__file__).parents[2] / "config" / "events"
LINKS_LAST: Final = timedelta(days=1)

People = dict[str, "list[PersonView]"]
Loaded = tuple["EventView", int, dict[str, str]]
"""An event, the weeks it was moved by, and a sign-in address by role."""


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--fresh/--keep", default=True, show_default=True, help="Begin anew, or go on with the last demo's data.")
@click.option("--as-published", is_flag=True, help="Keep the files' own dates, even when everything in them is over.")
@click.option("--event", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where its data lies (var/demo-PORT).")
@click.option("--no-serve", is_flag=True, help="Make the data, print the links, end.")
def command(
    port: int, fresh: bool, as_published: bool, files: tuple[Path, ...], folder: Path | None, no_serve: bool
) -> None:
    """Serve the sample events with sample people, and print a sign-in link for each role.

    Its own SQLite database under var/; mail is kept and can be read in the console; nothing leaves this computer.
    """
    listening = None if no_serve else listen("127.0.0.1", port)  # first: another demo may be using its data
    installation = _installation(folder or Path(f"var/demo-{port}"), port, fresh=fresh)
    chosen = list(files) or sorted(SAMPLE_EVENTS.glob("*.toml"))
    _print(installation, run(_load(installation, chosen, as_published=as_published)))
    if listening is not None:
        _serve(installation, listening)


def _installation(folder: Path, port: int, *, fresh: bool) -> Installation:
    database = folder / "demo.sqlite3"
    folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        for ending in ("", "-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
    overrides = {
        "database": f"sqlite:///{database}",
        "key_file": str(folder / "signing-key.pem"),
        "address": f"http://127.0.0.1:{port}",
        "development": True,
    }
    return Installation(overrides=overrides, environment={})


async def _load(installation: Installation, files: list[Path], *, as_published: bool) -> list[Loaded]:
    from plenaria.core.kernel import clock
    from plenaria.core.storage.database import migrate

    now = clock.now()
    async with installation.database(any_schema=True) as database:
        await migrate(database, installation.host.apps())
        loaded: list[Loaded] = []
        for path in files:
            loaded.append(await _load_event(installation, EventFile(path), as_published=as_published, now=now))
        return loaded


async def _load_event(installation: Installation, file: EventFile, *, as_published: bool, now: "datetime") -> Loaded:
    from plenaria.core.cli import sample
    from plenaria.core.events import queries
    from plenaria.core.events.moving import moved, weeks_to_open

    document = _of_loaded_plugins(installation, file.document())
    declaration = file.read(document)
    known = await queries.event_by_slug(declaration.slug)
    weeks = 0 if as_published or known else weeks_to_open(document, now)
    event = known or await _apply(file, moved(document, weeks), now=now)
    people = await sample.people(event, now=now)
    if known is None:
        await sample.contribute(installation.host, event, people, now=now)
    return event, weeks, await _links(installation, event, people, now=now)


async def _apply(file: EventFile, document: dict[str, Any], *, now: "datetime") -> "EventView":
    from plenaria.core.events import declared
    from plenaria.core.kernel.values import Refused

    try:
        return await declared.apply(file.read(document), by="cli", now=now)
    except Refused as refused:
        file.refused(refused.refusals)


def _of_loaded_plugins(installation: Installation, document: dict[str, Any]) -> dict[str, Any]:
    """The document without the plugins that this environment lacks: the demo shows what is there."""
    tables = document.get("plugins", {})
    here = {name: table for name, table in tables.items() if name in installation.host.plugins}
    return {**document, "plugins": here}


async def _links(
    installation: Installation, event: "EventView", people: "People", *, now: "datetime"
) -> dict[str, str]:
    from plenaria.core.cli import sample
    from plenaria.core.people.services import new_link

    links = {}
    for role, members in people.items():
        page = sample.start_page(installation.host, role, event.slug)
        secret = await new_link(members[0].email, next_page=page, valid_for=LINKS_LAST, now=now)
        links[role] = f"{installation.settings.address}/sign-in/{secret}"
    return links


def _print(installation: Installation, loaded: list[Loaded]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for event, weeks, links in loaded:
        _print_event(console, installation.settings.address, event, weeks, links)
    from plenaria.core.kernel.i18n import gettext

    console.print(f"\n[bold]Plenaria: {installation.settings.address}[/bold]   ({gettext('Ctrl-C ends')})")


def _print_event(console: "Console", address: str, event: "EventView", weeks: int, links: dict[str, str]) -> None:
    from plenaria.core.kernel.i18n import current_language, fill, gettext
    from plenaria.core.kernel.values import in_language

    name = in_language(event.name, current_language())
    console.print(f"\n[bold]{name}[/bold]  {address}/{event.slug}")
    console.print(f"{event.starts_on} – {event.ends_on}, {event.venue}")
    if weeks:
        message = gettext(
            "Dates moved by {weeks} weeks so that everything is open; --as-published keeps the true dates."
        )
        console.print(f"[yellow]{fill(message, {'weeks': weeks})}[/yellow]")
    console.print(gettext("Sign in as (each link once, for a day):"))
    for role, link in links.items():
        console.print(f"  {role:<10} {link}")
    kept = gettext("No mail leaves; the organiser reads it here:")
    console.print(f"{kept} {address}/{event.slug}/organise/outbox")


def _serve(installation: Installation, listening: "socket.socket") -> None:
    from plenaria.core.app import create_app
    from plenaria.core.kernel import logs

    logs.configure(development=True)
    app = create_app(installation.settings, host=installation.host, with_worker=True)
    run_server(app, listening, installation.settings.serve)
