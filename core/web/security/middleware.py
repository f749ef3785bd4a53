"""The outermost middleware: stamps the clock, identifies the caller, refuses cross-site writes, sets the safety headers."""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from plenaria.core.host.visit import Visit
from plenaria.core.kernel import clock, i18n
from plenaria.core.kernel.languages import LANGUAGES, negotiate
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.web.security.cookies import (
    LANGUAGE_COOKIE,
    NOTICE_COOKIE,
    SESSION_COOKIE,
    notices_in,
    own_cookies,
    set_cookie,
)
from plenaria.core.web.security.headers import (
    API,
    bearer,
    default_headers,
    is_cross_site,
    is_other_host,
    may_be_kept,
)
from plenaria.core.web.security.proxies import behind_proxies, client_of
from plenaria.core.web.security.slowness import in_time

logger = logging.getLogger("plenaria.door")


class Identify(Protocol):
    """Who calls: filled into the visit from what the request carries."""

    async def identify_session(self, visit: Visit, secret: str) -> None:
        """The person of a session cookie; the visit stays anonymous when there is none."""

    async def identify_token(self, visit: Visit, secret: str) -> bool:
        """The person and the limits of a bearer token; False when it is unknown, expired or revoked."""


class VisitMiddleware:
    """Wraps the whole application, 404 answers included."""

    def __init__(self, app: ASGIApp, settings: Settings, people: Identify) -> None:
        self._app = app
        self._people = people
        self._settings = settings
        self._behind_proxies = behind_proxies(self._with_visit, settings.trusted_proxies)
        self._defaults = {
            (is_api, is_kept): default_headers(secure=settings.secure, is_api=is_api, is_kept=is_kept)
            for is_api in (False, True)
            for is_kept in (False, True)
        }
        self._scheme, _, own_host = settings.address.partition("://")
        self._is_for_others = partial(is_other_host, own=own_host, is_development=settings.development)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        await self._behind_proxies(scope, receive, send)

    async def _with_visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(now=clock.now(), path=scope["path"], query=scope.get("query_string", b"").decode("latin-1"))
        headers = Headers.from_scope(scope)
        cookies = own_cookies(headers, self._settings.secure)
        visit.client = client_of(scope)
        visit.notices = notices_in(cookies)
        visit.language = _language(visit.query, cookies, headers)
        scope["state"]["visit"] = visit
        try:
            await self._identify(visit, headers, cookies)
        except Unavailable as trouble:
            # Pages that need nobody still open, the others answer 503.
            logger.warning("the caller could not be identified", extra={"kind": trouble.kind})
            visit.is_unidentified = True
        except Exception:
            logger.exception("the caller could not be identified")
            visit.is_unidentified = True
        i18n.set_language(visit.language)
        method = str(scope.get("method", ""))
        scope["state"]["refused_origin"] = is_cross_site(visit.path, method, headers, scheme=self._scheme)
        scope["state"]["refused_host"] = self._is_for_others(headers.getall("host", []))
        body = in_time(receive, within_s=self._settings.serve.body_timeout_s)
        await self._app(scope, body, self._with_headers(scope, send, visit, cookies))

    async def _identify(self, visit: Visit, headers: Headers, cookies: dict[str, str]) -> None:
        if (token := bearer(visit.path, headers)) is not None:
            visit.has_bad_token = not await self._people.identify_token(visit, token)
        elif secret := cookies.get(SESSION_COOKIE):
            await self._people.identify_session(visit, secret)
        person = visit.person or visit.pending
        if person and person.language in LANGUAGES and LANGUAGE_COOKIE not in cookies:
            visit.language = chosen_in(visit.query) or person.language

    def _with_headers(self, scope: Scope, send: Send, visit: Visit, cookies: dict[str, str]) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name.lower() for name, _ in own}
                defaults = self._defaults[visit.path.startswith(API), _is_kept(scope, visit)]
                message["headers"] = [
                    *own,
                    *(line for line in defaults if line[0] not in named),
                    *self._language_and_notices(visit, cookies),
                ]
            await send(message)

        return send_with_headers

    def _language_and_notices(self, visit: Visit, cookies: dict[str, str]) -> Iterator[tuple[bytes, bytes]]:
        """Cookies that keep a chosen language and forget notices that were shown."""
        secure = self._settings.secure
        if not visit.path.startswith(API) and (asked := chosen_in(visit.query)):
            yield b"set-cookie", set_cookie(LANGUAGE_COOKIE, asked, secure, max_age_s=31536000).encode("latin-1")
        if NOTICE_COOKIE in cookies and not visit.notices:
            yield b"set-cookie", set_cookie(NOTICE_COOKIE, "", secure, max_age_s=0).encode("latin-1")


def _is_kept(scope: Scope, visit: Visit) -> bool:
    handler: Any = scope.get("route_handler")
    permission = handler.opt.get("permission", "") if handler is not None else ""
    is_known = visit.person is not None or visit.pending is not None
    return may_be_kept(str(scope.get("method", "")), permission, scope.get("path_params", {}), is_known=is_known)


def chosen_in(query: str) -> str:
    """The language that an address chooses with `?lang=`, or ""."""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "lang" and value in LANGUAGES:
            return value
    return ""


def _language(query: str, cookies: dict[str, str], headers: Headers) -> str:
    if asked := chosen_in(query):
        return asked
    if (chosen := cookies.get(LANGUAGE_COOKIE)) in LANGUAGES:
        return str(chosen)
    return negotiate(headers.get("accept-language", ""))
