"""Colleagues who work on a nomination with its owner."""

from datetime import datetime
from typing import Final

from plenaria.core.forms import RecordedChange, changed_value
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.people import queries as people
from plenaria.core.people.services import ensure_person
from plenaria.core.storage.database import transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import (
    collaboration_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, Issuer, record
from plenaria.plugins.awards.services.held import held, reloaded
from plenaria.plugins.awards.services.letters import mail_way_in
from plenaria.plugins.awards.tables import Nominator

MOST_COLLABORATORS: Final = 10


async def invite_collaborator(
    event: EventView, code: str, email: str, *, actor: Actor, issuer: Issuer, now: datetime
) -> NominationView:
    """Let a colleague work on the nomination, and mail them a way in."""
    settings = await queries.award_settings(event)
    async with transaction():
        view, seen = await held(event, code, actor)
        address = people.normal_email(email)
        present = [each.email for each in view.nominators]
        refuse(
            collaboration_refusals(
                view.nomination,
                settings.nominations,
                now,
                seen=seen,
                email=address,
                present=present,
                most=MOST_COLLABORATORS,
            )
        )
        has_account = await people.person_by_email(address) is not None
        person = await ensure_person(address, now=now)
        await Nominator(nomination=view.id, person=person.id, role="collaborator", added_at=now).save()
        await record(
            "nomination.collaborator_added",
            event,
            code,
            actor,
            {"person": f"person:{person.id}"},
            now,
            _writer(None, person.id),
        )
        inviter = next(each.name for each in view.nominators if each.person == actor.person)
        await mail_way_in(
            "awards.collaborator_added" if has_account else "awards.collaborator",
            person,
            event,
            f"/{event.slug}/awards/nominations/{code}",
            has_account=has_account,
            facts={"inviter": inviter, "candidate": view.nomination.candidate.name or "—"},
            issuer=issuer,
            now=now,
        )
        return await reloaded(event, code)


async def remove_collaborator(
    event: EventView, code: str, person: int, *, actor: Actor, now: datetime
) -> NominationView:
    """End a collaboration: the owner's right, and everybody's own. The owner stays."""
    async with transaction():
        view, seen = await held(event, code, actor)
        role = view.role_of(person)
        if role is None:
            raise Refused(Refusal("not_found"))
        if role == "owner" or (seen.role != "owner" and person != actor.person):
            raise Refused(Refusal("not_the_owner"))
        await Nominator.delete().where((Nominator.nomination == view.id) & (Nominator.person == person))
        await record(
            "nomination.collaborator_removed",
            event,
            code,
            actor,
            {"person": f"person:{person}"},
            now,
            _writer(person, None),
        )
        return await reloaded(event, code)


def _writer(before: int | None, after: int | None) -> list[RecordedChange]:
    names = [f"person:{each}" if each is not None else None for each in (before, after)]
    return changed_value(N_("Also writes"), *names, kind="person")
