"""Rendered bytes of public pages and feeds, kept in the process: made once, handed to everybody who would get the same.

Never a response with cookies, and never a page of somebody who is signed in: the frame around it is theirs.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from litestar import Request, Response
from msgspec import Struct

from plenaria.core.host.visit import Visit
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import Database, current
from plenaria.core.web.conditional import etag_of, is_fresh

MOST: Final = 400
"""Renderings kept in one process; the least recently asked for goes first. A day of 250 sessions is about 200 kB."""


class Rendering(Struct, frozen=True):
    """A body with its ETag."""

    body: bytes
    etag: str


_kept: WeakKeyDictionary[Database, OrderedDict[Hashable, Rendering]] = WeakKeyDictionary()


def kept(key: Hashable) -> Rendering | None:
    """The rendering made for the same key, if it is still there."""
    renderings = _kept.get(current())
    found = renderings.get(key) if renderings is not None else None
    if found is not None and renderings is not None:
        renderings.move_to_end(key)
    return found


def keep(key: Hashable, body: bytes) -> Rendering:
    """Keep a body for the next who asks."""
    renderings = _kept.setdefault(current(), OrderedDict())
    made = renderings[key] = rendering(body)
    if len(renderings) > MOST:
        renderings.popitem(last=False)
    return made


def rendering(body: bytes) -> Rendering:
    """A body with an ETag that is the same for the same bytes, on every host."""
    return Rendering(body, etag_of(body))


def is_everybodys(visit: Visit, event: EventView) -> bool:
    """Whether what this caller gets is what every visitor gets."""
    return visit.person is None and not visit.notices and event.is_public


def answer(
    request: Request[Any, Any, Any], made: Rendering, *, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """200 with the body, or 304 for a client that has it (RFC 9110, section 13.1.2)."""
    sent = {**headers, "ETag": made.etag}
    if is_fresh(request.headers.get("if-none-match", ""), made.etag):
        return Response(b"", status_code=304, media_type=media_type, headers=sent)
    return Response(made.body, media_type=media_type, headers=sent)
