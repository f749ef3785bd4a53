"""The commands of those who run an installation: schema, plugins, the record of changes, copies."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from plenaria.core.kernel.ledger import Verdict
    from plenaria.core.kernel.values import RecordFinding
    from plenaria.core.storage.audit import HeadProblem, TreeHead


@click.command()
@pass_installation
def migrate(installation: Installation) -> None:
    """Bring the database to this version's schema: the core's and every plugin's."""
    for each in run(_migrate(installation)):
        click.echo(f"{each[0]}: {each[1]}")
    from plenaria.core.kernel.i18n import gettext

    click.echo(gettext("The schema is this version's."))


async def _migrate(installation: Installation) -> list[tuple[str, str]]:
    from plenaria.core.storage.database import migrate as bring_up

    async with installation.database(any_schema=True) as database:
        return [(each.app, each.id) for each in await bring_up(database, installation.host.apps())]


@click.command()
@pass_installation
def check(installation: Installation) -> None:
    """Check configuration, plugins and schema; ends with 2 and one line when something is wrong.

    Warns, one line each, of what is allowed but seldom meant on a server that others reach; warnings alone end with 0.
    """
    installation.whole_application()
    run(_check(installation))
    from plenaria.core.cli.cautions import about_retention, about_tables, cautions
    from plenaria.core.kernel.i18n import gettext

    settings = installation.settings
    click.echo(f"{gettext('Settings')}: {installation.config_file or '-'}")
    click.echo(f"{gettext('Database')}: {settings.database.partition(':')[0]}")
    click.echo(f"{gettext('Plugins')}: {', '.join(installation.host.plugins) or '-'}")
    click.echo(gettext("The schema is this version's."))
    found = cautions(settings, installation.config_file)
    for warning in [*found, *about_retention(), *about_tables(installation.host.tables())]:
        click.echo(f"{gettext('Warning')}: {warning}", err=True)
    if installation.host.broken:  # each was named when it was left out
        sys.exit(2)


async def _check(installation: Installation) -> None:
    from plenaria.core.storage import signing_keys

    signing_keys.load_or_create(Path(installation.settings.key_file))
    async with installation.database():
        pass


@click.command()
@pass_installation
def plugins(installation: Installation) -> None:
    """List the installed plugins, the broken and the disabled ones included."""
    from rich.console import Console
    from rich.table import Table

    installation.whole_application()
    table = Table("Name", "Version", "Distribution", "State", "Commands", "Error", box=None, pad_edge=False)
    table.columns[-1].overflow = "fold"
    commands = dict(installation.host.collect("register_commands"))
    for plugin in installation.host.plugins.values():
        names = ", ".join(str(command.name) for command in commands.get(plugin.name, ()))
        table.add_row(plugin.name, plugin.version, plugin.distribution, "loaded", names, "")
    for name in installation.settings.disabled_plugins:
        table.add_row(name, "", "", "disabled", "", "")
    for broken in installation.host.broken.values():
        table.add_row(broken.name, "", broken.distribution, "broken", "", broken.error)
    Console(soft_wrap=True).print(table)


@click.group()
def retention() -> None:
    """How long data is kept."""


@retention.command()
@pass_installation
def report(installation: Installation) -> None:
    """List what is kept, how long and why; a worker deletes what is over, every hour."""
    from plenaria.core.events import retention as kept
    from plenaria.core.kernel.i18n import gettext

    installation.whole_application()
    for _, kind in kept.kinds():
        click.echo(f"{kind.name}: {gettext(kind.title)}")
        click.echo(f"  {kept.period(kind)} {gettext(kind.why)}")


@click.group()
def audit() -> None:
    """The record of changes."""


@audit.command("head")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file.")
@pass_installation
def audit_head(installation: Installation, output: Path | None) -> None:
    """Print the signed head of the record as it is now; kept elsewhere, it is what `audit verify --anchor` takes."""
    from plenaria.core.storage.audit import heads

    text = heads.written(run(_head(installation)))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", "utf-8")


async def _head(installation: Installation) -> "TreeHead":
    from plenaria.core.kernel import clock
    from plenaria.core.storage import audit as record

    async with installation.database():
        await record.seal(now=clock.now())
        return await record.current_head(now=clock.now())


@audit.command("verify")
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    help="A head from earlier: the file that `audit head` wrote, or its SIZE:ROOT.",
)
@pass_installation
def audit_verify(installation: Installation, anchors: tuple[str, ...]) -> None:
    """Read the whole record and prove it, and compare it with what it is about; ends with 1 when something is wrong."""
    from plenaria.core.kernel.i18n import gettext

    verdict, wrong_heads, findings = run(_verify(installation, [_anchor(each) for each in anchors]))
    _say_verdict(verdict)
    _say_heads(wrong_heads)
    for finding in findings:
        click.echo(f"{finding.subject}: {finding.words}", err=True)
    if verdict.first_broken is not None or wrong_heads or findings:
        sys.exit(1)
    click.echo(gettext("No sealed line was changed, removed or moved."))


def _anchor(given: str) -> "TreeHead":
    from plenaria.core.kernel.settings import Misconfigured
    from plenaria.core.storage.audit import heads

    path = Path(given)
    try:
        return heads.read(path.read_text("utf-8") if path.is_file() else given)
    except ValueError as error:
        raise Misconfigured(f"{given}: {error}") from None


def _say_verdict(verdict: "Verdict") -> None:
    from plenaria.core.kernel.i18n import fill, gettext
    from plenaria.core.kernel.values import builtins

    click.echo(fill(gettext("Sealed: {sealed}, not yet sealed: {unsealed}"), builtins(verdict)))
    if (broken := verdict.first_broken) is not None:
        line = gettext("Broken: line {line_id}, at seal {no}: {reason}")
        if broken.line_id is None:
            line = gettext("Broken: a line is missing, at seal {no}: {reason}")
        click.echo(fill(line, builtins(broken)), err=True)
        click.echo(f"  {gettext('expected')}: {broken.expected or '-'}", err=True)
        click.echo(f"  {gettext('found')}: {broken.found or '-'}", err=True)


def _say_heads(problems: "list[HeadProblem]") -> None:
    from plenaria.core.kernel.i18n import fill, gettext

    words = {
        "shorter": gettext("the record is shorter now; sealed lines: {sealed}"),
        "other_root": gettext("its lines are not what they were"),
        "other_chain": gettext("its last seal is not what it was"),
        "bad_signature": gettext("its signature does not fit"),
    }
    for each in problems:
        reason = fill(words[each.reason], {"sealed": each.sealed})
        click.echo(fill(gettext("Head {head}: {reason}"), {"head": each.head.short, "reason": reason}), err=True)


async def _verify(
    installation: Installation, anchors: "list[TreeHead]"
) -> "tuple[Verdict, list[HeadProblem], list[RecordFinding]]":
    from plenaria.core.events.checking import verify_records
    from plenaria.core.storage import audit as record

    async with installation.database():
        return await record.verify(), await record.verify_heads(anchors), await verify_records()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_installation
def backup(installation: Installation, file: Path) -> None:
    """Copy the whole database into FILE, which must not exist yet; the service may run on meanwhile."""
    run(_backup(installation, file))
    from plenaria.core.kernel.i18n import fill, gettext

    message = gettext("Written: {path}. It holds personal data: keep it safe. The signing key {key} is not in it.")
    click.echo(fill(message, {"path": file, "key": installation.settings.key_file}))


async def _backup(installation: Installation, file: Path) -> None:
    from plenaria.core.storage.database.backup import backup as copy_out

    async with installation.database(any_schema=True) as database:
        await copy_out(database, file)


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--keep-in",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the database of before is kept; else beside it (SQLite) or beside FILE (PostgreSQL).",
)
@click.option(
    "--without-plugin",
    "without_plugins",
    multiple=True,
    help="Bring the data of this plugin back although it is not installed.",
)
@pass_installation
def restore(
    installation: Installation, file: Path, yes: bool, keep_in: Path | None, without_plugins: tuple[str, ...]
) -> None:
    """Make the database what it was when FILE was written; everything since is lost. Stop the service first.

    FILE is looked at whole before anything is touched, and the database of before is kept. For PostgreSQL it may be a dump of
    pg_dump in the custom, directory or tar format.

    Everybody has to sign in again, and what waited to be sent is kept back until you release or discard it (`mail`).
    """
    from plenaria.core.kernel.i18n import fill, gettext

    if not yes:
        click.confirm(gettext("Everything in the database now is replaced. Go on?"), abort=True)
    kept = run(_restore(installation, file, keep_in, without_plugins))
    if kept is not None:
        click.echo(fill(gettext("The database of before is kept: {path}"), {"path": kept}))
    click.echo(
        gettext("Restored. Run `plenaria migrate` if the backup is older than this version, then `plenaria check`.")
    )
    click.echo(
        gettext("Everybody has to sign in again. What waited to be sent is kept back: see `plenaria mail kept-back`.")
    )


async def _restore(
    installation: Installation, file: Path, keep_in: Path | None, without_plugins: tuple[str, ...]
) -> Path | None:
    from plenaria.core.kernel import clock
    from plenaria.core.people.services import END_EVERY_WAY_IN
    from plenaria.core.storage import outbox, signing_keys
    from plenaria.core.storage.audit import HEAD_FILE
    from plenaria.core.storage.database import alone
    from plenaria.core.storage.database import restore as copy_in

    async with installation.database(any_schema=True) as database, alone(database):
        kept = await copy_in(
            database,
            file,
            apps=installation.host.apps(),
            now=clock.now(),
            keep_in=keep_in,
            without_plugins=without_plugins,
            afterwards=outbox.KEEP_BACK_EVERYTHING | END_EVERY_WAY_IN,
        )
        signing_keys.set_aside_beside(HEAD_FILE)
        return kept


@click.group()
def migration() -> None:
    """For developers: the files that change the schema."""


@migration.command()
@click.argument("app")
@click.option("--replace-initial", is_flag=True, help="Delete the app's migrations first: nobody has applied them yet.")
@click.option("--description", default="", help="One line for the reader of the file.")
def new(app: str, replace_initial: bool, description: str) -> None:
    """Write the migration that brings APP's tables (core, or a plugin's name) to what the code says."""
    from plenaria.core.storage.database.new_migration import main

    arguments = [app, *["--replace-initial"] * replace_initial, f"--description={description}"]
    sys.exit(main(arguments))
