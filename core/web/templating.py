"""Pages: Jinja templates of the core and of every plugin, in one frame.

A plugin's templates live in `plugins/<name>/templates/<name>/…`, its page scripts and pictures in `plugins/<name>/static/…`
and are addressed as `static("<name>/file.js")`. The core's are addressed without a prefix.
"""

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect

from plenaria.core.host import plugins
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import Visit, visit_of
from plenaria.core.kernel import i18n, shown
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import LANGUAGES, N_, EventView, Link
from plenaria.core.web import refusals
from plenaria.core.web.security.door import notice_cookie

CORE: Final = Path(__file__).parents[1]
"""The folder of the core: its templates, static files and catalogues."""
LANGUAGE_NAMES: Final = {"es": "Español", "en": "English"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    content: bytes
    media_type: str


class StaticFiles:
    """Every static file of the house, read once at start, under one fingerprint of them all."""

    def __init__(self, host: PluginHost) -> None:
        self.files: dict[str, StaticFile] = {}
        for prefix, folder in [("", CORE / "static"), *host.folders("static")]:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = f"{prefix}/" * bool(prefix) + path.relative_to(folder).as_posix()
                    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                    self.files[name] = StaticFile(path.read_bytes(), media_type)
        digest = hashlib.sha256()
        for name, file in sorted(self.files.items()):
            digest.update(name.encode() + b"\0" + file.content)
        self.fingerprint = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Raises KeyError for a file that is not there: a template's slip shows at once."""
        self.files[name]
        return f"/static/{self.fingerprint}/{name}"


@dataclass(slots=True)
class FrameEvent:
    """The event as the frame shows it, in the reader's language."""

    slug: str
    name: str
    dates: str
    place: str
    accent: str
    organiser: str


@dataclass(slots=True)
class Item:
    label: str
    href: str
    current: bool = False


@dataclass(slots=True)
class Section:
    label: str
    items: list[Item]


@dataclass(slots=True)
class Notice:
    kind: str
    message: str


@dataclass(slots=True)
class Language:
    code: str
    name: str


@dataclass(slots=True)
class Frame:
    """What the frame around every page shows."""

    language: str
    path: str
    debug: bool
    event: FrameEvent | None = None
    person: Any = None
    navigation: list[Item] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    footer: list[Item] = field(default_factory=list)
    languages: list[Language] = field(
        default_factory=lambda: [Language(code, LANGUAGE_NAMES[code]) for code in LANGUAGES]
    )


class Pages:
    """The template engine of one process."""

    def __init__(self, settings: Settings, host: PluginHost) -> None:
        self.settings = settings
        self.static = StaticFiles(host)
        folders = [CORE / "templates", *(folder for _, folder in host.folders("templates"))]
        self.environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=settings.development,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        self.environment.policies["ext.i18n.trimmed"] = True
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
            i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
        )
        self.environment.filters.update(shown.FILTERS)
        self.environment.globals.update(static=self.static.address, offset=shown.offset, days=shown.days)

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        return self.environment.get_template(template).render(context)


def pages_of(request: Request[Any, Any, Any]) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A whole page as the answer. `context` is the template's own; `frame`, `visit` and `event` are always there."""
    text = render(request, template, **context)
    visit_of(request).notices = []  # shown now
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=dict(headers or {}))


def render(request: Request[Any, Any, Any], template: str, **context: Any) -> str:
    """The page's text, for a caller that answers itself (caches, fragments)."""
    visit = visit_of(request)
    event: EventView | None = request.scope["state"].get("event")
    return pages_of(request).render(
        template,
        {
            "frame": _frame(request, visit, event),
            "visit": visit,
            "event": event,
            "may": lambda permission: visit.may(permission, event),
            "sentence": lambda refusal: refusals.sentence(refusal, event),
            "language_url": lambda code: _language_url(visit, code),
            **context,
        },
    )


def _frame(request: Request[Any, Any, Any], visit: Visit, event: EventView | None) -> Frame:
    frame = Frame(language=visit.language, path=visit.path, debug=pages_of(request).settings.development)
    frame.person = visit.person
    frame.notices = [Notice(kind, words) for kind, words in visit.notices]
    if event is not None:
        frame.event = _frame_event(event)
        frame.navigation = _items("register_navigation", visit, event)
        if _in_console(event, visit.path):
            frame.sections = console_sections(visit, event)
        if any(visit.may(permission, event) for permission in _console_permissions()):
            frame.navigation.append(
                Item(i18n.gettext("Organise"), f"/{event.slug}/organise", _in_console(event, visit.path))
            )
    return frame


def _console_permissions() -> list[str]:
    return [
        "event.view",
        *{link.permission for _, links in plugins.host().collect("register_console") for link in links},
    ]


def _in_console(event: EventView, path: str) -> bool:
    return path == f"/{event.slug}/organise" or path.startswith(f"/{event.slug}/organise/")


def _frame_event(event: EventView) -> FrameEvent:
    return FrameEvent(
        slug=event.slug,
        name=shown.localized(event.name),
        dates=shown.days(event.starts_on, event.ends_on),
        place=", ".join(part for part in (event.venue, event.city) if part),
        accent=event.accent,
        organiser=event.organiser,
    )


def _items(hook: str, visit: Visit, event: EventView) -> list[Item]:
    links = [
        link
        for name, contributed in plugins.host().collect(hook)
        if name in event.plugins
        for link in contributed
        if visit.may(link.permission, event)
    ]
    return [_item(link, visit, event) for link in sorted(links, key=lambda link: link.order)]


def _item(link: Link, visit: Visit, event: EventView) -> Item:
    href = link.href.replace("{event}", event.slug)
    return Item(i18n.gettext(link.label), href, visit.path == href or visit.path.startswith(href + "/"))


CORE_CONSOLE: Final = (
    Link(N_("Overview"), "/{event}/organise", order=0, permission="event.view", section=N_("Event")),
    Link(N_("Details"), "/{event}/organise/event", order=1, permission="event.configure", section=N_("Event")),
    Link(N_("Plugins"), "/{event}/organise/plugins", order=2, permission="event.configure", section=N_("Event")),
    Link(N_("Team"), "/{event}/organise/team", order=3, permission="event.team", section=N_("Event")),
    Link(N_("Mail texts"), "/{event}/organise/mail", order=4, permission="event.mail", section=N_("Event")),
    Link(N_("Outbox"), "/{event}/organise/outbox", order=5, permission="event.mail", section=N_("Event")),
    Link(N_("Access tokens"), "/{event}/organise/tokens", order=6, permission="event.view", section=N_("Event")),
    Link(N_("Record of changes"), "/{event}/organise/audit", order=7, permission="event.audit", section=N_("Event")),
)


def console_sections(visit: Visit, event: EventView) -> list[Section]:
    """The console's navigation: the event's own pages first, then each plugin's under its heading."""
    links = list(CORE_CONSOLE) + [
        link
        for name, contributed in plugins.host().collect("register_console")
        if name in event.plugins
        for link in sorted(contributed, key=lambda link: link.order)
    ]
    sections: dict[str, Section] = {}
    for link in links:
        if visit.may(link.permission, event):
            section = sections.setdefault(link.section, Section(i18n.gettext(link.section), []))
            item = _item(link, visit, event)
            item.current = item.current if link.order or link.href != "/{event}/organise" else visit.path == item.href
            section.items.append(item)
    return list(sections.values())


def _language_url(visit: Visit, code: str) -> str:
    kept = [part for part in visit.query.split("&") if part and not part.startswith("lang=")]
    return _own_path(visit) + "?" + "&".join([*kept, f"lang={code}"])


def _own_path(visit: Visit) -> str:
    """The path as an address on our own site: `//evil.example` names another one."""
    return quote("/" + visit.path.lstrip("/\\"))


def see_other(
    request: Request[Any, Any, Any], address: str, *notices: tuple[str, str], headers: Mapping[str, str] | None = None
) -> Redirect:
    """Answer a form with 303 to a page of ours; the notices (kind, sentence) are shown there once."""
    answer = Redirect(address, status_code=303, headers=dict(headers or {}))
    if notices:
        cookie = notice_cookie(list(notices), pages_of(request).settings)
        answer.headers["Set-Cookie"] = cookie
    return answer


_ERROR_WORDS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: (
        N_("We could not read that"),
        N_("Something in the address or the form was not right."),
        N_("Go back, check what you typed, and send it again."),
    ),
    401: (N_("Please sign in"), N_("This page is for people who are signed in."), N_("Sign in and come back.")),
    403: (
        N_("You may not do that"),
        N_("Your account does not hold the permission for this page."),
        N_("Ask the event's organisers to give you the role you need."),
    ),
    404: (
        N_("There is nothing here"),
        N_("The page was moved, never existed, or is not open."),
        N_("Check the address, or start from the event's page."),
    ),
    405: (
        N_("Not like that"),
        N_("This address does not take that kind of request."),
        N_("Go back and use the page's own buttons."),
    ),
    409: (
        N_("That cannot be done"),
        N_("Nothing was changed. This is why:"),
        N_("Go back, see what has changed, and try again."),
    ),
    413: (
        N_("That is too large"),
        N_("What you sent is larger than this page accepts."),
        N_("Make the file smaller and send it again."),
    ),
    422: (
        N_("Some answers need another look"),
        N_("Nothing was changed. This is why:"),
        N_("Go back, correct them, and send the form again."),
    ),
    429: (
        N_("One moment, please"),
        N_("There were too many attempts in a short time."),
        N_("Wait a little and try again."),
    ),
    500: (
        N_("Something broke on our side"),
        N_("Nothing that you sent was half stored. The error was written down for the people who run this site."),
        N_("Try again in a minute. If it happens again, tell the organisers when it was."),
    ),
    503: (
        N_("We will be back in a moment"),
        N_("The site is being started or repaired."),
        N_("Try again in a minute."),
    ),
}


def error_page(
    request: Request[Any, Any, Any], status: int, details: Sequence[str], *, headers: Mapping[str, str] | None = None
) -> Response[str]:
    """What happened and what to do next, in the reader's language."""
    headline, happened, next_step = _ERROR_WORDS.get(status) or _ERROR_WORDS[400 if status < 500 else 500]
    visit = visit_of(request)
    actions: list[Item] = []
    if status == HTTPStatus.UNAUTHORIZED:
        label, door = (N_("Type the code"), "/sign-in/code") if visit.pending else (N_("Sign in"), "/sign-in")
        actions = [Item(i18n.gettext(label), f"{door}?next={quote(_own_path(visit))}")]
    if details and status in (401, 403, 429, 413, 404):
        happened = ""
    return page(
        request,
        "error.html",
        status=status,
        headers=headers,
        error_status=status,
        headline=i18n.gettext(headline),
        happened=i18n.gettext(happened),
        next_step=i18n.gettext(next_step),
        refusals=[{"message": detail, "code": ""} for detail in details],
        actions=actions,
    )
