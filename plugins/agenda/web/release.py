"""The release page: what would change for everybody, what does not fit, and the history."""

from typing import Any

from litestar import Request, Response, get, post

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import Problem, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import current_language, gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings, NewRelease
from plenaria.plugins.agenda.web.editing import conflict_line
from plenaria.plugins.agenda.web.shown import change_words

Anything = Request[Any, Any, Any]


@get("/{event_slug:str}/organise/agenda/release", permission="agenda.release", include_in_schema=False)
async def release_page(request: Anything, visit: Visit, event: EventView) -> Response[str]:
    """The difference to the last release, and the button."""
    return await _page(request, visit, event)


@post("/{event_slug:str}/organise/agenda/release", permission="agenda.release", include_in_schema=False)
async def release(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Make the draft public."""
    data = await request.form()
    checked = parse(NewRelease, data, zone=event.zone)
    if checked.value is None:
        return await _page(request, visit, event, raw=data, problems=checked.problems, status=422)
    try:
        number = await services.release(
            event, note=checked.value.note, reason=checked.value.reason, by=visit.by, now=visit.now
        )
    except Refused as refused:
        return await _page(request, visit, event, raw=data, refused=refused, status=409)
    words = gettext("Version {number} of the agenda is public now.").format(number=number)
    return see_other(request, f"/{event.slug}/organise/agenda/release", ("success", words))


async def _page(
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
    latest = await queries.schedule(event)
    upcoming = rules.next_schedule(latest, draft, place=queries.place_of(event), now=visit.now)
    found = services.conflicts_of(draft, event, settings)
    form = form_for(NewRelease, raw=raw, problems=problems, language=current_language(), zone=event.zone)
    form.problems += [sentence(refusal, event) for refusal in refused.refusals] if refused else []
    return page(
        request,
        "agenda/console/release.html",
        status=status,
        form_tree=form,
        latest=latest,
        is_same=rules.is_same(latest, upcoming),
        changes=[_change(each) for each in rules.changes(latest, upcoming)],
        conflicts=[conflict_line(each, draft, event) for each in found],
        hard=sum(each.is_hard for each in found),
        history=[_history(each) for each in await queries.releases(event.id)],
    )


def _change(change: rules.Change) -> dict[str, Any]:
    tones = {"added": "success", "restored": "success", "moved": "warning", "changed": "info", "cancelled": "danger"}
    return {
        "session": change.session,
        "kind": change_words(change.kind),
        "tone": tones[change.kind],
        "title": localized(change.title),
        "fields": ", ".join(gettext(rules.FIELD_WORDS[field]) for field in change.fields),
    }


def _history(row: queries.ReleaseRow) -> dict[str, Any]:
    return {"row": row, "changes": [_change(each) for each in row.changes]}


ROUTES = [release_page, release]
