"""Of several hosts, one that has vanished keeps no connection from the next: pool, lock, listening, client programs."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from plenaria.core.storage.database import Database, InUse, alone, in_use
from plenaria.core.storage.database.backup import backup
from plenaria.core.storage.outbox import waking

pytestmark = pytest.mark.parametrize("dialect", ["postgres"])


@pytest.fixture
def vanished(tmp_path: Path) -> Iterator[Path]:
    """The folder of a host that takes connections and never answers."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / ".s.PGSQL.5432"))
        silent.listen()
        yield tmp_path


@pytest.fixture
def behind(vanished: Path, empty_engine_url: str) -> Database:
    """A database whose address names the vanished host before the one that answers."""
    return Database(empty_engine_url.replace("host=", f"host={vanished},") + "&connect_timeout_s=0.3")


async def test_the_lock_is_taken_on_the_host_that_answers(behind: Database) -> None:
    async with asyncio.timeout(10), in_use(behind):
        with pytest.raises(InUse):
            async with alone(behind):
                pass


async def test_a_worker_listens_on_the_host_that_answers(behind: Database) -> None:
    stop = asyncio.Event()
    await behind.open()
    with waking.bell() as rung:
        listening = asyncio.create_task(waking.listen(stop=stop))
        async with asyncio.timeout(8):
            await rung.wait()
        stop.set()
        await listening
    await behind.close()


async def test_a_backup_is_made_from_the_host_that_answers(behind: Database, tmp_path: Path) -> None:
    async with asyncio.timeout(30):
        await backup(behind, tmp_path / "backup")

    assert (tmp_path / "backup").stat().st_size > 0
