"""Mails to a person about what opens their account."""

from datetime import datetime
from typing import Final

from plenaria.core import mail
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.i18n import fill, gettext, using
from plenaria.core.kernel.languages import spoken
from plenaria.core.kernel.shown import instant
from plenaria.core.kernel.values import N_

NOTHING_TO_DO: Final = N_("If it was you, there is nothing to do.")


async def notify(
    person: PersonView, what: str, *, facts: dict[str, str] | None = None, advice: str = NOTHING_TO_DO, now: datetime
) -> None:
    """Mail that it happened, what the person does now, and what if it was somebody else. Joins the caller's transaction.

    `what` and `advice` are msgids.
    """
    language = spoken(person.language, "")
    with using(language):
        happened, at, now_do = fill(gettext(what), facts or {}), instant(now, "UTC"), gettext(advice)
    await mail.send(
        "core.account_notice",
        to=person.email,
        language=language,
        facts={
            "site": mail.title(),
            "what": happened,
            "at": at,
            "advice": now_do,
            "account_link": f"{mail.address()}/me/account",
            "site_link": f"{mail.address()}/sign-in",
        },
        now=now,
    )
