"""The one place where framework, plugins and database meet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide

from plenaria.core import mail
from plenaria.core.app import fitness, routes
from plenaria.core.app.jobs import run_jobs
from plenaria.core.events import cache, facts, mail_checks, retention
from plenaria.core.host import plugins
from plenaria.core.host.permissions import CORE_PERMISSIONS, use_permissions, use_roles
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import visit_of
from plenaria.core.kernel import i18n
from plenaria.core.kernel.settings import Misconfigured, Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import queries as people
from plenaria.core.storage import outbox, signing_keys
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.storage.database import Database, in_use, schema_difference
from plenaria.core.storage.readiness import Readiness
from plenaria.core.web import api, errors, refusals
from plenaria.core.web.access import Access
from plenaria.core.web.api import openapi
from plenaria.core.web.api.parameters import StrictParameters
from plenaria.core.web.api.public_reads import PublicReads
from plenaria.core.web.form_request import MOST_FIELDS, FormRequest, most_upload_bytes
from plenaria.core.web.kept_answers import KeptAnswers
from plenaria.core.web.security.guard import Guard, undeclared
from plenaria.core.web.security.middleware import VisitMiddleware
from plenaria.core.web.templating import CORE, Pages

logger = logging.getLogger("plenaria.app")

CARRIERS: Final[Mapping[str, outbox.Carrier]] = {
    "fact": facts.CARRIER,
    "mail": replace(mail.CARRIER, over=mail_checks.over),
}
"""How each kind of line leaves the outbox."""


def prepare(settings: Settings, host: PluginHost) -> None:
    """Hand the plugins' contributions to the core's modules. Also what the command line and the worker start with."""
    plugins.use(host)
    mail.use(settings)
    signing_keys.use(Path(settings.key_file))
    outbox.use(CARRIERS)
    retention.use(settings.retention)
    own = [Path(settings.locale_folder)] if settings.locale_folder else []
    i18n.start(settings.languages, *own, CORE / "locale")
    for name, folder in host.folders("locale"):
        with host.or_without(name):
            i18n.load([folder])
    i18n.refuse_untranslated()
    if not host.is_examined:
        fitness.examine(host, settings)
        host.is_examined = True
    _hand_over(host)


def _hand_over(host: PluginHost) -> None:
    """The names and words of the plugins that are left."""
    use_permissions([*CORE_PERMISSIONS, *_items(host, "register_permissions")])
    use_roles(_items(host, "register_roles"))
    refusals.use_words(words for _, words in host.collect("register_refusals"))
    audit_words.use_words(words for _, words in host.collect("register_actions"))


def _items(host: PluginHost, hook: str) -> list[Any]:
    return [each for _, contributed in host.collect(hook) for each in contributed]


def create_app(settings: Settings, *, host: PluginHost | None = None, with_worker: bool = False) -> Litestar:
    """The ASGI application. Raises `Misconfigured` when it cannot serve; opens the database when it starts."""
    host = host or PluginHost.discover(disabled=settings.disabled_plugins)
    prepare(settings, host)
    app = _application(settings, host, with_worker=with_worker)
    app.asgi_handler = Access(VisitMiddleware(PublicReads(app.asgi_handler), settings, people))
    return app


def _application(settings: Settings, host: PluginHost, *, with_worker: bool) -> Litestar:
    """With the routes of every plugin whose routes fit; looked for one by one only when not all do."""
    with suppress(Exception):
        return _with_routes(settings, host, routes.of_everybody(host), with_worker=with_worker)
    _leave_out_unfit_routes(settings, host)
    _hand_over(host)
    return _with_routes(settings, host, routes.of_everybody(host), with_worker=with_worker)


def _leave_out_unfit_routes(settings: Settings, host: PluginHost) -> None:
    """A path that is taken, a handler that cannot be read or described, or has no permission: that plugin is left out."""
    fitting = routes.of_core(host)
    for name in host.by_precedence():
        with host.or_without(name):
            more = [*fitting, *routes.of_plugin(host, name)]
            _with_routes(settings, host, more, with_worker=False)
            fitting = more


def _with_routes(settings: Settings, host: PluginHost, handlers: list[Any], *, with_worker: bool) -> Litestar:
    app = _litestar(settings, host, handlers, with_worker=with_worker)
    fitness.refuse_unfit_routes(app, host)
    if missing := undeclared(app):
        raise Misconfigured(f"these routes declare no permission: {', '.join(missing)}")
    fitness.refuse_undescribed(app)
    return app


def _litestar(settings: Settings, host: PluginHost, handlers: list[Any], *, with_worker: bool) -> Litestar:
    kept_answers = KeptAnswers()
    return Litestar(
        route_handlers=handlers,
        guards=[Guard(cache.find_event), StrictParameters()],
        dependencies={
            "visit": Provide(_visit, sync_to_thread=False),
            "event": Provide(_event, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
        },
        before_send=[kept_answers.note],
        exception_handlers={Exception: errors.answer},
        request_class=FormRequest,
        dto=api.CheckedBody,
        return_dto=None,
        state=State(
            {
                "settings": settings,
                "pages": Pages(settings, host),
                "kept_answers": kept_answers,
                "signing_key": signing_keys.load_or_create(Path(settings.key_file)),
            }
        ),
        lifespan=[_lifespan(settings, host, with_worker)],
        request_max_body_size=most_upload_bytes(settings.upload_limit_mb),
        multipart_form_part_limit=MOST_FIELDS,
        openapi_config=openapi.config(settings),
        plugins=[openapi.OwnSchemas()],
        logging_config=None,
        pdb_on_exception=False,
    )


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
        presence = AsyncExitStack()
        try:
            await presence.enter_async_context(in_use(database))
            if difference := await schema_difference(database, host.apps()):
                raise Misconfigured(
                    f"the schema is not this version's ({'; '.join(difference)}): run `plenaria migrate`"
                )
            if with_worker:
                work = [
                    asyncio.create_task(outbox.run(stop=stop)),
                    asyncio.create_task(run_jobs(stop=stop)),
                ]
            app.state.database = database
            app.state.readiness = Readiness(database, host.apps())
            yield
        finally:
            stop.set()
            await asyncio.gather(*work, return_exceptions=True)
            await presence.aclose()
            await database.close()

    return lifespan
