"""The door of the plugin: what it hands to Plenaria. Nothing is decided here."""

from collections.abc import Mapping, Sequence

from litestar.types import ControllerRouterHandler

from plenaria.core.host.contributions import CalendarSource, PluginCard
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import N_, Link, MailText, Permission
from plenaria_shuttle import queries, web, words
from plenaria_shuttle.settings import ShuttleSettings


@hookimpl
def register_plugin() -> PluginCard:
    return PluginCard(N_("Shuttle buses"), N_("Buses between the hotels and the venue."))


@hookimpl
def register_settings() -> type[ShuttleSettings]:
    return ShuttleSettings


@hookimpl
def register_routes() -> Sequence[ControllerRouterHandler]:
    return web.ROUTES


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("shuttle.edit", N_("Change the buses’ timetable"), roles=("organiser", "programme"))]


@hookimpl
def register_navigation() -> Sequence[Link]:
    return [Link(N_("Buses"), "/{event}/shuttle", order=60)]


@hookimpl
def register_console() -> Sequence[Link]:
    return [Link(N_("Bus timetable"), "/{event}/organise/shuttle", permission="shuttle.edit", section=N_("Buses"))]


@hookimpl
def register_mail() -> Sequence[MailText]:
    return [words.DEPARTURE_ADDED]


@hookimpl
def register_refusals() -> Mapping[str, str]:
    return words.REFUSALS


@hookimpl
def register_calendar() -> CalendarSource:
    return queries.calendar_entries
