"""What plugins contribute while the service runs, gathered in one guarded place: a failure costs that part alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from prometheus_client import Counter

from plenaria.core.kernel import clock
from plenaria.core.kernel.trouble import Unavailable

PART_WITHIN_S: Final = 5.0
"""How long one part of a shared page or feed may take; what waits longer is left out."""
ENDS_WITHIN_S: Final = 0.5
"""How long one that was cut off may take to tidy up."""
REMEMBERED_FAILURES: Final = 100

FAILURES: Final = Counter("plenaria_plugin_failures_total", "Parts of plugins that failed.", ["plugin", "hook"])

logger = logging.getLogger("plenaria.plugins")


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a part of a plugin failed. `error` is the exception's type: its message may hold personal data."""

    plugin: str
    hook: str
    error: str
    times: int
    first_at: datetime
    last_at: datetime


class Failures:
    """What failed in this process since it started, for the plugins page; counted in /metrics as well."""

    def __init__(self) -> None:
        self.since = clock.now()
        self._seen: dict[tuple[str, str, str], Failure] = {}

    def count(self, plugin: str, hook: str, error: BaseException) -> bool:
        """Count a failure that the caller logs. Whether it is the first of its kind (plugin, hook, type of exception)."""
        kind = (plugin, hook, type(error).__name__[:80])
        before, now = self._seen.pop(kind, None), clock.now()
        FAILURES.labels(plugin, hook).inc()
        times, first_at = (before.times + 1, before.first_at) if before else (1, now)
        self._seen[kind] = Failure(*kind, times, first_at, now)
        if len(self._seen) > REMEMBERED_FAILURES:
            del self._seen[next(iter(self._seen))]
        return before is None

    def note(self, plugin: str, hook: str, error: BaseException) -> None:
        """Count a failure; log it when it is the first of its kind: a broken part of a busy page fails at every visit."""
        if self.count(plugin, hook, error):
            log(plugin, hook, error)

    def latest(self) -> list[Failure]:
        """One of each kind, the one that failed last first."""
        return list(reversed(self._seen.values()))


def log(plugin: str, hook: str, error: BaseException) -> None:
    logger.error("a plugin failed", exc_info=error, extra={"plugin": plugin, "hook": hook})


def is_its_own(error: BaseException) -> bool:
    """Whether a part failed by itself, as opposed to being cut off from outside (a reader who left, a worker that ends)
    or let down by the database."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or not task.cancelling()
    return not isinstance(error, (KeyboardInterrupt, GeneratorExit, Unavailable))


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


async def gather(
    found: Sequence[tuple[str, Any]], hook: str, use: Use, failures: Failures, *, within_s: float | None = None
) -> Gathered:
    """Use each `(plugin, contribution)`, one after another, each in a task of its own.

    A plugin that blocks the event loop without awaiting cannot be cut short; one that awaits too long is.
    """
    parts: list[Part] = []
    failed: list[str] = []
    for plugin, contribution in found:
        value, error = await _outcome_within(within_s or PART_WITHIN_S, use, plugin, contribution)
        if isinstance(error, Unavailable) and error.kind == "unreachable":
            raise error  # nobody's part is missing: there is no page without a database
        if error is not None:
            failures.note(plugin, hook, error)
            failed.append(plugin)
        elif value is not None:
            parts.append(Part(plugin, contribution, value))
    return Gathered(parts, failed)


Outcome = tuple[Any, BaseException | None]
_running: set[asyncio.Task[Outcome]] = set()
"""Kept until they end: a part that was cut off and does not end is nobody else's."""


async def _outcome_within(seconds: float, use: Use, plugin: str, contribution: Any) -> Outcome:
    """What a part gave, or what it failed with; a part that does not end when it is cut off is left to itself."""
    task = asyncio.create_task(_outcome(use, plugin, contribution))
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=ENDS_WITHIN_S)
        return None, TimeoutError()
    return (None, asyncio.CancelledError()) if task.cancelled() else task.result()


async def _outcome(use: Use, plugin: str, contribution: Any) -> Outcome:
    """Whatever a part raises, a SystemExit too, becomes a value here: outside of its task it would end the process."""
    try:
        return await use(plugin, contribution), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error
