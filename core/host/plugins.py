"""The plugin host: finds plugins by entry point, keeps their order, and calls their hooks.

The only module that imports by name. Nothing here or elsewhere in the core knows a plugin.

A plugin that fails while the process starts is left out as a whole: at import, with a misspelt hook or argument, in one of
its `register_*` hooks, with something in them that is not what the hook asks for. It is logged once and shown among the
broken ones; the others run on.
"""

import importlib
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar, get_type_hints

import msgspec
import pluggy
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from plenaria.core.host import adjusting, gathering, hookspecs
from plenaria.core.host.adjusting import Guard
from plenaria.core.host.contributions import PluginCard, has_shape, why_unfit
from plenaria.core.host.gathering import Failures, Gathered, Use
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import EventView, Refusal, Refused

GROUP: Final = "plenaria.plugins"
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")
"""What an entry point may be called: the name stands in addresses, tables and message keys; a column holds 50 characters."""

OURS: Final = "plenaria"
"""The distribution whose plugins are built in: they come first where two plugins want the same name."""

T = TypeVar("T")

logger = logging.getLogger("plenaria.plugins")

Value = TypeVar("Value")


class Unfit(Exception):
    """A plugin that this host cannot use; the message says why."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded plugin. `name` is its entry point's, `package` the import name of the folder of its modules."""

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
    """The plugins of this process, in the order of their names, and the ways to call them."""

    def __init__(self, found: Iterable[EntryPoint]) -> None:
        self._manager = pluggy.PluginManager("plenaria")
        self._manager.add_hookspecs(hookspecs)
        self._contributed: dict[str, dict[str, Any]] = {}
        self.plugins: dict[str, Plugin] = {}
        self.broken: dict[str, BrokenPlugin] = {}
        self.failures = Failures()
        self.is_examined = False
        """Whether everything that the plugins registered was tried (`plenaria.core.app.fitness`)."""
        for entry in sorted(found, key=lambda entry: (entry.name, not _is_ours(entry))):
            self._load(entry)
        for step in (
            self._refuse_other_version,
            self._take_hookspecs,
            self._register,
            self._refuse_unfit_hooks,
            self._take_contributions,
        ):
            for name in self.by_precedence():
                with self.or_without(name):
                    step(self.plugins[name])

    @classmethod
    def discover(cls, *, disabled: Collection[str] = (), only: Collection[str] | None = None) -> "PluginHost":
        """The plugins installed in this environment, without the `disabled` ones (or `only` some)."""
        return cls(
            entry
            for entry in entry_points(group=GROUP)
            if entry.name not in disabled and (only is None or entry.name in only)
        )

    def not_loaded(self) -> list[str]:
        """Plugins that this process runs without though they may keep something: broken, disabled, left out by `only`."""
        return sorted({*installed_names(), *self.broken} - set(self.plugins))

    # -- start -----------------------------------------------------------------------------------------------------

    def by_precedence(self) -> list[str]:
        """The plugins in the order in which they may claim names and addresses: built-in ones first, then by name."""
        return sorted(self.plugins, key=lambda name: (self.plugins[name].distribution != OURS, name))

    @contextmanager
    def or_without(self, name: str) -> Iterator[None]:
        """A part of one plugin's start: when it fails, the plugin is left out and the others run on."""
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may end the process at import; it ends itself only
            self._drop(name, error)

    def _drop(self, name: str, error: BaseException) -> None:
        self._manager.unregister(name=name)
        dropped = self.plugins.pop(name, None)
        for contributed in self._contributed.values():
            contributed.pop(name, None)
        self._note_broken(name, dropped.distribution if dropped else "", error)

    def _note_broken(self, name: str, distribution: str, error: BaseException) -> None:
        said = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"
        self.broken[name] = BrokenPlugin(name=name, distribution=distribution, error=said)
        logger.error("plugin left out", exc_info=error, extra={"plugin": name, "error": said})

    def _load(self, entry: EntryPoint) -> None:
        distribution = entry.dist.name if entry.dist else ""
        try:
            if entry.name in self.plugins:
                raise Unfit(f"another plugin is called {entry.name} too: {self.plugins[entry.name].distribution}")
            if entry.name == "core" or not NAME.fullmatch(entry.name):
                raise Unfit(f"a plugin cannot be called {entry.name!r}: at most 50 lower-case letters, digits and _")
            module = importlib.import_module(entry.module)
            self.plugins[entry.name] = Plugin(
                name=entry.name,
                package=entry.module.rpartition(".")[0] or entry.module,
                folder=Path(inspect.getfile(module)).parent,
                distribution=distribution,
                version=entry.dist.version if entry.dist else "",
                module=module,
                card=PluginCard(title=entry.name),
            )
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            shown = entry.name if entry.name not in self.plugins else f"{entry.name} ({distribution})"
            self._note_broken(shown, distribution, error)

    def _refuse_other_version(self, plugin: Plugin) -> None:
        """Before its hooks are looked at: one that was written for a newer host would be blamed for hooks unknown here."""
        if self._manager.parse_hookimpl_opts(plugin.module, "register_plugin") is not None:
            card = plugin.module.register_plugin()
            if isinstance(card, PluginCard) and (why := why_unfit(card.api)):
                raise Unfit(why)

    def _take_hookspecs(self, plugin: Plugin) -> None:
        """Before anything is registered: a spec that comes after its implementations would blame the wrong plugin."""
        if self._manager.parse_hookimpl_opts(plugin.module, "register_hookspecs") is not None:
            offered = plugin.module.register_hookspecs()
            self._manager.add_hookspecs(offered)

    def _register(self, plugin: Plugin) -> None:
        self._manager.register(plugin.module, name=plugin.name)

    def _refuse_unfit_hooks(self, plugin: Plugin) -> None:
        """A misspelt hook would never be called, a plain function cannot be awaited: better said at start than missed."""
        for hook, call in self._hooks_of(plugin):
            spec = getattr(self._manager.hook, hook).spec
            if spec is None and not call.optionalhook:
                raise Unfit(f"implements an unknown hook: {hook}")
            if call.wrapper or call.hookwrapper:
                raise Unfit(f"{hook}: hook wrappers are not called here")
            is_async = inspect.iscoroutinefunction(call.function)
            if spec is not None and is_async != inspect.iscoroutinefunction(spec.function):
                raise Unfit(f"{hook} must {'not ' if is_async else ''}be async")

    def _hooks_of(self, plugin: Plugin) -> list[tuple[str, pluggy.HookImpl]]:
        callers = self._manager.get_hookcallers(plugin.module) or []
        return [
            (caller.name, call) for caller in callers for call in caller.get_hookimpls() if call.plugin is plugin.module
        ]

    def _take_contributions(self, plugin: Plugin) -> None:
        """Call every `register_*` hook of the plugin, once; import its tables."""
        for hook, call in self._hooks_of(plugin):
            spec = getattr(self._manager.hook, hook).spec
            if spec is None or not hook.startswith("register_"):
                continue
            value = call.function()
            if value is None:
                continue
            expected = _types_of(spec.function).get("return", Any)
            if not has_shape(value, expected):
                raise Unfit(f"{hook} gave {value!r}, which is not {expected!r}"[:300])
            self._contributed.setdefault(hook, {})[plugin.name] = value
        if card := self._contributed.get("register_plugin", {}).get(plugin.name):
            self.plugins[plugin.name] = replace(plugin, card=card)
        if (tables := self.module(plugin.name, "piccolo_app")) and tables.APP_CONFIG.app_name != plugin.name:
            raise Unfit(f"app_name in its piccolo_app.py must be {plugin.name!r}")

    # -- register_* ------------------------------------------------------------------------------------------------

    def collect(self, hook: str) -> list[tuple[str, Any]]:
        """`(plugin, what it contributed at start)` of every plugin that implements the hook, in the plugins' order."""
        found = self._contributed.get(hook, {})
        return [(name, found[name]) for name in self.plugins if name in found]

    def contributed(self, plugin: str, hook: str) -> Any | None:
        """What one plugin contributed through a hook, or None."""
        return self._contributed.get(hook, {}).get(plugin)

    # -- register_*, used while the service runs -----------------------------------------------------------------------

    async def gather(
        self, hook: str, use: Use, *, event: EventView | None = None, within_s: float | None = None
    ) -> Gathered:
        """What the contributions to a `register_*` hook give now, from the plugins that are on for the event (None: all).

        A contribution that is a sequence is used item by item. One that raises (even to end the process) or takes longer
        than `within_s` (`gathering.PART_WITHIN_S`) is missing from the answer: logged with the plugin's name, counted in
        /metrics as `plenaria_plugin_failures_total`, shown on the plugins page. Never call it inside a transaction.
        """
        found = [
            (name, item)
            for name, contributed in self.collect(hook)
            if event is None or name in event.plugins
            for item in (contributed if isinstance(contributed, (list, tuple)) else (contributed,))
        ]
        return await gathering.gather(found, hook, use, self.failures, within_s=within_s)

    async def insist(self, plugin: str, hook: str, work: Callable[[], Awaitable[T]]) -> T:
        """What a part of a plugin gives, in the caller's own task and transaction, where it cannot be done without.

        Raises `Refused` as the part does, and `Refused(plugin_failed)` for anything else that it raises.
        """
        try:
            return await work()
        except (Refused, Unavailable):
            raise
        except BaseException as error:
            self._log_own_failure(plugin, hook, error)
            raise Refused(Refusal("plugin_failed", {"plugin": plugin})) from error

    def _log_own_failure(self, plugin: str, hook: str, error: BaseException) -> None:
        """Count and log what a plugin failed with by itself; raises what is not its own (`gathering.is_its_own`)."""
        if not gathering.is_its_own(error):
            raise error
        self.failures.count(plugin, hook, error)
        gathering.log(plugin, hook, error)

    # -- refuse_* --------------------------------------------------------------------------------------------------

    async def ask(self, hook: str, *, event: EventView, **facts: Any) -> list[Refusal]:
        """All refusals of the plugins that are on for the event. Call inside the transaction; a crash is a no.

        Raises LookupError for a hook that nobody offers and TypeError for other arguments than its spec's: a mistake of the
        caller must not pass for consent.
        """
        refusals: list[Refusal] = []
        facts["event"] = event
        for name, call in self._implementations(hook, facts):
            if name in event.plugins:
                refusals += await self._ask_one(name, hook, call, facts)
        return refusals

    async def _ask_one(
        self, name: str, hook: str, call: pluggy.HookImpl, facts: Mapping[str, Any]
    ) -> Sequence[Refusal]:
        try:
            answer = await _called(call, facts)
            if not has_shape(answer or (), Sequence[Refusal]):
                raise TypeError(f"{name} answered with {type(answer).__name__} instead of a list of Refusals")
            return list(answer or ())
        except BaseException as error:
            self._log_own_failure(name, hook, error)
            return [Refusal("plugin_failed", {"plugin": name})]

    # -- adjust_* --------------------------------------------------------------------------------------------------

    async def adjust(
        self, hook: str, value: Value, *, event: EventView, guard: Guard = nullcontext, **facts: Any
    ) -> Value:
        """The value as the plugins that are on for the event make it, one after another in their order.

        Each gets a copy; its answer is checked against the hook's annotation. One that raises, takes longer than
        `adjusting.ADJUST_WITHIN_S` or answers with something else is noted as a failure, and the value before it goes on;
        where the hook `fails_closed`, `Refused` with `plugin_failed` is raised instead. Inside a transaction `guard` is
        `savepoint`, so that a failed statement costs that plugin's part alone. Raises LookupError and TypeError as `ask`.
        """
        return await self.adjust_accepting(lambda answer: None, hook, value, event=event, guard=guard, **facts)

    async def adjust_accepting(
        self,
        accept: Callable[[Value], None],
        hook: str,
        value: Value,
        *,
        event: EventView,
        guard: Guard = nullcontext,
        **facts: Any,
    ) -> Value:
        """Like `adjust`; an answer that `accept` raises for counts as failing too."""
        spec = getattr(getattr(self._manager.hook, hook, None), "spec", None)
        name = adjusting.value_name(spec) if spec else ""
        facts = {**facts, "event": event, name: value}
        expected = _types_of(spec.function)["return"] if spec else Any
        for plugin, call in self._implementations(hook, facts):
            if plugin not in event.plugins:
                continue
            try:
                answer = await _adjusted(call, name, facts, expected, guard)
                accept(answer)
                facts[name] = answer
            except BaseException as error:
                self._log_own_failure(plugin, hook, error)
                if adjusting.is_fail_closed(spec):
                    raise Refused(Refusal("plugin_failed", {"plugin": plugin})) from error
        adjusted: Value = facts[name]
        return adjusted

    # -- facts -----------------------------------------------------------------------------------------------------

    def listeners(self, hook: str, event: EventView, facts: Collection[str]) -> list[str]:
        """The plugins, on for the event, that want this fact. Raises as `ask` does."""
        return [name for name, _ in self._implementations(hook, facts) if name in event.plugins]

    async def tell(self, plugin: str, hook: str, facts: Mapping[str, Any]) -> None:
        """Tell one plugin a fact, its arguments made what the hook's annotations say (they were stored as JSON).

        Raises what the plugin raises, and `Unfit` when it is not loaded; the outbox tries again later.
        """
        if plugin not in self.plugins:
            raise Unfit(f"{plugin} is not loaded")
        for name, call in self._implementations(hook, facts):
            if name == plugin:
                try:
                    await _called(call, self._typed(hook, facts))
                except BaseException as error:
                    self._log_own_failure(name, hook, error)
                    if isinstance(error, Exception):
                        raise
                    raise RuntimeError(f"{name} raised {type(error).__name__}") from error

    def _typed(self, hook: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        expected = _types_of(getattr(self._manager.hook, hook).spec.function)
        return {name: msgspec.convert(value, expected.get(name, Any)) for name, value in facts.items()}

    def _implementations(self, hook: str, given: Collection[str]) -> list[tuple[str, pluggy.HookImpl]]:
        caller = getattr(self._manager.hook, hook, None)
        if caller is None or caller.spec is None:
            raise LookupError(f"nobody offers a hook called {hook}")
        if set(given) != set(caller.spec.argnames):
            raise TypeError(f"{hook} takes {', '.join(caller.spec.argnames)}; it was given {', '.join(sorted(given))}")
        found = {call.plugin_name: call for call in caller.get_hookimpls()}
        return [(name, found[name]) for name in self.plugins if name in found]

    # -- modules ---------------------------------------------------------------------------------------------------

    def module(self, plugin: str, name: str) -> ModuleType | None:
        """A module of a plugin's package, or None when the plugin has no such module."""
        full_name = f"{self.plugins[plugin].package}.{name}"
        try:
            return importlib.import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name == full_name:
                return None
            raise

    def apps(self) -> list[AppConfig]:
        """The Piccolo apps of the core and of every plugin that has tables."""
        modules = [
            importlib.import_module("plenaria.core.piccolo_app"),
            *(self.module(name, "piccolo_app") for name in self.plugins),
        ]
        return [module.APP_CONFIG for module in modules if module is not None]

    def tables(self) -> list[type[Table]]:
        return [table for app in self.apps() for table in app.table_classes]

    def folders(self, name: str) -> list[tuple[str, Path]]:
        """`(plugin, folder)` for every plugin that has that folder beside its `plugin.py` (templates, static, locale)."""
        found = [(plugin, self.plugins[plugin].folder / name) for plugin in self.by_precedence()]
        if name == "locale":
            found += self.collect("register_locale")
        return [(plugin, folder) for plugin, folder in found if folder.is_dir()]


def _is_ours(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == OURS


def _types_of(function: Any) -> dict[str, Any]:
    """The annotations; as written where one of them cannot be evaluated (Litestar's names for its own types)."""
    try:
        return get_type_hints(function)
    except NameError:
        return inspect.get_annotations(function)


async def _called(call: pluggy.HookImpl, facts: Mapping[str, Any]) -> Any:
    """Await one implementation with those of the facts that it takes."""
    function: Any = call.function
    return await function(**{name: facts[name] for name in call.argnames})


async def _adjusted(call: pluggy.HookImpl, name: str, facts: Mapping[str, Any], expected: Any, guard: Guard) -> Any:
    return await adjusting.adjusted(facts[name], expected, lambda copy: _called(call, {**facts, name: copy}), guard)


_host: PluginHost | None = None


def use(host: PluginHost) -> None:
    """Make this the process's host."""
    global _host  # noqa: PLW0603 - one host a process, set once at start, like the database's binding
    _host = host


def host() -> PluginHost:
    """The process's host, set at start."""
    if _host is None:
        raise RuntimeError("no plugin host is in use yet: call plenaria.core.host.plugins.use() first")
    return _host


def installed_names() -> set[str]:
    """What the plugins installed here are called, the broken and the disabled ones too."""
    return {entry.name for entry in entry_points(group=GROUP)}


def piccolo_app(name: str) -> AppConfig:
    """The Piccolo app of `core` or of a plugin, by its entry point or its package; its plugin.py need not work yet.

    Raises `Unfit` when there is neither.
    """
    packages = {entry.name: entry.module.rpartition(".")[0] for entry in entry_points(group=GROUP)}
    package = "plenaria.core" if name == "core" else packages.get(name, name)
    try:
        app: AppConfig = importlib.import_module(f"{package}.piccolo_app").APP_CONFIG
    except ModuleNotFoundError as error:
        if error.name is None or not f"{package}.piccolo_app".startswith(error.name):
            raise
        raise Unfit(f"there is no plugin and no package {name} with a piccolo_app.py") from None
    return app
