"""Whether the database can serve: it answers, has the right schema, and takes a write. Always answered in time."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from piccolo.conf.apps import AppConfig

from plenaria.core.kernel import clock
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database import Database, schema_difference
from plenaria.core.storage.readiness.tables import Probe

WITHIN_S: Final = 1.5
"""What has not answered by then counts as not ready; who asks gets the answer within 2 s."""
WRITE_EVERY_S: Final = 3.0
"""A write that succeeded is good for so long, however often somebody asks."""
DRAINING: Final = "the process is stopping"

_WORDS: Final = {
    "unreachable": "the database cannot be reached",
    "timeout": "the database takes too long",
    "pool": "no connection to the database is free",
    "lock_wait": "another process holds up every write",
    "disk_full": "the database's disk is full",
    "storage": "the database cannot read or write its disk",
    "read_only": "the database takes no writes (a standby?)",
    "resources": "the database has no memory left",
}


class Readiness:
    """Looks at one database; several who ask at once share one look, and one that hangs is not joined by a second."""

    def __init__(self, database: Database, apps: Sequence[AppConfig]) -> None:
        self.draining = False
        self._database = database
        self._apps = apps
        self._looking: asyncio.Task[list[str]] | None = None
        self._written_s = -WRITE_EVERY_S

    async def reasons(self) -> list[str]:
        """What keeps this process from serving, a sentence each; [] when nothing does. Never raises."""
        if self.draining:
            return [DRAINING]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        # Not a time limit on the look itself: cancelling a query of a server that stands still takes its time as well.
        done, _ = await asyncio.wait({self._looking}, timeout=WITHIN_S)
        return self._looking.result() if done else [_WORDS["timeout"]]

    async def _look(self) -> list[str]:
        try:
            if difference := await schema_difference(self._database, self._apps):
                return difference
            await self._write()
        except Unavailable as trouble:
            return [_WORDS.get(trouble.kind, _WORDS["timeout"])]
        except Exception:  # whatever it is, the answer is "not ready"; what it says may hold a secret
            return ["the database does not answer as it should"]
        return []

    async def _write(self) -> None:
        if time.monotonic() - self._written_s < WRITE_EVERY_S:
            return
        await Probe.raw(
            "INSERT INTO core_probe (id, written_at) VALUES (1, {}) "
            "ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at",
            clock.now(),
        )
        self._written_s = time.monotonic()
