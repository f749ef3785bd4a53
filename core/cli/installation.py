"""What every command starts from: the installation's settings, its plugins and its database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from plenaria.core.host.plugins import PluginHost
    from plenaria.core.kernel.settings import Settings
    from plenaria.core.storage.database import Database

T = TypeVar("T")

USUAL_CONFIG: Final = Path("config/plenaria.toml")


@dataclass
class Installation:
    """One installation, as `--config` names it. Everything is made when it is first asked for."""

    config: Path | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] | None = None
    """Read instead of the process's own when given (the demo takes nothing from outside)."""

    @cached_property
    def settings(self) -> "Settings":
        """Raises `Misconfigured`."""
        from plenaria.core.kernel.settings import load

        return load(self.config_file, self.environment, **self.overrides)

    @property
    def config_file(self) -> Path | None:
        if self.config is None and self.environment is None and USUAL_CONFIG.is_file():
            return USUAL_CONFIG
        return self.config

    @cached_property
    def host(self) -> "PluginHost":
        """The plugins, with everything they contribute handed to the core."""
        from plenaria.core.app import prepare
        from plenaria.core.host.plugins import PluginHost
        from plenaria.core.kernel import logs

        is_terminal = not logs.is_configured()
        if is_terminal:
            logs.configure(development=True, level=logging.CRITICAL)
        host = PluginHost.discover(disabled=self.settings.disabled_plugins)
        prepare(self.settings, host)
        if is_terminal:
            _name_left_out(host, ())
        return host

    def whole_application(self) -> None:
        """Make what the server serves, for a command that says which plugins it would leave out: their routes are tried too."""
        from plenaria.core.app import create_app
        from plenaria.core.app.fitness import examine

        known = list(self.host.broken)
        examine(self.host, self.settings, thorough=True)
        create_app(self.settings, host=self.host)
        _name_left_out(self.host, known)

    @asynccontextmanager
    async def database(self, *, any_schema: bool = False) -> AsyncIterator["Database"]:
        """The open database. Raises `Misconfigured` for another schema than this version's, unless `any_schema`."""
        from plenaria.core.storage.database import Database

        database = Database(self.settings.database)
        _make_folder(self.settings.database)
        await database.open(self.host.tables())
        try:
            if not any_schema:
                await self.refuse_other_schema(database)
            yield database
        finally:
            await database.close()

    async def refuse_other_schema(self, database: "Database") -> None:
        from plenaria.core.kernel.settings import Misconfigured
        from plenaria.core.storage.database import schema_difference

        if difference := await schema_difference(database, self.host.apps()):
            more = f" (and {len(difference) - 1} more)" if len(difference) > 1 else ""
            raise Misconfigured(
                f"the database's schema is not this version's: {difference[0]}{more}; run `plenaria migrate`"
            )


def _name_left_out(host: "PluginHost", known: Collection[str]) -> None:
    for name, broken in host.broken.items():
        if name not in known:
            click.echo(f"plenaria: plugin left out: {broken.name} ({broken.error})", err=True)


def _make_folder(url: str) -> None:
    """SQLite makes its file, but not the folder that it lies in."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///").partition("?")[0]).parent.mkdir(parents=True, exist_ok=True)


def terminal_language(environment: Mapping[str, str]) -> str:
    """The language of a terminal, by POSIX's LC_ALL, LC_MESSAGES, LANG; English where they say nothing of ours."""
    from plenaria.core.kernel.languages import negotiate

    named = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := environment.get(name))), "")
    return negotiate(named.partition(".")[0].replace("_", "-"), default="en")


pass_installation = click.make_pass_decorator(Installation, ensure=True)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in an event loop of its own."""
    return asyncio.run(work)
