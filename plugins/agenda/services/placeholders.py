"""What the agenda fills into mails of any plugin."""

from datetime import datetime

from plenaria.core import mail
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.shown import instant
from plenaria.core.kernel.values import EventView, in_language
from plenaria.plugins.agenda import queries


async def agenda_link(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    """The address of the agenda; "" while nothing is released."""
    return f"{mail.address()}/{event.slug}/agenda" if await queries.schedule(event) else ""


async def next_session(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    """The next session that begins, with its instant; "" when all have begun."""
    schedule = await queries.schedule(event)
    coming = [each for each in schedule.sessions if each.starts_at > now and not each.is_cancelled] if schedule else []
    if not coming:
        return ""
    with using(language):
        return f"{in_language(coming[0].session.title, language)}, {instant(coming[0].starts_at, event.zone)}"
