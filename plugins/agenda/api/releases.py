"""The draft made public."""

from litestar import Response, post
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.web.api import Anything, once
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import NewRelease


class ReleaseView(Struct, frozen=True):
    """A release and what changed with it."""

    number: int
    changes: list[rules.Change]


@post(
    "/api/v1/events/{event_slug:str}/schedule/releases",
    permission="agenda.release",
    operation_id="releaseSchedule",
    idempotent=True,
)
async def release_schedule(
    request: Anything, event: EventView, visit: Visit, data: NewRelease
) -> Response[ReleaseView]:
    """Make the draft public. Refused while it has hard conflicts and no reason is given, or when nothing has changed."""

    async def release() -> ReleaseView:
        number = await services.release(event, note=data.note, reason=data.reason, by=visit.by, now=visit.now)
        history = await queries.releases(event.id)
        changes = next(each.changes for each in history if each.number == number)
        return ReleaseView(number, list(changes))

    return await once(request, data, release)


ROUTES = [release_schedule]
