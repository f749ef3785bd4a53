"""Events as last seen by this process, for public pages: at most `FRESH_S` old, and never used for a write.

A write in this process is seen at once; one in another process within `FRESH_S`.
"""

import time
from typing import Final

from plenaria.core.events import queries
from plenaria.core.kernel.values import EventView

FRESH_S: Final = 1.0

_seen: dict[str, tuple[float, EventView]] = {}


async def find_event(slug: str, *, fresh: bool) -> EventView | None:
    """The event as it is stored now (`fresh`), else as this process last saw it."""
    return await (queries.event_by_slug(slug) if fresh else event_by_slug(slug))


async def event_by_slug(slug: str) -> EventView | None:
    """The event, from memory when it was read less than `FRESH_S` ago."""
    found = _seen.get(slug)
    if found and time.monotonic() - found[0] < FRESH_S:
        return found[1]
    asked_at = time.monotonic()
    event = await queries.event_by_slug(slug)
    if event is not None:
        _seen[slug] = (asked_at, event)
    return event


def forget(slug: str | None = None) -> None:
    """Read it anew next time (None: all events)."""
    if slug is None:
        _seen.clear()
    else:
        _seen.pop(slug, None)
