"""The JSON handlers of nominators: categories, drafts, files, submitting."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from msgspec import Meta, Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, Slug
from plenaria.core.storage.files import Upload
from plenaria.core.web.api import After, Limit, Page, id_after, once, paged, paged_whole
from plenaria.core.web.api.openapi import FileBody
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.api.documents import (
    API,
    Answers,
    Anything,
    AwardCategoryDocument,
    CandidateDocument,
    NominationFileDocument,
    candidate_of,
    category_document,
    file_documents,
    only,
)
from plenaria.plugins.awards.queries import NominationView, ReceiptView
from plenaria.plugins.awards.rules import may_see
from plenaria.plugins.awards.services import Actor, Draft, Issuer


class NewNomination(Struct, frozen=True):
    """A nomination to start. Everything but the category may come later."""

    category: Annotated[Slug, Meta(title=N_("Category"))]
    candidate: CandidateDocument | None = None
    answers: Answers = {}


class NominationChange(Struct, frozen=True):
    """The whole working copy, as it shall be. `revision` is the one that the change starts from."""

    revision: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    candidate: CandidateDocument
    answers: Answers = {}


class NominationDocument(Struct, frozen=True):
    """A nomination. `submitted_revision` is 0 until it is submitted; later changes wait for the next submission."""

    code: str
    category: str
    state: str
    candidate: CandidateDocument
    answers: dict[str, str]
    files: list[NominationFileDocument]
    revision: int
    submitted_revision: int
    submitted_at: datetime | None
    created_at: datetime
    changed_at: datetime


class NominationSummary(Struct, frozen=True):
    """A nomination in a list."""

    id: int
    code: str
    category: str
    state: str
    candidate: CandidateDocument
    submitted_at: datetime | None
    assigned: int = msgspec.field(name="sheets_assigned")
    sealed: int = msgspec.field(name="sheets_sealed")


class NominationReceipt(Struct, frozen=True):
    """Proof of a submission. `document` is the signed receipt file, byte for byte."""

    nomination: str
    revision: int
    received_at: datetime
    form_sha256: str
    log_index: int
    document: str


@get(f"{API}/award-categories", permission="public", operation_id="listAwardCategories")
async def list_categories(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[AwardCategoryDocument]]:
    """The categories of the award, each with its entry form and rubric."""
    section = await queries.section_of(event)
    items = [category_document(category, section.rubric(category.code)) for category in section.categories]
    return paged_whole(request, items, key=lambda item: item.code, after=after, limit=limit)


@post(f"{API}/nominations", permission="awards.nominate", operation_id="startNomination", idempotent=True)
async def start_nomination(
    request: Anything, event: EventView, visit: Visit, data: NewNomination
) -> Response[NominationDocument]:
    """Start a nomination: a draft that only its nominators see."""
    draft = Draft(candidate_of(data.candidate), data.answers) if data.candidate or data.answers else None

    async def start() -> NominationDocument:
        return _nomination(
            await services.start_nomination(
                event, data.category, draft=draft, actor=Actor.of(visit, event), now=visit.now
            )
        )

    return await once(request, data, start)


@get(f"{API}/nominations", permission="awards.manage", operation_id="listNominations")
async def list_nominations(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[NominationSummary]]:
    """All nominations of the event, oldest first."""
    lines = await queries.nominations(event, after=id_after(after), limit=limit + 1)
    items = [only(NominationSummary, line) for line in lines]
    return paged(request, items, key=lambda item: item.id, limit=limit)


@get(f"{API}/nominations/{{code:str}}", permission="awards.nominate", operation_id="getNomination")
async def get_nomination(event: EventView, visit: Visit, code: str) -> NominationDocument:
    """A nomination of one's own (or any, for organisers of the award): its working copy."""
    return _nomination(await _own(event, visit, code))


@put(f"{API}/nominations/{{code:str}}", permission="awards.nominate", operation_id="changeNomination")
async def change_nomination(event: EventView, visit: Visit, code: str, data: NominationChange) -> NominationDocument:
    """Replace the working copy. 409 `draft_changed` when somebody else changed it since `revision`."""
    await _own(event, visit, code)
    view = await services.save_draft(
        event,
        code,
        Draft(candidate_of(data.candidate), data.answers),
        revision=data.revision,
        actor=Actor.of(visit, event),
        now=visit.now,
    )
    return _nomination(view)


@post(
    f"{API}/nominations/{{code:str}}/files",
    permission="awards.nominate",
    operation_id="addNominationFile",
    idempotent=True,
    file_body=FileBody({"question": "The code of the question that it answers."}),
    uploads=True,
)
async def add_file(request: Anything, event: EventView, visit: Visit, code: str) -> Response[NominationDocument]:
    """Add a file to the answer of a question."""
    await _own(event, visit, code)
    question, found = await _sent_file(request)

    async def add() -> NominationDocument:
        actor = Actor.of(visit, event)
        return _nomination(await services.attach(event, code, question, found, actor=actor, now=visit.now))

    sent = {"question": question, "name": found.name, "sha256": sha256(found.content).hexdigest()}
    return await once(request, sent, add)


async def _sent_file(request: Anything) -> tuple[str, Upload]:
    data = await request.form()
    question, upload = data.get("question"), data.get("file")
    if not isinstance(question, str) or not question:
        raise Refused(Refusal("answer_missing", {}, "/question"))
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Refused(Refusal("answer_missing", {}, "/file"))
    return question, Upload(upload.filename, await upload.read())


@delete(
    f"{API}/nominations/{{code:str}}/files/{{file_code:str}}",
    permission="awards.nominate",
    operation_id="removeNominationFile",
    status_code=200,
)
async def remove_file(event: EventView, visit: Visit, code: str, file_code: str) -> NominationDocument:
    """Take a file out of the working copy."""
    await _own(event, visit, code)
    view = await services.detach(event, code, file_code, actor=Actor.of(visit, event), now=visit.now)
    return _nomination(view)


@post(
    f"{API}/nominations/{{code:str}}/submit",
    permission="awards.nominate",
    operation_id="submitNomination",
    status_code=200,
)
async def submit_nomination(
    request: Anything, event: EventView, visit: Visit, settings: Settings, code: str
) -> NominationReceipt:
    """Submit the working copy. Submitting the same revision again gives the same receipt."""
    issuer = Issuer(settings.address, request.app.state.signing_key)
    receipt = await services.submit_nomination(event, code, actor=Actor.of(visit, event), issuer=issuer, now=visit.now)
    return _receipt(code, receipt)


@post(
    f"{API}/nominations/{{code:str}}/withdraw",
    permission="awards.nominate",
    operation_id="withdrawNomination",
    status_code=200,
)
async def withdraw_nomination(event: EventView, visit: Visit, code: str) -> NominationDocument:
    """Take the nomination back, for good."""
    return _nomination(await services.withdraw_nomination(event, code, actor=Actor.of(visit, event), now=visit.now))


async def _own(event: EventView, visit: Visit, code: str) -> NominationView:
    """A nomination of one's own, or any for who manages the award. Jurors read theirs at /jury/assignments."""
    actor = Actor.of(visit, event)
    view = await queries.nomination(event, code)
    if view is None:
        raise NotFoundException
    seen = await queries.seen_as(event, view, actor.person, manages=actor.manages)
    if not may_see(view.nomination, seen) or not (seen.role or seen.manages):
        raise NotFoundException
    return view


def _nomination(view: NominationView) -> NominationDocument:
    nomination = view.nomination
    return NominationDocument(
        code=nomination.code,
        category=nomination.category,
        state=nomination.state,
        candidate=only(CandidateDocument, nomination.candidate),
        answers=nomination.answers,
        files=file_documents([each for each in view.files if each.in_draft]),
        revision=nomination.revision,
        submitted_revision=nomination.submitted_revision,
        submitted_at=view.submitted_at,
        created_at=view.created_at,
        changed_at=view.changed_at,
    )


def _receipt(code: str, receipt: ReceiptView) -> NominationReceipt:
    return NominationReceipt(
        nomination=code,
        revision=receipt.revision,
        received_at=receipt.received_at,
        form_sha256=receipt.form_sha256,
        log_index=receipt.log_index,
        document=receipt.document,
    )


ROUTES = [
    list_categories,
    start_nomination,
    list_nominations,
    get_nomination,
    change_nomination,
    add_file,
    remove_file,
    submit_nomination,
    withdraw_nomination,
]
