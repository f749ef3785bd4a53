"""A server of their own for tests that break it, and what must be true after each of them."""

import itertools
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from plenaria.testing.site import Site, running_site
from tests.programs import not_run
from tests.servers import PostgresServer

FAST = "?command_timeout_s=3&statement_timeout_s=2&lock_timeout_s=0.5&acquire_timeout_s=0.5&connect_timeout_s=0.5&pool_max=3"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """With a migrated database to be copied."""
    found = PostgresServer()
    try:
        found.initialise().start(fsync="off").migrated("migrated")
        yield found
    finally:
        found.remove()


@pytest.fixture
def url(server: PostgresServer) -> str:
    return server.create(f"trouble_{next(_numbers)}", template="migrated") + FAST


@pytest_asyncio.fixture
async def fragile_site(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with running_site(url, tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], Path]]:
    """A file system of so many MB. Only root may mount one."""
    mounted: list[Path] = []

    def mount(size_mb: int) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="plenaria-disk-"))
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0777", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
            not_run("a small file system", "only root may mount a tmpfs, and not in every container")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
        folder.rmdir()
