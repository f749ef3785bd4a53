"""The released schedule as files for other programs."""

from collections.abc import Callable
from datetime import datetime

from plenaria.core.host.contributions import MakeExport
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.plugins.agenda import ics, interchange, queries
from plenaria.plugins.agenda.interchange import Reader
from plenaria.plugins.agenda.rules import Schedule
from plenaria.plugins.agenda.services.feed_reader import reader_of

Write = Callable[[Schedule, EventView, Reader], bytes]


def _export(write: Write) -> MakeExport:
    async def made(event: EventView, /, *, now: datetime) -> bytes:
        schedule = await queries.schedule(event)
        if schedule is None:
            raise Refused(Refusal("not_released_yet"))
        return write(schedule, event, reader_of(current_language()))

    return made


def _calendar(schedule: Schedule, event: EventView, reader: Reader) -> bytes:
    slots = interchange.entries(schedule, event, reader)
    return ics.calendar(
        slots,
        name=event.name.get(reader.language) or next(iter(event.name.values())),
        language=reader.language,
        url=f"{reader.address}/{event.slug}/agenda",
        refresh_s=3600,
    )


schedule_json = _export(interchange.frab_json)
schedule_xml = _export(interchange.frab_xml)
schedule_ics = _export(_calendar)
