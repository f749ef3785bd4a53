"""What is kept, how long and why."""

from typing import Any

from litestar import Request, Response, get

from plenaria.core.events.retention import CORE, kinds, period
from plenaria.core.host import plugins
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/retention", permission="event.view", include_in_schema=False)
async def retention_page(request: Anything, event: EventView) -> Response[str]:
    """What the core and the plugins that are on keep, how long and why."""
    rows = [
        {"owner": _title(owner), "title": gettext(kind.title), "period": period(kind), "why": gettext(kind.why)}
        for owner, kind in kinds()
        if owner in (CORE, *event.plugins)
    ]
    return page(request, "events/retention.html", rows=rows)


def _title(owner: str) -> str:
    return "Plenaria" if owner == CORE else gettext(plugins.host().plugins[owner].card.title)


ROUTES = [retention_page]
