"""The organiser's console: nominations, jury, categories and rubric."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.forms import Checked, edited_lists, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext, ngettext
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refusal, Refused
from plenaria.core.storage import outbox
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.awards import queries, services
from plenaria.plugins.awards.rules import KIND_NAMES
from plenaria.plugins.awards.services import Actor
from plenaria.plugins.awards.settings import AwardsSection
from plenaria.plugins.awards.web.entry_form import shown_answer
from plenaria.plugins.awards.web.form_input import Anything, email_in, form_of, issuer_of, number_in, sentences, text_in

PER_PAGE: Final = 50


def _at(event: EventView, path: str = "") -> str:
    return f"/{event.slug}/organise/awards{path}"


async def _names(event: EventView) -> dict[str, str]:
    section = await queries.section_of(event)
    return {category.code: localized(category.name) for category in section.categories}


@get(
    ["/{event_slug:str}/organise/awards", "/{event_slug:str}/organise/awards/overview"],
    permission="awards.manage",
    include_in_schema=False,
)
async def overview(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """Figures: nominations by category and state, sheets assigned and sealed."""
    lines = await queries.nominations(event)
    names = await _names(event)
    submitted = Counter(line.category for line in lines if line.state == "submitted")
    return page(
        request,
        "awards/overview.html",
        settings=await queries.award_settings(event),
        states=Counter(line.state for line in lines),
        by_category=[
            {"label": name, "value": submitted[code], "words": str(submitted[code])} for code, name in names.items()
        ],
        jurors=await queries.jurors(event),
        now=visit.now,
    )


@get("/{event_slug:str}/organise/awards/nominations", permission="awards.manage", include_in_schema=False)
async def nominations_page(request: Anything, event: EventView) -> Response[str]:
    query = request.query_params
    after = query.get("after", "")
    category, state = query.get("category", ""), query.get("state", "")
    lines = await queries.nominations(
        event,
        category=category,
        state=state,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0,
        limit=PER_PAGE + 1,
    )
    return page(
        request,
        "awards/nominations.html",
        lines=lines[:PER_PAGE],
        next_after=lines[PER_PAGE - 1].id if len(lines) > PER_PAGE else None,
        names=await _names(event),
        category=category,
        state=state,
        kinds=KIND_NAMES,
    )


@get("/{event_slug:str}/organise/awards/nominations/{code:str}", permission="awards.manage", include_in_schema=False)
async def nomination_page(request: Anything, event: EventView, visit: Visit, code: str) -> Response[str]:
    return await _nomination(request, event, visit, code)


async def _nomination(
    request: Anything, event: EventView, visit: Visit, code: str, refusals: Sequence[Refusal] = ()
) -> Response[str]:
    """What was submitted (else the draft), who nominates, and who judges it, without their scores."""
    view = await queries.nomination(event, code)
    if view is None:
        raise NotFoundException
    category = (await queries.section_of(event)).category(view.nomination.category)
    jurors = await queries.jurors(event)
    sheets = [line for line in await queries.sheets(event) if line.nomination_id == view.id]
    submission = view.submission
    answers = submission.answers if submission else view.nomination.answers
    taken = {line.juror for line in sheets}
    return page(
        request,
        "awards/organise_nomination.html",
        status=409 if refusals else 200,
        view=view,
        failed=await outbox.failed_mails(event.id, [each.email for each in view.nominators]),
        nomination=view.nomination,
        candidate=submission.candidate if submission else view.nomination.candidate,
        category_name=localized(category.name) if category else view.nomination.category,
        answers=[
            (localized(question.label), shown_answer(question, answers[question.code]))
            for question in (category.questions if category else ())
            if answers.get(question.code)
        ],
        files=[each for each in view.files if (each.in_submission if submission else each.in_draft)],
        receipts=await queries.receipts(view.id),
        sheets=sheets,
        juror_names={line.person: line.name for line in jurors},
        free_jurors=[line for line in jurors if line.person not in taken],
        refusals=sentences(refusals, event),
        kinds=KIND_NAMES,
        address=_at(event, f"/nominations/{code}"),
    )


@post(
    "/{event_slug:str}/organise/awards/nominations/{code:str}/admission",
    permission="awards.manage",
    include_in_schema=False,
)
async def change_admission(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    data = await form_of(request)
    try:
        await services.admit(
            event,
            code,
            admitted=text_in(data, "admitted", most=1) == "1",
            reason=text_in(data, "reason", most=2000),
            actor=Actor.of(visit, event),
            now=visit.now,
        )
    except Refused as refused:
        return await _nomination(request, event, visit, code, refused.refusals)
    return see_other(request, _at(event, f"/nominations/{code}"), ("success", gettext("Saved.")))


@post(
    "/{event_slug:str}/organise/awards/nominations/{code:str}/withdraw",
    permission="awards.manage",
    include_in_schema=False,
)
async def withdraw(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    await services.withdraw_nomination(event, code, actor=Actor.of(visit, event), now=visit.now)
    return see_other(request, _at(event, f"/nominations/{code}"), ("success", gettext("The nomination was withdrawn.")))


@post(
    "/{event_slug:str}/organise/awards/nominations/{code:str}/jurors",
    permission="awards.manage",
    include_in_schema=False,
)
async def assign_juror(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    """Give the nomination to a juror by hand, or note that they must not judge it."""
    data = await form_of(request)
    juror, actor = number_in(data, "juror") or 0, Actor.of(visit, event)
    try:
        if text_in(data, "action", most=20) == "conflict":
            reason = text_in(data, "reason", most=2000)
            await services.record_conflict(event, code, juror, reason, actor=actor, now=visit.now)
        else:
            await services.assign_juror(event, code, juror, actor=actor, now=visit.now)
    except Refused as refused:
        return await _nomination(request, event, visit, code, refused.refusals)
    return see_other(request, _at(event, f"/nominations/{code}"), ("success", gettext("Saved.")))


@post(
    "/{event_slug:str}/organise/awards/sheets/{sheet_id:int}/remove",
    permission="awards.manage",
    include_in_schema=False,
)
async def unassign(request: Anything, event: EventView, visit: Visit, sheet_id: int) -> Response[Any]:
    await services.unassign(event, sheet_id, actor=Actor.of(visit, event), now=visit.now)
    data = await form_of(request)
    code = text_in(data, "nomination", most=40)
    address = _at(event, f"/nominations/{code}") if re.fullmatch(r"[\w-]+", code) else _at(event, "/jury")
    return see_other(request, address, ("success", gettext("The assignment was removed.")))


# -- the jury ------------------------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/awards/jury", permission="awards.manage", include_in_schema=False)
async def jury_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    return await _jury(request, event)


async def _jury(
    request: Anything, event: EventView, refusals: Sequence[Refusal] = (), email: str = ""
) -> Response[str]:
    entries = await queries.nominations(event, state="submitted")
    settings = await queries.award_settings(event)
    jurors = await queries.jurors(event)
    return page(
        request,
        "awards/organise_jury.html",
        status=409 if refusals else 200,
        jurors=jurors,
        failed=await outbox.failed_mails(event.id, [line.email for line in jurors]),
        entries=entries,
        waiting=[entry for entry in entries if entry.assigned < settings.judges_per_entry],
        sheets=sum(entry.assigned for entry in entries),
        sealed=sum(entry.sealed for entry in entries),
        conflicts=await queries.conflicts(event),
        settings=settings,
        names=await _names(event),
        refusals=sentences(refusals, event),
        email=email,
        kinds=KIND_NAMES,
    )


@post("/{event_slug:str}/organise/awards/jury/invite", permission="awards.manage", include_in_schema=False)
async def invite_juror(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[Any]:
    data = await form_of(request)
    try:
        email = email_in(data)
    except Refused as refused:
        return await _jury(request, event, refused.refusals, text_in(data, "email", most=254))
    await services.invite_juror(
        event, email, actor=Actor.of(visit, event), issuer=issuer_of(request, settings), now=visit.now
    )
    words = gettext("{email} was invited.").format(email=email)
    return see_other(request, _at(event, "/jury"), ("success", words))


@post(
    "/{event_slug:str}/organise/awards/jury/{person:int}/remove",
    permission="awards.manage",
    include_in_schema=False,
)
async def remove_juror(request: Anything, event: EventView, visit: Visit, person: int) -> Response[Any]:
    await services.remove_juror(event, person, actor=Actor.of(visit, event), now=visit.now)
    return see_other(request, _at(event, "/jury"), ("success", gettext("The juror has left the jury.")))


@post("/{event_slug:str}/organise/awards/jury/assign-evenly", permission="awards.manage", include_in_schema=False)
async def assign_evenly(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data = await form_of(request)
    try:
        count = await services.assign_evenly(
            event, seed=number_in(data, "seed") or 1, actor=Actor.of(visit, event), now=visit.now
        )
    except Refused as refused:
        return await _jury(request, event, refused.refusals)
    words = ngettext("%(count)s new score sheet.", "%(count)s new score sheets.", count) % {"count": count}
    return see_other(request, _at(event, "/jury"), ("success", words))


@post("/{event_slug:str}/organise/awards/jury/tell", permission="awards.manage", include_in_schema=False)
async def tell_jurors(request: Anything, event: EventView, visit: Visit, settings: Settings) -> Response[Any]:
    count = await services.tell_jurors(
        event, actor=Actor.of(visit, event), issuer=issuer_of(request, settings), now=visit.now
    )
    words = ngettext("Reminder sent to %(count)s juror.", "Reminder sent to %(count)s jurors.", count)
    return see_other(request, _at(event, "/jury"), ("success", words % {"count": count}))


# -- categories and rubric -----------------------------------------------------------------------------------------


@get("/{event_slug:str}/organise/awards/rubric", permission="awards.manage", include_in_schema=False)
async def rubric_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    form = form_for(AwardsSection, value=await queries.section_of(event), language=visit.language, zone=event.zone)
    return page(request, "awards/rubric.html", form=form, refusals=[])


@post("/{event_slug:str}/organise/awards/rubric", permission="awards.manage", include_in_schema=False)
async def change_rubric(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    data, only_edited = edited_lists(await request.form())
    checked: Checked[AwardsSection] = parse(AwardsSection, data, zone=event.zone)
    problems = () if only_edited else checked.problems
    refusals: Sequence[Refusal] = ()
    if checked.value is not None and not only_edited:
        try:
            await services.apply_section(event, checked.value, by=visit.by, now=visit.now)
            return see_other(request, _at(event, "/rubric"), ("success", gettext("Saved.")))
        except Refused as refused:
            refusals = refused.refusals
    form = form_for(AwardsSection, raw=data, problems=problems, language=visit.language, zone=event.zone)
    status = 200 if only_edited else 409 if refusals else 422
    return page(request, "awards/rubric.html", status=status, form=form, refusals=sentences(refusals, event))


ROUTES = [
    overview,
    nominations_page,
    nomination_page,
    change_admission,
    withdraw,
    assign_juror,
    unassign,
    jury_page,
    invite_juror,
    remove_juror,
    assign_evenly,
    tell_jurors,
    rubric_page,
    change_rubric,
]
