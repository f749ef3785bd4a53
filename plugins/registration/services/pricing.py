"""What an order costs, with what other plugins add to its lines: the same for the form, the API and the order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plenaria.core.host import plugins
from plenaria.core.kernel.values import EventView
from plenaria.plugins.registration import rules
from plenaria.plugins.registration.rules import Price, TicketType
from plenaria.plugins.registration.settings import RegistrationSettings

Attendee = Mapping[str, Any]
"""`ticket_type`, `email` and the rest of an attendee's answers, as far as they are known yet."""


async def price_of(
    event: EventView,
    attendees: Sequence[Attendee],
    types: Mapping[str, TicketType],
    settings: RegistrationSettings,
    *,
    now: datetime,
) -> Price:
    """The price of these attendees' tickets. Raises `Refused` when a plugin that changes prices fails."""
    own = rules.ticket_lines([each["ticket_type"] for each in attendees], types)
    known = [dict(each) for each in attendees]
    lines = await plugins.host().adjust("adjust_price_lines", own, event=event, attendees=known, now=now)
    return rules.price(lines, tax_percent=settings.tax_percent, tax_included=settings.tax_included)
