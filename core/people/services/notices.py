"""Mails to a person about what opens their account."""

from datetime import datetime

from plenaria.core import mail
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.i18n import fill, gettext, using
from plenaria.core.kernel.languages import spoken
from plenaria.core.kernel.shown import instant


async def notify(person: PersonView, what: str, *, facts: dict[str, str] | None = None, now: datetime) -> None:
    """Mail that it happened, and what to do if it was not the person. `what` is a msgid. Joins the caller's transaction."""
    language = spoken(person.language, "")
    with using(language):
        happened, at = fill(gettext(what), facts or {}), instant(now, "UTC")
    await mail.send(
        "core.account_notice",
        to=person.email,
        language=language,
        facts={
            "site": mail.title(),
            "what": happened,
            "at": at,
            "account_link": f"{mail.address()}/me/account",
            "site_link": f"{mail.address()}/sign-in",
        },
        now=now,
    )
