"""What registration lacks before the event can go public."""

from collections.abc import Iterator
from datetime import datetime

from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, ReadinessItem
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.settings import RegistrationSettings


async def what_is_missing(event: EventView, /, *, now: datetime) -> list[ReadinessItem]:
    visible = [kind for kind in (await queries.ticket_types(event.id)).values() if kind.is_visible]
    settings = await queries.settings(event)
    return [*_of_tickets(visible, event, now), *_of_settings(visible, settings, event)]


def _of_tickets(visible: list[TicketTypeView], event: EventView, now: datetime) -> Iterator[ReadinessItem]:
    home = f"/{event.slug}/organise/registration/ticket-types"
    if not visible:
        words = gettext("No ticket type is on sale, so nobody can register.")
        yield ReadinessItem(code="registration.no_ticket_types", words=words, href=home)
    elif all(kind.sales.is_after(now) for kind in visible):
        words = gettext("The sales of every ticket type are over.")
        yield ReadinessItem(code="registration.sales_over", words=words, href=home)


def _of_settings(
    visible: list[TicketTypeView], settings: RegistrationSettings, event: EventView
) -> Iterator[ReadinessItem]:
    home = f"/{event.slug}/organise/plugins/registration"
    if any(kind.price_minor for kind in visible) and not settings.clabe:
        words = gettext("Tickets cost something, but there is no CLABE to pay to.")
        yield ReadinessItem(code="registration.no_account", words=words, href=home)
    if not settings.asks_for_consent:
        words = gettext("There is no privacy notice; the law (LFPDPPP) asks for one before data is taken.")
        yield ReadinessItem(code="registration.no_notice", words=words, href=home)
