"""The template engine, and pages as answers."""

from collections.abc import Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect

from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import visit_of
from plenaria.core.kernel import i18n, shown
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.web import refusals
from plenaria.core.web.security.cookies import notice_cookie
from plenaria.core.web.templating.frame import frame_of, language_url
from plenaria.core.web.templating.static_files import CORE, StaticFiles


class Pages:
    """The template engine of one process."""

    def __init__(self, settings: Settings, host: PluginHost) -> None:
        self.settings = settings
        self.static = StaticFiles(host)
        folders = [CORE / "templates", *(folder for _, folder in host.folders("templates"))]
        self.environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=settings.development,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        self.environment.policies["ext.i18n.trimmed"] = True
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
            i18n.gettext, i18n.ngettext, newstyle=True, pgettext=i18n.pgettext
        )
        self.environment.filters.update(shown.FILTERS)
        self.environment.globals.update(static=self.static.address, offset=shown.offset, days=shown.days)

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        return self.environment.get_template(template).render(context)


def pages_of(request: Request[Any, Any, Any]) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A whole page as the answer. `context` is the template's own; `frame`, `visit` and `event` are always there."""
    text = render(request, template, **context)
    visit_of(request).notices = []  # shown now
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=dict(headers or {}))


def render(request: Request[Any, Any, Any], template: str, **context: Any) -> str:
    """The page's text, for a caller that answers itself (caches, fragments)."""
    visit = visit_of(request)
    event: EventView | None = request.scope["state"].get("event")
    return pages_of(request).render(
        template,
        {
            "frame": frame_of(visit, event, debug=pages_of(request).settings.development),
            "visit": visit,
            "event": event,
            "may": lambda permission: visit.may(permission, event),
            "sentence": lambda refusal: refusals.sentence(refusal, event),
            "language_url": lambda code: language_url(visit, code),
            **context,
        },
    )


def see_other(
    request: Request[Any, Any, Any], address: str, *notices: tuple[str, str], headers: Mapping[str, str] | None = None
) -> Redirect:
    """Answer a form with 303 to a page of ours; the notices (kind, sentence) are shown there once."""
    answer = Redirect(address, status_code=303, headers=dict(headers or {}))
    if notices:
        cookie = notice_cookie(list(notices), pages_of(request).settings)
        answer.headers["Set-Cookie"] = cookie
    return answer
