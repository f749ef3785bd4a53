"""The plugin host: finds plugins by entry point, keeps their order, and calls their hooks.

The only room that imports by name. Nothing here or elsewhere in the core knows a plugin.
"""

import importlib
import inspect
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from core import hookspecs
from core.contributions import PluginCard
from core.values import EventView, Refusal

GROUP = "plenaria.plugins"

logger = logging.getLogger("plenaria.plugins")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded plugin. `name` is its entry point's, `package` the import name of the folder of its rooms."""

    name: str
    package: str
    folder: Path
    distribution: str
    version: str
    module: ModuleType
    card: PluginCard


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """An installed plugin that could not be loaded; the others run on without it."""

    name: str
    distribution: str
    error: str


class PluginHost:
    """The plugins of this process and the ways to call them."""

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager("plenaria")
        self._manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, Plugin] = {}
        self.broken: dict[str, BrokenPlugin] = {}
        for entry in sorted(found, key=lambda entry: entry.name):
            self._load(entry)
        for name in self.plugins:
            for _, specs in self._calls("register_hookspecs", only={name}):
                self._manager.add_hookspecs(specs)
        self._refuse_unknown_hooks()

    @classmethod
    def discover(cls, *, disabled: Collection[str] = (), only: Collection[str] | None = None) -> "PluginHost":
        """The plugins installed in this environment, without the `disabled` ones (or `only` some)."""
        return cls(
            entry
            for entry in entry_points(group=GROUP)
            if entry.name not in disabled and (only is None or entry.name in only)
        )

    def _load(self, entry: EntryPoint) -> None:
        distribution = entry.dist.name if entry.dist else ""
        try:
            module = importlib.import_module(entry.module)
            self._manager.register(module, name=entry.name)
            package = entry.module.rpartition(".")[0] or entry.module
            self.plugins[entry.name] = Plugin(
                name=entry.name,
                package=package,
                folder=Path(inspect.getfile(module)).parent,
                distribution=distribution,
                version=entry.dist.version if entry.dist else "",
                module=module,
                card=PluginCard(title=entry.name),
            )
            cards = self._calls("register_plugin", only={entry.name})
            if cards:
                self.plugins[entry.name] = _with_card(self.plugins[entry.name], cards[0][1])
        except Exception as error:
            # One broken outside plugin must not stop the service: it is shown on the plugins page and logged once.
            self._drop(entry.name, distribution, f"{type(error).__name__}: {error}")

    def _drop(self, name: str, distribution: str, error: str) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.plugins.pop(name, None)
        self.broken[name] = BrokenPlugin(name=name, distribution=distribution, error=error)
        logger.error("plugin left out", extra={"plugin": name, "error": error})

    def _refuse_unknown_hooks(self) -> None:
        """A misspelt hook, or an argument that its spec lacks, drops the plugin that has it."""
        for name, plugin in list(self.plugins.items()):
            for caller in self._manager.get_hookcallers(plugin.module) or []:
                if caller.has_spec():
                    continue
                mine = [call for call in caller.get_hookimpls() if call.plugin_name == name]
                if any(not call.optionalhook for call in mine):
                    self._drop(name, plugin.distribution, f"implements an unknown hook: {caller.name}")
                    break

    # -- register_* ------------------------------------------------------------------------------------------------

    def collect(self, hook: str, *, only: Collection[str] | None = None) -> list[tuple[str, Any]]:
        """`(plugin, what it contributes)` of every plugin that implements the hook, in the plugins' order."""
        return self._calls(hook, only=only)

    def contributed(self, plugin: str, hook: str) -> Any | None:
        """What one plugin contributes through a hook, or None."""
        found = self._calls(hook, only={plugin})
        return found[0][1] if found else None

    def _calls(self, hook: str, *, only: Collection[str] | None = None) -> list[tuple[str, Any]]:
        return [(name, call.function()) for name, call in self._implementations(hook) if only is None or name in only]

    def _implementations(self, hook: str) -> list[tuple[str, pluggy.HookImpl]]:
        caller = getattr(self._manager.hook, hook, None)
        if caller is None:
            return []
        found = {call.plugin_name: call for call in caller.get_hookimpls()}
        return [(name, found[name]) for name in self.plugins if name in found]

    # -- refuse_* --------------------------------------------------------------------------------------------------

    async def ask(self, hook: str, *, event: EventView, **facts: Any) -> list[Refusal]:
        """All refusals of the plugins that are on for the event. Call inside the transaction; a crash is a no."""
        refusals: list[Refusal] = []
        facts["event"] = event
        for name, call in self._implementations(hook):
            if name in event.plugins:
                refusals += await self._ask_one(name, call, facts)
        return refusals

    async def _ask_one(self, name: str, call: pluggy.HookImpl, facts: dict[str, Any]) -> Sequence[Refusal]:
        try:
            return list(await _called(call, facts) or ())
        except Exception:
            logger.exception("a plugin failed while it was asked", extra={"plugin": name})
            return [Refusal("plugin_failed", {"plugin": name})]

    # -- facts -----------------------------------------------------------------------------------------------------

    def listeners(self, hook: str, event: EventView) -> list[str]:
        """The plugins, on for the event, that want to be told this fact."""
        return [name for name, _ in self._implementations(hook) if name in event.plugins]

    async def tell(self, plugin: str, hook: str, facts: dict[str, Any]) -> None:
        """Tell one plugin a fact. Raises what the plugin raises; the outbox tries again later."""
        for name, call in self._implementations(hook):
            if name == plugin:
                await _called(call, facts)

    # -- rooms -----------------------------------------------------------------------------------------------------

    def room(self, plugin: str, room: str) -> ModuleType | None:
        """A module of a plugin's package, or None when the plugin has no such room."""
        full_name = f"{self.plugins[plugin].package}.{room}"
        try:
            return importlib.import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name == full_name:
                return None
            raise

    def apps(self) -> list[AppConfig]:
        """The Piccolo apps of the core and of every plugin that has tables."""
        rooms = [
            importlib.import_module("core.piccolo_app"),
            *(self.room(name, "piccolo_app") for name in self.plugins),
        ]
        return [room.APP_CONFIG for room in rooms if room is not None]

    def tables(self) -> list[type[Table]]:
        return [table for app in self.apps() for table in app.table_classes]

    def folders(self, name: str) -> list[tuple[str, Path]]:
        """`(plugin, folder)` for every plugin that has that folder beside its `plugin.py` (templates, static, locale)."""
        found = [(plugin.name, plugin.folder / name) for plugin in self.plugins.values()]
        if name == "locale":
            found += [(plugin, folder) for plugin, folder in self._calls("register_locale")]
        return [(plugin, folder) for plugin, folder in found if folder.is_dir()]


async def _called(call: pluggy.HookImpl, facts: dict[str, Any]) -> Any:
    """Await one implementation with those of the facts that it takes."""
    function: Any = call.function
    return await function(**{name: facts[name] for name in call.argnames})


def _with_card(plugin: Plugin, card: PluginCard) -> Plugin:
    return Plugin(
        name=plugin.name,
        package=plugin.package,
        folder=plugin.folder,
        distribution=plugin.distribution,
        version=plugin.version,
        module=plugin.module,
        card=card,
    )


_host: PluginHost | None = None


def use(host: PluginHost) -> None:
    """Make this the process's host."""
    global _host  # noqa: PLW0603 - one host a process, set once at start, like the database's binding
    _host = host


def host() -> PluginHost:
    """The process's host, set at start."""
    if _host is None:
        raise RuntimeError("no plugin host is in use yet: call core.plugins.use() first")
    return _host
