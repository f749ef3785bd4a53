"""docs/hooks.md, made of the hookspecs: `python -m plenaria.core.host.hooks_page > docs/hooks.md`."""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Final

from plenaria.core.host import hookspecs
from plenaria.core.host.plugins import PluginHost, Unfit

_HEAD: Final = """\
# Hooks

Everything that a plugin can implement. Made of the hookspecs by `python -m plenaria.core.host.hooks_page > docs/hooks.md`;
a test compares.

Mark an implementation in your `plugin.py` with `@hookimpl` (`from plenaria.plugin import hookimpl`) and name only the
arguments that you need. A hook that another plugin offers gets `@hookimpl(optionalhook=True)`, so that yours also runs
without that plugin. There are four verbs and no others:

- **`register_*`** contributes something: a plain function, called once, while a process starts. What it gives is checked
  against its annotation. When it fails, the plugin is left out as a whole, shown on the plugins page and by
  `plenaria plugins`, and logged once; the others run.
- **`refuse_*`** is asked inside the transaction, before something is done; async. It fails closed: a crash, or an answer
  that is no list of Refusals, is the refusal `plugin_failed` with the plugin's name.
- **`adjust_*`** is handed a value and answers with it as it is to be; async. The plugins get it one after another, each a copy,
  and each answer is checked against the annotation. What a plugin did that raises, takes longer than 5 seconds or answers with
  something else is thrown away, logged with its name, counted and shown on the plugins page. Each hook says what happens
  then: the value goes on as it was before, or the hook fails closed with the refusal `plugin_failed`.
- **Past tense** is a fact, delivered after the commit, from the outbox, at least once; async. It cannot refuse. When it fails it
  is delivered again with growing pauses, to this plugin alone; after the last pause an organiser can have it tried again.

Rules that hold for all of them:

- A plugin that is off for an event is neither asked nor gets its facts. One that could not be loaded is not asked either;
  the facts that wait for it are kept.
- Plugins come in the order of their names; `tryfirst`, `trylast` and wrappers have no place here.
- A fact may come twice and out of order: note what you did, or look at the state instead of the fact.
- A fact's arguments are stored as JSON and arrive as the hook's annotations say.
- A fact is delivered outside any transaction: open your own. It has 45 seconds; longer work is a job (`register_jobs`).
"""

_OURS: Final = "plenaria"
_VERBS: Final = {
    "register": "## `register_*`: what a plugin contributes",
    "refuse": "## `refuse_*`: what a plugin may forbid",
    "adjust": "## `adjust_*`: what a plugin may change",
    "fact": "## Past tense: facts that a plugin gets",
}


def modules() -> list[tuple[str, ModuleType]]:
    """`(who offers them, module of hookspecs)`: the core's, then those of each plugin that comes with it.

    Raises `Unfit` when one of these is broken: the page would lack its hooks.
    """
    host = PluginHost.discover()
    if broken := [each for each in host.broken.values() if each.distribution == _OURS]:
        raise Unfit(f"{broken[0].name} is broken: {broken[0].error}")
    offered = host.collect("register_hookspecs")
    return [
        ("core", hookspecs),
        *((name, specs) for name, specs in offered if host.plugins[name].distribution == _OURS),
    ]


def hooks_in(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """`(name, spec)` in the order in which they are written."""
    for name, function in vars(module).items():
        if hasattr(function, "plenaria_spec"):
            yield name, function


def verb_of(hook: str) -> str:
    """`register`, `refuse`, `adjust` or `fact`."""
    first = hook.partition("_")[0]
    return first if first in ("register", "refuse", "adjust") else "fact"


def described(function: Callable[..., Any]) -> tuple[str, str]:
    """A spec's docstring as `(what it says, the example's code)`."""
    words, _, example = inspect.cleandoc(function.__doc__ or "").partition("Example::")
    return words.strip(), textwrap.dedent(example).strip()


def signature_of(name: str, function: Callable[..., Any]) -> str:
    """The definition's own words: the source says `Sequence[Refusal]` where the annotation's repr would say more."""
    source = inspect.getsource(function)
    found = re.search(r"^(?:async )?def .*?:(?=\s*(?:#.*)?$)", source, re.MULTILINE | re.DOTALL)
    assert found is not None, name  # noqa: S101 - a function has a definition
    return " ".join(found[0].removesuffix(":").split())


def page() -> str:
    parts = [_HEAD]
    offered = modules()
    for verb, heading in _VERBS.items():
        parts.append(heading + "\n")
        for owner, module in offered:
            hooks = [(name, function) for name, function in hooks_in(module) if verb_of(name) == verb]
            if hooks and owner != "core":
                parts.append(f"### Offered by the plugin `{owner}`\n")
                parts.append(_notes(module))
            parts += [_entry(name, function) for name, function in hooks]
    return "\n".join(part for part in parts if part)


def _notes(module: ModuleType) -> str:
    """What a module says of its payloads, after its first line."""
    _, _, notes = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
    return notes.strip() + "\n" if notes.strip() else ""


def _entry(name: str, function: Callable[..., Any]) -> str:
    words, example = described(function)
    return f"#### `{name}`\n\n```python\n{signature_of(name, function)}\n```\n\n{words}\n\n```python\n{example}\n```\n"


if __name__ == "__main__":
    print(page(), end="")
