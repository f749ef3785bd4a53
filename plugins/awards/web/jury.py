"""The handlers for jurors: only their own score sheets, never another juror's."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Response, get, post, put
from litestar.exceptions import NotFoundException
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.web.downloads import download
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.queries import SheetView
from plenaria.plugins.awards.rules import KIND_NAMES, Criterion, ScoreSheet, steps
from plenaria.plugins.awards.services import Actor
from plenaria.plugins.awards.web.entry_form import shown_answer
from plenaria.plugins.awards.web.form_input import Anything, Form, by_pointer, form_of, number_in, status_of, text_in

ABSTAIN: Final = "–"
"""What the form sends for an abstention; it stands on the scale where a score would."""


class Scale(Struct, frozen=True):
    """One criterion as `rubric_scale` draws it."""

    name: str
    id: str
    title: str
    help: str
    weight: str
    levels: list[dict[str, Any]]
    score: str
    errors: list[str]


@get("/{event_slug:str}/jury", permission="awards.judge", include_in_schema=False)
async def jury_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """One's own score sheets and how far each has come."""
    section = await queries.section_of(event)
    lines = await queries.sheets(event, juror=Actor.of(visit, event).person)
    return page(
        request,
        "awards/jury.html",
        settings=await queries.award_settings(event),
        names={category.code: localized(category.name) for category in section.categories},
        criteria={category.code: len(section.rubric(category.code)) for category in section.categories},
        open=[line for line in lines if line.state in ("assigned", "ready") and line.nomination_state == "submitted"],
        done=[line for line in lines if line.state in ("sealed", "recused")],
        kinds=KIND_NAMES,
        now=visit.now,
    )


async def _own(event: EventView, visit: Visit, sheet_id: int) -> SheetView:
    view = await queries.sheet(event, sheet_id, juror=Actor.of(visit, event).person)
    if view is None:
        raise NotFoundException
    return view


@get("/{event_slug:str}/jury/assignments/{sheet_id:int}", permission="awards.judge", include_in_schema=False)
async def sheet_page(request: Anything, event: EventView, visit: Visit, sheet_id: int) -> Response[str]:
    return await _sheet(request, event, visit, await _own(event, visit, sheet_id))


async def _sheet(
    request: Anything,
    event: EventView,
    visit: Visit,
    view: SheetView,
    *,
    typed: ScoreSheet | None = None,
    refusals: Sequence[Refusal] = (),
) -> Response[str]:
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    category = section.category(view.category)
    criteria = section.rubric(view.category)
    errors = by_pointer(refusals, event)
    sheet = typed or view.sheet
    scales = [_scale(criterion, sheet, errors) for criterion in criteria]
    drawn = {f"/scores/{criterion.code}" for criterion in criteria}
    labels = (
        [(q, view.submission.answers[q.code]) for q in category.questions if q.code in view.submission.answers]
        if category
        else []
    )
    return page(
        request,
        "awards/sheet.html",
        status=status_of(refusals),
        view=view,
        sheet=sheet,
        settings=settings,
        is_open=settings.judging.contains(visit.now),
        category_name=localized(category.name) if category else view.category,
        answers=[(localized(question.label), shown_answer(question, text)) for question, text in labels],
        scales=scales,
        decided=steps(view.sheet, criteria),
        problems=[words for pointer, sentences in errors.items() if pointer not in drawn for words in sentences],
        address=f"/{event.slug}/jury/assignments/{view.id}",
        abstain=ABSTAIN,
        kinds=KIND_NAMES,
        now=visit.now,
    )


def _scale(criterion: Criterion, sheet: ScoreSheet, errors: Mapping[str, list[str]]) -> Scale:
    levels = [
        {"value": level.score, "label": "", "description": localized(level.description)}
        for level in sorted(criterion.levels, key=lambda level: level.score)
    ]
    levels.append({"value": ABSTAIN, "label": gettext("I abstain"), "description": ""})
    chosen = ABSTAIN if criterion.code in sheet.abstained else str(sheet.scores.get(criterion.code, ""))
    return Scale(
        name=f"scores.{criterion.code}",
        id=f"score-{criterion.code}",
        title=localized(criterion.name),
        help=localized(criterion.description),
        weight=gettext("weight %(weight)s") % {"weight": criterion.weight},
        levels=levels,
        score=chosen,
        errors=errors.get(f"/scores/{criterion.code}", []),
    )


def _typed(data: Form, view: SheetView, criteria: Sequence[Criterion]) -> ScoreSheet:
    """What was chosen; what is no score is left to the rules, as a score that no scale has."""
    scores: dict[str, int] = {}
    abstained = set()
    for criterion in criteria:
        chosen = text_in(data, f"scores.{criterion.code}", most=20)
        if chosen == ABSTAIN:
            abstained.add(criterion.code)
        elif chosen:
            scores[criterion.code] = int(chosen) if chosen.isascii() and chosen.isdigit() else -1
    return ScoreSheet(
        state=view.sheet.state,
        scores=scores,
        abstained=frozenset(abstained),
        comment=text_in(data, "comment"),
        revision=view.sheet.revision,
    )


async def _save(event: EventView, visit: Visit, view: SheetView, data: Form, typed: ScoreSheet) -> SheetView:
    return await services.save_scores(
        event,
        view.id,
        scores=typed.scores,
        abstained=sorted(typed.abstained),
        comment=typed.comment,
        revision=number_in(data, "revision"),
        actor=Actor.of(visit, event),
        now=visit.now,
    )


@post("/{event_slug:str}/jury/assignments/{sheet_id:int}", permission="awards.judge", include_in_schema=False)
async def change(request: Anything, event: EventView, visit: Visit, sheet_id: int) -> Response[Any]:
    """Keep the scores, and seal them if that button was pressed."""
    view = await _own(event, visit, sheet_id)
    data = await form_of(request)
    typed = _typed(data, view, (await queries.section_of(event)).rubric(view.category))
    address = f"/{event.slug}/jury/assignments/{sheet_id}"
    try:
        await _save(event, visit, view, data, typed)
        if text_in(data, "action", most=20) == "seal":
            await services.seal(event, sheet_id, actor=Actor.of(visit, event), now=visit.now)
            return see_other(request, address, ("success", gettext("Your scores are sealed. Thank you.")))
    except Refused as refused:
        view = await _own(event, visit, sheet_id)
        return await _sheet(request, event, visit, view, typed=typed, refusals=refused.refusals)
    return see_other(request, address, ("success", gettext("Saved.")))


@put("/{event_slug:str}/jury/assignments/{sheet_id:int}", permission="awards.judge", include_in_schema=False)
async def autosave(request: Anything, event: EventView, visit: Visit, sheet_id: int) -> dict[str, int]:
    """What autosave.js sends. Answers the revision that the next save starts from."""
    view = await _own(event, visit, sheet_id)
    data = await form_of(request)
    typed = _typed(data, view, (await queries.section_of(event)).rubric(view.category))
    saved = await _save(event, visit, view, data, typed)
    return {"revision": saved.sheet.revision}


@post(
    "/{event_slug:str}/jury/assignments/{sheet_id:int}/declare",
    permission="awards.judge",
    include_in_schema=False,
)
async def declare(request: Anything, event: EventView, visit: Visit, sheet_id: int) -> Response[Any]:
    """The juror says that nothing ties them to the nomination, or steps back from it."""
    view = await _own(event, visit, sheet_id)
    data = await form_of(request)
    actor = Actor.of(visit, event)
    try:
        if text_in(data, "conflict", most=5) == "yes":
            await services.recuse(event, sheet_id, text_in(data, "reason"), actor=actor, now=visit.now)
            words = gettext("You stepped back from judging this nomination. Thank you for letting us know.")
            return see_other(request, f"/{event.slug}/jury", ("success", words))
        await services.declare_no_conflict(event, sheet_id, actor=actor, now=visit.now)
    except Refused as refused:
        return await _sheet(request, event, visit, view, refusals=refused.refusals)
    return see_other(request, f"/{event.slug}/jury/assignments/{sheet_id}")


@get(
    "/{event_slug:str}/jury/assignments/{sheet_id:int}/files/{file_code:str}",
    permission="awards.judge",
    include_in_schema=False,
)
async def download_file(event: EventView, visit: Visit, sheet_id: int, file_code: str) -> Response[bytes]:
    """A file of the submitted nomination. Who stepped back sees it no more."""
    view = await _own(event, visit, sheet_id)
    found = next((each for each in view.files if each.attachment.code == file_code), None)
    if found is None or view.sheet.state == "recused":
        raise NotFoundException
    return await download(found.file)


ROUTES = [jury_page, sheet_page, change, autosave, declare, download_file]
