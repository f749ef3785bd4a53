"""What is missing before an event can go public: the core's own answers and those of every plugin that is on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from plenaria.core.host import plugins
from plenaria.core.host.contributions import CheckReadiness, has_shape
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, ReadinessItem


class Readiness(Struct, frozen=True, kw_only=True):
    """`is_ready` when nothing blocks; advice does not."""

    is_ready: bool
    items: tuple[ReadinessItem, ...]


async def readiness(event: EventView, *, now: datetime) -> Readiness:
    """Everything that is missing, what blocks first; words are in the reader's language."""

    async def missing(plugin: str, check: CheckReadiness) -> Sequence[ReadinessItem]:
        found = await check(event, now=now)
        if not has_shape(found, Sequence[ReadinessItem]):
            raise TypeError(f"{plugin} gave {type(found).__name__} instead of a list of ReadinessItem")
        return found

    gathered = await plugins.host().gather("register_readiness", missing, event=event)
    items = [*_of_the_event(event), *(item for part in gathered.parts for item in part.value)]
    items += [_unanswered(plugin) for plugin in gathered.failed]
    in_order = tuple(sorted(items, key=lambda item: item.severity != "blocks"))
    return Readiness(is_ready=all(item.severity != "blocks" for item in in_order), items=in_order)


def _unanswered(plugin: str) -> ReadinessItem:
    title = gettext(plugins.host().plugins[plugin].card.title)
    words = gettext("“{plugin}” could not be asked what is missing. Please look yourself.").format(plugin=title)
    return ReadinessItem(code="core.plugin_failed", words=words, severity="advice")


def _of_the_event(event: EventView) -> list[ReadinessItem]:
    details, switches = f"/{event.slug}/organise/event", f"/{event.slug}/organise/plugins"
    found: list[Any] = []
    if not event.contact_email:
        found.append(("core.no_contact", "blocks", gettext("There is no address that visitors can write to."), details))
    if not event.plugins:
        found.append(("core.no_plugins", "blocks", gettext("No plugin is on, so the event can do nothing."), switches))
    if not any(event.summary.values()):
        found.append(("core.no_summary", "advice", gettext("The event has no summary."), details))
    if not any(event.description.values()):
        found.append(("core.no_description", "advice", gettext("The event has no description."), details))
    if not (event.venue and event.city):
        found.append(("core.no_place", "advice", gettext("Venue and city are not given yet."), details))
    return [
        ReadinessItem(code=code, severity=severity, words=words, href=href) for code, severity, words, href in found
    ]
