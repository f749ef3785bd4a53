"""People on stage themselves: they confirm a session, and correct for whom they work that day."""

from datetime import datetime
from typing import Any

from plenaria.core.kernel.values import EventView, LocalizedText, Refusal, Refused
from plenaria.core.people.queries import normal_email
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda.services.draft import as_json, hold, record
from plenaria.plugins.agenda.tables import Session, SessionPart


async def confirm_part(
    event: EventView,
    code: str,
    *,
    email: str,
    employer: str,
    job_title: LocalizedText,
    by: str,
    now: datetime,
) -> None:
    """Somebody says that they will be there, and for whom they work that day. Goes out with the next release."""
    async with transaction():
        await hold(event)
        rows = await SessionPart.select(SessionPart.id, SessionPart.confirmed_at).where(
            (SessionPart.session.event == event.id)
            & (SessionPart.session.code == code)
            & (SessionPart.person.email == normal_email(email))
        )
        if not rows or not email:
            raise Refused(Refusal("not_found"))
        for row in rows:
            columns: dict[str, Any] = {
                "employer": employer,
                "job_title": as_json(job_title),
                "confirmed_at": row["confirmed_at"] or now,
            }
            await SessionPart.update(**columns).where(SessionPart.id == row["id"])
        await Session.update({Session.revision: Session.revision + 1}).where(
            (Session.event == event.id) & (Session.code == code)
        )
        await record("session.part_confirmed", code, event, by, now)
