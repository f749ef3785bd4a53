"""What the agenda knows of registered attendees: who of them is on stage."""

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import Column, EventView, Sheet
from plenaria.plugins.agenda import queries


async def with_sessions(event: EventView, sheet: Sheet) -> Sheet:
    """The sheet of attendees with a column of the released sessions that each is on stage in; matched by address."""
    sessions = await sessions_by_address(event)
    cells = [sessions.get(str(address).strip().lower(), "") for address in sheet.column("email")]
    return sheet.with_column(Column("agenda.on_stage", gettext("On stage in")), cells)


async def sessions_by_address(event: EventView) -> dict[str, str]:
    """E-mail address → titles of the sessions of the last release, in the reader's language."""
    schedule = await queries.schedule(event)
    addresses = await queries.addresses(event.id)
    found: dict[str, list[str]] = {}
    for released in schedule.sessions if schedule else ():
        for part in released.session.parts:
            if not released.is_cancelled and part.person in addresses:
                titles = found.setdefault(addresses[part.person].strip().lower(), [])
                titles.append(localized(released.session.title))
    return {address: "; ".join(dict.fromkeys(titles)) for address, titles in found.items()}
