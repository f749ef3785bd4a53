"""What registration fills into mails of any plugin."""

from datetime import datetime

from plenaria.core import mail
from plenaria.core.kernel.values import EventView


async def registration_link(event: EventView, /, *, to: str, language: str, now: datetime) -> str:
    """The address where tickets are to be had."""
    return f"{mail.address()}/{event.slug}/register"
