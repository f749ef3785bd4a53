"""The door of the plugin: what it hands to Plenaria. Nothing is decided here."""

from collections.abc import Mapping, Sequence

from litestar.types import ControllerRouterHandler

from plenaria.plugin import N_, CalendarSource, Link, MailText, Permission, PluginCard, hookimpl
from plenaria_shuttle import queries, web, words
from plenaria_shuttle.settings import ShuttleSettings


@hookimpl
def register_plugin() -> PluginCard:
    return PluginCard(N_("Shuttle buses"), N_("Buses between the hotels and the venue."), api="1.0")


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
