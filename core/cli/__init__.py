"""`plenaria`: the command line. Heavy imports wait until a command runs, so that `--help` answers at once."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from plenaria.core.cli import declared, demo, doctor, mail, people, plugin, serving, upkeep
from plenaria.core.cli.installation import Installation, terminal_language
from plenaria.core.cli.receipt import receipt_command


class Commands(click.Group):
    """Our commands, and those of the plugins, which are only looked for when ours do not have the name."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _of_plugins(ctx).get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Errors that are answers become one clear line each: 2 for what is set up wrongly, 1 for a refusal."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from plenaria.core.cli.answers import answer_to

            answer = answer_to(error)
            if answer is None:
                raise
            for line in answer.lines:
                click.echo(f"plenaria: {line}", err=True)
            sys.exit(answer.exit_code)


def _of_plugins(ctx: click.Context) -> dict[str, click.Command]:
    installation = ctx.ensure_object(Installation)
    if "config" in ctx.params and installation.config is None:
        installation.config = ctx.params["config"]
    contributed = installation.host.collect("register_commands")
    return {str(command.name): command for _, commands in contributed for command in commands}


@click.group(cls=Commands, epilog="Plugins may add commands of their own: `plenaria plugins` names them.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="PLENARIA_CONFIG",
    help="The installation's settings (PLENARIA_CONFIG); else config/plenaria.toml where it exists, else defaults.",
)
@click.version_option(package_name="plenaria", prog_name="plenaria")
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Run congresses, their registrations, agendas and awards."""
    from plenaria.core.kernel.i18n import set_language

    ctx.ensure_object(Installation).config = config
    set_language(terminal_language(os.environ))


for each in (
    demo.command,
    serving.serve,
    serving.worker,
    upkeep.migrate,
    declared.event,
    people.person,
    mail.mail,
    upkeep.plugins,
    plugin.plugin,
    upkeep.audit,
    receipt_command,
    upkeep.backup,
    upkeep.retention,
    upkeep.restore,
    upkeep.check,
    doctor.doctor,
    upkeep.migration,
):
    main.add_command(each)
