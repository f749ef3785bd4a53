"""Faults put in while orders come: afterwards every order is there once, with its seat and its line in the record."""

import asyncio
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from plenaria.core.app.jobs import all_jobs
from plenaria.core.storage import readiness
from plenaria.plugins.registration.tables import OrderRow
from plenaria.testing.site import Site, running_site
from tests.attack.conftest import FAST
from tests.attack.rush import SEATS, open_sale, order, order_until_answered, violations
from tests.plugins.registration.orders import MEMBER, attendee, place, sell
from tests.servers import PostgresServer

BUYERS = SEATS + 3


@pytest.mark.parametrize("mood", ["fast", "immediate", "killed", "frozen"])
async def test_every_order_is_there_once_after_the_server_was_away(
    fragile_site: Site, server: PostgresServer, mood: str
) -> None:
    await open_sale(fragile_site)
    seen: Counter[int] = Counter()
    buyers = [asyncio.create_task(order_until_answered(fragile_site, number, seen)) for number in range(BUYERS)]
    await asyncio.sleep(0.05)

    await asyncio.to_thread(_away, server, mood)
    await asyncio.gather(*buyers, *(order_until_answered(fragile_site, number, seen) for number in range(3)))

    assert set(seen) <= {201, 409, 503}
    assert seen[201] >= SEATS
    assert await OrderRow.count() == SEATS
    assert await violations(fragile_site) == []


def _away(server: PostgresServer, mood: str) -> None:
    if mood == "frozen":
        server.freeze()
        _sleep()
        server.thaw()
        return
    if mood == "killed":
        server.kill()
    else:
        server.stop(signal.SIGINT if mood == "fast" else signal.SIGQUIT)
    _sleep()
    server.start(fsync="off")


def _sleep() -> None:
    import time

    time.sleep(1.0)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
async def test_a_full_disk_is_503_until_there_is_room_again(
    dialect: str,
    request: pytest.FixtureRequest,
    small_disk: Callable[[int], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "WRITE_EVERY_S", -1.0)
    full = Full(small_disk(8 if dialect == "sqlite" else 140))
    server = PostgresServer(below=full.folder) if dialect == "postgres" else None
    try:
        if server is None:
            shutil.copy(request.getfixturevalue("plenaria_migrated_sqlite"), full.folder / "house.sqlite3")
            url = f"sqlite:///{full.folder}/house.sqlite3"
        else:
            url = server.initialise().start(**SMALL).migrated("full") + FAST
        async with running_site(url, tmp_path, monkeypatch) as fragile_site:
            await open_sale(fragile_site)
            client = fragile_site.visitor()
            full.fill()
            refused = [await order(fragile_site, client, number) for number in range(4)]
            ready = await client.get("/readyz")
            full.make_room()
            if server is not None and not server.is_running:  # it ends itself when its log cannot be written
                server.start(**SMALL)
            seen: Counter[int] = Counter()
            await asyncio.gather(*(order_until_answered(fragile_site, number, seen) for number in range(BUYERS)))

            assert {answer.status_code for answer in refused} == {503}
            assert {answer.json()["errors"][0]["code"] for answer in refused} == {"busy"}
            assert (ready.status_code, (await client.get("/readyz")).status_code) == (503, 200)
            assert seen[201] == SEATS
            assert await violations(fragile_site) == []
    finally:
        if server is not None:
            server.remove()


SMALL = {"fsync": "off", "max_wal_size": "4MB", "min_wal_size": "2MB", "shared_buffers": "8MB"}


class Full:
    """A file system that can be filled to its last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("ab", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(b"\0" * 4096)

    def make_room(self) -> None:
        self._filler.unlink()


async def test_a_clock_that_jumps_two_days_ahead_and_back_changes_nothing(fragile_site: Site) -> None:
    await sell(fragile_site.event, MEMBER)
    await place(fragile_site.event, attendee("member"), submission="before")
    await _run_every_job(fragile_site)
    at_home = fragile_site.now

    fragile_site.now = at_home + timedelta(days=2)
    await _run_every_job(fragile_site)
    fragile_site.now = at_home
    await place(fragile_site.event, attendee("member"), submission="after")
    await _run_every_job(fragile_site)

    assert {row["state"] for row in await OrderRow.select(OrderRow.state)} == {"awaiting_payment"}
    assert await violations(fragile_site) == []


async def _run_every_job(fragile_site: Site) -> None:
    for _, jobs in all_jobs():
        for job in jobs:
            await job.run(now=fragile_site.now)
