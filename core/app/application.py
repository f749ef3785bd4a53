"""The one place where framework, plugins and database meet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide

from plenaria.core import mail
from plenaria.core.app.jobs import run_jobs
from plenaria.core.events import cache, facts
from plenaria.core.host import plugins
from plenaria.core.host.permissions import CORE_PERMISSIONS, use_permissions
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import visit_of
from plenaria.core.kernel import i18n
from plenaria.core.kernel.settings import Misconfigured, Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import queries as people
from plenaria.core.storage import outbox, signing_keys
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.storage.database import Database, schema_difference
from plenaria.core.web import api, errors, refusals, service
from plenaria.core.web.access import Access
from plenaria.core.web.api import openapi
from plenaria.core.web.api import reference as api_reference
from plenaria.core.web.form_request import FormRequest
from plenaria.core.web.security.guard import Guard, undeclared
from plenaria.core.web.security.middleware import VisitMiddleware
from plenaria.core.web.templating import CORE, Pages

logger = logging.getLogger("plenaria.app")

FORM_OVERHEAD_MB = 5
"""Room for a form's text beside its files."""


DELIVERERS: Final[Mapping[str, outbox.Deliver]] = {"fact": facts.deliver, "mail": mail.deliver}
"""How each kind of line leaves the outbox."""


def prepare(settings: Settings, host: PluginHost) -> None:
    """Hand the plugins' contributions to the core's rooms. Also what the command line and the worker start with."""
    plugins.use(host)
    mail.use(settings)
    signing_keys.use(Path(settings.key_file))
    outbox.use(DELIVERERS)
    own = [Path(settings.locale_folder)] if settings.locale_folder else []
    i18n.start(settings.languages, *own, CORE / "locale")
    for name, folder in host.folders("locale"):
        with host.or_without(name):
            i18n.load([folder])
    i18n.refuse_untranslated()
    use_permissions(
        [*CORE_PERMISSIONS, *(each for _, permissions in host.collect("register_permissions") for each in permissions)]
    )
    for _, words in host.collect("register_refusals"):
        refusals.use_words(words)
    for _, words in host.collect("register_actions"):
        audit_words.use_words(words)


def create_app(settings: Settings, *, host: PluginHost | None = None, with_worker: bool = False) -> Litestar:
    """The ASGI application. Raises `Misconfigured` when it cannot serve; opens the database when it starts."""
    host = host or PluginHost.discover(disabled=settings.disabled_plugins)
    prepare(settings, host)
    app = _application(settings, host, with_worker=with_worker)
    app.asgi_handler = Access(VisitMiddleware(app.asgi_handler, settings, people))
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
        guards=[Guard(cache.find_event)],
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
        plugins=[openapi.OwnSchemas()],
        logging_config=None,
        pdb_on_exception=False,
    )


def _routes(host: PluginHost) -> list[Any]:
    return [*_core_routes(host), *(route for name in host.plugins for route in _plugin_routes(host, name))]


def _plugin_routes(host: PluginHost, name: str) -> list[Router]:
    handlers = host.contributed(name, "register_routes")
    return [Router(path="/", route_handlers=list(handlers), opt={"plugin": name}, tags=[name])] if handlers else []


def _core_routes(host: PluginHost) -> list[Any]:
    from plenaria.core.events import api as events_api
    from plenaria.core.events import console
    from plenaria.core.events import web as events_web
    from plenaria.core.me import api as my_api
    from plenaria.core.me import web as my_web
    from plenaria.core.people import web as people_web

    core = [
        *service.ROUTES,
        *api_reference.ROUTES,
        *people_web.ROUTES,
        *my_web.ROUTES,
        *my_api.ROUTES,
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
                work = [
                    asyncio.create_task(outbox.run(stop=stop, release_mail=mail.has_server())),
                    asyncio.create_task(run_jobs(stop=stop)),
                ]
            app.state.database = database
            yield
        finally:
            stop.set()
            await asyncio.gather(*work, return_exceptions=True)
            await database.close()

    return lifespan
