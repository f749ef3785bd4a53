"""The route handlers of the application: the core's, and those of each plugin in a router of its own."""

from typing import Any

from litestar import Router

from plenaria.core.events import api as events_api
from plenaria.core.events import console, mail_api
from plenaria.core.events import web as events_web
from plenaria.core.host.plugins import PluginHost
from plenaria.core.me import api as my_api
from plenaria.core.me import web as my_web
from plenaria.core.people import web as people_web
from plenaria.core.web import service
from plenaria.core.web.api import reference


def of_core(host: PluginHost) -> list[Any]:
    core = [
        *service.ROUTES,
        *reference.ROUTES,
        *people_web.ROUTES,
        *my_web.ROUTES,
        *my_api.ROUTES,
        *events_web.ROUTES,
        *console.ROUTES,
        *mail_api.ROUTES,
    ]
    return [*core, *events_api.routes(host)]


def of_plugin(host: PluginHost, name: str) -> list[Router]:
    """Its handlers, marked with the plugin's name: the guard and the API's description look at it."""
    handlers = host.contributed(name, "register_routes")
    return [Router(path="/", route_handlers=list(handlers), opt={"plugin": name}, tags=[name])] if handlers else []


def of_everybody(host: PluginHost) -> list[Any]:
    return [*of_core(host), *(route for name in host.plugins for route in of_plugin(host, name))]
