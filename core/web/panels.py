"""Parts that plugins add to shared pages, each drawn in the host's guard."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Request
from markupsafe import Markup

from plenaria.core.host import plugins
from plenaria.core.host.contributions import Panel
from plenaria.core.kernel.values import EventView
from plenaria.core.web.templating import render

Facts = Mapping[str, Any]

MOST_PANEL_CHARACTERS: Final = 200_000


async def panels_of(
    request: Request[Any, Any, Any], hook: str, facts: Callable[[str], Facts], *, event: EventView | None
) -> list[Markup]:
    """The hook's panels in their order, drawn; a panel whose context or template fails is left out (`PluginHost.gather`).

    `facts` gives the arguments of a panel's context function, by the plugin's name.
    """

    async def draw(plugin: str, panel: Panel) -> Markup | None:
        context = await panel.context(**facts(plugin))
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
