"""Who may change how an account is entered, and the mail that says that it was changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from plenaria.core.host.visit import PersonView, Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, Refusal, Refused
from plenaria.core.people import queries
from plenaria.core.people.services.links import lock_erasure
from plenaria.core.people.services.notices import NOTHING_TO_DO, notify
from plenaria.core.people.services.sessions import open_session
from plenaria.core.people.tables import Erasure, Passkey, Person, Session
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

CHANGES: Final = {
    "identity_linked": N_("Signing in with {name} was added to your account."),
    "identity_unlinked": N_("Signing in with {name} was removed from your account."),
    "passkey_added": N_("The passkey “{name}” was added to your account."),
    "passkey_removed": N_("The passkey “{name}” was removed from your account."),
    "passkey_refused": N_("The passkey “{name}” was refused: it seems to be a copy."),
    "factors_reset": N_("Your second factor and your passkeys were removed, and every browser was signed out."),
}
"""What the mail says, by the audit action without its `person.`."""
ADVICE: Final = {
    "passkey_refused": N_("Remove it under “My account”, and add a new one."),
    "factors_reset": N_("Sign in with a link by e-mail, and add a second factor or a passkey again."),
}
"""What the person does also when nobody else had a hand in it."""


async def refuse_weak(visit: Visit) -> None:
    """Whoever has a second factor shows it before the ways into the account are changed: a mailbox alone is not enough.

    Raises `Refused(stronger_sign_in_needed)`.
    """
    assert visit.person is not None  # noqa: S101 - the route declares `signed_in`
    if visit.strong:
        return
    if visit.person.has_second_factor or await Passkey.exists().where(Passkey.person == visit.person.id):
        raise Refused(Refusal("stronger_sign_in_needed"))


async def enter(
    person: PersonView, *, strong: bool, user_agent: str, settings: Settings, now: datetime, ends: int | None
) -> str:
    """The secret of a new session that follows the browser's `ends`.

    Not while the account waits to be erased: only a mailed link takes that back.

    Raises `Refused(account_blocked)`. Joins the caller's transaction.
    """
    await lock_erasure(person.id)
    if await Erasure.exists().where((Erasure.person == person.id) & (Erasure.state == "blocked")):
        raise Refused(Refusal("account_blocked"))
    return await open_session(person, strong=strong, user_agent=user_agent, settings=settings, now=now, ends=ends)


async def reset_factors(email: str, *, by: str, now: datetime) -> None:
    """For somebody who lost the device: no second factor, no passkey, no session is left; a mailed link lets them in.

    Raises `Refused(not_your_address)` for an address that nobody has.
    """
    async with transaction():
        person = await queries.person_by_email(email)
        if person is None:
            raise Refused(Refusal("not_your_address"))
        await Person.update({Person.totp_secret: "", Person.totp_step: 0}).where(Person.id == person.id)
        await Passkey.delete().where(Passkey.person == person.id)
        await Session.delete().where(Session.person == person.id)
        await record_change("factors_reset", person.id, by=by, now=now)


async def record_change(
    change: str, person: int, *, by: str, name: str = "", facts: Mapping[str, object] | None = None, now: datetime
) -> None:
    """The audit line and the mail about it. Joins the caller's transaction."""
    await audit.record(f"person.{change}", by=by, subject=f"person:{person}", facts=facts or {}, now=now)
    owner = await queries.person(person)
    if owner is not None:
        advice = ADVICE.get(change, NOTHING_TO_DO)
        await notify(owner, CHANGES[change], facts={"name": name}, advice=advice, now=now)
