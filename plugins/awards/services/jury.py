"""The members of the jury: invited, removed, reminded."""

from datetime import datetime

from plenaria.core.forms import changed_value
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import N_, EventView
from plenaria.core.people import queries as people
from plenaria.core.people.services import ensure_person, grant, revoke
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.services.actors import Actor, Issuer, jury_lock
from plenaria.plugins.awards.services.conflicts import announce_results_if_ready
from plenaria.plugins.awards.services.letters import mail_way_in
from plenaria.plugins.awards.tables import Sheet


async def invite_juror(event: EventView, email: str, *, actor: Actor, issuer: Issuer, now: datetime) -> int:
    """Give somebody the role juror and mail them a way in; the person's id."""
    async with transaction():
        has_account = await people.person_by_email(email) is not None
        person = await ensure_person(email, now=now)
        await grant(person, "juror", event=event, by=actor.by, now=now, granted_by=actor.person)
        await mail_way_in(
            "awards.juror_added" if has_account else "awards.juror_invited",
            person,
            event,
            f"/{event.slug}/jury",
            has_account=has_account,
            facts={},
            issuer=issuer,
            now=now,
            about=f"grant:{person.id}/{event.id}/juror",
        )
        return person.id


async def remove_juror(event: EventView, person: int, *, actor: Actor, now: datetime) -> None:
    """Take the role away, and the sheets that are not sealed with it. Sealed ones count on."""
    async with transaction():
        await lock(jury_lock(event))
        await revoke(person, "juror", event=event, by=actor.by, may_grant_owner=False, now=now)
        gone = (
            await Sheet.delete()
            .where((Sheet.event == event.id) & (Sheet.juror == person) & Sheet.state.is_in(["assigned", "ready"]))
            .returning(Sheet.id)
        )
        await audit.record(
            "jury.left",
            by=actor.by,
            subject=f"person:{person}",
            event=event.id,
            facts={"sheets": len(gone)},
            changes=changed_value(N_("Score sheets taken back"), None, len(gone), kind="int"),
            now=now,
        )
        if gone:
            await announce_results_if_ready(event, now=now)


async def tell_jurors(event: EventView, *, actor: Actor, issuer: Issuer, now: datetime) -> int:
    """Mail every juror with open sheets how many they are and until when; how many were mailed."""
    settings = await queries.award_settings(event)
    async with transaction():
        waiting = [line for line in await queries.jurors(event) if line.open]
        known = await people.people([line.person for line in waiting])
        for line in waiting:
            person = known[line.person]
            language = person.language or event.language
            with using(language):
                until = shown.instant(settings.judging_until, event.zone) if settings.judging_until else "—"
            await mail_way_in(
                "awards.sheets_waiting",
                person,
                event,
                f"/{event.slug}/jury",
                has_account=True,
                facts={"count": str(line.open), "until": until},
                issuer=issuer,
                now=now,
                not_after=settings.judging_until,
                about=f"grant:{person.id}/{event.id}/juror",
            )
        await audit.record(
            "jury.told",
            by=actor.by,
            subject="award",
            event=event.id,
            facts={"jurors": len(waiting)},
            changes=changed_value(N_("Jurors mailed"), None, len(waiting), kind="int"),
            now=now,
        )
        return len(waiting)
