"""What stands around the words of a mail: whose it is, its colour, where to write, in both parts. No image, no remote thing."""

import textwrap
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from msgspec import Struct

from plenaria.core.kernel import shown
from plenaria.core.kernel.colours import STANDARD, readable
from plenaria.core.kernel.i18n import fill, gettext, using
from plenaria.core.kernel.values import EventView
from plenaria.core.mail.filling import Content
from plenaria.core.mail.installation import address, site_title

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


_OPENING: Final = 140


class Look(Struct, frozen=True, kw_only=True):
    """Of an event, or of the installation."""

    title: str
    subtitle: str
    """When and where; "" for an installation."""
    page: str
    contact: str
    accent: str
    on_dark: str

    @property
    def shown_page(self) -> str:
        return self.page.partition("://")[2]


def look_of(event: EventView | None, language: str) -> Look:
    accent = (event.accent if event else "") or STANDARD
    colours = {"accent": readable(accent, on_dark=False), "on_dark": readable(accent, on_dark=True)}
    if event is None:
        return Look(title=site_title(), subtitle="", page=address(), contact="", **colours)
    with using(language):
        days = shown.days(event.starts_on, event.ends_on)
        return Look(
            title=shown.localized(event.name),
            subtitle=" · ".join(part for part in (days, event.venue, event.city) if part),
            page=f"{address()}/{event.slug}",
            contact=event.contact_email,
            **colours,
        )


def dressed(content: Content, look: Look, language: str) -> Content:
    """The mail's two parts as they are sent."""
    with using(language):
        ask = gettext("Questions? Write to {contact} or answer this mail.")
    footer = [f"{look.title} · {look.page}", *([fill(ask, {"contact": look.contact})] if look.contact else [])]
    text = "\n".join([content.text, "-- ", *footer, ""])
    page = _TEMPLATES.get_template("mail/message.html").render(
        content=Markup(content.html),  # noqa: S704 - cleaned where it was made
        look=look,
        language=language,
        opening=_opening(content.text),
        ask=ask.partition("{contact}"),
    )
    return Content(text, page)


def _opening(text: str) -> str:
    """What a list of mails shows beside the subject: the first words, up to the first link."""
    before = text.partition("://")
    words = " ".join((before[0].rpartition("\n")[0] if before[1] else text).split())
    return textwrap.shorten(words, _OPENING, placeholder=" …")
