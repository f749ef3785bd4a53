"""The console's rooms, tracks, session types and people: one list and one form for each."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import N_, EventView, Refused
from plenaria.core.web.api import place_after
from plenaria.core.web.refusals import sentence
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.queries import Catalogue
from plenaria.plugins.agenda.settings import PersonItem, RoomItem, TypeItem
from plenaria.plugins.agenda.web.editing import Editor, label, receive, show

Anything = Request[Any, Any, Any]

PAGE: Final = 100
"""Items that a list shows at a time."""


class Kind(Struct, frozen=True):
    """One of the lists as the console shows it."""

    catalogue: Catalogue[Any]
    title: str
    add: str
    lede: str
    name_code_after: str


KINDS: Final = {
    "rooms": Kind(
        queries.ROOMS, N_("Rooms"), N_("Add a room"), N_("In the order of the agenda’s columns."), "name.es name.en"
    ),
    "tracks": Kind(
        queries.TRACKS, N_("Tracks"), N_("Add a track"), N_("Topics that run through the agenda."), "name.es name.en"
    ),
    "types": Kind(
        queries.TYPES,
        N_("Session types"),
        N_("Add a type"),
        N_("Kinds of sessions, and the roles that each needs."),
        "name.es name.en",
    ),
    "people": Kind(
        queries.PEOPLE,
        N_("People on stage"),
        N_("Add a person"),
        N_("Their employer is given with each session, not here."),
        "given_names first_surname",
    ),
}


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise NotFoundException
    return KINDS[kind]


def _base(event: EventView, kind: str) -> str:
    return f"/{event.slug}/organise/agenda/{kind}"


@get("/{event_slug:str}/organise/agenda/{kind:str}", permission="agenda.edit", include_in_schema=False)
async def all_of_a_kind(request: Anything, event: EventView, kind: str) -> Response[str]:
    """The list, in its order, a page at a time; `?q=`, `?after=`."""
    known = _kind(kind)
    asked = str(request.query_params.get("q", "")).strip()
    stored = [each.item for each in await queries.items(event.id, known.catalogue)]
    found = [(index, each) for index, each in enumerate(stored) if _is_asked(each, asked.casefold())]
    start = max(0, place_after(found, key=_code, after=str(request.query_params.get("after", ""))))
    shown = found[start : start + PAGE]
    return page(
        request,
        "agenda/console/list.html",
        kind=kind,
        title=gettext(known.title),
        lede=gettext(known.lede),
        add=gettext(known.add),
        base=_base(event, kind),
        add_href=f"/{event.slug}/organise/agenda/new/{kind}",
        asked=asked,
        first=start,
        next_after=_code(shown[-1]) if len(found) > start + PAGE else "",
        found=len(found),
        total=len(stored),
        rows=[{"code": each.code, "name": label(each), "facts": _facts(each), "index": index} for index, each in shown],
    )


def _code(found: tuple[int, queries.Item]) -> str:
    return found[1].code


def _is_asked(item: queries.Item, words: str) -> bool:
    """Whether these stand in its code, its name or, of a person, its address; `words` without capitals."""
    address = item.email if isinstance(item, PersonItem) else ""
    return not words or words in f"{item.code} {label(item)} {address}".casefold()


def _facts(item: queries.Item) -> str:
    """The few words beside a name."""
    if isinstance(item, RoomItem):
        hours = f"{item.opens:%H:%M}–{item.closes:%H:%M}" if item.opens and item.closes else ""
        seats = gettext("{seats} seats").format(seats=item.capacity) if item.capacity else ""
        return " · ".join(part for part in (seats, hours) if part)
    if isinstance(item, TypeItem):
        needs = ", ".join(gettext(rules.ROLES[role]) for role in item.needs)
        return gettext("Break") if item.is_break else needs
    if isinstance(item, PersonItem):
        return (
            item.email if item.is_public else " · ".join(part for part in (item.email, gettext("not public")) if part)
        )
    return gettext("Colour {number}").format(number=item.colour)


def _editor(event: EventView, kind: str, code: str | None) -> Editor:
    known = _kind(kind)
    base = _base(event, kind)
    return Editor(
        struct=known.catalogue.struct,
        template="agenda/console/item.html",
        action=f"{base}/{code}" if code else f"/{event.slug}/organise/agenda/new/{kind}",
        back=base,
        name_code_after=known.name_code_after,
        context={"code": code or "", "title": gettext(known.title), "add": gettext(known.add), "kind": kind},
    )


@get("/{event_slug:str}/organise/agenda/new/{kind:str}", permission="agenda.edit", include_in_schema=False)
async def new_item(request: Anything, event: EventView, kind: str) -> Response[str]:
    """An empty form."""
    return show(request, event, _editor(event, kind, None), value=None, revision=None)


@post("/{event_slug:str}/organise/agenda/new/{kind:str}", permission="agenda.edit", include_in_schema=False)
async def add_item(request: Anything, visit: Visit, event: EventView, kind: str) -> Response[Any]:
    """Add it at the end."""

    async def save(item: Any, _: int | None) -> str:
        await services.store(event, _kind(kind).catalogue, item, code=None, revision=None, by=visit.by, now=visit.now)
        return gettext("“{name}” was added.").format(name=label(item))

    return await receive(request, event, _editor(event, kind, None), save, revision=None)


@get("/{event_slug:str}/organise/agenda/{kind:str}/{code:str}", permission="agenda.edit", include_in_schema=False)
async def item_form(request: Anything, event: EventView, kind: str, code: str) -> Response[str]:
    """The form of one."""
    editor = _editor(event, kind, code)
    stored = await queries.item(event.id, _kind(kind).catalogue, code)
    if stored is None:
        raise NotFoundException
    return show(request, event, editor, value=stored.item, revision=stored.revision)


@post("/{event_slug:str}/organise/agenda/{kind:str}/{code:str}", permission="agenda.edit", include_in_schema=False)
async def change_item(request: Anything, visit: Visit, event: EventView, kind: str, code: str) -> Response[Any]:
    """Store it; refused when somebody else has changed it since this form was shown."""
    editor = _editor(event, kind, code)
    stored = await queries.item(event.id, _kind(kind).catalogue, code)
    if stored is None:
        raise NotFoundException

    async def save(item: Any, made_from: int | None) -> str:
        await services.store(
            event, _kind(kind).catalogue, item, code=code, revision=made_from, by=visit.by, now=visit.now
        )
        return gettext("“{name}” was saved.").format(name=label(item))

    return await receive(request, event, editor, save, revision=stored.revision)


@post(
    "/{event_slug:str}/organise/agenda/{kind:str}/{code:str}/{action:str}",
    permission="agenda.edit",
    include_in_schema=False,
)
async def act_on_item(
    request: Anything, visit: Visit, event: EventView, kind: str, code: str, action: str
) -> Response[Any]:
    """`up` and `down` in the order, or `remove`."""
    _kind(kind)
    if action == "remove":
        return await _remove(request, visit, event, kind, code)
    if action not in ("up", "down"):
        raise NotFoundException
    await services.move(event, _kind(kind).catalogue, code, up=action == "up", by=visit.by, now=visit.now)
    return see_other(request, _base(event, kind))


async def _remove(request: Anything, visit: Visit, event: EventView, kind: str, code: str) -> Response[Any]:
    if await queries.item(event.id, _kind(kind).catalogue, code) is None:
        raise NotFoundException
    try:
        await services.remove(event, _kind(kind).catalogue, code, by=visit.by, now=visit.now)
    except Refused as refused:
        notices = [("danger", sentence(refusal, event)) for refusal in refused.refusals]
        return see_other(request, f"{_base(event, kind)}/{code}", *notices)
    return see_other(request, _base(event, kind), ("success", gettext("It was removed.")))


ROUTES = [all_of_a_kind, new_item, add_item, item_form, change_item, act_on_item]
