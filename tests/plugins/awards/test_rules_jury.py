"""The jury: conflicts, score sheets, seals and when results are seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.core.kernel.values import Refusal, Window
from plenaria.plugins.awards.rules import (
    Criterion,
    JurorSeat,
    Level,
    ScoreSheet,
    conflict_refusals,
    may_judge,
    results_refusals,
    scoring_refusals,
    seal_refusals,
    seat_refusals,
    steps,
)

OPENS = datetime(2025, 9, 11, 6, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=20)
WINDOW = Window(OPENS, CLOSES)
DURING = OPENS + timedelta(days=1)
TICK = timedelta(microseconds=1)

LEVELS = tuple(Level(score, {"es": str(score)}) for score in (1, 2, 3, 4, 5))
INNOVATION = Criterion(code="innovation", name={"es": "Innovación"}, weight=60, levels=LEVELS)
IMPACT = Criterion(code="impact", name={"es": "Impacto"}, weight=40, levels=LEVELS)
CRITERIA = (INNOVATION, IMPACT)
READY = ScoreSheet(state="ready")
FULL = ScoreSheet(state="ready", scores={"innovation": 4, "impact": 5})


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


def score(new: ScoreSheet, *, sheet: ScoreSheet = READY, now: datetime = DURING, revision: int | None = 1) -> list[str]:
    return codes(scoring_refusals(sheet, new, CRITERIA, WINDOW, now, revision=revision))


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (OPENS - TICK, ["judging_not_yet_open"]),
        (OPENS, []),
        (CLOSES - TICK, []),
        (CLOSES, ["judging_closed"]),
    ],
)
def test_the_jury_period_is_half_open_to_the_microsecond(now: datetime, refused: list[str]) -> None:
    assert score(FULL, now=now) == refused
    assert codes(seal_refusals(FULL, CRITERIA, WINDOW, now)) == refused


def test_a_juror_declares_before_scoring() -> None:
    assert score(FULL, sheet=ScoreSheet()) == ["conflict_not_declared"]


def test_a_conflict_may_be_declared_before_judging_opens_but_not_after_it_closed() -> None:
    early = OPENS - timedelta(days=3)

    assert conflict_refusals(ScoreSheet(), WINDOW, early, conflict=True, reason="My employer") == ()
    assert conflict_refusals(ScoreSheet(), WINDOW, early, conflict=False, reason="") == ()
    assert codes(conflict_refusals(ScoreSheet(), WINDOW, CLOSES, conflict=False, reason="")) == ["judging_closed"]


def test_a_conflict_needs_a_reason() -> None:
    assert codes(conflict_refusals(READY, WINDOW, DURING, conflict=True, reason="")) == ["reason_missing"]


@pytest.mark.parametrize(("state", "code"), [("sealed", "sheet_sealed"), ("recused", "juror_recused")])
def test_sealed_and_recused_are_final(state: Any, code: str) -> None:
    final = replace(FULL, state=state)

    assert score(FULL, sheet=final) == [code]
    assert codes(seal_refusals(final, CRITERIA, WINDOW, DURING)) == [code]
    assert codes(conflict_refusals(final, WINDOW, DURING, conflict=True, reason="late")) == [code]


def test_scores_may_be_kept_half_done_and_one_by_one() -> None:
    assert score(ScoreSheet(scores={"impact": 1})) == []
    assert score(ScoreSheet()) == []


def test_scores_must_be_on_the_scale_and_of_the_rubric() -> None:
    new = ScoreSheet(scores={"innovation": 6, "charm": 3, "impact": 2}, abstained=frozenset({"impact"}))

    assert scoring_refusals(READY, new, CRITERIA, WINDOW, DURING, revision=1) == (
        Refusal("unknown_criterion", {"criterion": "charm"}, "/scores/charm"),
        Refusal(
            "score_off_scale",
            {"criterion": "innovation", "score": 6, "allowed": [1, 2, 3, 4, 5]},
            "/scores/innovation",
        ),
        Refusal("scored_and_abstained", {"criterion": "impact"}, "/scores/impact"),
    )


def test_a_second_tab_does_not_overwrite_the_first() -> None:
    assert score(FULL, sheet=replace(READY, revision=3), revision=2) == ["scores_changed"]


def test_a_sheet_is_sealed_when_each_criterion_is_scored_or_abstained_from() -> None:
    half = replace(READY, scores={"innovation": 4})

    assert seal_refusals(FULL, CRITERIA, WINDOW, DURING) == ()
    assert seal_refusals(replace(half, abstained=frozenset({"impact"})), CRITERIA, WINDOW, DURING) == ()
    assert seal_refusals(half, CRITERIA, WINDOW, DURING) == (
        Refusal("criterion_undecided", {"criterion": "impact"}, "/scores/impact"),
    )


def test_whoever_abstains_from_everything_should_recuse_themselves() -> None:
    nothing = replace(READY, abstained=frozenset({"innovation", "impact"}))

    assert codes(seal_refusals(nothing, CRITERIA, WINDOW, DURING)) == ["everything_abstained"]


def test_progress_counts_scores_and_abstentions() -> None:
    assert steps(READY, CRITERIA) == (0, 2)
    assert steps(replace(READY, scores={"impact": 3}), CRITERIA) == (1, 2)
    assert steps(replace(READY, scores={"impact": 3}, abstained=frozenset({"innovation"})), CRITERIA) == (
        2,
        2,
    )


def test_nobody_judges_their_own_nomination_nor_against_a_declared_conflict() -> None:
    assert codes(seat_refusals(JurorSeat(nominated_it=True), nomination_state="submitted")) == ["juror_is_nominator"]
    assert codes(seat_refusals(JurorSeat(declared_conflict=True), nomination_state="submitted")) == [
        "conflict_declared"
    ]
    assert codes(seat_refusals(JurorSeat(), nomination_state="draft")) == ["nomination_not_submitted"]


@pytest.mark.parametrize(
    ("seat", "sheet", "state", "may"),
    [
        (JurorSeat(), READY, "submitted", True),
        (JurorSeat(), ScoreSheet(state="recused"), "submitted", False),
        (JurorSeat(nominated_it=True), READY, "submitted", False),
        (JurorSeat(declared_conflict=True), READY, "submitted", False),
        (JurorSeat(), READY, "withdrawn", False),
        (JurorSeat(), READY, "not_admitted", False),
    ],
)
def test_who_may_judge(seat: JurorSeat, sheet: ScoreSheet, state: str, may: bool) -> None:
    assert may_judge(seat, sheet, nomination_state=state) is may


def test_results_wait_for_the_last_seal() -> None:
    assert results_refusals(["sealed", "ready"], may_see_early=False) == (
        Refusal("results_not_yet", {"assigned": 2, "sealed": 1}),
    )
    assert results_refusals(["sealed", "sealed"], may_see_early=False) == ()


def test_recused_sheets_hold_nothing_up_and_prove_nothing() -> None:
    assert results_refusals(["sealed", "recused"], may_see_early=False) == ()
    assert codes(results_refusals(["recused"], may_see_early=False)) == ["results_not_yet"]
    assert codes(results_refusals([], may_see_early=False)) == ["results_not_yet"]


@given(st.lists(st.sampled_from(["assigned", "ready", "sealed", "recused"])))
def test_the_permission_opens_results_at_any_time_and_nothing_else_does(states: list[Any]) -> None:
    counted = [state for state in states if state != "recused"]

    assert results_refusals(states, may_see_early=True) == ()
    open_now = not results_refusals(states, may_see_early=False)
    assert open_now is (bool(counted) and set(counted) == {"sealed"})


def test_a_criterion_without_categories_is_for_all() -> None:
    assert INNOVATION.is_for("career")
    assert not replace(INNOVATION, categories=("tier-1",)).is_for("career")
