"""A juror's work on a score sheet: no conflict declared, scored, sealed, or stepped back from."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import structs

from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.values import EventView, Refusal, Refused, refuse
from plenaria.core.storage.database import lock, lock_row, repeatable, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.queries import SheetView
from plenaria.plugins.awards.rules import (
    Criterion,
    ScoreSheet,
    clean_answer,
    conflict_refusals,
    may_judge,
    scoring_refusals,
    seal_refusals,
    seat_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, encoded, jury_lock, record
from plenaria.plugins.awards.services.conflicts import announce_results_if_ready, store_conflict
from plenaria.plugins.awards.tables import Nomination as NominationTable
from plenaria.plugins.awards.tables import Sheet


@repeatable
async def declare_no_conflict(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> SheetView:
    """The juror's word that nothing ties them to the nomination: they may score from now on."""
    settings = await queries.award_settings(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        await lock_row(NominationTable, view.nomination_id)  # from here on it stands as it was submitted
        refuse(conflict_refusals(view.sheet, settings.judging, now, conflict=False, reason=""))
        if view.sheet.state == "assigned":
            await Sheet.update({Sheet.state: "ready"}).where(Sheet.id == sheet_id)
            await record("sheet.no_conflict", event, view.nomination, actor, {"sheet": sheet_id}, now)
        return await _reload_sheet(event, sheet_id, actor)


@repeatable
async def recuse(event: EventView, sheet_id: int, reason: str, *, actor: Actor, now: datetime) -> SheetView:
    """The juror steps back from this nomination for good."""
    settings = await queries.award_settings(event)
    reason = clean_answer(reason)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        refuse(conflict_refusals(view.sheet, settings.judging, now, conflict=True, reason=reason))
        await Sheet.update({Sheet.state: "recused"}).where(Sheet.id == sheet_id)
        await store_conflict(view.nomination_id, actor.person, reason, by=actor.person, now=now)
        await record("sheet.recused", event, view.nomination, actor, {"sheet": sheet_id}, now)
        await announce_results_if_ready(event, now=now)
        return await _reload_sheet(event, sheet_id, actor)


@repeatable
async def save_scores(
    event: EventView,
    sheet_id: int,
    *,
    scores: Mapping[str, int],
    abstained: Sequence[str],
    comment: str,
    revision: int | None,
    actor: Actor,
    now: datetime,
) -> SheetView:
    """Keep a juror's scores, complete or not. Nothing happens when nothing changed."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        new = structs.replace(
            view.sheet, scores=dict(scores), abstained=frozenset(abstained), comment=clean_answer(comment)
        )
        criteria = section.rubric(view.category)
        refuse(
            [
                *_seat_refusals(view),
                *scoring_refusals(view.sheet, new, criteria, settings.judging, now, revision=revision),
            ]
        )
        if new == view.sheet:
            return view
        await _store_scores(sheet_id, new)
        facts = {"sheet": sheet_id, "revision": view.sheet.revision + 1}
        await record("sheet.scored", event, view.nomination, actor, facts, now)
        return await _reload_sheet(event, sheet_id, actor)


@repeatable
async def seal(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> SheetView:
    """Make the scores final. The digest in the audit log proves them later, with the sheet's salt."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    async with transaction():
        view = await _held_sheet(event, sheet_id, actor)
        criteria: tuple[Criterion, ...] = section.rubric(view.category)
        refuse([*_seat_refusals(view), *seal_refusals(view.sheet, criteria, settings.judging, now)])
        sealed = {
            "nomination": view.nomination,
            "juror": f"person:{actor.person}",
            "scores": view.sheet.scores,
            "abstained": sorted(view.sheet.abstained),
            "comment": view.sheet.comment,
            "salt": new_secret(),
        }
        await Sheet.update(
            {
                Sheet.state: "sealed",
                Sheet.sealed_at: now,
                Sheet.digest: digest(sealed),
                Sheet.salt: sealed["salt"],
            }
        ).where(Sheet.id == sheet_id)
        facts = {"sheet": sheet_id, "digest": digest(sealed)}
        await record("sheet.sealed", event, view.nomination, actor, facts, now)
        await announce_results_if_ready(event, now=now)
        return await _reload_sheet(event, sheet_id, actor)


async def _held_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    """One's own sheet. The jury's lock is taken: seals and assignments wait for each other."""
    await lock(jury_lock(event))
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    if view is None:
        raise Refused(Refusal("not_found"))
    return view


async def _reload_sheet(event: EventView, sheet_id: int, actor: Actor) -> SheetView:
    view = await queries.sheet(event, sheet_id, juror=actor.person)
    assert view is not None  # noqa: S101 - written in this transaction
    return view


async def _store_scores(sheet_id: int, new: ScoreSheet) -> None:
    await Sheet.update(
        {
            Sheet.scores: encoded(new.scores),
            Sheet.abstained: encoded(sorted(new.abstained)),
            Sheet.comment: new.comment,
            Sheet.revision: new.revision + 1,
        }
    ).where(Sheet.id == sheet_id)


def _seat_refusals(view: SheetView) -> Sequence[Refusal]:
    if may_judge(view.seat, view.sheet, nomination_state=view.nomination_state) or view.sheet.state == "recused":
        return ()
    return seat_refusals(view.seat, nomination_state=view.nomination_state)
