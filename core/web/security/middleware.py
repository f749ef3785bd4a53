"""The outermost middleware: stamps the clock, finds out who calls, refuses cross-site writes, sets the safety headers."""

import json
import logging
from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from plenaria.core.host.visit import Visit
from plenaria.core.kernel import clock, i18n
from plenaria.core.kernel.languages import LANGUAGES, negotiate
from plenaria.core.kernel.settings import Settings
from plenaria.core.web.security.guard import SAFE

logger = logging.getLogger("plenaria.door")

SESSION_COOKIE: Final = "plenaria_session"
LANGUAGE_COOKIE: Final = "plenaria_language"
NOTICE_COOKIE: Final = "plenaria_notice"
NOTICE_KINDS: Final = ("info", "success", "warning", "danger")
API: Final = "/api/v1/"
"""Where bearer tokens are good. On pages they are not: a token of few scopes must not change its owner's password."""
VARY_API: Final = "Authorization, Cookie, Accept-Language"

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class Identify(Protocol):
    """Who calls: filled into the visit from what the request carries."""

    async def identify_session(self, visit: Visit, secret: str) -> None:
        """The person of a session cookie; the visit stays anonymous when there is none."""

    async def identify_token(self, visit: Visit, secret: str) -> bool:
        """The person and the limits of a bearer token; False when it is unknown, expired or revoked."""


class Door:
    """Wraps the whole application, 404 answers included."""

    def __init__(self, app: ASGIApp, settings: Settings, people: Identify) -> None:
        self._app = app
        self._people = people
        self._settings = settings
        self._defaults = {is_api: _default_headers(secure=settings.secure, is_api=is_api) for is_api in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        visit = Visit(now=clock.now(), path=scope["path"], query=scope.get("query_string", b"").decode("latin-1"))
        headers = Headers.from_scope(scope)
        cookies = _cookies(headers)
        visit.client = _client(scope, headers, self._settings.trusted_proxies)
        visit.notices = _notices(cookies)
        visit.language = _language(visit.query, cookies, headers)
        scope["state"]["visit"] = visit
        try:
            await self._identify(visit, headers, cookies)
        except Exception:
            # Whatever keeps the database from answering: pages that need nobody still open, the others answer 503.
            logger.exception("the caller could not be identified")
            visit.is_unidentified = True
        i18n.set_language(visit.language)
        scope["state"]["refused_origin"] = _is_cross_site(scope["method"], visit.path, headers)
        await self._app(scope, receive, self._with_headers(send, visit, cookies))

    async def _identify(self, visit: Visit, headers: Headers, cookies: dict[str, str]) -> None:
        if (token := _bearer(visit.path, headers)) is not None:
            visit.has_bad_token = not await self._people.identify_token(visit, token)
        elif secret := cookies.get(SESSION_COOKIE):
            await self._people.identify_session(visit, secret)
        person = visit.person or visit.pending
        if person and person.language in LANGUAGES and LANGUAGE_COOKIE not in cookies:
            visit.language = _asked_language(visit.query) or person.language

    def _with_headers(self, send: Send, visit: Visit, cookies: dict[str, str]) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                said = {name.lower() for name, _ in own}
                defaults = self._defaults[visit.path.startswith(API)]
                message["headers"] = [
                    *own,
                    *(line for line in defaults if line[0] not in said),
                    *self._told(visit, cookies),
                ]
            await send(message)

        return send_with_headers

    def _told(self, visit: Visit, cookies: dict[str, str]) -> Iterator[tuple[bytes, bytes]]:
        """Cookies that keep a chosen language and forget notices that were shown."""
        secure = self._settings.secure
        if asked := _asked_language(visit.query):
            yield b"set-cookie", _cookie(LANGUAGE_COOKIE, asked, secure, max_age_s=31536000).encode("latin-1")
        if NOTICE_COOKIE in cookies and not visit.notices:
            yield b"set-cookie", _cookie(NOTICE_COOKIE, "", secure, max_age_s=0).encode("latin-1")


def _default_headers(*, secure: bool, is_api: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer says that says nothing else itself; made once, as bytes."""
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        **({"strict-transport-security": "max-age=31536000"} if secure else {}),
        "cache-control": "private, no-store" if is_api else "private, no-cache",
        "vary": VARY_API if is_api else "Cookie, Accept-Language",
    }
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def _bearer(path: str, headers: Headers) -> str | None:
    """The bearer token of an API request (RFC 6750; the scheme's name in any case), or None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if path.startswith(API) and scheme.lower() == "bearer" else None


def _cookies(headers: Headers) -> dict[str, str]:
    """Our own cookies: their values need no quoting, and another site's odd cookie beside them spoils nothing."""
    parts = (part.partition("=") for part in headers.get("cookie", "").split(";"))
    sent = {name.strip(): value.strip() for name, _, value in parts}
    return {name: sent[name] for name in (SESSION_COOKIE, LANGUAGE_COOKIE, NOTICE_COOKIE) if name in sent}


def _cookie(name: str, value: str, secure: bool, *, max_age_s: int) -> str:
    return f"{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def session_cookie(secret: str, settings: Settings) -> str:
    """The Set-Cookie line of a new session; an empty secret ends it."""
    return _cookie(SESSION_COOKIE, secret, settings.secure, max_age_s=settings.session_days * 86400 if secret else 0)


def notice_cookie(notices: list[tuple[str, str]], settings: Settings) -> str:
    """The Set-Cookie line that shows sentences once on the next page."""
    return _cookie(NOTICE_COOKIE, quote(json.dumps(notices)), settings.secure, max_age_s=60)


def _notices(cookies: dict[str, str]) -> list[tuple[str, str]]:
    try:
        found = json.loads(unquote(cookies.get(NOTICE_COOKIE, "[]")))
        return [(kind, str(words)[:500]) for kind, words in found if kind in NOTICE_KINDS][:5]
    except (ValueError, TypeError, RecursionError):
        return []


def _asked_language(query: str) -> str:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "lang" and value in LANGUAGES:
            return value
    return ""


def _language(query: str, cookies: dict[str, str], headers: Headers) -> str:
    if asked := _asked_language(query):
        return asked
    if (chosen := cookies.get(LANGUAGE_COOKIE)) in LANGUAGES:
        return str(chosen)
    return negotiate(headers.get("accept-language", ""))


def _client(scope: Scope, headers: Headers, trusted: tuple[str, ...]) -> str:
    """The caller's address, for rate limits only; X-Forwarded-For is believed from trusted proxies alone.

    Of an IPv6 address the first 64 bits: the rest is the caller's own to choose.
    """
    peer: Any = scope.get("client")
    address = peer[0] if peer else ""
    if address in trusted:
        hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        address = next((hop for hop in reversed(hops) if hop not in trusted), address)
    try:
        return str(IPv6Network((address, 64), strict=False)) if IPv6Address(address).ipv4_mapped is None else address
    except ValueError:
        return str(address)


def _is_cross_site(method: str, path: str, headers: Headers) -> bool:
    """Whether a write comes from another site's page (decision 0003).

    Browsers say so themselves: Sec-Fetch-Site, or else Origin against Host. A client that sends neither is no browser and
    carries nobody's cookies unasked. A bearer token is never sent unasked either.
    """
    if method in SAFE or _bearer(path, headers) is not None:
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] != headers.get("host", "")
