"""What plugins contribute while the service runs, gathered in one guarded place: a failure costs that part alone."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from prometheus_client import Counter

from plenaria.core.kernel import clock

PART_WITHIN_S: Final = 5.0
"""How long one part of a shared page or feed may take; what waits longer is left out."""
REMEMBERED_FAILURES: Final = 20

FAILURES: Final = Counter("plenaria_plugin_failures_total", "Parts of plugins that failed.", ["plugin", "hook"])

logger = logging.getLogger("plenaria.plugins")


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of a plugin that failed in this process. `error` is the exception's type: its message may hold personal data."""

    plugin: str
    hook: str
    error: str
    at: datetime


class Failures:
    """The latest failures of this process, for the plugins page; each is also counted. Logging is the caller's."""

    def __init__(self) -> None:
        self._latest: deque[Failure] = deque(maxlen=REMEMBERED_FAILURES)

    def note(self, plugin: str, hook: str, error: BaseException) -> None:
        FAILURES.labels(plugin, hook).inc()
        self._latest.append(Failure(plugin, hook, type(error).__name__, clock.now()))

    def latest(self) -> list[Failure]:
        """The newest first."""
        return list(reversed(self._latest))


class Part(NamedTuple):
    """What one contribution of a plugin gave."""

    plugin: str
    contribution: Any
    value: Any


class Gathered(NamedTuple):
    """The parts in the plugins' order, and the plugins of which a part is missing because it failed."""

    parts: list[Part]
    failed: list[str]

    @property
    def values(self) -> list[Any]:
        return [part.value for part in self.parts]


Use = Callable[[str, Any], Awaitable[Any]]
"""`(plugin, contribution)` → what is gathered; None is left out."""


async def gather(found: Sequence[tuple[str, Any]], hook: str, use: Use, failures: Failures) -> Gathered:
    """Use each `(plugin, contribution)`, one after another: they may share the caller's connection.

    A plugin that blocks the event loop without awaiting cannot be cut short; one that awaits too long is.
    """
    parts: list[Part] = []
    failed: list[str] = []
    for plugin, contribution in found:
        try:
            async with asyncio.timeout(PART_WITHIN_S):
                value = await use(plugin, contribution)
        except Exception as error:
            logger.exception("a part of a plugin failed", extra={"plugin": plugin, "hook": hook})
            failures.note(plugin, hook, error)
            failed.append(plugin)
        else:
            if value is not None:
                parts.append(Part(plugin, contribution, value))
    return Gathered(parts, failed)
