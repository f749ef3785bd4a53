"""Waking a worker for a new line: at once in its own process, and through PostgreSQL in another one.

SQLite has nothing of the kind: there a worker of another process sees the line when it looks again.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakSet

import asyncpg

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database import Transaction, current, transaction
from plenaria.core.storage.database.postgres import PooledPostgresEngine

logger = logging.getLogger("plenaria.outbox")

CHANNEL: Final = "plenaria_outbox"
RECONNECT_S: float = 5.0

_bells: set[asyncio.Event] = set()
_announced: "WeakSet[Transaction]" = WeakSet()


@contextmanager
def bell() -> Iterator[asyncio.Event]:
    """An event that is set whenever there may be something new."""
    own = asyncio.Event()
    _bells.add(own)
    try:
        yield own
    finally:
        _bells.discard(own)


def ring() -> None:
    """Wake the workers of this process."""
    for each in _bells:
        each.set()


async def announce(running: Transaction) -> None:
    """Wake a worker once the transaction has committed: this process's own, else those that `listen`."""
    running.after_commit(ring)
    if not _bells and running not in _announced and current().dialect == "postgres":
        _announced.add(running)
        await current().fetch("SELECT pg_notify($1, '')", CHANNEL)


async def wake_after_commit() -> None:
    """`announce` in the open transaction, for lines that were not written by this module's neighbours."""
    async with transaction() as running:
        await announce(running)


async def listen(*, stop: asyncio.Event) -> None:
    """Ring for the lines of other processes until `stop` is set; at once done where the database is no PostgreSQL.

    The connection is one of its own, not the pool's: a pooled one may be cleaned and lent to somebody else. While it is
    down, workers still look every few seconds.
    """
    engine = current().engine
    if not isinstance(engine, PooledPostgresEngine):
        return
    while not stop.is_set():
        try:
            await _listen_until_lost(engine, stop)
        except (OSError, TimeoutError, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("not woken by other processes for now", extra={"error": type(error).__name__})
        await pause(stop, seconds=RECONNECT_S)


async def _listen_until_lost(engine: PooledPostgresEngine, stop: asyncio.Event) -> None:
    connection = await engine.connect_aside(server_settings={"application_name": "plenaria listening"})
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    try:
        await connection.add_listener(CHANNEL, lambda *_: ring())
        ring()  # for what was committed while nobody listened
        await pause(stop, lost)
    finally:
        await connection.close(timeout=5)


async def pause(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Until one of the events is set or the time is over."""
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
