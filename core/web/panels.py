"""Parts that plugins add to shared pages, each drawn in the host's guard."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request
from markupsafe import Markup

from plenaria.core.host import plugins
from plenaria.core.host.contributions import PagePart, Panel
from plenaria.core.host.visit import visit_of
from plenaria.core.kernel.values import EventView
from plenaria.core.web.templating import render

Facts = Mapping[str, Any]

MOST_PANEL_CHARACTERS: Final = 200_000


def _every(_: Panel) -> bool:
    return True


async def panels_of(
    request: Request[Any, Any, Any],
    hook: str,
    facts: Callable[[str], Facts],
    *,
    event: EventView | None,
    chosen: Callable[[Any], bool] = _every,
) -> list[Markup]:
    """The hook's panels in their order, drawn; a panel whose context or template fails is left out (`PluginHost.gather`).

    `facts` gives the arguments of a panel's context function, by the plugin's name; `chosen` says which panels are wanted here.
    """

    async def draw(plugin: str, panel: Panel) -> Markup | None:
        context = await panel.context(**facts(plugin)) if chosen(panel) else None
        if context is None:
            return None
        if not isinstance(context, Mapping):
            raise TypeError(f"{panel.template} got {type(context).__name__} instead of a dict")
        drawn = render(request, panel.template, panel=context)
        if len(drawn) > MOST_PANEL_CHARACTERS:
            raise ValueError(f"{panel.template} is longer than {MOST_PANEL_CHARACTERS} characters")
        return Markup(drawn)  # noqa: S704 - autoescaped

    gathered = await plugins.host().gather(hook, draw, event=event)
    return [part.value for part in sorted(gathered.parts, key=lambda part: part.contribution.order)]


async def parts_of(request: Request[Any, Any, Any], slot: str, event: EventView, subject: Facts) -> list[Markup]:
    """What other plugins add to a page that offers this slot (`register_page_parts`)."""
    visit = visit_of(request)
    person = visit.person.id if visit.person else None
    facts = {"event": event, "now": visit.now, "person": person, "subject": subject}

    def is_for_it(part: PagePart) -> bool:
        return part.slot == slot

    return await panels_of(request, "register_page_parts", lambda _: facts, event=event, chosen=is_for_it)
