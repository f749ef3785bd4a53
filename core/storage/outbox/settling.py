"""Deliveries written down together: those that end while a statement runs go into the next one."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from plenaria.core.storage.outbox.claiming import settle_delivered


class Settlements:
    """The delivered lines of one stream. A commit for each would cost more than the mail."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ended: dict[int, str] = {}
        self._lock = asyncio.Lock()

    async def delivered(self, line: int, kept: str) -> None:
        """Returns once it is written that the line was delivered, and what is kept of it."""
        self._ended[line] = kept
        async with self._lock:
            if line in self._ended:
                together, self._ended = self._ended, {}
                await settle_delivered(together, now=self._now())
