"""What an organiser says of an event: the Struct behind its form, its TOML and its JSON."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta, Struct

from plenaria.core.forms import Problem
from plenaria.core.kernel.languages import LANGUAGE_NAMES, LANGUAGES
from plenaria.core.kernel.values import N_, EventView, LocalizedText, Slug


class EventDetails(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An event's own data."""

    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 120})]
    starts_on: Annotated[date, Meta(title=N_("First day"))]
    ends_on: Annotated[date, Meta(title=N_("Last day"))]
    zone: Annotated[
        str,
        Meta(
            title=N_("Time zone"),
            description=N_("IANA name, for example America/Mexico_City. Every deadline and session is shown in it."),
            max_length=64,
        ),
    ] = "America/Mexico_City"
    summary: Annotated[
        LocalizedText,
        Meta(
            title=N_("Summary"), description=N_("One or two sentences."), extra={"max_length": 400, "kind": "textarea"}
        ),
    ] = {}
    description: Annotated[
        LocalizedText,
        Meta(title=N_("Description"), description=N_("Markdown."), extra={"max_length": 8000, "kind": "textarea"}),
    ] = {}
    venue: Annotated[str, Meta(title=N_("Venue"), max_length=200)] = ""
    address: Annotated[str, Meta(title=N_("Address"), max_length=500)] = ""
    city: Annotated[str, Meta(title=N_("City"), max_length=200)] = ""
    organiser: Annotated[str, Meta(title=N_("Organised by"), max_length=200, extra={"personal": True})] = ""
    organiser_url: Annotated[
        str, Meta(title=N_("Organiser's site"), max_length=500, pattern="^(https?://.*)?$", extra={"kind": "url"})
    ] = ""
    contact_email: Annotated[str, Meta(title=N_("Contact address"), max_length=254, extra={"kind": "email"})] = ""
    accent: Annotated[
        str,
        Meta(
            title=N_("Accent colour"),
            description=N_("For buttons and links, for example #0b5cad. Leave it empty for the standard colour."),
            pattern="^(#[0-9a-fA-F]{6})?$",
        ),
    ] = ""
    language: Annotated[
        str,
        Meta(
            title=N_("Main language"),
            extra={"choices": LANGUAGE_NAMES},
        ),
    ] = msgspec.field(default_factory=lambda: LANGUAGES[0])
    currency: Annotated[str, Meta(title=N_("Currency"), description=N_("ISO 4217 code."), pattern="^[A-Z]{3}$")] = "MXN"
    is_public: Annotated[
        bool, Meta(title=N_("Public"), description=N_("Shown on the front page and open to visitors."))
    ] = True

    def problems(self) -> Iterable[Problem]:
        if self.ends_on < self.starts_on:
            yield Problem("/ends_on", "ends_before_it_starts", {}, N_("Must not be before the first day."))
        if self.zone not in available_timezones():
            yield Problem("/zone", "bad_zone", {"actual": self.zone})


def details_of(event: EventView) -> EventDetails:
    return EventDetails(**{name: getattr(event, name) for name in EventDetails.__struct_fields__})


RESERVED: Final = frozenset(
    {
        "api",
        "audit",
        "erasures",
        "kept-back",
        "me",
        "patterns",
        "new-event",
        "sign-in",
        "sign-out",
        "static",
        "healthz",
        "metrics",
        "readyz",
    }
)
"""First parts of the core's own addresses: an event cannot have them."""


class NewEvent(EventDetails, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An event with its address: the form of a new one, and the table `[event]` of its file."""

    slug: Annotated[Slug, Meta(title=N_("Address"), description=N_("The event's name in every address."))]

    def problems(self) -> Iterable[Problem]:
        yield from super().problems()
        if self.slug in RESERVED:
            yield Problem(
                "/slug",
                "reserved_slug",
                {"actual": self.slug},
                N_("“{actual}” is reserved for the site itself; choose another address."),
            )
