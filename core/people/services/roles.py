"""Who may do what in an event: giving roles, inviting, taking roles away."""

from datetime import datetime, timedelta
from typing import Any

from plenaria.core import mail
from plenaria.core.forms import changed_value
from plenaria.core.host.permissions import ROLES
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.languages import spoken
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, in_language
from plenaria.core.people.queries import person_by_email
from plenaria.core.people.services.links import INVITATION_DAYS, way_in
from plenaria.core.people.services.persons import ensure_person
from plenaria.core.people.tables import Erasure, Grant
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction


async def grant(
    person: PersonView, role: str, *, event: EventView | None, by: str, now: datetime, granted_by: int | None = None
) -> None:
    """Give somebody a role in an event (None: in the installation). Giving it twice is giving it once."""
    if role not in ROLES:
        raise Refused(Refusal("unknown_role", {"role": role}, "/role"))
    key = f"{person.id}/{event.id if event else '*'}/{role}"
    async with transaction():
        row = Grant(
            person=person.id,
            event=event.id if event else None,
            role=role,
            granted_at=now,
            granted_by=granted_by,
            key=key,
        )
        if not await Grant.insert(row).on_conflict(action="DO NOTHING").returning(Grant.id):
            return
        await audit.record(
            "team.granted",
            by=by,
            subject=f"person:{person.id}",
            event=event.id if event else None,
            facts={"role": role},
            changes=changed_value(N_("Role"), None, role, kind="choice", words=ROLES),
            now=now,
        )


async def invite(
    email: str,
    role: str,
    *,
    event: EventView | None,
    visit_by: str,
    granted_by: int | None,
    may_grant_owner: bool,
    settings: Settings,
    now: datetime,
    language: str = "",
    next_page: str = "",
) -> PersonView:
    """Give a role (without an event: in the whole installation) to the person with that address and mail them a way in: a link
    that signs in only to who had no account yet."""
    if role == "owner" and not may_grant_owner:
        raise Refused(Refusal("only_owners_grant_owner", {}, "/role"))
    async with transaction():
        has_account = await person_by_email(email) is not None
        person = await ensure_person(email, now=now, language=language)
        await grant(person, role, event=event, by=visit_by, now=now, granted_by=granted_by)
        await send_invitation(
            person,
            role,
            event=event,
            settings=settings,
            has_account=has_account,
            now=now,
            next_page=next_page or (f"/{event.slug}/organise" if event else "/"),
        )
        return person


async def send_invitation(
    person: PersonView,
    role: str,
    *,
    event: EventView | None,
    settings: Settings,
    has_account: bool,
    now: datetime,
    next_page: str,
) -> None:
    """Mail the way in."""
    language = spoken(person.language, event.language if event else "")
    with using(language):
        title = gettext(ROLES[role])
    link = await way_in(person.email, has_account=has_account, next_page=next_page, address=settings.address, now=now)
    await mail.send(
        "core.role_given" if has_account else "core.invitation",
        to=person.email,
        language=language,
        event=event,
        facts={
            "event": in_language(event.name, language) if event else settings.title,
            "role": title,
            "days": str(INVITATION_DAYS),
            "link": link,
            "site_link": f"{settings.address}/sign-in",
        },
        now=now,
        not_after=now + timedelta(days=INVITATION_DAYS),
        about=f"grant:{person.id}/{event.id if event else '*'}/{role}",
    )


async def revoke(person: int, role: str, *, event: EventView, by: str, may_grant_owner: bool, now: datetime) -> None:
    """Take a role away. The last owner stays."""
    async with transaction():
        if role == "owner":
            if not may_grant_owner:
                raise Refused(Refusal("only_owners_grant_owner", {}, "/role"))
            if not await _others_own(event.id, person):
                raise Refused(Refusal("last_owner", {"events": [event.name]}))
        gone = await Grant.delete().where(Grant.key == f"{person}/{event.id}/{role}").returning(Grant.id)
        if not gone:
            raise Refused(Refusal("not_in_team"))
        await audit.record(
            "team.revoked",
            by=by,
            subject=f"person:{person}",
            event=event.id,
            facts={"role": role},
            changes=changed_value(N_("Role"), role, None, kind="choice", words=ROLES),
            now=now,
        )


async def only_owner_of(person: int) -> list[int]:
    """The events that would lose their last owner with this person; held until the caller's transaction ends."""
    own: Any = Grant.event
    rows = await Grant.select(own).where((Grant.person == person) & (Grant.role == "owner") & own.is_not_null())
    return [event for event in sorted(row["event"] for row in rows) if not await _others_own(event, person)]


async def _others_own(event: int, person: int) -> bool:
    """Whether somebody else owns the event; an account that waits to be erased does not count."""
    await lock(f"owners of {event}")
    rows = await Grant.select(Grant.person).where(
        (Grant.event == event) & (Grant.role == "owner") & (Grant.person != person)
    )
    others = [row["person"] for row in rows]
    waiting = await Erasure.count().where(Erasure.person.is_in(others) & (Erasure.state == "blocked")) if others else 0
    return len(others) > waiting
