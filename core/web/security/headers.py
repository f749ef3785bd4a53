"""Headers: safety headers of every answer, bearer tokens, writes that come from another site."""

import re
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from litestar.datastructures import Headers

from plenaria.core.web.security.guard import SAFE

API: Final = "/api/v1/"
"""Where bearer tokens are good. On pages they are not: a token of few scopes must not change its owner's password."""
SECRET_PARAMETERS: Final = frozenset({"secret", "token"})
"""What a path calls a secret in it."""
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
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


def may_be_kept(method: str, permission: str, parameters: Collection[str], *, is_known: bool) -> bool:
    """Whether a browser may keep the answer, to ask with its ETag next time, or to show it again on “back”.

    Only a public page that was read may: it shows nothing that another reader does not see, but the reader's own name.
    `permission` is the route's, "" where there is no such route; `parameters` are those of its path: whose address holds a
    secret shows what the secret opens; `is_known`: somebody is signed in (or half so).
    """
    if method not in SAFE or not SECRET_PARAMETERS.isdisjoint(parameters):
        return False
    return permission == "public" or not (permission or is_known)


def default_headers(*, secure: bool, is_api: bool, is_kept: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer says that says nothing else itself; made once, as bytes."""
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        **({"strict-transport-security": "max-age=31536000"} if secure else {}),
        "cache-control": "private, no-cache" if is_kept and not is_api else "private, no-store",
        "vary": VARY_API if is_api else "Cookie, Accept-Language",
    }
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def bearer(path: str, headers: Headers) -> str | None:
    """The bearer token of an API request (RFC 6750; the scheme's name in any case), or None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if path.startswith(API) and scheme.lower() == "bearer" else None


def is_cross_site(path: str, method: str, headers: Headers, *, scheme: str) -> bool:
    """Whether a write comes from another site's page (decision 0003).

    Browsers say so themselves: Sec-Fetch-Site, or else Origin, or else Referer against our scheme and the Host. A client that
    sends none of them is no browser and carries nobody's cookies unasked. A bearer token is never sent unasked either.
    """
    if method in SAFE or bearer(path, headers) is not None:
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    own = _origin(f"{scheme}://{headers.get('host', '')}")
    came_from = headers.get("origin") or headers.get("referer") or ""
    return bool(came_from) and _origin(came_from) != own


def _origin(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port (RFC 6454, section 4), None for what has none."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and "@" not in parts.netloc else None


def is_other_host(hosts: Sequence[str], *, own: str, is_development: bool) -> bool:
    """Whether a request is not for this installation: by the names in its Host headers (one, in any case, any port).

    A machine's own names are good for an installation of that machine, and in development.
    """
    name = _name(hosts[0]) if len(hosts) == 1 else ""
    if name and name == _name(own):
        return False
    return not (name in _LOOPBACK and (is_development or _name(own) in _LOOPBACK))


def _name(host: str) -> str:
    """The name without the port, "" for what is no host."""
    try:
        return urlsplit(f"//{host}").hostname or "" if _HOST.fullmatch(host) else ""
    except ValueError:
        return ""
