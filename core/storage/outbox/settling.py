"""Deliveries written down together: those that end while a statement runs go into the next one."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.outbox import claiming
from plenaria.core.storage.outbox.claiming import Line, settle_delivered

AGAIN_S: float = 1.0
"""Pause before it is tried again while the database is away."""


class Settlements:
    """The delivered lines of one stream. A commit for each would cost more than the mail."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ended: dict[int, str] = {}
        self._lock = asyncio.Lock()

    async def delivered(self, line: Line, kept: str) -> None:
        """Returns once it is written that the line was delivered, and what is kept of it.

        While the database is away it is tried again as long as the lease holds: else the mail would go out twice.
        """
        self._ended[line["id"]] = kept
        try:
            while not await self._is_written(line):  # noqa: ASYNC110 - it asks the database
                await asyncio.sleep(AGAIN_S)
        finally:
            self._ended.pop(line["id"], None)

    async def _is_written(self, line: Line) -> bool:
        try:
            async with self._lock:
                if line["id"] in self._ended:
                    await self._write()
        except Unavailable:
            if time.monotonic() - line["taken_at_s"] > claiming.LEASE_S:
                raise
            return False
        return True

    async def _write(self) -> None:
        together, self._ended = self._ended, {}
        try:
            await settle_delivered(together, now=self._now())
        except BaseException:
            self._ended = together | self._ended
            raise
