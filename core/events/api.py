"""The JSON handlers of events: what they are, which plugins are on, how each is set, and the whole declared event."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import JSONBody, Parameter
from msgspec import Struct

from plenaria.core.events import copying, declared, exports, queries, record_api, services
from plenaria.core.events.copying import EventCopy
from plenaria.core.events.details import NewEvent
from plenaria.core.events.export_file import exported
from plenaria.core.events.readiness import Readiness, readiness
from plenaria.core.forms import Problem
from plenaria.core.host import plugins
from plenaria.core.host.gathering import Failure
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import N_, EventView, LocalizedText, Refusal, Refused
from plenaria.core.people import services as people_services
from plenaria.core.web.api import After, Limit, Page, checked, once, paged_whole
from plenaria.core.web.errors import Invalid

Anything = Request[Any, Any, Any]

EVENT: Final = "/api/v1/events/{event_slug:str}"


class Event(Struct, frozen=True, kw_only=True):
    """One edition of a congress. Days are in its `zone`; texts are by language, descriptions are Markdown."""

    slug: str
    name: LocalizedText
    summary: LocalizedText
    description: LocalizedText
    starts_on: date
    ends_on: date
    zone: str
    venue: str
    address: str
    city: str
    organiser: str
    organiser_url: str
    contact_email: str
    accent: str
    language: str
    currency: str
    is_public: bool
    revision: int
    plugins: list[str]


class PluginFailure(Struct, frozen=True, kw_only=True):
    """How a part of a plugin failed, seen by the process that answers, since it started. `hook` names the part."""

    hook: str
    error: str
    times: int
    first_at: datetime
    last_at: datetime


class PluginState(Struct, frozen=True, kw_only=True):
    """Whether a plugin is on for the event, and what of it failed in this installation, the latest first."""

    plugin: str
    title: str
    enabled: bool
    failures: list[PluginFailure]


class ExportOffer(Struct, frozen=True, kw_only=True):
    """A file that may be taken away, and the formats that it can be had in."""

    name: str
    title: str
    formats: list[str]


FormatName = Annotated[str, Parameter(max_length=10, description="csv, xlsx, json; or what `formats` names.")]


class PluginSwitch(Struct, frozen=True, forbid_unknown_fields=True):
    """Switch a plugin on or off; its data stays either way."""

    enabled: bool


class EventDeclaration(Struct, frozen=True, kw_only=True):
    """An event as its file declares it, the same as the TOML: what is not named is left alone, what is named is the truth.

    Under `plugins`, for each: `enabled`, its settings, and what else it lets a file declare. `missing` names the plugins that
    could not say what they have; they are not under `plugins`, and it is passed over when the document is put back.
    """

    event: NewEvent
    team: list[declared.Member] | None = None
    plugins: dict[str, dict[str, Any]] = {}
    missing: list[str] | msgspec.UnsetType = msgspec.UNSET


def _event(event: EventView) -> Event:
    values = {name: getattr(event, name) for name in Event.__struct_fields__}
    return Event(**{**values, "plugins": list(event.plugins)})


@get(
    "/api/v1/events",
    permission="public",
    kept_while_away=("after", "limit"),
    operation_id="listEvents",
    tags=["events"],
)
async def list_events(request: Anything, visit: Visit, after: After = "", limit: Limit = 50) -> Response[Page[Event]]:
    """The events, the latest first.

    Those that are not public are listed only for their team.
    """
    everything = await queries.events(public_only=visit.person is None)
    seen = [_event(event) for event in everything if event.is_public or visit.roles_in(event)]
    return paged_whole(request, seen, key=lambda event: event.slug, after=after, limit=limit)


@get(EVENT, permission="public", kept_while_away=(), operation_id="getEvent", tags=["events"])
async def get_event(event: EventView) -> Event:
    """One event."""
    return _event(event)


@post(
    f"{EVENT}/copies",
    permission="installation.own",
    operation_id="copyEvent",
    tags=["events"],
    idempotent=True,
    status_code=201,
)
async def copy_event(request: Anything, event: EventView, visit: Visit, data: EventCopy) -> Response[Event]:
    """A new event with this one's set-up, its dates moved, not public. Nothing about people goes along."""

    async def copy() -> Event:
        return _event(await copying.copy_event(event, data, owner=visit.person, by=visit.by, now=visit.now))

    return await once(request, data, copy)


@get(f"{EVENT}/readiness", permission="event.view", operation_id="getReadiness", tags=["events"])
async def get_readiness(event: EventView, visit: Visit) -> Readiness:
    """What is missing before the event can go public, and where it is mended. Nothing is refused because of it."""
    return await readiness(event, now=visit.now)


@get(f"{EVENT}/exports", permission="event.view", operation_id="listExports", tags=["events"])
async def list_exports(
    request: Anything, event: EventView, visit: Visit, after: After = "", limit: Limit = 50
) -> Response[Page[ExportOffer]]:
    """The files that the caller may take away."""
    offers = [
        ExportOffer(name=each.name, title=gettext(each.title), formats=list(exports.formats_of(each)))
        for each in exports.exports_for(visit, event)
    ]
    return paged_whole(request, offers, key=lambda offer: offer.name, after=after, limit=limit)


@get(
    f"{EVENT}/exports/{{export:str}}",
    permission="event.view",
    operation_id="getExport",
    tags=["events"],
    media_type="application/octet-stream",
)
async def get_export(
    request: Anything, event: EventView, visit: Visit, export: str, format: FormatName = ""
) -> Response[bytes]:
    """One of the files, in one of its formats; the first of them unless `format` says which."""
    return await exported(request, event, visit, export)


@get(f"{EVENT}/plugins", permission="event.configure", operation_id="listPlugins", tags=["events"])
async def list_plugins(
    request: Anything, event: EventView, after: After = "", limit: Limit = 50
) -> Response[Page[PluginState]]:
    """The plugins of this installation, and which are on for the event."""
    states = [_state(event, name) for name in plugins.host().plugins]
    return paged_whole(request, states, key=lambda state: state.plugin, after=after, limit=limit)


def _state(event: EventView, name: str) -> PluginState:
    card = plugins.host().plugins[name].card
    failures = [_failure(each) for each in plugins.host().failures.latest() if each.plugin == name]
    return PluginState(plugin=name, title=card.title, enabled=name in event.plugins, failures=failures)


def _failure(found: Failure) -> PluginFailure:
    return PluginFailure(**{name: getattr(found, name) for name in PluginFailure.__struct_fields__})


@get(f"{EVENT}/declaration", permission="event.configure", operation_id="getDeclaration", tags=["events"])
async def get_declaration(event: EventView, visit: Visit, team: bool = False) -> EventDeclaration:
    """The whole event as one document: what PUT takes, and the TOML of `plenaria event export`.

    With `?team=true` the team is in it, for those who may see it.
    """
    if team and not visit.may("event.team", event):
        raise Refused(Refusal("not_permitted"))
    return _declaration(await declared.document_of(event, team=team))


@put(
    f"{EVENT}/declaration", permission="event.configure", operation_id="putDeclaration", tags=["events"], raw_body=True
)
async def put_declaration(
    request: Anything, event: EventView, visit: Visit, data: JSONBody[EventDeclaration]
) -> EventDeclaration:
    """Make the event what the document says, wholly or not at all; again, and nothing happens.

    Plugins that are not named, and the team when it is not named, are left alone. The team may be set by owners only,
    and an owner added by a browser that has just confirmed who it is, not by an access token.
    """
    document: Any = data
    declaration = _read(document, event)
    if declaration.team is not None and "owner" not in visit.roles_in(event):
        raise Refused(Refusal("only_owners_set_team", {}, "/team"))
    if declaration.team is not None and not visit.may("event.team", event):
        raise Refused(Refusal("not_permitted", {}, "/team"))
    if await declared.adds_owner(event, declaration):
        people_services.refuse_unconfirmed(visit)
    changed = await declared.apply(declaration, by=visit.by, now=visit.now)
    return _declaration(await declared.document_of(changed, team=declaration.team is not None))


def _read(document: object, event: EventView) -> declared.Declaration:
    if not isinstance(document, Mapping):
        raise Invalid((Problem("", "wrong_type", {"expected": "table", "actual": type(document).__name__}),))
    found = declared.read(document)
    if found.value is None:
        raise Invalid(found.problems)
    if found.value.slug != event.slug:
        sentence = N_("Must be this event's own: {allowed}.")
        raise Invalid((Problem("/event/slug", "other_event", {"allowed": event.slug}, sentence),))
    return found.value


def _declaration(document: declared.Document) -> EventDeclaration:
    return EventDeclaration(
        event=checked(NewEvent, document["event"]),
        team=[declared.Member(**member) for member in document["team"]] if "team" in document else None,
        plugins=document["plugins"],
        missing=document.get("missing", msgspec.UNSET),
    )


# -- one plugin ----------------------------------------------------------------------------------------------------


def _plugin_routes(name: str, settings: type[Struct] | None) -> list[Any]:
    """Handlers of one plugin: with its own Struct, the document says what its settings are."""
    path, noun = f"{EVENT}/plugins/{name}", "".join(part.capitalize() for part in name.replace("-", "_").split("_"))

    @put(path, permission="event.configure", operation_id=f"switch{noun}", tags=["events"], summary=f"Switch {name}")
    async def switch(event: EventView, visit: Visit, data: JSONBody[PluginSwitch]) -> PluginState:
        """On or off for the event; its data stays either way."""
        changed = await services.switch_plugin(event, name, on=data.enabled, by=visit.by, now=visit.now)
        return _state(changed, name)

    return [switch, *(_settings_routes(f"{path}/settings", name, noun, settings) if settings else [])]


def _settings_routes(path: str, name: str, noun: str, struct: type[Struct]) -> list[Any]:
    async def read(event: EventView) -> Any:
        """Every setting with its value in this event."""
        return await queries.settings_of(event, name, struct)

    async def change(event: EventView, visit: Visit, data: Any) -> Any:
        """Replace the settings; what is left out goes back to its default."""
        await services.change_settings(event, name, data, by=visit.by, now=visit.now)
        return data

    read.__annotations__ = {"event": EventView, "return": struct}
    change.__annotations__ = {
        "event": EventView,
        "visit": Visit,
        "data": JSONBody[struct],  # type: ignore[misc, valid-type]
        "return": struct,
    }
    noted: dict[str, Any] = {"permission": "event.configure", "tags": ["events"]}
    return [
        get(path, operation_id=f"get{noun}Settings", summary=f"Settings of {name}", **noted)(read),
        put(path, operation_id=f"put{noun}Settings", summary=f"Set {name}", **noted)(change),
    ]


def routes(host: PluginHost) -> list[Any]:
    """The handlers of events, with those of each plugin's settings."""
    settings = dict(host.collect("register_settings"))
    of_plugins = [route for name in host.plugins for route in _plugin_routes(name, settings.get(name))]
    return [
        list_events,
        get_event,
        copy_event,
        get_readiness,
        list_exports,
        get_export,
        list_plugins,
        get_declaration,
        put_declaration,
        *record_api.ROUTES,
        *of_plugins,
    ]
