"""Before mails go out: those whose fact is over, as the core and the plugins know it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from plenaria.core.events import queries
from plenaria.core.host import plugins
from plenaria.core.host.contributions import FindOver
from plenaria.core.kernel.values import EventView
from plenaria.core.people import mail_checks as people
from plenaria.core.storage.outbox import Line


async def over(lines: Sequence[Line], /, *, now: datetime) -> set[int]:
    """The ids of the lines that are no longer true. A few statements, whatever their number."""
    asked = [line for line in lines if line["about"]]
    if not asked:
        return set()
    found: set[tuple[str | None, str]] = {
        (None, about) for about in await people.over({line["about"] for line in asked}, now=now)
    }
    for event_id in {line["event"] for line in asked if line["event"] is not None}:
        of_event = [line for line in asked if line["event"] == event_id]
        found |= await _over_by_plugins(await queries.event_by_id(event_id), of_event, now=now)
    return {line["id"] for line in asked if {(None, line["about"]), (line["name"], line["about"])} & found}


async def _over_by_plugins(event: EventView, lines: Sequence[Line], *, now: datetime) -> set[tuple[str | None, str]]:
    """`(key, about)` of what is over."""

    async def ask(_: str, checks: Mapping[str, FindOver]) -> set[tuple[str | None, str]]:
        found: set[tuple[str | None, str]] = set()
        for key, check in checks.items():
            about = {line["about"] for line in lines if line["name"] == key}
            given: Collection[str] = await check(event, about, now=now) if about else ()
            found |= {(key, each) for each in given}
        return found

    gathered = await plugins.host().gather("register_mail_checks", ask)
    return set().union(*gathered.values)
