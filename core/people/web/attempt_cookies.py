"""The cookie of a browser that began something (`services.attempts`): one for each kind, minutes of life."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from plenaria.core.kernel.settings import Settings


def attempt_cookie(kind: str, secret: str, settings: Settings, *, minutes: int) -> Cookie:
    """Lax: the way back from a provider is a navigation that another site began. An empty secret ends it."""
    return Cookie(
        key=_name(kind, settings),
        value=secret,
        path="/",
        max_age=minutes * 60 if secret else 0,
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def attempt_secret(request: Request[Any, Any, Any], kind: str, settings: Settings) -> str:
    """What this browser was given, or "". Other sites' odd cookies beside it spoil nothing."""
    parts = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return next((value for name, _, value in parts if name == _name(kind, settings)), "")


def _name(kind: str, settings: Settings) -> str:
    """`__Host-`: a sibling site of the same domain cannot set it."""
    return f"{'__Host-' if settings.secure else ''}plenaria_{kind}"
