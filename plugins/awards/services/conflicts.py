"""Conflicts of interest, and what follows when the last open sheet is gone."""

from datetime import datetime

from plenaria.core.forms import RecordedChange, changed_value
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.storage import outbox
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.rules import (
    ScoreSheet,
    clean_answer,
    reopen_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, jury_lock, record
from plenaria.plugins.awards.tables import Conflict, Sheet


async def record_conflict(event: EventView, code: str, juror: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say for a juror that they must not judge a nomination; an open sheet of theirs is recused."""
    async with transaction():
        await lock(jury_lock(event))
        view = await queries.nomination(event, code)
        if view is None or juror not in {line.person for line in await queries.jurors(event)}:
            raise Refused(Refusal("not_found"))
        if not (reason := clean_answer(reason)):
            raise Refused(Refusal("reason_missing", {}, "/reason"))
        row = await Sheet.select(Sheet.state).where((Sheet.nomination == view.id) & (Sheet.juror == juror)).first()
        if row:
            refuse(reopen_refusals(ScoreSheet(state=row["state"])))
        await store_conflict(view.id, juror, reason, by=actor.person, now=now)
        await Sheet.update({Sheet.state: "recused"}).where((Sheet.nomination == view.id) & (Sheet.juror == juror))
        await record("jury.conflict_recorded", event, code, actor, {"juror": f"person:{juror}"}, now, _with(juror))
        if row:
            await announce_results_if_ready(event, now=now)


def _with(juror: int) -> list[RecordedChange]:
    return changed_value(N_("Juror"), None, f"person:{juror}", kind="person")


async def store_conflict(nomination_id: int, juror: int, reason: str, *, by: int, now: datetime) -> None:
    if await Conflict.exists().where((Conflict.nomination == nomination_id) & (Conflict.juror == juror)):
        return
    await Conflict(nomination=nomination_id, juror=juror, reason=reason, declared_by=by, declared_at=now).save()


async def announce_results_if_ready(event: EventView, *, now: datetime) -> None:
    shown_now = await queries.results(event, may_see_early=False)
    if not shown_now.refusals:
        await outbox.tell("results_ready", event=event, now=now)
