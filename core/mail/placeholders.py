"""Further `{placeholders}` that plugins offer to every mail about an event, filled when the mail is written."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from plenaria.core.host import plugins
from plenaria.core.host.contributions import Placeholder
from plenaria.core.host.plugins import PluginHost, Unfit
from plenaria.core.kernel.values import EventView, MailText
from plenaria.core.storage.database import savepoint

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def used_in(*texts: str) -> set[str]:
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def offered(event: EventView) -> list[Placeholder]:
    """What organisers may write into any mail of the event: of the plugins that are on."""
    every = plugins.host().collect("register_placeholders")
    return [each for plugin, given in every if plugin in event.plugins for each in given]


def samples(event: EventView) -> dict[str, str]:
    return {each.name: each.sample for each in offered(event)}


async def values(names: Collection[str], event: EventView, *, to: str, language: str, now: datetime) -> dict[str, str]:
    """The values of those of the names that plugins offer; "" where a plugin is off or fails. Inside the caller's transaction."""

    async def value(plugin: str, placeholder: Placeholder) -> tuple[str, str] | None:
        if placeholder.name not in names:
            return None
        async with savepoint():
            found = await placeholder.text(event, to=to, language=language, now=now)
        if not isinstance(found, str):
            raise TypeError(f"{placeholder.name} gave {type(found).__name__} instead of a text")
        return placeholder.name, str(found)  # a plain text: whoever says Markdown is not believed

    every = {each.name for _, given in plugins.host().collect("register_placeholders") for each in given}
    gathered = await plugins.host().gather("register_placeholders", value, event=event)
    return {**dict.fromkeys(every & set(names), ""), **dict(gathered.values)}


def check(host: PluginHost, plugin: str, texts: Iterable[MailText]) -> None:
    """Raises `Unfit` for a placeholder of the plugin that another one, or a mail, could mean by the same name."""
    taken = {name: text.key for text in texts for name in text.sample}
    for each in host.contributed(plugin, "register_placeholders") or ():
        if not each.name.startswith(f"{plugin}_") or not PLACEHOLDER.fullmatch(f"{{{each.name}}}"):
            raise Unfit(f"the placeholder {each.name!r} must begin with {plugin}_ and be lower-case letters and _")
        if each.name in taken:
            raise Unfit(f"the placeholder {each.name!r} is one of the mail {taken[each.name]} already")
