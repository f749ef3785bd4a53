"""Further `{placeholders}` that plugins offer to every mail about an event, filled when the mail is written."""

import asyncio
from collections.abc import Awaitable, Collection
from datetime import datetime
from typing import Final

from plenaria.core.host import gathering, plugins
from plenaria.core.host.contributions import Placeholder
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import savepoint

TEXT_WITHIN_S: Final = 5.0
"""How long a plugin may take to fill one placeholder: a transaction of the caller's is waiting."""


def offered(event: EventView) -> list[Placeholder]:
    """What organisers may write into any mail of the event: of the plugins that are on."""
    every = plugins.host().collect("register_placeholders")
    return [each for plugin, given in every if plugin in event.plugins for each in given]


def samples(event: EventView) -> dict[str, str]:
    return {each.name: each.sample for each in offered(event)}


async def values(names: Collection[str], event: EventView, *, to: str, language: str, now: datetime) -> dict[str, str]:
    """The values of those of the names that plugins offer; "" where a plugin is off or fails. Inside the caller's transaction."""

    host = plugins.host()
    found = {}
    for plugin, given in host.collect("register_placeholders"):
        for placeholder in given:
            if placeholder.name in names:
                found[placeholder.name] = ""
                if plugin in event.plugins:
                    work = placeholder.text(event, to=to, language=language, now=now)
                    found[placeholder.name] = await _text(host, plugin, placeholder.name, work)
    return found


async def _text(host: PluginHost, plugin: str, name: str, work: Awaitable[str]) -> str:
    """In the caller's own task: another one could not use its transaction. "" when the plugin fails."""
    try:
        async with savepoint(), asyncio.timeout(TEXT_WITHIN_S):
            text = await work
        if not isinstance(text, str):
            raise TypeError(f"{name} gave {type(text).__name__} instead of a text")
    except BaseException as error:
        if not gathering.is_its_own(error):
            raise
        host.failures.note(plugin, "register_placeholders", error)
        return ""
    return str(text)  # a plain text: whoever says Markdown is not believed
