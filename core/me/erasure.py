"""Erasing a person's data in two stages (LFPDPPP, articles on cancellation): blocked at once, erased some days later.

In between nobody can act as the person; a sign-in link takes the request back. The second stage is one transaction over
the core and every plugin: when one of them fails, nothing is erased, and a job tries again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from plenaria.core.events import queries as event_queries
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PersonalData, has_shape
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import ErasureLine, Refusal, Refused
from plenaria.core.people import forgetting
from plenaria.core.people.queries import normal_email, person
from plenaria.core.people.services import lock_erasure, only_owner_of
from plenaria.core.people.tables import ApiToken, Erasure, Person, Session, SignInLink
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction


class ErasurePart(Struct, frozen=True, kw_only=True):
    """What one plugin (or `core`) will do. `answer`: `lines`, `by_hand` (it cannot erase by itself), or `failed`."""

    plugin: str
    answer: str
    lines: tuple[ErasureLine, ...] = ()


class PendingErasure(Struct, frozen=True, kw_only=True):
    """A request, by the person's number only. `failed` names the plugin that kept the last try from succeeding."""

    person: int
    state: str
    requested_at: datetime
    due_at: datetime
    ended_at: datetime | None
    failed: str


# -- stage one -----------------------------------------------------------------------------------------------------


async def preview(person_id: int) -> list[ErasurePart]:
    """What will go and what will stay, part by part, in the reader's language."""

    async def lines(plugin: str, data: PersonalData) -> ErasurePart:
        if data.preview is None or data.erase is None:
            return ErasurePart(plugin=plugin, answer="by_hand")
        found = await data.preview(person_id)
        if not has_shape(found, Sequence[ErasureLine]):
            raise TypeError(f"{plugin} gave {type(found).__name__} instead of a list of ErasureLine")
        return ErasurePart(plugin=plugin, answer="lines", lines=tuple(found))

    own = ErasurePart(plugin="core", answer="lines", lines=tuple(await forgetting.preview(person_id)))
    gathered = await plugins.host().gather("register_personal_data", lines)
    failed = sorted({*gathered.failed, *plugins.host().not_loaded()})
    return [own, *gathered.values, *(ErasurePart(plugin=name, answer="failed") for name in failed)]


async def ask(
    person_id: int, *, address: str, by: str, settings: Settings, now: datetime, at_once: bool = False
) -> datetime:
    """Block the account and say when its data will be erased; `at_once` makes a request that is pending due now.

    Raises `Refused`: another address, asked for already, or an event whose only owner this is.
    """
    known = await person(person_id)
    if known is None or normal_email(address) != known.email:
        raise Refused(Refusal("not_your_address", {}, "/address"))
    due_at = now if at_once else now + timedelta(days=settings.erasure_days)
    async with transaction():
        await lock_erasure(person_id)
        await _refuse_ownerless_events(person_id)
        await _store(person_id, due_at=due_at, may_bring_forward=at_once, now=now)
        await Session.delete().where(Session.person == person_id)
        await SignInLink.delete().where(SignInLink.email == known.email)
        revoked: dict[Any, Any] = {ApiToken.revoked_at: now}
        await ApiToken.update(revoked).where((ApiToken.person == person_id) & ApiToken.revoked_at.is_null())
        facts = {"due_at": due_at.isoformat()}
        await audit.record("person.erasure_asked", by=by, subject=f"person:{person_id}", facts=facts, now=now)
    return due_at


async def _refuse_ownerless_events(person_id: int) -> None:
    owned = await only_owner_of(person_id)
    if names := [(await event_queries.event_by_id(event)).name for event in owned]:
        raise Refused(Refusal("last_owner", {"events": names}))


async def _store(person_id: int, *, due_at: datetime, may_bring_forward: bool, now: datetime) -> None:
    pending = (Erasure.person == person_id) & (Erasure.state == "blocked")
    if not await Erasure.exists().where(pending):
        await Erasure(person=person_id, state="blocked", requested_at=now, due_at=due_at).save()
    elif may_bring_forward:
        await Erasure.update({Erasure.due_at: due_at}).where(pending)
    else:
        raise Refused(Refusal("erasure_pending"))


# -- stage two -----------------------------------------------------------------------------------------------------


async def erase_due(*, now: datetime, only: int | None = None) -> int:
    """Erase what is due (of one person `only`), each request in its own transaction; returns how many were erased.

    Those that failed before come last: they keep nobody else's waiting.
    """
    due = (Erasure.state == "blocked") & (Erasure.due_at <= now)
    rows = (
        await Erasure.select(Erasure.id, Erasure.person)
        .where(due if only is None else due & (Erasure.person == only))
        .order_by(Erasure.failed, Erasure.due_at, Erasure.id)
    )
    return sum([await _erase(row["id"], row["person"], now=now) for row in rows])


async def _erase(request: int, person_id: int, *, now: datetime) -> bool:
    plugin = next(iter(plugins.host().not_loaded()), "")
    try:
        if plugin:
            raise LookupError(f"{plugin} is not loaded, and may keep something about the person")
        async with transaction():
            if not await _claimed(request, now=now):
                return False
            for name, data in plugins.host().collect("register_personal_data"):
                plugin = name
                if data.erase is not None:
                    await data.erase(person_id, now=now)
            plugin = "core"
            await forgetting.forget(person_id, now=now)
            await audit.record("person.erased", by="system", subject=f"person:{person_id}", facts={}, now=now)
            return True
    except Unavailable:
        raise  # no plugin's fault; it is due again at the job's next turn
    except Exception as error:
        plugins.host().failures.note(plugin, "register_personal_data", error)
        await Erasure.update({Erasure.failed: plugin}).where(Erasure.id == request)
        return False


async def _claimed(request: int, *, now: datetime) -> bool:
    """Conditional, so that two workers, or a worker and somebody who takes it back, never both succeed."""
    changed: dict[Any, Any] = {Erasure.state: "erased", Erasure.ended_at: now, Erasure.failed: ""}
    still = (Erasure.id == request) & (Erasure.state == "blocked") & (Erasure.due_at <= now)
    return bool(await Erasure.update(changed).where(still).returning(Erasure.id))


# -- for the installation's owners ---------------------------------------------------------------------------------


async def requests() -> list[PendingErasure]:
    """The latest first; two hundred at most."""
    rows = await Erasure.select().order_by(Erasure.id, ascending=False).limit(200)
    names = PendingErasure.__struct_fields__
    return [PendingErasure(**{name: row[name] for name in names}) for row in rows]


def by_hand() -> list[str]:
    """Plugins that keep data about people and cannot erase it by themselves."""
    return [
        name
        for name, data in plugins.host().collect("register_personal_data")
        if data.preview is None or data.erase is None
    ]


async def failed_in(person_id: int) -> str:
    """The plugin that kept the last try of this person's pending request from succeeding."""
    pending = (Erasure.person == person_id) & (Erasure.state == "blocked")
    row = await Erasure.select(Erasure.failed).where(pending).first()
    return row["failed"] if row else ""


async def person_at(email: str) -> int | None:
    row = await Person.select(Person.id).where(Person.email == normal_email(email)).first()
    return row["id"] if row else None
