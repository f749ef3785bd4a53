"""The pages of everything of one's own: `/me`, and a download of what is kept about oneself."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from plenaria.core.events import queries as event_queries
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PersonalData
from plenaria.core.host.visit import Visit
from plenaria.core.people import queries
from plenaria.core.web.panels import panels_of
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]

EXPORT_WITHIN_S: Final = 20.0


@get("/me", permission="signed_in", include_in_schema=False)
async def my_page(request: Anything, visit: Visit) -> Response[str]:
    """Everything that is mine, from every plugin, over all events."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    events = await event_queries.events(public_only=False)
    me = visit.person.id

    def facts(plugin: str) -> dict[str, Any]:
        on = [event for event in events if plugin in event.plugins]
        return {"person": me, "events": on, "now": visit.now}

    panels = await panels_of(request, "register_my_panels", facts, event=None)
    mine = [event for event in events if event.id in visit.roles]
    return page(request, "people/me.html", panels=panels, my_events=mine)


@get("/me/account/data.json", permission="signed_in", include_in_schema=False)
async def my_data(visit: Visit) -> Response[bytes]:
    """Everything that the house and its plugins keep about the person who asks, as one JSON document to keep."""
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    me = visit.person.id

    async def export(plugin: str, data: PersonalData) -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(await data.export(me)))

    gathered = await plugins.host().gather("register_personal_data", export, within_s=EXPORT_WITHIN_S)
    parts = {"core": await queries.personal_data(me), **{part.plugin: part.value for part in gathered.parts}}
    # A plugin that could not be loaded may keep something too.
    missing = sorted({*gathered.failed, *plugins.host().broken})
    named = {"missing": missing} if missing else {}
    document = msgspec.json.format(msgspec.json.encode({"made_at": visit.now, **named, **parts}))
    return Response(
        document,
        media_type="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="plenaria.json"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [my_page, my_data]
