"""What several JSON handlers of the awards show: categories, candidates, files; and what they take."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from msgspec import Meta, Struct

from plenaria.core.kernel.values import N_, LocalizedText
from plenaria.plugins.awards import queries
from plenaria.plugins.awards.rules import Candidate, CandidateKind, Category, Criterion

Anything = Request[Any, Any, Any]

API = "/api/v1/events/{event_slug:str}"
Answers = Annotated[
    dict[str, Annotated[str, Meta(max_length=50_000)]],
    Meta(
        description="Question code → answer, as text. Numbers as in 1,234.50; choices by their code.",
        extra={"kind": "mapping"},
    ),
]


class EntryChoice(Struct, frozen=True):
    """One answer to choose from."""

    code: str
    label: LocalizedText


class EntryQuestion(Struct, frozen=True):
    """One question of an entry form. `max_length` counts characters."""

    code: str
    kind: str
    label: LocalizedText
    help: LocalizedText
    required: bool
    length_limit: int = msgspec.field(name="max_length")
    choices: list[EntryChoice]
    minimum: int | None
    maximum: int | None
    max_files: int


class RubricLevel(Struct, frozen=True):
    """What one score means."""

    score: int
    description: LocalizedText


class RubricCriterion(Struct, frozen=True):
    """One line of the rubric."""

    code: str
    name: LocalizedText
    description: LocalizedText
    weight: int
    levels: list[RubricLevel]


class AwardCategoryDocument(Struct, frozen=True):
    """A category with its entry form and the rubric that it is judged by."""

    code: str
    name: LocalizedText
    description: LocalizedText
    candidates: list[CandidateKind]
    questions: list[EntryQuestion]
    criteria: list[RubricCriterion]


class CandidateDocument(Struct, frozen=True):
    """Who is nominated. A plant and a person belong to a company."""

    kind: Annotated[CandidateKind, Meta(title=N_("Kind"))] = "company"
    name: Annotated[str, Meta(title=N_("Name"), max_length=200)] = ""
    company: Annotated[str, Meta(title=N_("Company"), max_length=200)] = ""
    place: Annotated[str, Meta(title=N_("City and state"), max_length=200)] = ""
    position: Annotated[str, Meta(title=N_("Position"), max_length=200)] = ""


class NominationFileDocument(Struct, frozen=True):
    """A file of a nomination; `size` in bytes."""

    code: str
    question: str
    name: str
    size: int
    media_type: str
    sha256: str


D = TypeVar("D", bound=Struct)


def only(document: type[D], view: Struct) -> D:
    """What the document shows of a struct, the fields of its parts too."""
    return msgspec.convert(view, document, from_attributes=True)


def category_document(category: Category, criteria: tuple[Criterion, ...]) -> AwardCategoryDocument:
    return AwardCategoryDocument(
        code=category.code,
        name=category.name,
        description=category.description,
        candidates=list(category.candidates),
        questions=[only(EntryQuestion, question) for question in category.questions],
        criteria=[only(RubricCriterion, criterion) for criterion in criteria],
    )


def candidate_of(document: CandidateDocument | None) -> Candidate:
    return only(Candidate, document) if document else Candidate()


def file_documents(files: Sequence[queries.StoredAttachment]) -> list[NominationFileDocument]:
    return [only(NominationFileDocument, file.attachment) for file in files]
