"""The organiser's pages of ticket types."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.forms import Form, form_for, parse
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView, Money, Refusal, Refused
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.registration import queries, services
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.settings import TicketTypeDetails

Anything = Request[Any, Any, Any]
LIST = "/{event_slug:str}/organise/registration/ticket-types"


def _home(event: EventView) -> str:
    return f"/{event.slug}/organise/registration/ticket-types"


@get(LIST, permission="registration.view", include_in_schema=False)
async def list_page(request: Anything, event: EventView) -> Response[str]:
    """Every ticket type with its seats."""
    return await _list(request, event)


async def _list(
    request: Anything, event: EventView, *, refusals: tuple[Refusal, ...] = (), status: int = 200
) -> Response[str]:
    kinds = list((await queries.ticket_types(event.id)).values())
    return page(
        request,
        "registration/ticket_types.html",
        status=status,
        kinds=kinds,
        prices={kind.code: Money(kind.price_minor, event.currency) for kind in kinds},
        sentences=[sentence(refusal, event) for refusal in refusals],
    )


@get(LIST + "/new", permission="registration.edit", include_in_schema=False)
async def new_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """An empty ticket type."""
    form = form_for(TicketTypeDetails, language=visit.language, zone=event.zone, currency=event.currency)
    return _edit(request, form, None)


def _edit(
    request: Anything, form: Form, kind: TicketTypeView | None, *, sentences: tuple[str, ...] = (), status: int = 200
) -> Response[str]:
    return page(request, "registration/ticket_type.html", status=status, form=form, kind=kind, sentences=sentences)


@post(LIST + "/new", permission="registration.edit", include_in_schema=False)
async def create(request: Anything, event: EventView, visit: Visit) -> Response[Any]:
    """Add it."""
    return await _save(request, event, visit, None)


@get(LIST + "/{code:str}", permission="registration.edit", include_in_schema=False)
async def edit_page(request: Anything, event: EventView, visit: Visit, code: str) -> Response[str]:
    """A ticket type as it is."""
    kind = await _kind(event, code)
    form = form_for(
        TicketTypeDetails,
        value=queries.details_of(kind),
        language=visit.language,
        zone=event.zone,
        currency=event.currency,
    )
    return _edit(request, _fixed(form), kind)


def _fixed(form: Form) -> Form:
    """The short name of what exists is shown and stays."""
    field = form.field("code")
    field.attrs = {**field.attrs, "readonly": "readonly"}
    return form


async def _kind(event: EventView, code: str) -> TicketTypeView:
    kind = (await queries.ticket_types(event.id)).get(code)
    if kind is None:
        raise NotFoundException
    return kind


@post(LIST + "/{code:str}", permission="registration.edit", include_in_schema=False)
async def change(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    """Change it."""
    return await _save(request, event, visit, await _kind(event, code))


async def _save(request: Anything, event: EventView, visit: Visit, kind: TicketTypeView | None) -> Response[Any]:
    data = await request.form()
    raw = [(name, value) for name, value in data.multi_items() if kind is None or name != "code"]
    raw += [("code", kind.code)] if kind else []
    given: dict[str, Any] = {"language": visit.language, "zone": event.zone, "currency": event.currency}
    checked = parse(TicketTypeDetails, raw, zone=event.zone, currency=event.currency)
    if checked.value is None:
        form = form_for(TicketTypeDetails, raw=raw, problems=checked.problems, **given)
        return _edit(request, _fixed(form) if kind else form, kind, status=422)
    save = services.change_ticket_type if kind else services.create_ticket_type
    try:
        await save(event, checked.value, by=visit.by, now=visit.now)
    except Refused as refused:
        form = form_for(TicketTypeDetails, raw=raw, **given)
        sentences = tuple(sentence(refusal, event) for refusal in refused.refusals)
        return _edit(request, _fixed(form) if kind else form, kind, sentences=sentences, status=409)
    return see_other(request, _home(event), ("success", gettext("Saved.")))


@post(LIST + "/{code:str}/remove", permission="registration.edit", include_in_schema=False)
async def remove(request: Anything, event: EventView, visit: Visit, code: str) -> Response[Any]:
    """Remove one that nobody ordered."""
    if code not in await queries.ticket_types(event.id):
        raise NotFoundException
    try:
        await services.remove_ticket_type(event, code, by=visit.by, now=visit.now)
    except Refused as refused:
        return await _list(request, event, refusals=refused.refusals, status=409)
    return see_other(request, _home(event), ("success", gettext("Removed.")))


ROUTES = [list_page, new_page, create, edit_page, change, remove]
