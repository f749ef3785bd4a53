"""The mails that services send, in their own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plenaria.core import mail
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import EventView, in_language
from plenaria.core.people import queries as people
from plenaria.core.people.services import INVITATION_DAYS, way_in
from plenaria.plugins.awards.queries import NominationView, ReceiptView
from plenaria.plugins.awards.services.actors import Issuer


async def mail_receipt(
    event: EventView, view: NominationView, receipt: ReceiptView, *, issuer: Issuer, now: datetime
) -> None:
    attachment = mail.Attachment(f"{view.nomination.code}.receipt.json", "application/json", receipt.document.encode())
    known = await people.people([each.person for each in view.nominators])
    for each in view.nominators:
        language = known[each.person].language or event.language
        with using(language):
            received = shown.instant(receipt.received_at, event.zone)
        await mail.send(
            "awards.submitted",
            to=each.email,
            language=language,
            event=event,
            facts={
                "event": in_language(event.name, language),
                "candidate": view.nomination.candidate.name,
                "code": view.nomination.code,
                "received": received,
                "form_digest": receipt.form_sha256,
                "link": f"{issuer.address}/{event.slug}/awards/nominations/{view.nomination.code}",
            },
            now=now,
            attachments=[attachment],
        )


async def mail_way_in(
    key: str,
    person: Any,
    event: EventView,
    next_page: str,
    *,
    has_account: bool,
    facts: Mapping[str, str],
    issuer: Issuer,
    now: datetime,
    not_after: datetime | None = None,
    about: str = "",
) -> None:
    """A mail that leads its reader in: to who has no account yet with a link that signs in, once, within a week."""
    language = person.language or event.language
    link = await way_in(person.email, has_account=has_account, next_page=next_page, address=issuer.address, now=now)
    await mail.send(
        key,
        to=person.email,
        language=language,
        event=event,
        facts={
            "event": in_language(event.name, language),
            "days": str(INVITATION_DAYS),
            "link": link,
            "page": f"{issuer.address}{next_page}",
            **facts,
        },
        now=now,
        not_after=not_after,
        about=about,
    )
