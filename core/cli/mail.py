"""`plenaria mail`: what is kept back in the outbox, until an owner decides."""

from typing import TYPE_CHECKING

import click

from plenaria.core.cli.installation import Installation, pass_installation, run

if TYPE_CHECKING:
    from plenaria.core.storage.outbox import KeptBackLines


@click.group()
def mail() -> None:
    """Mail that is kept back: of a time without a mail server, or after a restore."""


@mail.command("kept-back")
@pass_installation
def kept_back(installation: Installation) -> None:
    """Say how much is kept back, since when, and how much of it is out of date."""
    show(run(_kept_back(installation)))


@mail.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_installation
def release(installation: Installation, yes: bool) -> None:
    """Send what is kept back, as far as it is not out of date: the worker does it."""
    from plenaria.core.kernel.i18n import gettext, ngettext

    show(run(_kept_back(installation)))
    if not yes:
        click.confirm(gettext("Send everything that is not out of date?"), abort=True)
    released = run(_release(installation))
    click.echo(ngettext("{n} line was released.", "{n} lines were released.", released).format(n=released))


@mail.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_installation
def drop(installation: Installation, yes: bool) -> None:
    """Discard the mails that are kept back, for good. Messages between plugins are delivered."""
    from plenaria.core.kernel.i18n import gettext, ngettext

    show(run(_kept_back(installation)))
    if not yes:
        click.confirm(gettext("Discard all these mails for good? Messages between plugins are delivered."), abort=True)
    discarded = run(_drop(installation))
    click.echo(ngettext("{n} mail was discarded.", "{n} mails were discarded.", discarded).format(n=discarded))


def show(lines: "KeptBackLines") -> None:
    from plenaria.core.kernel.i18n import fill, gettext
    from plenaria.core.kernel.values import builtins

    if not lines.mails and not lines.facts:
        click.echo(gettext("Nothing is kept back."))
        return
    words = gettext(
        "Kept back since {since}: {mails} mails ({late} of them out of date), {facts} messages between plugins."
    )
    click.echo(fill(words, builtins(lines)))


async def _kept_back(installation: Installation) -> "KeptBackLines":
    from plenaria.core.kernel import clock
    from plenaria.core.storage import outbox

    async with installation.database():
        return await outbox.kept_back(now=clock.now())


async def _release(installation: Installation) -> int:
    from plenaria.core.kernel import clock
    from plenaria.core.storage import outbox

    async with installation.database():
        return await outbox.release(by="cli", now=clock.now())


async def _drop(installation: Installation) -> int:
    from plenaria.core.kernel import clock
    from plenaria.core.storage import outbox

    async with installation.database():
        return await outbox.discard(by="cli", now=clock.now())
