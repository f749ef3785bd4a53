"""Our own cookies: the session, the chosen language, sentences that are shown once."""

import json
from typing import Final
from urllib.parse import quote, unquote

from litestar.datastructures import Headers

from plenaria.core.kernel.settings import Settings

SESSION_COOKIE: Final = "plenaria_session"
LANGUAGE_COOKIE: Final = "plenaria_language"
NOTICE_COOKIE: Final = "plenaria_notice"
_OWN: Final = (SESSION_COOKIE, LANGUAGE_COOKIE, NOTICE_COOKIE)
NOTICE_KINDS: Final = ("info", "success", "warning", "danger")


def cookie_name(name: str, secure: bool) -> str:
    """How the browser knows it. Over https no neighbouring domain can set a cookie of that name (RFC 6265bis, `__Host-`)."""
    return f"__Host-{name}" if secure else name


def own_cookies(headers: Headers, secure: bool) -> dict[str, str]:
    """Our own cookies by their plain names: their values need no quoting, and another site's odd cookie beside them spoils
    nothing. Over https those without the prefix are nobody's."""
    parts = (part.partition("=") for part in headers.get("cookie", "").split(";"))
    sent = {name.strip(): value.strip() for name, _, value in parts}
    known = {name: cookie_name(name, secure) for name in _OWN}
    return {name: sent[as_sent] for name, as_sent in known.items() if as_sent in sent}


def set_cookie(name: str, value: str, secure: bool, *, max_age_s: int) -> str:
    """A Set-Cookie line; no `Domain`, as the prefix demands."""
    line = f"{cookie_name(name, secure)}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax"
    return f"{line}; Secure" if secure else line


def session_cookie(secret: str, settings: Settings) -> str:
    """The Set-Cookie line of a new session; an empty secret ends it."""
    return set_cookie(SESSION_COOKIE, secret, settings.secure, max_age_s=settings.session_days * 86400 if secret else 0)


def notice_cookie(notices: list[tuple[str, str]], settings: Settings) -> str:
    """The Set-Cookie line that shows sentences once on the next page."""
    return set_cookie(NOTICE_COOKIE, quote(json.dumps(notices)), settings.secure, max_age_s=60)


def notices_in(cookies: dict[str, str]) -> list[tuple[str, str]]:
    try:
        found = json.loads(unquote(cookies.get(NOTICE_COOKIE, "[]")))
        return [(kind, str(words)[:500]) for kind, words in found if kind in NOTICE_KINDS][:5]
    except (ValueError, TypeError, RecursionError):
        return []
