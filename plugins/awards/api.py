"""The JSON doors. They call the same services as the pages; Structs here are the contract, apart from what rules need."""

from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from msgspec import Meta, Struct

from core.api import After, Limit, Page, id_after, once, paged, paged_whole
from core.files import Upload
from core.security.visit import Visit
from core.settings import Settings
from core.values import N_, EventView, LocalizedText, Refusal, Refused, Slug
from plugins.awards import queries, services
from plugins.awards.queries import NominationView, ReceiptView, SheetLine, SheetView
from plugins.awards.rules import Candidate, CandidateKind, Category, Criterion, Question, may_see
from plugins.awards.services import Actor, Draft, Issuer
from plugins.awards.statistics import (
    AdditiveModel,
    Agreement,
    Alpha,
    Analysis,
    Concordance,
    JudgeEffect,
    Undefined,
    WithoutJudge,
    printed,
)

Anything = Request[Any, Any, Any]

API = "/api/v1/events/{event_slug:str}"
Answers = Annotated[
    dict[str, Annotated[str, Meta(max_length=50_000)]],
    Meta(
        description="Question code → answer, as text. Numbers as in 1,234.50; choices by their code.",
        extra={"kind": "mapping"},
    ),
]


# -- documents -----------------------------------------------------------------------------------------------------


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
    max_length: int
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


class NominationFileDocument(Struct, frozen=True):
    """A file of a nomination; `size` in bytes."""

    code: str
    question: str
    name: str
    size: int
    media_type: str
    sha256: str


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
    sheets_assigned: int
    sheets_sealed: int


class NominationReceipt(Struct, frozen=True):
    """Proof of a submission. `document` is the signed receipt file, byte for byte."""

    nomination: str
    revision: int
    received_at: datetime
    form_sha256: str
    log_index: int
    document: str


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


class CriterionMean(Struct, frozen=True):
    """The exact mean over the jurors who scored the criterion, as a fraction and as printed."""

    criterion: str
    numerator: int
    denominator: int
    printed: str


class AwardPlace(Struct, frozen=True):
    """A nomination's result. `place` in competition ranking (1, 1, 3); null without a mean. Means are exact fractions.

    `group` numbers, from 0, the nominations that can be compared, null without a score: where no juror and no chain
    of jurors connects two nominations, each is ranked in its own group.
    """

    nomination: str
    candidate: CandidateDocument
    place: int | None
    tied: bool
    mean: CriterionMean | None
    criteria: list[CriterionMean]
    jurors: int
    abstentions: int
    unscored: list[str]
    group: int | None


class AwardCategoryResults(Struct, frozen=True):
    """The places in one category; with several `groups`, by group."""

    category: str
    groups: int
    places: list[AwardPlace]


class AwardResults(Struct, frozen=True):
    """All results. They are final when every assigned sheet is sealed."""

    final: bool
    assigned: int
    sealed: int
    tie_break: list[str]
    categories: list[AwardCategoryResults]


class AnalysedNomination(Struct, frozen=True):
    """A nomination's published place beside what the model of entries and jurors expects.

    `place` and `estimated_place` count within `group`. `expected` is the score that an average juror would give, in
    points of the rubric, with its `standard_error`. `best` and `among_top` are probabilities, null where there are
    several groups. Everything is null that the scores do not determine.
    """

    nomination: str
    group: int | None
    place: int | None
    tied: bool
    mean: float | None
    jurors: int
    estimated_place: int | None
    expected: float | None
    standard_error: float | None
    best: float | None
    among_top: float | None


class AnalysedJuror(Struct, frozen=True):
    """A juror under a letter, the most severe first; letters differ from category to category.

    `severity` in points below an average juror, negative for a lenient one. `spread` is the standard deviation of
    their scores, `residual` how far these lie from what nomination and severity explain. `scored` counts nominations.
    """

    juror: str
    group: int
    scored: int
    severity: float
    standard_error: float
    spread: float | None
    residual: float | None
    discrimination: float | None
    constant: bool


class WithoutJuror(Struct, frozen=True):
    """The published result without one juror, among the nominations of their group.

    `parts`: into how many groups that cannot be compared these fall; `winners` is null unless it is 1.
    `estimated_winners` is the same by the model.
    """

    juror: str
    parts: int
    winners: list[str] | None
    winner_changes: bool | None
    estimated_winners: list[str] | None


class AgreementFigure(Struct, frozen=True):
    """One coefficient of agreement; `lower` and `upper` bound it with 95 % confidence where that is known.

    `undefined` is the reason why there is no value, in one stable word.
    """

    figure: str
    value: float | None
    lower: float | None
    upper: float | None
    undefined: str | None


class AwardAnalysis(Struct, frozen=True):
    """How sure the places of one category are.

    `undefined` is the reason why severity, expected scores and probabilities are missing, in one stable word:
    `no_marks`, `one_entry`, `one_judge`, `constant`, `no_spare_scores`, `no_error` or `extra_missing`.
    `no_difference_between` names `entries` or `judges` where the scores show no difference between them. `groups`
    lists nominations that can be compared. `among_top` counts to place `top`.
    """

    category: str
    final: bool
    assigned: int
    sealed: int
    groups: list[list[str]]
    top: int
    nominations: list[AnalysedNomination]
    jurors: list[AnalysedJuror]
    undefined: str | None
    no_difference_between: list[str]
    without: list[WithoutJuror]
    agreement: list[AgreementFigure]


# -- nominating ----------------------------------------------------------------------------------------------------


@get(f"{API}/award-categories", permission="public", operation_id="listAwardCategories")
async def list_categories(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[AwardCategoryDocument]]:
    """The categories of the award, each with its entry form and rubric."""
    section = await queries.section_of(event)
    items = [_category(category, section.rubric(category.code)) for category in section.categories]
    return paged_whole(request, items, key=lambda item: item.code, after=after, limit=limit)


@post(f"{API}/nominations", permission="signed_in", operation_id="startNomination", idempotent=True)
async def start_nomination(
    request: Anything, event: EventView, visit: Visit, data: NewNomination
) -> Response[NominationDocument]:
    """Start a nomination: a draft that only its nominators see."""
    draft = Draft(_candidate_of(data.candidate), data.answers) if data.candidate or data.answers else None

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
    items = [
        NominationSummary(
            id=line.id,
            code=line.code,
            category=line.category,
            state=line.state,
            candidate=_candidate(line.candidate),
            submitted_at=line.submitted_at,
            sheets_assigned=line.assigned,
            sheets_sealed=line.sealed,
        )
        for line in lines
    ]
    return paged(request, items, key=lambda item: item.id, limit=limit)


@get(f"{API}/nominations/{{code:str}}", permission="signed_in", operation_id="getNomination")
async def get_nomination(event: EventView, visit: Visit, code: str) -> NominationDocument:
    """A nomination of one's own (or any, for organisers of the award): its working copy."""
    return _nomination(await _own(event, visit, code))


@put(f"{API}/nominations/{{code:str}}", permission="signed_in", operation_id="changeNomination")
async def change_nomination(event: EventView, visit: Visit, code: str, data: NominationChange) -> NominationDocument:
    """Replace the working copy. 409 `draft_changed` when somebody else changed it since `revision`."""
    await _own(event, visit, code)
    view = await services.save_draft(
        event,
        code,
        Draft(_candidate_of(data.candidate), data.answers),
        revision=data.revision,
        actor=Actor.of(visit, event),
        now=visit.now,
    )
    return _nomination(view)


@post(
    f"{API}/nominations/{{code:str}}/files",
    permission="signed_in",
    operation_id="addNominationFile",
    idempotent=True,
)
async def add_file(request: Anything, event: EventView, visit: Visit, code: str) -> Response[NominationDocument]:
    """Add a file: multipart form data with `question` (a code) and `file`."""
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
    permission="signed_in",
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
    permission="signed_in",
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
    permission="signed_in",
    operation_id="withdrawNomination",
    status_code=200,
)
async def withdraw_nomination(event: EventView, visit: Visit, code: str) -> NominationDocument:
    """Take the nomination back, for good."""
    return _nomination(await services.withdraw_nomination(event, code, actor=Actor.of(visit, event), now=visit.now))


# -- the jury ------------------------------------------------------------------------------------------------------


@get(f"{API}/jury/assignments", permission="awards.judge", operation_id="listAssignments")
async def list_assignments(
    request: Anything, event: EventView, visit: Visit, after: After = "", limit: Limit = 50
) -> Response[Page[AssignmentSummary]]:
    """One's own score sheets."""
    lines = await queries.sheets(event, juror=Actor.of(visit, event).person)
    return paged_whole(request, [_summary(line) for line in lines], key=lambda item: item.id, after=after, limit=limit)


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


@get(f"{API}/results", permission="awards.results", operation_id="getAwardResults")
async def get_results(event: EventView, visit: Visit) -> AwardResults:
    """The places by category. 409 `results_not_yet` until every sheet is sealed, unless one holds `awards.results.early`."""
    results = await queries.results(event, may_see_early=visit.may("awards.results.early", event))
    if results.refusals:
        raise Refused(*results.refusals)
    decimals = (await queries.award_settings(event)).decimals
    return AwardResults(
        final=results.final,
        assigned=results.assigned,
        sealed=results.sealed,
        tie_break=list(results.tie_rule.then_by),
        categories=[
            AwardCategoryResults(found.category.code, found.groups, [_place(line, decimals) for line in found.lines])
            for found in results.categories
        ],
    )


@get(f"{API}/results/{{category:str}}/analysis", permission="awards.results", operation_id="getAwardAnalysis")
async def get_analysis(event: EventView, visit: Visit, category: str) -> AwardAnalysis:
    """How sure the places of one category are. 409 `results_not_yet` as for the results."""
    seen = await queries.analysis(event, category, may_see_early=visit.may("awards.results.early", event))
    if seen is None:
        raise NotFoundException
    if seen.found is None:
        raise Refused(*seen.results.refusals)
    return _analysis(category, seen.results, seen.found)


# -- structs into documents ----------------------------------------------------------------------------------------


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


def _category(category: Category, criteria: tuple[Criterion, ...]) -> AwardCategoryDocument:
    return AwardCategoryDocument(
        code=category.code,
        name=category.name,
        description=category.description,
        candidates=list(category.candidates),
        questions=[_question(question) for question in category.questions],
        criteria=[
            RubricCriterion(
                criterion.code,
                criterion.name,
                criterion.description,
                criterion.weight,
                [RubricLevel(level.score, level.description) for level in criterion.levels],
            )
            for criterion in criteria
        ],
    )


def _question(question: Question) -> EntryQuestion:
    return EntryQuestion(
        code=question.code,
        kind=question.kind,
        label=question.label,
        help=question.help,
        required=question.required,
        max_length=question.length_limit,
        choices=[EntryChoice(choice.code, choice.label) for choice in question.choices],
        minimum=question.minimum,
        maximum=question.maximum,
        max_files=question.max_files,
    )


def _candidate(candidate: Candidate) -> CandidateDocument:
    return CandidateDocument(candidate.kind, candidate.name, candidate.company, candidate.place, candidate.position)


def _candidate_of(document: CandidateDocument | None) -> Candidate:
    told = document or CandidateDocument()
    return Candidate(told.kind, told.name, told.company, told.place, told.position)


def _files(files: tuple[queries.StoredAttachment, ...]) -> list[NominationFileDocument]:
    return [
        NominationFileDocument(a.code, a.question, a.name, a.size, a.media_type, a.sha256)
        for a in (each.attachment for each in files)
    ]


def _nomination(view: NominationView) -> NominationDocument:
    nomination = view.nomination
    return NominationDocument(
        code=nomination.code,
        category=nomination.category,
        state=nomination.state,
        candidate=_candidate(nomination.candidate),
        answers=nomination.answers,
        files=_files(tuple(each for each in view.files if each.in_draft)),
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


def _summary(line: SheetLine) -> AssignmentSummary:
    return AssignmentSummary(
        line.id, line.nomination, line.category, _candidate(line.candidate), line.state, line.decided
    )


def _assignment(view: SheetView) -> AssignmentDocument:
    gone = view.sheet.state == "recused"
    return AssignmentDocument(
        id=view.id,
        nomination=view.nomination,
        category=view.category,
        candidate=_candidate(view.submission.candidate),
        answers={} if gone else view.submission.answers,
        files=[] if gone else _files(view.files),
        state=view.sheet.state,
        scores=view.sheet.scores,
        abstained=sorted(view.sheet.abstained),
        comment=view.sheet.comment,
        revision=view.sheet.revision,
        sealed_at=view.sealed_at,
        digest=view.digest,
    )


def _place(line: queries.ResultLine, decimals: int) -> AwardPlace:
    result = line.result
    return AwardPlace(
        nomination=line.nomination,
        candidate=_candidate(line.candidate),
        place=result.place,
        tied=result.tied,
        mean=_mean("", result.mean, decimals) if result.mean is not None else None,
        criteria=[_mean(criterion, mean, decimals) for criterion, mean in result.means.items()],
        jurors=result.judges,
        abstentions=result.abstentions,
        unscored=list(result.unscored),
        group=line.group,
    )


def _analysis(category: str, results: queries.Results, found: Analysis) -> AwardAnalysis:
    model = found.model if isinstance(found.model, AdditiveModel) else None
    return AwardAnalysis(
        category=category,
        final=results.final,
        assigned=results.assigned,
        sealed=results.sealed,
        groups=[list(group.entries) for group in found.groups],
        top=queries.TOP,
        nominations=_analysed_nominations(found, model),
        jurors=[_analysed_juror(each) for each in (model.judges if model else ())],
        undefined=found.model.reason if isinstance(found.model, Undefined) else None,
        no_difference_between=list(model.singular) if model else [],
        without=[_without(each) for each in found.without],
        agreement=_agreement(found.agreement),
    )


def _analysed_nominations(found: Analysis, model: AdditiveModel | None) -> list[AnalysedNomination]:
    effects = {each.entry: each for each in (model.entries if model else ())}
    return [
        AnalysedNomination(
            nomination=standing.entry,
            group=standing.group,
            place=standing.place,
            tied=standing.tied,
            mean=standing.mean,
            jurors=standing.judges,
            estimated_place=effect.place if effect else None,
            expected=effect.expected if effect else None,
            standard_error=effect.standard_error if effect else None,
            best=effect.win if effect else None,
            among_top=effect.among_top if effect else None,
        )
        for standing in found.standings
        for effect in (effects.get(standing.entry),)
    ]


def _analysed_juror(effect: JudgeEffect) -> AnalysedJuror:
    return AnalysedJuror(
        juror=effect.judge,
        group=effect.group,
        scored=effect.scores,
        severity=effect.severity,
        standard_error=effect.standard_error,
        spread=effect.spread,
        residual=effect.residual_sd,
        discrimination=effect.discrimination,
        constant=effect.constant,
    )


def _without(each: WithoutJudge) -> WithoutJuror:
    return WithoutJuror(
        juror=each.judge,
        parts=each.parts,
        winners=list(each.published.winners) if each.published else None,
        winner_changes=each.published.winner_changes if each.published else None,
        estimated_winners=list(each.model.winners) if each.model else None,
    )


def _agreement(found: Agreement) -> list[AgreementFigure]:
    figures = [_figure("Krippendorff's alpha, interval", found.interval)]
    figures.append(_figure("Krippendorff's alpha, ordinal", found.ordinal))
    if isinstance(found.icc, Undefined):
        figures.append(_figure("ICC", found.icc))
    else:
        figures += [AgreementFigure(c.name, c.value, c.lower, c.upper, None) for c in found.icc.coefficients]
    return [*figures, _figure("Kendall's W", found.concordance)]


def _figure(name: str, found: Alpha | Concordance | Undefined) -> AgreementFigure:
    if isinstance(found, Undefined):
        return AgreementFigure(name, None, None, None, found.reason)
    return AgreementFigure(name, found.w if isinstance(found, Concordance) else found.value, None, None, None)


def _mean(criterion: str, mean: Fraction, decimals: int) -> CriterionMean:
    return CriterionMean(criterion, mean.numerator, mean.denominator, printed(mean, decimals))


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
    list_assignments,
    get_assignment,
    save_scores,
    declare_no_conflict,
    recuse,
    seal_scores,
    get_results,
    get_analysis,
]
