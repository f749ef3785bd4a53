"""Query parameters that an operation does not have are refused by name: a misspelt filter would answer with everything."""

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from plenaria.core.web.security.headers import API

EVERYWHERE: Final = {"lang": False}
"""The language of the answer, understood at every address."""

MOST_SHOWN: Final = 10
"""Wrong parameters that are named; each may have as many characters as `MOST_NAMED` says."""
MOST_NAMED: Final = 50

Known = dict[str, bool]
"""The names of an operation's query parameters; whether each may stand several times."""


class StrictParameters:
    """A guard of the whole application; looks at nothing but the addresses of the API."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises `ValidationException` (400) with one error for each parameter that is unknown or repeated."""
        scope: Any = connection.scope
        if not scope.get("query_string") or not scope["path"].startswith(API):
            return
        self._known = self._known or dict(_known_by_operation(connection.app))
        known = self._known.get((scope["path_template"], scope["method"]))
        if known is not None and (wrong := list(islice(_wrong(scope["query_string"], known), MOST_SHOWN))):
            raise ValidationException(extra=wrong)


def _known_by_operation(app: Litestar) -> Iterator[tuple[tuple[str, str], Known]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (_, model) in route.route_handler_map.items():
                named = {each.field_alias: each.is_sequence for each in model.expected_query_params}
                yield (route.path_format, str(method)), {**EVERYWHERE, **named}


def _wrong(query: bytes, known: Known) -> Iterator[dict[str, Any]]:
    names = Counter(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    for name, times in names.items():
        if name not in known:
            yield _unknown(name[:MOST_NAMED], known)
        elif times > 1 and not known[name]:
            yield {"key": name, "code": "repeated_parameter", "facts": {}}


def _unknown(name: str, known: Known) -> dict[str, Any]:
    meant = get_close_matches(name, known, 1)
    return {"key": name, "code": "unknown_parameter", "facts": {"meant": meant[0]} if meant else {}}
