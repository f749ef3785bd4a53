"""The handlers for nominators."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from litestar import Response, get, post, put
from litestar.exceptions import NotFoundException

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.storage.requests import limits
from plenaria.core.web.downloads import download
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.queries import NominationView
from plenaria.plugins.awards.rules import KIND_NAMES, Category, Nomination, Seen, may_see
from plenaria.plugins.awards.services import Actor, Draft
from plenaria.plugins.awards.web.entry_form import entry_form, shown_answer, typed_draft, typed_files
from plenaria.plugins.awards.web.form_input import (
    Anything,
    Form,
    email_in,
    form_of,
    issuer_of,
    number_in,
    sentences,
    status_of,
    text_in,
)

INVITATIONS_AN_HOUR: Final = 20
"""From one person: an invitation that is taken back was still mailed."""


@get("/{event_slug:str}/awards", permission="public", kept_while_away=(), include_in_schema=False)
async def award_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """What the award honours, its categories, until when to nominate, and one's own nominations."""
    section = await queries.section_of(event)
    mine = await queries.nominations_of(visit.person.id, [event.id]) if visit.person else []
    return page(
        request,
        "awards/award.html",
        settings=await queries.award_settings(event),
        section=section,
        mine=mine,
        names={category.code: localized(category.name) for category in section.categories},
        kinds=KIND_NAMES,
        now=visit.now,
    )


@get("/{event_slug:str}/awards/nominate", permission="signed_in", include_in_schema=False)
async def nominate_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    return await _nominate(request, event, visit)


async def _nominate(
    request: Anything, event: EventView, visit: Visit, refusals: Sequence[Refusal] = ()
) -> Response[str]:
    return page(
        request,
        "awards/nominate.html",
        status=409 if refusals else 200,
        settings=await queries.award_settings(event),
        section=await queries.section_of(event),
        kinds=KIND_NAMES,
        refusals=sentences(refusals, event),
        now=visit.now,
    )


@post("/{event_slug:str}/awards/nominate", permission="signed_in", include_in_schema=False)
async def start(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data = await form_of(request)
    try:
        view = await services.start_nomination(
            event, text_in(data, "category", most=50), actor=Actor.of(visit, event), now=visit.now
        )
    except Refused as refused:
        return await _nominate(request, event, visit, refused.refusals)
    return see_other(request, _address(event, view.nomination.code))


def _address(event: EventView, code: str) -> str:
    return f"/{event.slug}/awards/nominations/{code}"


async def _seen(event: EventView, visit: Visit, code: str) -> tuple[NominationView, Seen]:
    """The nomination, or 404 for a caller who may not see it."""
    view = await queries.nomination(event, code)
    if view is None:
        raise NotFoundException
    seen = await queries.seen_as(
        event, view, visit.person.id if visit.person else None, manages=visit.may("awards.manage", event)
    )
    if not may_see(view.nomination, seen):
        raise NotFoundException
    return view, seen


@get("/{event_slug:str}/awards/nominations/{code:str}", permission="signed_in", include_in_schema=False)
async def nomination_page(request: Anything, event: EventView, visit: Visit, code: str) -> Response[str]:
    view, seen = await _seen(event, visit, code)
    return await _nomination(request, event, visit, view, seen)


async def _nomination(
    request: Anything,
    event: EventView,
    visit: Visit,
    view: NominationView,
    seen: Seen,
    *,
    typed: Draft | None = None,
    refusals: Sequence[Refusal] = (),
) -> Response[str]:
    """The form while it may be edited (or when something typed has to be kept), else what was submitted."""
    settings, section = await queries.award_settings(event), await queries.section_of(event)
    nomination = view.nomination
    category = section.category(nomination.category)
    is_open = (
        settings.nominations.contains(visit.now)
        and nomination.state in ("draft", "submitted")
        and not nomination.in_judging
    )
    form = None
    if category is not None and seen.role is not None and (is_open or typed is not None):
        draft = typed or Draft(nomination.candidate, nomination.answers)
        form = entry_form(category, draft, view.files, settings=settings, event=event, refusals=refusals)
    return page(
        request,
        "awards/nomination.html",
        status=status_of(refusals),
        view=view,
        nomination=nomination,
        seen=seen,
        settings=settings,
        category=category,
        category_name=localized(category.name) if category else nomination.category,
        form=form,
        is_open=is_open,
        answers=_answers(category, view, seen),
        shown_files=[
            each for each in view.files if (each.in_submission if _as_submitted(view, seen) else each.in_draft)
        ],
        receipts=await queries.receipts(view.id) if seen.role or seen.manages else [],
        refusals=[] if form else sentences(refusals, event),
        address=_address(event, nomination.code),
        kinds=KIND_NAMES,
        stored=view.nomination if typed and any(r.code == "draft_changed" for r in refusals) else None,
        stored_answers=_worded(category, view.nomination.answers) if category else [],
        now=visit.now,
    )


def _as_submitted(view: NominationView, seen: Seen) -> bool:
    """Nominators see their working copy; everybody else what was submitted, if anything was."""
    return seen.role is None and view.submission is not None


def _answers(category: Category | None, view: NominationView, seen: Seen) -> list[tuple[str, str]]:
    if category is None:
        return []
    submission = view.submission
    answers = submission.answers if submission and _as_submitted(view, seen) else view.nomination.answers
    return _worded(category, answers)


def _worded(category: Category, answers: dict[str, str]) -> list[tuple[str, str]]:
    """(question, answer) in the order of the form, as they are read."""
    return [
        (localized(question.label), shown_answer(question, answers[question.code]))
        for question in category.questions
        if answers.get(question.code)
    ]


@post("/{event_slug:str}/awards/nominations/{code:str}", permission="signed_in", uploads=True, include_in_schema=False)
async def change(request: Anything, event: EventView, visit: Visit, settings: Settings, code: str) -> Response[Any]:
    """Save, and then submit or take out a file, if that button was pressed.

    What was typed is stored even when submitting is refused; when storing itself is refused, the page keeps it.
    """
    view, seen = await _seen(event, visit, code)
    data = await form_of(request)
    category = (await queries.section_of(event)).category(view.nomination.category)
    if category is None:
        raise Refused(Refusal("category_gone", {"category": view.nomination.category}))
    typed, actor = typed_draft(data, category), Actor.of(visit, event)
    try:
        await _store(event, visit, code, typed, data, category)
        if file_code := text_in(data, "remove", most=40):
            await services.detach(event, code, file_code, actor=actor, now=visit.now)
        if text_in(data, "action", most=20) == "submit":
            await services.submit_nomination(
                event, code, actor=actor, issuer=issuer_of(request, settings), now=visit.now
            )
            words = gettext("Your nomination was submitted. The receipt is below, and on its way to you by e-mail.")
            return see_other(request, _address(event, code) + "#receipt", ("success", words))
    except Refused as refused:
        view, seen = await _seen(event, visit, code)
        refusals = await _all_refusals(event, visit, code, data, refused.refusals)
        return await _nomination(request, event, visit, view, seen, typed=typed, refusals=refusals)
    return see_other(request, _address(event, code), ("success", gettext("Saved.")))


async def _all_refusals(
    event: EventView, visit: Visit, code: str, data: Form, refusals: Sequence[Refusal]
) -> Sequence[Refusal]:
    """A refused submission is in the log, also when storing was refused before submitting came to its turn."""
    if text_in(data, "action", most=20) == "submit" and any(r.code.startswith("nominations_") for r in refusals):
        await services.note_refused_submission(event, code, refusals, actor=Actor.of(visit, event), now=visit.now)
    return refusals


async def _store(event: EventView, visit: Visit, code: str, typed: Draft, data: Form, category: Category) -> Nomination:
    """The texts first, then each file."""
    actor = Actor.of(visit, event)
    view = await services.save_draft(
        event, code, typed, revision=number_in(data, "revision"), actor=actor, now=visit.now
    )
    for question, upload in await typed_files(data, category):
        view = await services.attach(event, code, question, upload, actor=actor, now=visit.now)
    return view.nomination


@put("/{event_slug:str}/awards/nominations/{code:str}", permission="signed_in", include_in_schema=False)
async def autosave(request: Anything, event: EventView, visit: Visit, code: str) -> dict[str, int]:
    """What autosave.js sends: the same fields, without files. Answers the revision that the next save starts from."""
    view, _ = await _seen(event, visit, code)
    data = await form_of(request)
    category = (await queries.section_of(event)).category(view.nomination.category)
    if category is None:
        raise Refused(Refusal("category_gone", {"category": view.nomination.category}))
    saved = await services.save_draft(
        event,
        code,
        typed_draft(data, category),
        revision=number_in(data, "revision"),
        actor=Actor.of(visit, event),
        now=visit.now,
    )
    return {"revision": saved.nomination.revision}


@post("/{event_slug:str}/awards/nominations/{code:str}/withdraw", permission="signed_in", include_in_schema=False)
async def withdraw(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    await services.withdraw_nomination(event, code, actor=Actor.of(visit, event), now=visit.now)
    return see_other(request, _address(event, code), ("success", gettext("The nomination was withdrawn.")))


@post(
    "/{event_slug:str}/awards/nominations/{code:str}/collaborators",
    permission="signed_in",
    include_in_schema=False,
)
async def invite(request: Anything, event: EventView, visit: Visit, settings: Settings, code: str) -> Response[Any]:
    data = await form_of(request)
    email = email_in(data)
    await limits.count("awards.invite", visit.by, most=INVITATIONS_AN_HOUR, span=timedelta(hours=1), now=visit.now)
    await services.invite_collaborator(
        event, code, email, actor=Actor.of(visit, event), issuer=issuer_of(request, settings), now=visit.now
    )
    words = gettext("{email} was invited.").format(email=email)
    return see_other(request, _address(event, code) + "#people", ("success", words))


@post(
    "/{event_slug:str}/awards/nominations/{code:str}/collaborators/{person:int}/remove",
    permission="signed_in",
    include_in_schema=False,
)
async def end_collaboration(request: Anything, event: EventView, visit: Visit, code: str, person: int) -> Response[Any]:
    actor = Actor.of(visit, event)
    await services.remove_collaborator(event, code, person, actor=actor, now=visit.now)
    stays = person != actor.person
    address = _address(event, code) + "#people" if stays else f"/{event.slug}/awards"
    return see_other(request, address, ("success", gettext("The collaboration has ended.")))


@get(
    "/{event_slug:str}/awards/nominations/{code:str}/files/{file_code:str}",
    permission="signed_in",
    include_in_schema=False,
)
async def download_file(event: EventView, visit: Visit, code: str, file_code: str) -> Response[bytes]:
    """A file of the nomination, as a download; jurors get what was submitted only."""
    view, seen = await _seen(event, visit, code)
    found = view.file(file_code)
    if found is None or not (found.in_submission or seen.role or seen.manages):
        raise NotFoundException
    return await download(found.file)


@get(
    "/{event_slug:str}/awards/nominations/{code:str}/receipts/{revision:int}",
    permission="signed_in",
    include_in_schema=False,
)
async def download_receipt(event: EventView, visit: Visit, code: str, revision: int) -> Response[bytes]:
    """The signed receipt, byte for byte as issued; `plenaria receipt verify` checks it."""
    view, seen = await _seen(event, visit, code)
    found = next((each for each in await queries.receipts(view.id) if each.revision == revision), None)
    if found is None or not (seen.role or seen.manages):
        raise NotFoundException
    return Response(
        found.document.encode(),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{code}.receipt.json"',
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [
    award_page,
    nominate_page,
    start,
    nomination_page,
    change,
    autosave,
    withdraw,
    invite,
    end_collaboration,
    download_file,
    download_receipt,
]
