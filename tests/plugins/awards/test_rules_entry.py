"""The entry form: what may be wrong with a candidate, an answer or a file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.kernel.values import Refusal
from plenaria.plugins.awards.rules import (
    DRAFT_ANSWER_LENGTH,
    Attachment,
    Candidate,
    Category,
    Choice,
    Question,
    attachment_refusals,
    candidate_refusals,
    clean_answer,
    draft_refusals,
    entry_refusals,
    number_in,
    question_problems,
)

MOST_FILES = 3
COMPANY = Candidate("company", "Frenos del Bajío")


def question(kind: str = "long_text", **more: Any) -> Question:
    return Question(**({"code": "impact", "label": {"es": "Impacto"}, "kind": kind} | more))


def category(*questions: Question, candidates: tuple[Any, ...] = ("company",)) -> Category:
    return Category(code="tier-1", name={"es": "Tier 1"}, candidates=candidates, questions=questions)


def file(name: str = "a.pdf", *, question: str = "evidence", size: int = 10) -> Attachment:
    return Attachment(name, question, name, size, "0" * 64)


def codes(refusals: tuple[Refusal, ...]) -> list[tuple[str, str]]:
    return [(refusal.code, refusal.pointer) for refusal in refusals]


def answered(asked: Question, text: str) -> list[tuple[str, str]]:
    return codes(entry_refusals({"impact": text}, COMPANY, (), category(asked), MOST_FILES))


def test_every_reason_is_given_at_once_in_the_order_of_the_form() -> None:
    form = category(
        question(code="summary", max_length=5),
        question("number", code="jobs"),
        question("attachment", code="evidence"),
        candidates=("plant",),
    )

    refusals = entry_refusals({"summary": "too long"}, Candidate("company", ""), [], form, MOST_FILES)

    assert codes(refusals) == [
        ("candidate_kind_not_allowed", "/candidate/kind"),
        ("candidate_incomplete", "/candidate/name"),
        ("answer_too_long", "/answers/summary"),
        ("answer_missing", "/answers/jobs"),
        ("attachment_missing", "/attachments/evidence"),
    ]


@pytest.mark.parametrize("kind", ["short_text", "long_text", "number", "choice", "url"])
def test_an_optional_question_of_any_kind_may_stay_open(kind: str) -> None:
    assert answered(question(kind, required=False), "") == []


def test_a_text_of_exactly_the_limit_is_accepted_and_one_more_character_is_not() -> None:
    assert answered(question(max_length=7), "a" * 7) == []
    assert answered(question(max_length=7), "a" * 8) == [("answer_too_long", "/answers/impact")]


def test_characters_are_counted_not_bytes_and_an_emoji_is_one() -> None:
    assert answered(question(max_length=3), "ñ🏭é") == []


def test_the_usual_length_holds_where_the_form_sets_none() -> None:
    assert answered(question("short_text"), "a" * 200) == []
    assert answered(question("short_text"), "a" * 201) == [("answer_too_long", "/answers/impact")]


@pytest.mark.parametrize(
    ("text", "code"),
    [("12", None), ("1,234.50", None), ("+7", None), ("100", None), ("101", "answer_out_of_range")],
)
def test_a_number_is_read_as_written_in_mexico(text: str, code: str | None) -> None:
    asked = question("number", maximum=100) if text != "1,234.50" else question("number")

    assert answered(asked, text) == ([(code, "/answers/impact")] if code else [])


@pytest.mark.parametrize("text", ["NaN", "inf", "1e9", "12,34", "1.234,50", "١٢", "0x10", "1 000", "--1", "1."])
def test_what_is_not_a_number_is_said_to_be_none(text: str) -> None:
    assert number_in(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_number_survives_being_printed_with_thousands(value: Any) -> None:
    assert number_in(f"{value:,.3f}") == value


@pytest.mark.parametrize("text", ["https://example.org/a?b=c", "http://münchen.example/"])
def test_a_web_address_is_accepted(text: str) -> None:
    assert answered(question("url"), text) == []


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "example.org", "https://", "ftp://a.example", "https://a b", "http://[bad"],
)
def test_what_is_no_web_address_is_refused(text: str) -> None:
    assert answered(question("url"), text) == [("answer_not_an_address", "/answers/impact")]


def test_only_a_declared_choice_is_accepted() -> None:
    asked = question("choice", choices=(Choice("oe", {"es": "OE"}), Choice("am", {"es": "Refacciones"})))

    assert answered(asked, "oe") == []
    assert answered(asked, "OE") == [("answer_not_a_choice", "/answers/impact")]


def test_a_short_text_has_one_line() -> None:
    assert answered(question("short_text"), "a\nb") == [("answer_has_lines", "/answers/impact")]


@given(st.text())
def test_cleaning_is_idempotent_and_leaves_no_control_characters(text: str) -> None:
    once = clean_answer(text)

    assert clean_answer(once) == once
    assert not [c for c in once if ord(c) < 32 and c not in "\n\t"]


def test_a_browsers_line_breaks_count_once() -> None:
    assert clean_answer(" a\r\nb\rc\x00 ") == "a\nb\nc"


def test_a_draft_may_be_incomplete_and_over_the_forms_limit() -> None:
    form = category(question(max_length=5), question("number", code="jobs"))

    assert draft_refusals({"impact": "much too long", "jobs": "many"}, Candidate(), form) == ()


def test_a_draft_refuses_unknown_questions_and_boundless_text() -> None:
    form = category(question(), question("attachment", code="evidence"))
    answers = {"impact": "a" * (DRAFT_ANSWER_LENGTH + 1), "age": "3", "evidence": "not a file"}

    assert codes(draft_refusals(answers, Candidate(name="a" * 201), form)) == [
        ("unknown_question", "/answers/age"),
        ("unknown_question", "/answers/evidence"),
        ("answer_too_long", "/answers/impact"),
        ("answer_too_long", "/candidate/name"),
    ]


@pytest.mark.parametrize("kind", ["plant", "person"])
def test_a_plant_and_a_person_need_their_company(kind: Any) -> None:
    form = category(candidates=("company", "plant", "person"))

    assert codes(candidate_refusals(Candidate(kind, "X"), form)) == [("candidate_incomplete", "/candidate/company")]
    assert candidate_refusals(Candidate(kind, "X", "Y"), form) == ()


def test_files_are_limited_per_question_and_in_all() -> None:
    form = category(
        question("attachment", code="evidence", max_files=2),
        question("attachment", code="photo", max_files=3),
    )
    two = [file("1"), file("2")]

    assert attachment_refusals(file("3", question="photo"), two, form, MOST_FILES) == ()
    assert codes(attachment_refusals(file("3"), two, form, MOST_FILES)) == [
        ("too_many_attachments", "/attachments/evidence")
    ]
    full = [*two, file("3", question="photo")]
    assert codes(attachment_refusals(file("4", question="photo"), full, form, MOST_FILES)) == [
        ("too_many_attachments", "/attachments")
    ]


def test_a_file_for_a_question_in_words_is_refused() -> None:
    found = attachment_refusals(file(question="impact"), (), category(question()), MOST_FILES)

    assert codes(found) == [("unknown_question", "/attachments/impact")]


def test_a_declared_question_that_contradicts_itself_is_named() -> None:
    one = question("choice", choices=(Choice("a", {"es": "A"}),))
    other = question("number", minimum=5, maximum=1, choices=(Choice("a", {"es": "A"}),))

    assert [code for _, code, _ in question_problems(one)] == ["too_few_choices"]
    assert [code for _, code, _ in question_problems(other)] == ["useless_choices", "below_minimum"]
