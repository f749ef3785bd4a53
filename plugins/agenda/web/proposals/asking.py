"""The list of proposals, and the form for another."""

from typing import Any

from litestar import Request, Response, get, post

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import Problem, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.queries import ProposalView
from plenaria.plugins.agenda.settings import AgendaSettings, NewProposal
from plenaria.plugins.agenda.web.proposals.addresses import proposal_address, settings_address
from plenaria.plugins.agenda.web.proposals.words import TONES, asked_words, hours_words, result_words, state_words

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/agenda/proposals", permission="agenda.edit", include_in_schema=False)
async def proposals(request: Anything, visit: Visit, event: EventView) -> Response[str]:
    """What was asked for, and the form for another."""
    return await _list(request, visit, event)


@post("/{event_slug:str}/organise/agenda/proposals", permission="agenda.edit", include_in_schema=False)
async def ask(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Queue a search and show how it goes."""
    data = await request.form()
    checked = parse(NewProposal, data, zone=event.zone)
    if checked.value is None:
        return await _list(request, visit, event, raw=data, problems=checked.problems, status=422)
    try:
        asked = await services.ask_for_proposal(event, checked.value, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _list(request, visit, event, raw=data, refused=refused, status=409)
    return see_other(request, proposal_address(event, asked))


async def _list(
    request: Anything,
    visit: Visit,
    event: EventView,
    *,
    raw: Any = None,
    problems: tuple[Problem, ...] = (),
    refused: Refused | None = None,
    status: int = 200,
) -> Response[str]:
    draft = await queries.draft(event.id)
    settings = await settings_of(event, "agenda", AgendaSettings)
    found = await queries.proposals(event)
    form = form_for(
        NewProposal,
        value=_likely(draft),
        raw=raw,
        problems=problems,
        language=current_language(),
        zone=event.zone,
    )
    form.problems += [sentence(refusal, event) for refusal in refused.refusals] if refused else []
    return page(
        request,
        "agenda/console/proposals.html",
        status=status,
        form_tree=form,
        rows=[_row(each, event) for each in found],
        under_way=next((proposal_address(event, each.number) for each in found if each.is_under_way), ""),
        is_installed=services.solver_is_installed(),
        hours=hours_words(settings),
        settings_href=settings_address(event) if visit.may("event.configure", event) else "",
        unplaced=len(rules.spots(draft, "unplaced")),
        rooms=len(draft.rooms),
        holds_nothing=not draft.fixed and any(each.starts_at for each in rules.spots(draft, "all")),
    )


def _likely(draft: rules.Draft) -> NewProposal:
    """The least that leaves something to be placed."""
    likely = [each for each in rules.MAY_MOVE if rules.spots(draft, each)]
    return NewProposal(may_move=likely[0]) if likely else NewProposal()


def _row(view: ProposalView, event: EventView) -> dict[str, Any]:
    return {
        "number": view.number,
        "href": proposal_address(event, view.number),
        "asked_at": view.asked_at,
        "asked": asked_words(view.asked),
        "state": state_words(view.state),
        "tone": TONES[view.state],
        "result": result_words(view),
    }


ROUTES = [proposals, ask]
