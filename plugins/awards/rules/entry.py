"""The entry form of a category: its questions, and what may be wrong with the answers.

A draft keeps whatever was typed, as text. Only submitting asks whether it answers the questions.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from plenaria.core.kernel.values import N_, LocalizedText, Refusal, Slug

CandidateKind = Literal["company", "plant", "person"]
QuestionKind = Literal["short_text", "long_text", "number", "choice", "url", "attachment"]

QUESTION_KIND_NAMES: Final = {
    "short_text": N_("Short text"),
    "long_text": N_("Long text"),
    "number": N_("Number"),
    "choice": N_("One of several choices"),
    "url": N_("Web address"),
    "attachment": N_("Files"),
}

KIND_NAMES: Final[Mapping[CandidateKind, str]] = {
    "company": N_("Company"),
    "plant": N_("Plant"),
    "person": N_("Person"),
}

ANSWER_KINDS: Final = ("short_text", "long_text", "number", "choice", "url")
"""Kinds that are answered in words; an attachment question is answered with files."""

DRAFT_ANSWER_LENGTH: Final = 50_000
"""Characters of one answer that a draft keeps at most; the form's own limits are asked at submission."""

DEFAULT_LENGTH: Final[Mapping[str, int]] = {"short_text": 200, "long_text": 3000, "number": 30, "url": 2000}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer to choose from."""

    code: Annotated[Slug, Meta(title=N_("Code"))]
    label: Annotated[LocalizedText, Meta(title=N_("Label"))]


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question of an entry form."""

    code: Annotated[
        Slug,
        Meta(
            title=N_("Code"),
            description=N_(
                "Names the question in exports and in the API. Do not change it once there are nominations."
            ),
        ),
    ]
    label: Annotated[LocalizedText, Meta(title=N_("Question"))]
    kind: Annotated[
        QuestionKind,
        Meta(
            title=N_("Kind"),
            description=N_("What kind of answer is expected."),
            extra={"choices": QUESTION_KIND_NAMES},
        ),
    ] = "long_text"
    help: Annotated[LocalizedText, Meta(title=N_("Help"), description=N_("Shown under the question."))] = {}
    required: Annotated[
        bool, Meta(title=N_("Required"), description=N_("When on, a nomination cannot be submitted without it."))
    ] = True
    max_length: Annotated[
        int,
        Meta(
            ge=0,
            le=DRAFT_ANSWER_LENGTH,
            title=N_("Maximum length"),
            description=N_("0 uses the default of its kind: 200 for short text, 3000 for long text."),
            extra={"unit": N_("characters")},
        ),
    ] = 0
    choices: Annotated[
        tuple[Choice, ...],
        Meta(title=N_("Choices"), description=N_("Only for questions with choices."), extra={"unique": "code"}),
    ] = ()
    minimum: Annotated[int | None, Meta(title=N_("Smallest number"))] = None
    maximum: Annotated[int | None, Meta(title=N_("Largest number"))] = None
    max_files: Annotated[
        int,
        Meta(
            ge=1,
            le=20,
            title=N_("Maximum number of files"),
            description=N_("Only for questions answered with files."),
            extra={"unit": N_("files")},
        ),
    ] = 3

    @property
    def length_limit(self) -> int:
        """Characters (Unicode code points after NFC, a line break counts one)."""
        return self.max_length or DEFAULT_LENGTH.get(self.kind, 200)


class Category(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A category of the award and the form that a nomination for it fills in."""

    code: Annotated[
        Slug,
        Meta(
            title=N_("Code"),
            description=N_("Part of addresses and of the API. Do not change it once there are nominations."),
        ),
    ]
    name: Annotated[LocalizedText, Meta(title=N_("Name"))]
    description: Annotated[
        LocalizedText,
        Meta(title=N_("Description"), description=N_("Markdown."), extra={"max_length": 2000, "kind": "textarea"}),
    ] = {}
    candidates: Annotated[
        tuple[CandidateKind, ...],
        Meta(
            min_length=1,
            title=N_("Candidates"),
            description=N_("Who can be nominated here."),
            extra={"choices": KIND_NAMES},
        ),
    ] = ("company",)
    questions: Annotated[tuple[Question, ...], Meta(title=N_("Questions"), extra={"unique": "code"})] = ()

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)


class Candidate(Struct, frozen=True):
    """Who is nominated. A plant and a person belong to a company; a plant has a place, a person a
    position."""

    kind: CandidateKind = "company"
    name: str = ""
    company: str = ""
    place: str = ""
    position: str = ""


class Attachment(Struct, frozen=True):
    """A stored file of a nomination; `question` is the code it answers, `sha256` the hex digest of its
    bytes."""

    code: str
    question: str
    name: str
    size: int
    sha256: str
    media_type: str = "application/octet-stream"


def clean_answer(text: str) -> str:
    """The text as it is stored: NFC, line breaks as LF, no control characters, no blanks around it."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))).strip()


def number_in(text: str) -> Decimal | None:
    """The number written as in Mexico and the United States (`1,234.50`); None when it is none."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:  # pragma: no cover - the pattern admits nothing that Decimal refuses
        return None


def draft_refusals(answers: Mapping[str, str], candidate: Candidate, category: Category) -> tuple[Refusal, ...]:
    """What a draft may not keep: answers to unknown questions, and answers too long for any form."""
    refusals = [
        Refusal("unknown_question", {"question": code}, f"/answers/{code}")
        for code in answers
        if (question := category.question(code)) is None or question.kind not in ANSWER_KINDS
    ]
    refusals += [
        _too_long(f"/answers/{code}", text, DRAFT_ANSWER_LENGTH)
        for code, text in answers.items()
        if len(text) > DRAFT_ANSWER_LENGTH
    ]
    return tuple(refusals) + _candidate_lengths(candidate)


def entry_refusals(
    answers: Mapping[str, str],
    candidate: Candidate,
    attachments: Sequence[Attachment],
    category: Category,
    most_files: int,
) -> tuple[Refusal, ...]:
    """Everything that keeps this entry from being complete, in the order of the form."""
    refusals = list(candidate_refusals(candidate, category))
    for question in category.questions:
        if question.kind == "attachment":
            refusals += _files_refusals(question, [a for a in attachments if a.question == question.code])
        else:
            refusals += _answer_refusals(question, answers.get(question.code, ""))
    return tuple(refusals) + _attachment_count(attachments, most_files)


def candidate_refusals(candidate: Candidate, category: Category) -> tuple[Refusal, ...]:
    """Why this candidate cannot stand in this category."""
    refusals = list(_candidate_lengths(candidate))
    if candidate.kind not in category.candidates:
        facts = {"kind": candidate.kind, "allowed": list(category.candidates)}
        refusals.append(Refusal("candidate_kind_not_allowed", facts, "/candidate/kind"))
    needed = {"company": ("name",), "plant": ("name", "company"), "person": ("name", "company")}[candidate.kind]
    refusals += [
        Refusal("candidate_incomplete", {"field": field}, f"/candidate/{field}")
        for field in needed
        if not getattr(candidate, field)
    ]
    return tuple(refusals)


def attachment_refusals(
    attachment: Attachment, present: Sequence[Attachment], category: Category, most_files: int
) -> tuple[Refusal, ...]:
    """Why this file cannot be added to those already there; `plenaria.core.storage.files` looks at its size and content."""
    pointer = f"/attachments/{attachment.question}"
    question = category.question(attachment.question)
    if question is None or question.kind != "attachment":
        return (Refusal("unknown_question", {"question": attachment.question}, pointer),)
    refusals = list(_files_refusals(question, [a for a in present if a.question == question.code] + [attachment]))
    refusals += _attachment_count([*present, attachment], most_files)
    return tuple(refusals)


def question_problems(question: Question) -> list[tuple[str, str, str]]:
    """What a schema cannot say of a declared question: (JSON pointer, code, msgid)."""
    problems = []
    if question.kind == "choice" and len(question.choices) < 2:
        problems.append(("/choices", "too_few_choices", N_("A question with choices needs at least two.")))
    if question.kind != "choice" and question.choices:
        problems.append(("/choices", "useless_choices", N_("Only questions with choices have choices.")))
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        problems.append(("/maximum", "below_minimum", N_("The largest number is below the smallest.")))
    return problems


def _answer_refusals(question: Question, text: str) -> list[Refusal]:
    pointer = f"/answers/{question.code}"
    if not text:
        return [Refusal("answer_missing", {"question": question.code}, pointer)] if question.required else []
    refusals = []
    if question.kind != "choice" and len(text) > question.length_limit:
        refusals.append(_too_long(pointer, text, question.length_limit))
    if question.kind == "short_text" and "\n" in text:
        refusals.append(Refusal("answer_has_lines", {"question": question.code}, pointer))
    if question.kind == "number":
        refusals += _number_refusals(question, text, pointer)
    if question.kind == "choice" and text not in {choice.code for choice in question.choices}:
        refusals.append(Refusal("answer_not_a_choice", {"question": question.code}, pointer))
    if question.kind == "url" and not _is_web_address(text):
        refusals.append(Refusal("answer_not_an_address", {"question": question.code}, pointer))
    return refusals


def _number_refusals(question: Question, text: str, pointer: str) -> list[Refusal]:
    number = number_in(text)
    if number is None:
        return [Refusal("answer_not_a_number", {"question": question.code}, pointer)]
    if (question.minimum is not None and number < question.minimum) or (
        question.maximum is not None and number > question.maximum
    ):
        facts = {"question": question.code, "minimum": question.minimum, "maximum": question.maximum}
        return [Refusal("answer_out_of_range", facts, pointer)]
    return []


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def _files_refusals(question: Question, files: Sequence[Attachment]) -> list[Refusal]:
    pointer = f"/attachments/{question.code}"
    if question.required and not files:
        return [Refusal("attachment_missing", {"question": question.code}, pointer)]
    if len(files) > question.max_files:
        return [Refusal("too_many_attachments", {"count": len(files), "most": question.max_files}, pointer)]
    return []


def _attachment_count(attachments: Sequence[Attachment], most_files: int) -> tuple[Refusal, ...]:
    if len(attachments) <= most_files:
        return ()
    return (Refusal("too_many_attachments", {"count": len(attachments), "most": most_files}, "/attachments"),)


def _candidate_lengths(candidate: Candidate) -> tuple[Refusal, ...]:
    fields = ("name", "company", "place", "position")
    return tuple(
        _too_long(f"/candidate/{field}", getattr(candidate, field), 200)
        for field in fields
        if len(getattr(candidate, field)) > 200
    )


def _too_long(pointer: str, text: str, most: int) -> Refusal:
    return Refusal("answer_too_long", {"length": len(text), "most": most}, pointer)
