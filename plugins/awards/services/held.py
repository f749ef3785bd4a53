"""A nomination that a service works on: held until the transaction ends, changed, read again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.storage import files
from plenaria.core.storage.database import locked
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import Seen, may_see
from plenaria.plugins.awards.services.actors import Actor
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import NominationFile


async def held(event: EventView, code: str, actor: Actor) -> tuple[NominationView, Seen]:
    """The nomination, its row held until the transaction ends. Raises `Refused(not_found)` for an actor who may not see it."""
    query = NominationTable.select(NominationTable.id).where(
        (NominationTable.code == code) & (NominationTable.event == event.id)
    )
    await locked(query)
    view = await queries.nomination(event, code)
    if view is None:
        raise Refused(Refusal("not_found"))
    seen = await queries.seen_as(event, view, actor.person, manages=actor.manages)
    if not may_see(view.nomination, seen):
        raise Refused(Refusal("not_found"))
    return view, seen


async def reloaded(event: EventView, code: str) -> NominationView:
    view = await queries.nomination(event, code)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def change(view: NominationView, values: Mapping[str, Any], *, now: datetime) -> None:
    counted: dict[Any, Any] = {**values, "revision": view.nomination.revision + 1, "changed_at": now}
    await NominationTable.update(counted).where(NominationTable.id == view.id)


async def forget_file(stored: queries.StoredAttachment) -> None:
    await NominationFile.delete().where(NominationFile.code == stored.attachment.code)
    await files.remove(stored.file.id)


def facts_of(view: NominationView) -> dict[str, Any]:
    nomination = view.nomination
    return {
        "code": nomination.code,
        "category": nomination.category,
        "candidate": msgspec.to_builtins(nomination.candidate),
    }
