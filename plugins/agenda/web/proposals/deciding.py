"""One proposal: how its search goes or its answer, and what organisers decide about it."""

from collections.abc import Awaitable
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import ngettext
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.queries import ProposalView
from plenaria.plugins.agenda.web.proposals.addresses import proposal_address, settings_address
from plenaria.plugins.agenda.web.proposals.timetable import session_title, timetable
from plenaria.plugins.agenda.web.proposals.words import (
    TONES,
    asked_words,
    contradiction_words,
    failure_words,
    nothing_found_words,
    progress,
    state_words,
)
from plenaria.plugins.agenda.web.wishes import wish_lines

Anything = Request[Any, Any, Any]

MOST_TITLES: Final = 5
"""So many changed sessions are named on the page of a proposal that is out of date."""


@get("/{event_slug:str}/organise/agenda/proposals/{number:int}", permission="agenda.edit", include_in_schema=False)
async def proposal(request: Anything, visit: Visit, event: EventView, number: int) -> Response[str]:
    """How the search goes, or its answer; `?day=` of the timetable, else the first."""
    return await _show(request, visit, event, number)


async def _show(
    request: Anything, visit: Visit, event: EventView, number: int, *, refused: Refused | None = None, status: int = 200
) -> Response[str]:
    view = await queries.proposal(event, number)
    if view is None:
        raise NotFoundException
    draft = await queries.draft(event.id)
    changed = await services.changed_since(event, view) if view.state == "solved" else None
    asked_day = str(request.query_params.get("day", ""))
    return page(
        request,
        "agenda/console/proposal.html",
        status=status,
        proposal=view,
        state=state_words(view.state),
        tone=TONES[view.state],
        asked=asked_words(view.asked),
        base=proposal_address(event, number),
        list_href=f"/{event.slug}/organise/agenda/proposals",
        progress=progress(view) if view.is_under_way else None,
        failure=failure_words(view.answer.failure),
        nothing_found=nothing_found_words(view),
        refused=[sentence(refusal, event) for refusal in refused.refusals] if refused else [],
        changed=None if changed is None else [session_title(code, draft) for code in changed[:MOST_TITLES]],
        changed_more=max(0, len(changed or ()) - MOST_TITLES),
        timetable=await timetable(event, view, draft, asked_day=asked_day, now=visit.now),
        contradiction=_contradiction(view, draft, event, visit),
    )


def _contradiction(view: ProposalView, draft: rules.Draft, event: EventView, visit: Visit) -> dict[str, Any] | None:
    contradiction = view.answer.contradiction
    if contradiction is None:
        return None
    settings = settings_address(event) if visit.may("event.configure", event) else ""
    return {
        "lines": wish_lines(view, draft, event, settings_href=settings),
        "is_minimal": contradiction.is_minimal,
        "summary": contradiction_words(view, contradiction.is_minimal),
    }


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/accept", permission="agenda.edit", include_in_schema=False
)
async def accept(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """Move the draft's sessions, and show the board."""
    try:
        changes = await services.accept_proposal(event, number, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _refused(request, visit, event, number, refused)
    words = ngettext(
        "{count} session was placed in the draft. Nothing is public before a release.",
        "{count} sessions were placed in the draft. Nothing is public before a release.",
        changes,
    )
    return see_other(request, await _board(event, number), ("success", words.format(count=changes)))


async def _board(event: EventView, number: int) -> str:
    """The board on the first day on which something was moved."""
    view = await queries.proposal(event, number)
    days = [rules.day_of(each.starts_at, event.zone) for each in view.moves] if view else []
    return f"/{event.slug}/organise/agenda/board" + (f"?day={min(days).isoformat()}" if days else "")


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/stop", permission="agenda.edit", include_in_schema=False
)
async def stop(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """End the search with what there is."""
    return await _decide(
        request, visit, event, number, services.stop_proposal(event, number, by=visit.by, now=visit.now)
    )


@post(
    "/{event_slug:str}/organise/agenda/proposals/{number:int}/discard",
    permission="agenda.edit",
    include_in_schema=False,
)
async def discard(request: Anything, visit: Visit, event: EventView, number: int) -> Response[Any]:
    """Leave the draft as it is, for good."""
    return await _decide(
        request, visit, event, number, services.discard_proposal(event, number, by=visit.by, now=visit.now)
    )


async def _decide(
    request: Anything, visit: Visit, event: EventView, number: int, decision: Awaitable[None]
) -> Response[Any]:
    try:
        await decision
    except Refused as refused:
        return await _refused(request, visit, event, number, refused)
    return see_other(request, proposal_address(event, number))


async def _refused(request: Anything, visit: Visit, event: EventView, number: int, refused: Refused) -> Response[str]:
    """The page again with the reasons; 404 where there is no such proposal. A changed draft has words of its own there."""
    others = [each for each in refused.refusals if each.code not in ("draft_changed_since", "needs_changed_since")]
    return await _show(request, visit, event, number, refused=Refused(*others), status=409)


ROUTES = [proposal, accept, stop, discard]
