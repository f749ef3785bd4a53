"""`plenaria event`: an event's file compared with the event, applied to it, written back from it."""

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.console import Console

    from plenaria.core.events.declared import Declaration
    from plenaria.core.events.readiness import Readiness
    from plenaria.core.forms import Change, Problem
    from plenaria.core.kernel.values import EventView, Refusal

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
            line = complaint(problem, file=str(self.path), toml_text=self.text, language=language)
            click.echo(line, err=True)
        self._end()

    def refused(self, refusals: "Iterable[Refusal]") -> NoReturn:
        """A plugin or a service refused what is well written."""
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
    from plenaria.core.events import declared

    async with installation.database():
        document = await declared.document_of(await _event(slug), team=with_team)
        return declared.as_text(document), document.get("missing", [])


@event.command()
@click.argument("source")
@click.argument("slug")
@click.option("--starts-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The copy's first day.")
@pass_installation
def copy(installation: Installation, source: str, slug: str, starts_on: "datetime") -> None:
    """Make the event SLUG with the set-up of SOURCE. Nothing about people goes along."""
    from plenaria.core.kernel.i18n import fill, gettext

    made = run(_copy(installation, source, slug, starts_on))
    facts = {"slug": made.slug, "starts_on": made.starts_on.isoformat()}
    click.echo(fill(gettext("Copied: {slug} begins on {starts_on} and is not public yet."), facts))


async def _copy(installation: Installation, source: str, slug: str, starts_on: "datetime") -> "EventView":
    from plenaria.core.events.copying import EventCopy, copy_event
    from plenaria.core.forms import check as checked
    from plenaria.core.kernel import clock

    async with installation.database():
        wanted = checked(EventCopy, {"slug": slug, "starts_on": starts_on.date()}).or_refuse()
        return await copy_event(await _event(source), wanted, owner=None, by="cli", now=clock.now())


@event.command()
@click.argument("slug")
@pass_installation
def check(installation: Installation, slug: str) -> None:
    """Say what is missing before the event can go public. Ends with 1 when something blocks."""
    found = run(_check(installation, slug))
    from plenaria.core.kernel.i18n import gettext

    marks = {"blocks": gettext("needed"), "advice": gettext("advice")}
    for item in found.items:
        click.echo(f"{marks[item.severity]}: {item.words} ({item.code}, {item.href})")
    if found.is_ready:
        click.echo(gettext("Nothing stands in the way of making it public."))
    sys.exit(0 if found.is_ready else _INVALID)


async def _check(installation: Installation, slug: str) -> "Readiness":
    from plenaria.core.events.readiness import readiness
    from plenaria.core.kernel import clock

    async with installation.database():
        return await readiness(await _event(slug), now=clock.now())


async def _event(slug: str) -> "EventView":
    from plenaria.core.events import queries
    from plenaria.core.kernel.values import Refusal, Refused

    found = await queries.event_by_slug(slug)
    if found is None:
        raise Refused(Refusal("unknown_event", {"event": slug}))
    return found


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
        line = f"{shown(change.before)} → {shown(change.after)}"
    else:
        line = shown(change.after if change.kind == "added" else change.before)
    console.print(f"[{style}]{sign} {escape(place)}[/{style}]: {escape(line)}")


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
