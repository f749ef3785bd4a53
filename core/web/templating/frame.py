"""The frame around every page: the event, navigation, the console's sections, notices, languages."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from plenaria.core.host import plugins
from plenaria.core.host.visit import Visit
from plenaria.core.kernel import i18n, shown
from plenaria.core.kernel.languages import LANGUAGE_NAMES
from plenaria.core.kernel.values import N_, EventView, Link


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
        default_factory=lambda: [Language(code, name) for code, name in LANGUAGE_NAMES.items()]
    )


def frame_of(visit: Visit, event: EventView | None, *, debug: bool) -> Frame:
    """What is around every page that this visitor sees; takes the notices out of the visit, to be shown once."""
    frame = Frame(language=visit.language, path=visit.path, debug=debug)
    frame.person = visit.person
    frame.notices = [Notice(kind, words) for kind, words in visit.notices]
    if event is not None:
        frame.event = _frame_event(event)
        frame.navigation = _items("register_navigation", visit, event)
        frame.footer = _footer(visit, event)
        if _in_console(event, visit.path):
            frame.sections = console_sections(visit, event)
        if any(visit.may(permission, event) for permission in _console_permissions()):
            frame.navigation.append(
                Item(i18n.gettext("Organise"), f"/{event.slug}/organise", _in_console(event, visit.path))
            )
    return frame


def _footer(visit: Visit, event: EventView) -> list[Item]:
    """How to reach the organisers, and the plugins' links (a privacy notice)."""
    own = [Item(i18n.gettext("Contact"), f"mailto:{event.contact_email}")] if event.contact_email else []
    if event.organiser_url:
        own.append(Item(event.organiser or i18n.gettext("The organisers' site"), event.organiser_url))
    return own + _items("register_footer", visit, event)


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
    Link(N_("Exports"), "/{event}/organise/exports", order=6, permission="event.view", section=N_("Event")),
    Link(N_("Access tokens"), "/{event}/organise/tokens", order=6, permission="event.view", section=N_("Event")),
    Link(N_("Record of changes"), "/{event}/organise/audit", order=7, permission="event.audit", section=N_("Event")),
    Link(N_("What is kept"), "/{event}/organise/retention", order=8, permission="event.view", section=N_("Event")),
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


def language_url(visit: Visit, code: str) -> str:
    kept = [part for part in visit.query.split("&") if part and not part.startswith("lang=")]
    return own_path(visit) + "?" + "&".join([*kept, f"lang={code}"])


def own_path(visit: Visit) -> str:
    """The path as an address on our own site: `//evil.example` names another one."""
    return quote("/" + visit.path.lstrip("/\\"))
