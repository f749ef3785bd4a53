"""Headers: safety headers of every answer, bearer tokens, writes that come from another site."""

from typing import Final

from litestar.datastructures import Headers

from plenaria.core.web.security.guard import SAFE

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


def default_headers(*, secure: bool, is_api: bool) -> tuple[tuple[bytes, bytes], ...]:
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


def bearer(path: str, headers: Headers) -> str | None:
    """The bearer token of an API request (RFC 6750; the scheme's name in any case), or None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if path.startswith(API) and scheme.lower() == "bearer" else None


def is_cross_site(path: str, method: str, headers: Headers) -> bool:
    """Whether a write comes from another site's page (decision 0003).

    Browsers say so themselves: Sec-Fetch-Site, or else Origin against Host. A client that sends neither is no browser and
    carries nobody's cookies unasked. A bearer token is never sent unasked either.
    """
    if method in SAFE or bearer(path, headers) is not None:
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] != headers.get("host", "")
