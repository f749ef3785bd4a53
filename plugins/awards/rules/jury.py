"""The jury: who may judge what, when a score sheet is complete, and when results may be seen."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from plenaria.core.kernel.values import N_, LocalizedText, Refusal, Slug, Window

SheetState = Literal["assigned", "ready", "sealed", "recused"]
"""assigned: conflict not yet declared; ready: declared free of conflict; sealed and recused are final for
the juror."""

COMMENT_LENGTH = 5000


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """What one score of a criterion means."""

    score: Annotated[int, Meta(ge=0, le=100, title=N_("Score"), extra={"unit": N_("points")})]
    description: Annotated[LocalizedText, Meta(title=N_("What this score means"))]


class Criterion(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the rubric."""

    code: Annotated[Slug, Meta(title=N_("Code"), description=N_("Names the criterion in exports and in the API."))]
    name: Annotated[LocalizedText, Meta(title=N_("Name"))]
    description: Annotated[
        LocalizedText, Meta(title=N_("Description"), extra={"max_length": 600, "kind": "textarea"})
    ] = {}
    weight: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            title=N_("Weight"),
            description=N_("How much it counts, in proportion to the other weights; they need not add up to 100."),
            extra={"unit": N_("parts")},
        ),
    ] = 1
    levels: Annotated[
        tuple[Level, ...],
        Meta(
            min_length=2,
            title=N_("Levels"),
            description=N_("The scores a juror can give, each with what it means."),
            extra={"unique": "score"},
        ),
    ]
    categories: Annotated[
        tuple[Slug, ...],
        Meta(
            title=N_("Categories"),
            description=N_("Codes of the categories that use it; if empty, all do."),
        ),
    ] = ()

    @property
    def scores(self) -> tuple[int, ...]:
        return tuple(sorted(level.score for level in self.levels))

    def is_for(self, category: str) -> bool:
        return not self.categories or category in self.categories


class ScoreSheet(Struct, frozen=True, kw_only=True):
    """One juror's work on one nomination. A criterion is scored, abstained from, or not yet decided."""

    state: SheetState = "assigned"
    scores: dict[str, int] = {}
    abstained: frozenset[str] = frozenset()
    comment: str = ""
    revision: int = 1


class JurorSeat(Struct, frozen=True, kw_only=True):
    """What binds a juror to one nomination before any sheet: their own hand in it, and what they declared."""

    nominated_it: bool = False
    """Whether they are its owner or a collaborator; nobody judges their own nomination."""
    declared_conflict: bool = False


def seat_refusals(seat: JurorSeat, *, nomination_state: str) -> tuple[Refusal, ...]:
    """Why this juror cannot be assigned to this nomination."""
    refusals = []
    if nomination_state != "submitted":
        refusals.append(Refusal("nomination_not_submitted", {"state": nomination_state}))
    if seat.nominated_it:
        refusals.append(Refusal("juror_is_nominator"))
    if seat.declared_conflict:
        refusals.append(Refusal("conflict_declared"))
    return tuple(refusals)


def may_judge(seat: JurorSeat, sheet: ScoreSheet, *, nomination_state: str) -> bool:
    """Whether this juror may (still) work on this nomination at all; the jury period is another question."""
    return sheet.state != "recused" and not seat_refusals(seat, nomination_state=nomination_state)


def judging_refusals(window: Window, now: datetime) -> tuple[Refusal, ...]:
    """`judging_not_yet_open`, `judging_closed`, or nothing."""
    return window.refusals(now, subject="judging")


def conflict_refusals(
    sheet: ScoreSheet, window: Window, now: datetime, *, conflict: bool, reason: str
) -> tuple[Refusal, ...]:
    """Why a juror may not declare (or deny) a conflict now. A conflict may be declared before judging
    opens."""
    refusals = list(_final_refusals(sheet))
    if window.is_after(now):
        refusals += judging_refusals(window, now)
    if conflict and not reason:
        refusals.append(Refusal("reason_missing", {}, "/reason"))
    if len(reason) > COMMENT_LENGTH:
        refusals.append(Refusal("answer_too_long", {"length": len(reason), "most": COMMENT_LENGTH}, "/reason"))
    return tuple(refusals)


def scoring_refusals(
    sheet: ScoreSheet,
    new: ScoreSheet,
    criteria: Sequence[Criterion],
    window: Window,
    now: datetime,
    *,
    revision: int | None,
) -> tuple[Refusal, ...]:
    """Why `new` may not be kept in place of `sheet`; it may be incomplete. `revision`: the one the juror
    started from."""
    refusals = list(judging_refusals(window, now)) + list(_work_refusals(sheet))
    if revision is not None and revision != sheet.revision:
        refusals.append(Refusal("scores_changed", {"yours": revision, "current": sheet.revision}))
    return tuple(refusals) + _score_refusals(new, criteria)


def seal_refusals(
    sheet: ScoreSheet, criteria: Sequence[Criterion], window: Window, now: datetime
) -> tuple[Refusal, ...]:
    """Every reason why the sheet cannot be sealed: each criterion must be scored or abstained from, one at
    least scored."""
    refusals = (
        list(judging_refusals(window, now)) + list(_work_refusals(sheet)) + list(_score_refusals(sheet, criteria))
    )
    refusals += [
        Refusal("criterion_undecided", {"criterion": criterion.code}, f"/scores/{criterion.code}")
        for criterion in criteria
        if criterion.code not in sheet.scores and criterion.code not in sheet.abstained
    ]
    if criteria and all(criterion.code in sheet.abstained for criterion in criteria):
        refusals.append(Refusal("everything_abstained"))
    return tuple(refusals)


def reopen_refusals(sheet: ScoreSheet) -> tuple[Refusal, ...]:
    """Sealed is final: nobody opens a sealed sheet again, neither juror nor organiser."""
    return (Refusal("sheet_sealed"),) if sheet.state == "sealed" else ()


def results_refusals(states: Sequence[SheetState], *, may_see_early: bool) -> tuple[Refusal, ...]:
    """Why results stay hidden: some assigned sheet is not sealed, or none was ever assigned. Recused sheets
    do not count."""
    if may_see_early:
        return ()
    counted = Counter(state for state in states if state != "recused")
    assigned, sealed = counted.total(), counted["sealed"]
    if assigned and assigned == sealed:
        return ()
    return (Refusal("results_not_yet", {"assigned": assigned, "sealed": sealed}),)


def steps(sheet: ScoreSheet, criteria: Sequence[Criterion]) -> tuple[int, int]:
    """(criteria decided, criteria in all): how far a juror has come with a sheet."""
    decided = sum(1 for criterion in criteria if criterion.code in sheet.scores or criterion.code in sheet.abstained)
    return decided, len(criteria)


def _final_refusals(sheet: ScoreSheet) -> tuple[Refusal, ...]:
    if sheet.state == "sealed":
        return (Refusal("sheet_sealed"),)
    return (Refusal("juror_recused"),) if sheet.state == "recused" else ()


def _work_refusals(sheet: ScoreSheet) -> tuple[Refusal, ...]:
    return (Refusal("conflict_not_declared"),) if sheet.state == "assigned" else _final_refusals(sheet)


def _score_refusals(sheet: ScoreSheet, criteria: Sequence[Criterion]) -> tuple[Refusal, ...]:
    known = {criterion.code: criterion for criterion in criteria}
    refusals = [
        Refusal("unknown_criterion", {"criterion": code}, f"/scores/{code}")
        for code in sorted({*sheet.scores, *sheet.abstained})
        if code not in known
    ]
    refusals += [
        Refusal(
            "score_off_scale",
            {"criterion": code, "score": score, "allowed": list(known[code].scores)},
            f"/scores/{code}",
        )
        for code, score in sheet.scores.items()
        if code in known and score not in known[code].scores
    ]
    refusals += [
        Refusal("scored_and_abstained", {"criterion": code}, f"/scores/{code}")
        for code in sorted(sheet.scores)
        if code in sheet.abstained
    ]
    if len(sheet.comment) > COMMENT_LENGTH:
        refusals.append(Refusal("answer_too_long", {"length": len(sheet.comment), "most": COMMENT_LENGTH}, "/comment"))
    return tuple(refusals)
