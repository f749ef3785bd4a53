"""What the agenda lacks before the event can go public."""

from datetime import datetime

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.i18n import gettext, ngettext
from plenaria.core.kernel.values import EventView, ReadinessItem
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings


async def what_is_missing(event: EventView, /, *, now: datetime) -> list[ReadinessItem]:
    home = f"/{event.slug}/organise/agenda"
    draft, latest = await queries.draft(event.id), await queries.schedule(event)
    if not draft.sessions:
        words = gettext("The agenda has no sessions yet.")
        return [ReadinessItem(code="agenda.no_sessions", words=words, href=f"{home}/sessions")]
    if latest is None:
        words = gettext("The agenda was never released, so visitors see none of it.")
        return [ReadinessItem(code="agenda.not_released", words=words, href=f"{home}/release")]
    upcoming = rules.next_schedule(latest, draft, place=queries.place_of(event), now=now)
    found = []
    if count := len(rules.changes(latest, upcoming)):
        words = ngettext("%(num)s change is not released yet.", "%(num)s changes are not released yet.", count)
        found.append(("agenda.unreleased_changes", words % {"num": count}))
    settings = await settings_of(event, "agenda", AgendaSettings)
    if count := sum(each.is_hard for each in services.conflicts_of(draft, event, settings)):
        words = ngettext("There is %(num)s serious conflict.", "There are %(num)s serious conflicts.", count)
        found.append(("agenda.conflicts", words % {"num": count}))
    return [ReadinessItem(code=code, words=words, severity="advice", href=f"{home}/release") for code, words in found]
