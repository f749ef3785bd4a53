"""Who judges what: assigned by hand or evenly, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import structs

from plenaria.core.forms import changed_value
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, refuse
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.matching import Assigned, Impossible, Pair, Problem, Reason, assign
from plenaria.plugins.awards.queries import NominationLine
from plenaria.plugins.awards.rules import (
    ScoreSheet,
    reopen_refusals,
    seat_refusals,
)
from plenaria.plugins.awards.services.actors import Actor, jury_lock, record
from plenaria.plugins.awards.services.conflicts import announce_results_if_ready
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.tables import Sheet


async def assign_juror(event: EventView, code: str, juror: int, *, actor: Actor, now: datetime) -> int:
    """Give one nomination to one juror by hand; the sheet's id. Giving it twice is giving it once."""
    async with transaction():
        await lock(jury_lock(event))
        view = await queries.nomination(event, code)
        if view is None or juror not in {line.person for line in await queries.jurors(event)}:
            raise Refused(Refusal("not_found"))
        known = await Sheet.select(Sheet.id).where((Sheet.nomination == view.id) & (Sheet.juror == juror)).first()
        if known:
            return int(known["id"])
        refuse(seat_refusals(await queries.seat(view.id, juror), nomination_state=view.nomination.state))
        return await _new_sheet(event, view.id, code, juror, actor=actor, now=now)


async def assign_evenly(event: EventView, *, seed: int, actor: Actor, now: datetime) -> int:
    """Give every submitted nomination its number of jurors, loads as even as conflicts allow; how many sheets are new.

    What is assigned already stays. Raises Refused with a refusal `assignment_…` for each reason why it cannot be.
    """
    settings = await queries.award_settings(event)
    async with transaction():
        await lock(jury_lock(event))
        lines = {str(line.id): line for line in await queries.nominations(event, state="submitted")}
        entries = {entry: line.code for entry, line in lines.items()}
        jurors = {str(line.person): line.name for line in await queries.jurors(event)}
        if not jurors:
            raise Refused(Refusal("no_jurors"))
        answer, fixed = await _even_answer(event, entries, jurors, settings, seed=seed)
        if isinstance(answer, Impossible):
            raise Refused(*_why_not(answer, lines, jurors))
        pairs = answer.pairs
        new = [pair for pair in pairs if pair not in fixed]
        for entry, juror in new:
            await _new_sheet(event, int(entry), entries[entry], int(juror), actor=actor, now=now)
        await audit.record(
            "jury.assigned_evenly",
            by=actor.by,
            subject="award",
            event=event.id,
            facts={"seed": seed, "per_entry": settings.judges_per_entry, "new": len(new)},
            changes=changed_value(N_("New score sheets"), None, len(new), kind="int"),
            now=now,
        )
        return len(new)


async def _even_answer(
    event: EventView, entries: Mapping[str, str], jurors: Mapping[str, str], settings: AwardsSettings, *, seed: int
) -> tuple[Assigned | Impossible, set[Pair]]:
    """The assignment, and the pairs that were there before. Former jurors keep their sheets and get no new ones."""
    rows = [row for row in await queries.sheets(event) if str(row.nomination_id) in entries]
    fixed = {(str(row.nomination_id), str(row.juror)) for row in rows if row.state != "recused"}
    former = {judge for _, judge in fixed} - set(jurors)
    barred = {(str(entry), str(person)) for entry, person in await queries.barred_pairs(event)}
    barred |= {(str(row.nomination_id), str(row.juror)) for row in rows if row.state == "recused"}
    barred |= {(entry, judge) for entry in entries for judge in former}
    judges = [*jurors, *sorted(former)]
    answer = assign(
        Problem(
            entries=list(entries),
            judges=judges,
            per_entry=settings.judges_per_entry,
            least=settings.least_per_juror,
            least_of=dict.fromkeys(former, 0),
            most=settings.most_per_juror,
            conflicts={pair for pair in barred - fixed if pair[0] in entries and pair[1] in judges},
            fixed=fixed,
            seed=seed,
        )
    )
    return answer, fixed


MOST_NAMES: Final = 5
"""How many names a sentence lists."""


def _why_not(answer: Impossible, lines: Mapping[str, NominationLine], jurors: Mapping[str, str]) -> list[Refusal]:
    """A refusal for each reason; nominations that lack jurors in the same way are one."""
    alike: dict[Reason, list[str]] = {}
    for reason in answer.reasons:
        is_of_one = reason.code == "too_few_judges" and len(reason.entries) == 1
        key = structs.replace(reason, entries=(), conflicts=()) if is_of_one else reason
        alike.setdefault(key, []).extend(reason.entries)
    return [
        Refusal(
            f"assignment_{reason.code}",
            {
                "nominations": [lines[entry].code for entry in entries],
                "candidates": _some([lines[entry].candidate.name or lines[entry].code for entry in entries]),
                "jurors": _some([jurors[judge] for judge in reason.judges if judge in jurors]),
                "full": _some([jurors[judge] for judge in reason.bounded if judge in jurors]),
                "needed": reason.needed,
                "available": reason.available,
            },
        )
        for reason, entries in alike.items()
    ]


def _some(names: Sequence[str]) -> list[str]:
    """The names, or the first ones and how many more there are."""
    return [*names] if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], f"+{len(names) - MOST_NAMES}"]


async def _new_sheet(
    event: EventView, nomination_id: int, code: str, juror: int, *, actor: Actor, now: datetime
) -> int:
    row = Sheet(event=event.id, nomination=nomination_id, juror=juror, assigned_at=now)
    await row.save()
    facts = {"juror": f"person:{juror}", "sheet": row.id}
    changes = changed_value(N_("Juror"), None, f"person:{juror}", kind="person")
    await record("sheet.assigned", event, code, actor, facts, now, changes)
    return row.id


async def unassign(event: EventView, sheet_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an assignment back. Sealed sheets stay."""
    async with transaction():
        await lock(jury_lock(event))
        found = next((line for line in await queries.sheets(event) if line.id == sheet_id), None)
        if found is None:
            raise Refused(Refusal("not_found"))
        refuse(reopen_refusals(ScoreSheet(state=found.state)))
        await Sheet.delete().where(Sheet.id == sheet_id)
        facts = {"juror": f"person:{found.juror}", "sheet": sheet_id}
        changes = changed_value(N_("Juror"), f"person:{found.juror}", None, kind="person")
        await record("sheet.unassigned", event, found.nomination, actor, facts, now, changes)
        await announce_results_if_ready(event, now=now)
