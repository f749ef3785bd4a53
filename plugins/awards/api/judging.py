"""The JSON handlers of a juror: assignments, scores, seals."""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post, put
from litestar.exceptions import NotFoundException
from msgspec import Meta, Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import N_, EventView
from plenaria.core.web.api import After, Limit, Page, paged_whole
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.api.documents import (
    API,
    Anything,
    CandidateDocument,
    NominationFileDocument,
    file_documents,
    only,
)
from plenaria.plugins.awards.queries import SheetView
from plenaria.plugins.awards.services import Actor


class AssignmentSummary(Struct, frozen=True):
    """One of one's own score sheets."""

    id: int
    nomination: str
    category: str
    candidate: CandidateDocument
    state: str
    decided: int


class AssignmentDocument(Struct, frozen=True):
    """One's own score sheet with the nomination as it was submitted."""

    id: int
    nomination: str
    category: str
    candidate: CandidateDocument
    answers: dict[str, str]
    files: list[NominationFileDocument]
    state: str
    scores: dict[str, int]
    abstained: list[str]
    comment: str
    revision: int
    sealed_at: datetime | None
    digest: str


class Scores(Struct, frozen=True):
    """A juror's scores, complete or not. `revision`, if given, is the one that the change starts from."""

    scores: Annotated[
        dict[str, Annotated[int, Meta(ge=-1000, le=1000)]],
        Meta(description="Criterion code → score.", extra={"kind": "mapping"}),
    ] = {}
    abstained: Annotated[list[str], Meta(max_length=200, description="Codes of criteria abstained from.")] = []
    comment: Annotated[str, Meta(max_length=5000)] = ""
    revision: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class Recusal(Struct, frozen=True):
    """Why a juror steps back."""

    reason: Annotated[str, Meta(title=N_("Reason"), min_length=1, max_length=5000)]


@get(f"{API}/jury/assignments", permission="awards.judge", operation_id="listAssignments")
async def list_assignments(
    request: Anything, event: EventView, visit: Visit, after: After = "", limit: Limit = 50
) -> Response[Page[AssignmentSummary]]:
    """One's own score sheets."""
    lines = await queries.sheets(event, juror=Actor.of(visit, event).person)
    return paged_whole(
        request, [only(AssignmentSummary, line) for line in lines], key=lambda item: item.id, after=after, limit=limit
    )


@get(f"{API}/jury/assignments/{{sheet_id:int}}", permission="awards.judge", operation_id="getAssignment")
async def get_assignment(event: EventView, visit: Visit, sheet_id: int) -> AssignmentDocument:
    """One's own score sheet. A sheet of another juror is as if it did not exist."""
    view = await queries.sheet(event, sheet_id, juror=Actor.of(visit, event).person)
    if view is None:
        raise NotFoundException
    return _assignment(view)


@put(f"{API}/jury/assignments/{{sheet_id:int}}/scores", permission="awards.judge", operation_id="saveScores")
async def save_scores(event: EventView, visit: Visit, sheet_id: int, data: Scores) -> AssignmentDocument:
    """Keep scores, complete or not."""
    view = await services.save_scores(
        event,
        sheet_id,
        scores=data.scores,
        abstained=data.abstained,
        comment=data.comment,
        revision=data.revision,
        actor=Actor.of(visit, event),
        now=visit.now,
    )
    return _assignment(view)


@post(
    f"{API}/jury/assignments/{{sheet_id:int}}/declare",
    permission="awards.judge",
    operation_id="declareNoConflict",
    status_code=200,
)
async def declare_no_conflict(event: EventView, visit: Visit, sheet_id: int) -> AssignmentDocument:
    """Say that nothing ties one to the nomination. Needed before scoring."""
    return _assignment(await services.declare_no_conflict(event, sheet_id, actor=Actor.of(visit, event), now=visit.now))


@post(
    f"{API}/jury/assignments/{{sheet_id:int}}/recuse",
    permission="awards.judge",
    operation_id="recuse",
    status_code=200,
)
async def recuse(event: EventView, visit: Visit, sheet_id: int, data: Recusal) -> AssignmentDocument:
    """Step back from the nomination because of a conflict of interest, for good."""
    return _assignment(await services.recuse(event, sheet_id, data.reason, actor=Actor.of(visit, event), now=visit.now))


@post(
    f"{API}/jury/assignments/{{sheet_id:int}}/seal",
    permission="awards.judge",
    operation_id="sealScores",
    status_code=200,
)
async def seal_scores(event: EventView, visit: Visit, sheet_id: int) -> AssignmentDocument:
    """Make the scores final."""
    return _assignment(await services.seal(event, sheet_id, actor=Actor.of(visit, event), now=visit.now))


def _assignment(view: SheetView) -> AssignmentDocument:
    gone = view.sheet.state == "recused"
    return AssignmentDocument(
        id=view.id,
        nomination=view.nomination,
        category=view.category,
        candidate=only(CandidateDocument, view.submission.candidate),
        answers={} if gone else view.submission.answers,
        files=[] if gone else file_documents(view.files),
        state=view.sheet.state,
        scores=view.sheet.scores,
        abstained=sorted(view.sheet.abstained),
        comment=view.sheet.comment,
        revision=view.sheet.revision,
        sealed_at=view.sealed_at,
        digest=view.digest,
    )


ROUTES = [
    list_assignments,
    get_assignment,
    save_scores,
    declare_no_conflict,
    recuse,
    seal_scores,
]
