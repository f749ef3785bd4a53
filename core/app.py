"""The one place where framework, plugins and database meet."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide

from core import api, api_reference, audit_words, errors, i18n, mail, openapi, outbox, plugins, service, signing_keys
from core.access import Access
from core.database import Database, schema_difference
from core.form_request import FormRequest
from core.jobs import run_jobs
from core.plugins import PluginHost
from core.security import CORE_PERMISSIONS, admit, undeclared, use_permissions, visit_of
from core.security.door import Door
from core.settings import Misconfigured, Settings
from core.templating import HERE, Pages
from core.values import EventView

logger = logging.getLogger("plenaria.app")

FORM_OVERHEAD_MB = 5
"""Room for a form's text beside its files."""


def prepare(settings: Settings, host: PluginHost) -> None:
    """Hand the plugins' contributions to the core's rooms. Also what the command line and the worker start with."""
    plugins.use(host)
    mail.use(settings)
    signing_keys.use(Path(settings.key_file))
    i18n.load([HERE / "locale"])
    for name, folder in host.folders("locale"):
        with host.or_without(name):
            i18n.load([folder])
    use_permissions(
        [*CORE_PERMISSIONS, *(each for _, permissions in host.collect("register_permissions") for each in permissions)]
    )
    for _, words in host.collect("register_refusals"):
        errors.use_words(words)
    for _, words in host.collect("register_actions"):
        audit_words.use_words(words)


def create_app(settings: Settings, *, host: PluginHost | None = None, with_worker: bool = False) -> Litestar:
    """The ASGI application. Raises `Misconfigured` when it cannot serve; opens the database when it starts."""
    host = host or PluginHost.discover(disabled=settings.disabled_plugins)
    prepare(settings, host)
    app = _application(settings, host, with_worker=with_worker)
    app.asgi_handler = Access(Door(app.asgi_handler, settings))
    return app


def _application(settings: Settings, host: PluginHost, *, with_worker: bool) -> Litestar:
    """With the doors of every plugin whose doors fit; looked for one by one only when not all do."""
    try:
        return _with_doors(settings, host, _routes(host), with_worker=with_worker)
    except Exception:
        _leave_out_doors_that_do_not_fit(settings, host)
        return _with_doors(settings, host, _routes(host), with_worker=with_worker)


def _leave_out_doors_that_do_not_fit(settings: Settings, host: PluginHost) -> None:
    """A path that is taken, a handler that cannot be read, a door without a permission: that plugin is left out."""
    routes = _core_routes(host)
    for name in list(host.plugins):
        with host.or_without(name):
            more = [*routes, *_plugin_routes(host, name)]
            _with_doors(settings, host, more, with_worker=False)
            routes = more


def _with_doors(settings: Settings, host: PluginHost, routes: list[Any], *, with_worker: bool) -> Litestar:
    app = _litestar(settings, host, routes, with_worker=with_worker)
    if missing := undeclared(app):
        raise Misconfigured(f"these routes declare no permission: {', '.join(missing)}")
    return app


def _litestar(settings: Settings, host: PluginHost, routes: list[Any], *, with_worker: bool) -> Litestar:
    return Litestar(
        route_handlers=routes,
        guards=[admit],
        dependencies={
            "visit": Provide(_visit, sync_to_thread=False),
            "event": Provide(_event, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
        },
        exception_handlers={Exception: errors.answer},
        request_class=FormRequest,
        dto=api.CheckedBody,
        return_dto=None,
        state=State(
            {
                "settings": settings,
                "pages": Pages(settings, host),
                "signing_key": signing_keys.load_or_create(Path(settings.key_file)),
            }
        ),
        lifespan=[_lifespan(settings, host, with_worker)],
        request_max_body_size=(settings.upload_limit_mb * 2 + FORM_OVERHEAD_MB) * 1_000_000,
        openapi_config=openapi.config(settings),
        logging_config=None,
        pdb_on_exception=False,
    )


def _routes(host: PluginHost) -> list[Any]:
    return [*_core_routes(host), *(route for name in host.plugins for route in _plugin_routes(host, name))]


def _plugin_routes(host: PluginHost, name: str) -> list[Router]:
    handlers = host.contributed(name, "register_routes")
    return [Router(path="/", route_handlers=list(handlers), opt={"plugin": name}, tags=[name])] if handlers else []


def _core_routes(host: PluginHost) -> list[Any]:
    from core.events import api as events_api
    from core.events import console
    from core.events import web as events_web
    from core.people import api as people_api
    from core.people import web as people_web

    core = [
        *service.ROUTES,
        *api_reference.ROUTES,
        *people_web.ROUTES,
        *people_api.ROUTES,
        *events_web.ROUTES,
        *console.ROUTES,
    ]
    return [*core, *events_api.routes(host)]


def _visit(request: Request[Any, Any, Any]) -> Any:
    return visit_of(request)


def _event(request: Request[Any, Any, Any], visit: Any, settings: Settings) -> EventView:
    """Takes the others only to come after them: what does not wait for each other, Litestar runs as tasks, at 50 µs a request."""
    event: EventView = request.scope["state"]["event"]
    return event


def _settings(request: Request[Any, Any, Any], visit: Any) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _lifespan(settings: Settings, host: PluginHost, with_worker: bool) -> Any:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        database = Database(settings.database)
        await database.open(host.tables())
        stop = asyncio.Event()
        work: list[asyncio.Task[None]] = []
        try:
            if difference := await schema_difference(database, host.apps()):
                raise Misconfigured(
                    f"the schema is not this version's ({'; '.join(difference)}): run `plenaria migrate`"
                )
            if with_worker:
                work = [asyncio.create_task(outbox.run(stop=stop)), asyncio.create_task(run_jobs(stop=stop))]
            app.state.database = database
            yield
        finally:
            stop.set()
            await asyncio.gather(*work, return_exceptions=True)
            await database.close()

    return lifespan
