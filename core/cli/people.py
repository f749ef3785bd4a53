"""`plenaria person`: giving somebody a role and a way in."""

import click

from plenaria.core.cli.installation import Installation, pass_installation, run


def one_address(typed: str) -> str:
    """The argument EMAIL: one whole address, as every form takes it."""
    import re

    from plenaria.core.kernel.values import EMAIL

    if not re.fullmatch(EMAIL, typed):
        raise click.BadParameter(f"“{typed}” is no e-mail address, as in name@example.org")
    return typed


@click.group()
def person() -> None:
    """People and their roles."""


@person.command()
@click.argument("email", callback=lambda *given: one_address(given[2]))
@click.option(
    "--event", "slug", default="", help="The event's slug; without it the role holds in the whole installation."
)
@click.option(
    "--role", required=True, help="owner, organiser, programme, finance, door, juror, or one that a plugin adds."
)
@click.option("--show-link", is_flag=True, help="Print a sign-in link as well, good once and for a week.")
@pass_installation
def invite(installation: Installation, email: str, slug: str, role: str, show_link: bool) -> None:
    """Give EMAIL a role in an event, or in the whole installation, and mail them a way in."""
    link = run(_invite(installation, email, slug, role, show_link))
    click.echo(f"{email}: {role}, {slug or installation.settings.title}")
    if link:
        click.echo(link)


@person.command()
@click.argument("email")
@click.option("--at-once", is_flag=True, help="Erase now instead of after the days of the settings.")
@pass_installation
def erase(installation: Installation, email: str, at_once: bool) -> None:
    """Block the account of EMAIL, and have its data erased: by the worker when it is due, or at once (also later on)."""
    from plenaria.core.kernel.i18n import fill, gettext

    lines, due = run(_erase(installation, email, at_once))
    for line in lines:
        click.echo(line)
    click.echo(fill(gettext("Erased.") if at_once else gettext("Blocked; to be erased on {day}."), {"day": due}))


@person.command("reset-factors")
@click.argument("email")
@pass_installation
def reset_factors(installation: Installation, email: str) -> None:
    """Remove the second factor and the passkeys of EMAIL, who lost the device, and sign them out everywhere."""
    run(_reset_factors(installation, email))
    click.echo(f"{email}: {installation.settings.address}/sign-in")


async def _reset_factors(installation: Installation, email: str) -> None:
    from plenaria.core.kernel import clock
    from plenaria.core.people import services

    async with installation.database():
        await services.reset_factors(email, by="cli", now=clock.now())


async def _erase(installation: Installation, email: str, at_once: bool) -> tuple[list[str], str]:
    from plenaria.core.kernel import clock
    from plenaria.core.kernel.values import Refusal, Refused
    from plenaria.core.me import erasure

    now = clock.now()
    async with installation.database():
        found = await erasure.person_at(email)
        if found is None:
            raise Refused(Refusal("not_your_address"))
        lines = [
            f"{part.plugin}: {line.what} ({line.fate})" for part in await erasure.preview(found) for line in part.lines
        ]
        due_at = await erasure.ask(
            found, address=email, by="cli", settings=installation.settings, now=now, at_once=at_once
        )
        if at_once and not await erasure.erase_due(now=now, only=found):
            raise Refused(Refusal("plugin_failed", {"plugin": await erasure.failed_in(found)}))
        return lines, due_at.date().isoformat()


async def _invite(installation: Installation, email: str, slug: str, role: str, show_link: bool) -> str:
    from datetime import timedelta

    from plenaria.core.events import queries
    from plenaria.core.kernel import clock
    from plenaria.core.kernel.values import Refusal, Refused
    from plenaria.core.people import services
    from plenaria.core.storage.database import transaction

    settings, now = installation.settings, clock.now()
    async with installation.database(), transaction():
        event = await queries.event_by_slug(slug) if slug else None
        if slug and event is None:
            raise Refused(Refusal("unknown_event", {"event": slug}))
        invited = await services.invite(
            email,
            role,
            event=event,
            visit_by="cli",
            granted_by=None,
            may_grant_owner=True,
            settings=settings,
            now=now,
            language=event.language if event else "",
        )
        if not show_link:
            return ""
        week = timedelta(days=services.INVITATION_DAYS)
        secret = await services.new_link(
            invited.email, next_page=f"/{slug}/organise" if slug else "/", valid_for=week, now=now
        )
        return f"{settings.address}/sign-in/{secret}"
