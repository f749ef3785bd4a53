"""Every file that an organiser may take away."""

from typing import Any

from litestar import Request, Response, get

from plenaria.core.events import exports
from plenaria.core.events.export_file import exported
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/exports", permission="event.view", include_in_schema=False)
async def exports_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """Every file that this reader may take away."""
    found = exports.exports_for(visit, event)
    return page(request, "events/exports.html", exports=[(each, exports.formats_of(each)) for each in found])


@get("/{event_slug:str}/organise/exports/{export:str}", permission="event.view", include_in_schema=False)
async def export_file(request: Anything, event: EventView, visit: Visit, export: str) -> Response[bytes]:
    """One of them, as a download; `?format=xlsx`."""
    return await exported(request, event, visit, export)


ROUTES = [exports_page, export_file]
