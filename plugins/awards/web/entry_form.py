"""A category's questions as a form, and what was typed into it as a draft."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.datastructures import UploadFile
from msgspec import Struct

from plenaria.core.forms import Field
from plenaria.core.forms import Form as FieldTree
from plenaria.core.kernel.i18n import gettext, ngettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import N_, EventView, Refusal
from plenaria.core.storage.files import MEDIA_TYPES, Upload
from plenaria.plugins.awards.queries import StoredAttachment
from plenaria.plugins.awards.rules import ANSWER_KINDS, KIND_NAMES, Candidate, CandidateKind, Category, Question
from plenaria.plugins.awards.services import Draft
from plenaria.plugins.awards.settings import AwardsSettings
from plenaria.plugins.awards.web.form_input import Form, by_pointer, text_in

_FIELD_KINDS: Final = {
    "short_text": "text",
    "long_text": "textarea",
    "number": "text",
    "choice": "radio",
    "url": "url",
    "attachment": "file",
}
_CANDIDATE_FIELDS: Final[Mapping[str, tuple[str, str, tuple[CandidateKind, ...]]]] = {
    "name": (N_("Name of the candidate"), "", ("company", "plant", "person")),
    "company": (N_("Company"), N_("The company that the plant or the person belongs to."), ("plant", "person")),
    "place": (N_("City and state"), "", ("plant",)),
    "position": (N_("Position"), "", ("person",)),
}


class FileQuestion(Struct):
    """A question answered with files: its field, and the files that are there."""

    field: Field
    files: list[StoredAttachment]


class EntryForm(FieldTree, kw_only=True):
    """The whole form: candidate and answers as `fields`, files apart, because each has a button of its own."""

    file_questions: list[FileQuestion] = []


def entry_form(
    category: Category,
    draft: Draft,
    files: Sequence[StoredAttachment],
    *,
    settings: AwardsSettings,
    event: EventView,
    refusals: Sequence[Refusal] = (),
) -> EntryForm:
    """The form as it was typed, each refusal at its field."""
    errors = by_pointer(refusals, event)
    fields = [
        *_candidate_fields(category, draft.candidate),
        *(_answer_field(q, draft.answers.get(q.code, "")) for q in category.questions if q.kind in ANSWER_KINDS),
    ]
    file_questions = [
        FileQuestion(
            _file_field(question, settings),
            [file for file in files if file.in_draft and file.attachment.question == question.code],
        )
        for question in category.questions
        if question.kind == "attachment"
    ]
    for field in [*fields, *(each.field for each in file_questions)]:
        field.errors = errors.get(field.pointer, [])
    drawn = {field.pointer for field in fields} | {each.field.pointer for each in file_questions}
    problems = [words for pointer, sentences in errors.items() if pointer not in drawn for words in sentences]
    return EntryForm(fields=fields, problems=problems, file_questions=file_questions)


def typed_draft(data: Form, category: Category) -> Draft:
    """What was typed. Fields that are not of this form are left out."""
    chosen = text_in(data, "candidate.kind", most=20)
    texts = {name: text_in(data, f"candidate.{name}") for name in _CANDIDATE_FIELDS}
    kind = next((kind for kind in KIND_NAMES if kind == chosen), category.candidates[0])
    answers = {
        question.code: text_in(data, f"answers.{question.code}")
        for question in category.questions
        if question.kind in ANSWER_KINDS
    }
    return Draft(Candidate(kind, **texts), answers)


async def typed_files(data: Form, category: Category) -> list[tuple[str, Upload]]:
    """`(question, upload)` of every file that was chosen."""
    uploads = []
    for question in category.questions:
        if question.kind == "attachment":
            for upload in data.getall(f"files.{question.code}", []):
                if isinstance(upload, UploadFile) and upload.filename:
                    uploads.append((question.code, Upload(upload.filename, await upload.read())))
    return uploads


def question_label(question: Question) -> str:
    return localized(question.label)


def shown_answer(question: Question, text: str) -> str:
    """An answer as it is read: the label of a choice instead of its code."""
    labels = {choice.code: localized(choice.label) for choice in question.choices}
    return labels.get(text, text)


def _candidate_fields(category: Category, candidate: Candidate) -> list[Field]:
    kinds = category.candidates
    fields = [_kind_field(kinds, candidate.kind)]
    for name, (label, help_text, only) in _CANDIDATE_FIELDS.items():
        if set(only) & set(kinds):
            fields.append(
                Field(
                    name=f"candidate.{name}",
                    id=f"candidate-{name}",
                    label=gettext(label),
                    kind="text",
                    pointer=f"/candidate/{name}",
                    help=gettext(help_text) if help_text and len(kinds) > 1 else "",
                    required=name == "name" or (name == "company" and "company" not in kinds),
                    value=getattr(candidate, name),
                    attrs={"autocomplete": "off"},
                )
            )
    return fields


def _kind_field(kinds: Sequence[CandidateKind], chosen: CandidateKind) -> Field:
    if len(kinds) == 1:
        return Field(
            name="candidate.kind",
            id="candidate-kind",
            label="",
            kind="hidden",
            pointer="/candidate/kind",
            value=kinds[0],
        )
    return Field(
        name="candidate.kind",
        id="candidate-kind",
        label=gettext("The candidate is a"),
        kind="radio",
        pointer="/candidate/kind",
        required=True,
        value=chosen,
        choices=[(kind, gettext(KIND_NAMES[kind])) for kind in kinds],
    )


def _answer_field(question: Question, value: str) -> Field:
    attrs: dict[str, str | int | float] = {"inputmode": "decimal"} if question.kind == "number" else {}
    if question.kind == "long_text":
        attrs["rows"] = min(max(question.length_limit // 150, 4), 16)
    return Field(
        name=f"answers.{question.code}",
        id=f"answer-{question.code}",
        label=question_label(question),
        kind=_FIELD_KINDS[question.kind],
        pointer=f"/answers/{question.code}",
        help=" ".join(part for part in (localized(question.help), _limit(question)) if part),
        required=question.required,
        value=value,
        choices=[(choice.code, localized(choice.label)) for choice in question.choices],
        attrs=attrs,
    )


def _limit(question: Question) -> str:
    if question.kind not in ("short_text", "long_text"):
        return ""
    return ngettext("At most %(count)s character.", "At most %(count)s characters.", question.length_limit) % {
        "count": f"{question.length_limit:,}"
    }


def _file_field(question: Question, settings: AwardsSettings) -> Field:
    words = ngettext(
        "At most %(count)s file of up to %(size)s MB: PDF, image, Word, Excel or PowerPoint.",
        "At most %(count)s files of up to %(size)s MB each: PDF, image, Word, Excel or PowerPoint.",
        question.max_files,
    )
    limits = words % {"count": question.max_files, "size": settings.attachment_size_mb}
    return Field(
        name=f"files.{question.code}",
        id=f"files-{question.code}",
        label=question_label(question),
        kind="file",
        pointer=f"/attachments/{question.code}",
        help=" ".join(part for part in (localized(question.help), limits) if part),
        required=question.required,
        attrs={"multiple": "multiple", "accept": ",".join(MEDIA_TYPES)},
    )
