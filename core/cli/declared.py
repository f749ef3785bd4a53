"""`plenaria event`: an event's file compared with the event, applied to it, written back from it."""

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from plenaria.core.events.declared import Declaration
    from plenaria.core.forms import Change, Problem
    from plenaria.core.kernel.values import Refusal

_INVALID: Final = 1


@click.group()
def event() -> None:
    """Events declared in files (docs/organiser/event-files.md)."""


class EventFile:
    """A file and what it declares; `read` prints every problem with its line and ends with 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    def document(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise click.ClickException(f"{self.path}: not readable as TOML: {error}") from None

    def read(self, document: dict[str, Any] | None = None) -> "Declaration":
        from plenaria.core.events import declared

        checked = declared.read(self.document() if document is None else document)
        if checked.value is None:
            self.complain(checked.problems)
        return checked.value

    def complain(self, problems: "Iterable[Problem]") -> NoReturn:
        from plenaria.core.forms import complaint
        from plenaria.core.kernel.i18n import current_language

        language = current_language()
        for problem in sorted(problems, key=self._place):
            said = complaint(problem, file=str(self.path), toml_text=self.text, language=language)
            click.echo(said, err=True)
        self._end()

    def refused(self, refusals: "Iterable[Refusal]") -> NoReturn:
        """A plugin or a service said no to what is well written."""
        from plenaria.core.forms import line_of
        from plenaria.core.web.refusals import sentence

        for each in refusals:
            field = each.pointer.lstrip("/").replace("/", ".")
            place = f"{self.path}:{line_of(self.text, each.pointer)}: {field}" if field else str(self.path)
            click.echo(f"{place}: {sentence(each)}", err=True)
        self._end()

    def _end(self) -> NoReturn:
        from plenaria.core.kernel.i18n import gettext

        click.echo(gettext("Nothing was changed."), err=True)
        sys.exit(_INVALID)

    def _place(self, problem: "Problem") -> int:
        from plenaria.core.forms import line_of

        return line_of(self.text, problem.pointer)


_FILE: Final = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@event.command()
@_FILE
@pass_installation
def plan(installation: Installation, file: Path) -> None:
    """Show what `apply` would change. Changes nothing."""
    show(run(_plan(installation, EventFile(file))))


async def _plan(installation: Installation, file: EventFile) -> "list[Change]":
    from plenaria.core.events import declared

    async with installation.database():
        return await declared.plan(file.read())


@event.command()
@_FILE
@pass_installation
def apply(installation: Installation, file: Path) -> None:
    """Make the event what FILE says: all of it or nothing. A second time changes nothing."""
    show(run(_apply(installation, EventFile(file))), done=True)


async def _apply(installation: Installation, file: EventFile) -> "list[Change]":
    from plenaria.core.events import declared
    from plenaria.core.kernel import clock
    from plenaria.core.kernel.values import Refused

    async with installation.database():
        declaration = file.read()
        changes = await declared.plan(declaration)
        try:
            await declared.apply(declaration, by="cli", now=clock.now())
        except Refused as refused:
            file.refused(refused.refusals)
        return changes


@event.command()
@click.argument("slug")
@click.option("--with-team", is_flag=True, help="Write the team's addresses too.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
@pass_installation
def export(installation: Installation, slug: str, with_team: bool, output: Path | None) -> None:
    """Write the event as a file whose `plan` is empty."""
    text, missing = run(_export(installation, slug, with_team))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        from plenaria.core.kernel.i18n import fill, gettext

        click.echo(fill(gettext("Written: {path}"), {"path": output}))
    if missing:
        from plenaria.core.kernel.i18n import fill, gettext

        said = gettext("Not in the file, because these plugins could not say what they have: {plugins}")
        click.echo(f"plenaria: {fill(said, {'plugins': ', '.join(missing)})}", err=True)
        sys.exit(1)


async def _export(installation: Installation, slug: str, with_team: bool) -> tuple[str, list[str]]:
    """The file, and the plugins that are missing from it."""
    from plenaria.core.events import declared, queries
    from plenaria.core.kernel.values import Refusal, Refused

    async with installation.database():
        found = await queries.event_by_slug(slug)
        if found is None:
            raise Refused(Refusal("unknown_event", {"event": slug}))
        document = await declared.document_of(found, team=with_team)
        return declared.as_text(document), document.get("missing", [])


# -- showing changes -----------------------------------------------------------------------------------------------


def show(changes: "list[Change]", *, done: bool = False) -> None:
    """Print changes: + added, − removed, ~ changed with before → after."""
    from rich.console import Console

    from plenaria.core.kernel.i18n import fill, gettext

    console = Console(highlight=False, soft_wrap=True)
    if not changes:
        console.print(gettext("Nothing to change: the event is as declared."))
        return
    for change in changes:
        _show_one(console, change)
    counts = {kind: sum(each.kind == kind for each in changes) for kind in ("added", "changed", "removed")}
    summary = gettext("Done: {added} added, {changed} changed, {removed} removed.")
    if not done:
        summary = gettext("To do: {added} added, {changed} changed, {removed} removed.")
    console.print(fill(summary, counts))


def _show_one(console: "Console", change: "Change") -> None:
    from rich.markup import escape

    sign, style = {"added": ("+", "green"), "removed": ("−", "red"), "changed": ("~", "yellow")}[change.kind]
    place = change.pointer.lstrip("/").replace("/", ".").replace("~1", "/").replace("~0", "~")
    if change.kind == "changed":
        said = f"{shown(change.before)} → {shown(change.after)}"
    else:
        said = shown(change.after if change.kind == "added" else change.before)
    console.print(f"[{style}]{sign} {escape(place)}[/{style}]: {escape(said)}")


def shown(value: Any, most: int = 100) -> str:
    """A value on one line; a long one is cut."""
    from plenaria.core.kernel.values import builtins

    if isinstance(value, dict):
        text = "{ " + ", ".join(f"{key} = {shown(one, 40)}" for key, one in value.items()) + " }"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(shown(one, 40) for one in value) + "]"
    else:
        text = f"“{value}”" if isinstance(value, str) else str(builtins(value))
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
