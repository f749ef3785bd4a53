"""The life of a nomination, to the microsecond."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plenaria.core.kernel.values import Refusal, Window
from plenaria.plugins.awards.rules import (
    Attachment,
    Candidate,
    Category,
    Nomination,
    Question,
    Seen,
    admission_refusals,
    collaboration_refusals,
    creation_refusals,
    edit_refusals,
    form_digest,
    may_see,
    submit_refusals,
    withdraw_refusals,
)

OPENS = datetime(2025, 7, 1, 6, tzinfo=UTC)
CLOSES = datetime(2025, 9, 11, 6, tzinfo=UTC)  # midnight after 10 September in Mexico City
WINDOW = Window(OPENS, CLOSES)
BEFORE = CLOSES - timedelta(days=1)
TICK = timedelta(microseconds=1)
MOST_FILES = 5
OWNER, COLLABORATOR, STRANGER, ORGANISER = Seen("owner"), Seen("collaborator"), Seen(), Seen(manages=True)

CATEGORY = Category(
    code="sustainability",
    name={"es": "Sustentabilidad"},
    questions=(Question(code="impact", label={"es": "Impacto"}, max_length=100),),
)
DRAFT = Nomination(
    code="N4K7Q2",
    category="sustainability",
    candidate=Candidate("company", "Frenos del Bajío"),
    answers={"impact": "Menos agua."},
)


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


def submit(
    nomination: Nomination = DRAFT, *, window: Window = WINDOW, now: datetime = BEFORE, seen: Seen = OWNER
) -> list[str]:
    return codes(submit_refusals(nomination, CATEGORY, window, now, most_files=MOST_FILES, seen=seen))


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (OPENS - TICK, ["nominations_not_yet_open"]),
        (OPENS, []),
        (CLOSES - TICK, []),
        (CLOSES, ["nominations_closed"]),
        (CLOSES + TICK, ["nominations_closed"]),
    ],
)
def test_the_window_is_half_open_to_the_microsecond(now: datetime, refused: list[str]) -> None:
    assert submit(now=now) == refused
    assert codes(edit_refusals(DRAFT, WINDOW, now, revision=1, seen=OWNER)) == refused
    assert codes(creation_refusals(WINDOW, now, drafts=0, most_drafts=1)) == refused


def test_grace_moves_the_end_and_not_the_instant_that_is_named() -> None:
    window = replace(WINDOW, grace_s=120)

    assert submit(window=window, now=CLOSES + timedelta(seconds=120) - TICK) == []
    refusals = submit_refusals(
        DRAFT, CATEGORY, window, CLOSES + timedelta(seconds=120), most_files=MOST_FILES, seen=OWNER
    )

    assert refusals == (Refusal("nominations_closed", {"closes_at": CLOSES}),)


def test_lateness_and_incompleteness_are_said_together() -> None:
    assert submit(replace(DRAFT, answers={}), now=CLOSES) == ["nominations_closed", "answer_missing"]


def test_a_category_that_was_taken_out_is_named() -> None:
    assert codes(submit_refusals(DRAFT, None, WINDOW, BEFORE, most_files=MOST_FILES, seen=OWNER)) == ["category_gone"]


@pytest.mark.parametrize("seen", [STRANGER, ORGANISER, Seen(judges=True)])
def test_only_nominators_edit_and_submit(seen: Seen) -> None:
    assert submit(seen=seen) == ["not_a_nominator"]
    assert codes(edit_refusals(DRAFT, WINDOW, BEFORE, revision=1, seen=seen)) == ["not_a_nominator"]


def test_a_collaborator_edits_and_submits_but_neither_withdraws_nor_invites() -> None:
    invite = collaboration_refusals(DRAFT, WINDOW, BEFORE, seen=COLLABORATOR, email="a@b.mx", present=())

    assert submit(seen=COLLABORATOR) == []
    assert codes(withdraw_refusals(DRAFT, seen=COLLABORATOR)) == ["not_the_owner"]
    assert codes(invite) == ["not_the_owner"]


def test_an_edit_from_an_old_revision_is_refused_with_both_numbers() -> None:
    refusals = edit_refusals(replace(DRAFT, revision=4), WINDOW, BEFORE, revision=3, seen=OWNER)

    assert refusals == (Refusal("draft_changed", {"yours": 3, "current": 4}),)


def test_a_submitted_nomination_may_still_be_edited_while_nominations_are_open() -> None:
    submitted = replace(DRAFT, state="submitted", revision=2, submitted_revision=2)

    assert edit_refusals(submitted, WINDOW, BEFORE, revision=2, seen=OWNER) == ()
    assert not submitted.has_unsubmitted_changes
    assert replace(submitted, revision=3).has_unsubmitted_changes


@pytest.mark.parametrize(
    ("state", "code"), [("withdrawn", "nomination_withdrawn"), ("not_admitted", "nomination_not_admitted")]
)
def test_what_left_the_competition_is_neither_edited_nor_submitted(state: Any, code: str) -> None:
    gone = replace(DRAFT, state=state)

    assert submit(gone) == [code]
    assert codes(edit_refusals(gone, WINDOW, BEFORE, revision=1, seen=OWNER)) == [code]


def test_nominators_withdraw_until_a_juror_begins_and_organisers_after_it_too() -> None:
    submitted = replace(DRAFT, state="submitted")
    judged = replace(submitted, in_judging=True)

    assert withdraw_refusals(submitted, seen=OWNER) == ()
    assert codes(withdraw_refusals(judged, seen=OWNER)) == ["nomination_in_judging"]
    assert withdraw_refusals(judged, seen=ORGANISER) == ()


def test_what_a_juror_has_begun_with_stands_as_it_was_submitted() -> None:
    judged = replace(DRAFT, state="submitted", submitted_revision=1, in_judging=True)

    assert submit(judged) == ["nomination_in_judging"]
    assert codes(edit_refusals(judged, WINDOW, BEFORE, revision=1, seen=OWNER)) == ["nomination_in_judging"]


def test_nothing_is_withdrawn_twice() -> None:
    assert codes(withdraw_refusals(replace(DRAFT, state="withdrawn"), seen=OWNER)) == ["nomination_withdrawn"]


def test_only_a_submitted_nomination_is_taken_out_and_only_with_a_reason() -> None:
    submitted = replace(DRAFT, state="submitted")

    assert admission_refusals(submitted, admit=False, reason="no plant") == ()
    assert codes(admission_refusals(submitted, admit=False, reason="")) == ["reason_missing"]
    assert codes(admission_refusals(DRAFT, admit=False, reason="x")) == ["wrong_state"]
    assert admission_refusals(replace(DRAFT, state="not_admitted"), admit=True, reason="") == ()


def test_a_person_may_not_start_nominations_without_end() -> None:
    assert creation_refusals(WINDOW, BEFORE, drafts=19, most_drafts=20) == ()
    assert codes(creation_refusals(WINDOW, BEFORE, drafts=20, most_drafts=20)) == ["too_many_drafts"]


def test_nobody_is_invited_twice_nor_an_eleventh() -> None:
    present = [f"{n}@example.mx" for n in range(10)]

    found = collaboration_refusals(DRAFT, WINDOW, BEFORE, seen=OWNER, email="3@example.mx", present=present)

    assert codes(found) == ["already_a_collaborator", "too_many_collaborators"]


@pytest.mark.parametrize(
    ("seen", "draft", "submitted"),
    [
        (OWNER, True, True),
        (COLLABORATOR, True, True),
        (ORGANISER, True, True),
        (Seen(judges=True), False, True),
        (STRANGER, False, False),
    ],
)
def test_a_nomination_is_seen_only_by_those_it_concerns(seen: Seen, draft: bool, submitted: bool) -> None:
    assert may_see(DRAFT, seen) is draft
    assert may_see(replace(DRAFT, state="submitted"), seen) is submitted


def test_a_juror_no_longer_sees_what_was_withdrawn() -> None:
    assert not may_see(replace(DRAFT, state="withdrawn"), Seen(judges=True))


@given(st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=5), st.permutations(range(3)))
def test_the_digest_depends_on_the_content_and_not_on_its_order(answers: dict[str, str], order: list[int]) -> None:
    files = [Attachment(str(i), "evidence", f"{i}.pdf", i, str(i) * 64) for i in range(3)]
    one = replace(DRAFT, answers=answers, attachments=tuple(files))
    other = replace(
        DRAFT, answers=dict(reversed(answers.items())), attachments=tuple(files[i] for i in order), revision=9
    )

    assert form_digest(one) == form_digest(other)


@pytest.mark.parametrize(
    "change",
    [
        {"code": "N4K7Q3"},
        {"category": "career"},
        {"candidate": Candidate("company", "Frenos del Bajio")},
        {"answers": {"impact": "Menos agua"}},
        {"attachments": (Attachment("1", "evidence", "a.pdf", 1, "0" * 64),)},
    ],
)
def test_any_change_of_content_changes_the_digest(change: dict[str, Any]) -> None:
    assert form_digest(replace(DRAFT, **change)) != form_digest(DRAFT)
