"""The console's sessions: the list with its conflicts, and the form with its people."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from plenaria.core.events.queries import settings_of
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.shown import localized
from plenaria.core.kernel.values import EventView
from plenaria.core.web.api import place_after
from plenaria.core.web.templating import page, see_other
from plenaria.plugins.agenda import queries, rules, services
from plenaria.plugins.agenda.settings import AgendaSettings, SessionItem
from plenaria.plugins.agenda.web.editing import Editor, choices, conflict_words, receive, show
from plenaria.plugins.agenda.web.shown import state_words

Anything = Request[Any, Any, Any]

PAGE: Final = 100
"""Sessions that the list shows at a time."""


@get(
    ["/{event_slug:str}/organise/agenda", "/{event_slug:str}/organise/agenda/sessions"],
    permission="agenda.edit",
    include_in_schema=False,
)
async def sessions(request: Anything, event: EventView) -> Response[str]:
    """The draft, a page at a time, with what does not fit; `?day=`, `?room=`, `?state=`, `?q=`, `?conflicts=on`, `?after=`."""
    draft = await queries.draft(event.id)
    settings = await settings_of(event, "agenda", AgendaSettings)
    latest = await queries.schedule(event)
    found = services.conflicts_of(draft, event, settings)
    asked = {name: str(request.query_params.get(name, "")) for name in ("day", "room", "state", "q", "conflicts")}
    after = str(request.query_params.get("after", ""))
    by_session = conflicts_by_session(found, draft, event)
    shown = [each for each in draft.sessions if _is_asked(each, asked, event, by_session)]
    start = max(0, place_after(shown, key=lambda each: each.code, after=after))
    return page(
        request,
        "agenda/console/sessions.html",
        rows=_rows(shown[start : start + PAGE], draft, by_session),
        found=len(shown),
        first=start,
        next_after=shown[start + PAGE - 1].code if len(shown) > start + PAGE else "",
        kept=urlencode({name: value for name, value in asked.items() if value}),
        total=len(draft.sessions),
        asked=asked,
        days=sorted({rules.day_of(each.starts_at, event.zone) for each in draft.sessions if each.starts_at}),
        rooms=[(each.code, localized(each.name)) for each in draft.rooms],
        states=[(code, state_words(code)) for code in rules.STATES],
        hard=sum(each.is_hard for each in found),
        soft=sum(not each.is_hard for each in found),
        release_number=latest.number if latest else 0,
    )


def conflicts_by_session(
    found: tuple[rules.Conflict, ...], draft: rules.Draft, event: EventView
) -> dict[str, list[dict[str, Any]]]:
    """Session's code → its conflicts as sentences, each seen from there."""
    titles = {each.code: each.title for each in draft.sessions}
    by_session: dict[str, list[dict[str, Any]]] = {}
    for conflict in found:
        for code in conflict.sessions:
            words = conflict_words(conflict.seen_from(code, titles), event)
            by_session.setdefault(code, []).append({"words": words, "is_hard": conflict.is_hard})
    return by_session


def _is_asked(
    session: rules.Session, asked: dict[str, str], event: EventView, by_session: dict[str, list[dict[str, Any]]]
) -> bool:
    day = rules.day_of(session.starts_at, event.zone).isoformat() if session.starts_at else "none"
    words = " ".join((session.code, *session.title.values())).casefold()
    return (
        asked["day"] in ("", day)
        and asked["room"] in ("", session.room)
        and asked["state"] in ("", session.state)
        and asked["q"].casefold() in words
        and (not asked["conflicts"] or session.code in by_session)
    )


def _rows(
    sessions: list[rules.Session], draft: rules.Draft, by_session: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    rooms = {each.code: localized(each.name) for each in draft.rooms}
    types = {each.code: localized(each.name) for each in draft.types}
    people = {each.code: each.name for each in draft.people}
    return [
        {
            "session": session,
            "room": rooms.get(session.room, ""),
            "kind": types.get(session.type, ""),
            "people": ", ".join(people[part.person] for part in session.parts),
            "state": state_words(session.state),
            "tone": {"draft": "neutral", "confirmed": "success", "cancelled": "danger"}[session.state],
            "conflicts": by_session.get(session.code, []),
        }
        for session in sessions
    ]


# --------------------------------------------------------------------------------------------------- the form


async def _editor(event: EventView, code: str | None, **context: Any) -> Editor:
    base = f"/{event.slug}/organise/agenda"
    return Editor(
        struct=SessionItem,
        template="agenda/console/session.html",
        action=f"{base}/sessions/{code}" if code else f"{base}/new-session",
        back=f"{base}/sessions",
        known=await choices(event),
        name_code_after="title.es title.en",
        context={"code": code or "", "conflicts": [], "confirmed": [], **context},
    )


@get("/{event_slug:str}/organise/agenda/new-session", permission="agenda.edit", include_in_schema=False)
async def new_session(request: Anything, event: EventView) -> Response[str]:
    """An empty session of the usual length."""
    settings = await settings_of(event, "agenda", AgendaSettings)
    blank = SessionItem(code="", title={}, language=event.language, duration_min=settings.default_duration_min)
    return show(request, event, await _editor(event, None), value=blank, revision=None)


@post("/{event_slug:str}/organise/agenda/new-session", permission="agenda.edit", include_in_schema=False)
async def add_session(request: Anything, visit: Visit, event: EventView) -> Response[Any]:
    """Add it to the draft."""

    async def save(item: SessionItem, _: int | None) -> str:
        await services.store_session(event, item, code=None, revision=None, by=visit.by, now=visit.now)
        return gettext("The session was added to the draft.")

    return await receive(request, event, await _editor(event, None), save, revision=None)


@get("/{event_slug:str}/organise/agenda/sessions/{session:str}", permission="agenda.edit", include_in_schema=False)
async def session_form(request: Anything, event: EventView, session: str) -> Response[str]:
    """A session of the draft, with what does not fit beside it."""
    draft = await queries.draft(event.id)
    found = draft.session(session)
    if found is None:
        raise NotFoundException
    settings = await settings_of(event, "agenda", AgendaSettings)
    touching = tuple(each for each in services.conflicts_of(draft, event, settings) if session in each.sessions)
    conflicts = conflicts_by_session(touching, draft, event).get(session, [])
    names = {person.code: person.name for person in draft.people}
    confirmed = [names[person] for code, person in await queries.confirmed_parts(event.id) if code == session]
    editor = await _editor(event, session, conflicts=conflicts, confirmed=sorted(confirmed))
    revision = (await queries.session_revisions(event.id)).get(session)
    return show(request, event, editor, value=queries.session_item(found, draft, zone=event.zone), revision=revision)


@post("/{event_slug:str}/organise/agenda/sessions/{session:str}", permission="agenda.edit", include_in_schema=False)
async def change_session(request: Anything, visit: Visit, event: EventView, session: str) -> Response[Any]:
    """Store it in the draft; refused when somebody else has changed it since this form was shown."""
    revision = (await queries.session_revisions(event.id)).get(session)
    if revision is None:
        raise NotFoundException

    async def save(item: SessionItem, made_from: int | None) -> str:
        await services.store_session(event, item, code=session, revision=made_from, by=visit.by, now=visit.now)
        return gettext("The session was saved in the draft. It becomes public with the next release.")

    return await receive(request, event, await _editor(event, session), save, revision=revision)


@post(
    "/{event_slug:str}/organise/agenda/sessions/{session:str}/remove", permission="agenda.edit", include_in_schema=False
)
async def remove_session(request: Anything, visit: Visit, event: EventView, session: str) -> Response[Any]:
    """Take it out of the draft."""
    await services.remove_session(event, session, by=visit.by, now=visit.now)
    words = gettext("The session was removed from the draft. If it was public, the next release shows it as cancelled.")
    return see_other(request, f"/{event.slug}/organise/agenda/sessions", ("success", words))


ROUTES = [sessions, new_session, add_session, session_form, change_session, remove_session]
