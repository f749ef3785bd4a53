"""The fixtures of the test kit. Each test that asks for one of them runs twice: `[sqlite]` and `[postgres]`.

None is used automatically, and whatever is heavy is imported when one is asked for. Where PostgreSQL's programs are missing, its
half is skipped and the run ends with a line that says NOT RUN; with `CI=true` it fails.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from plenaria.testing.programs import lines_not_run

if TYPE_CHECKING:
    from plenaria.core.storage.database import Database
    from plenaria.testing.databases import PostgresCluster
    from plenaria.testing.site import Site


@pytest.fixture(params=["sqlite", "postgres"])
def plenaria_dialect(request: pytest.FixtureRequest) -> str:
    """The engine of this run of the test; `parametrize("plenaria_dialect", ["sqlite"])` runs it on one."""
    return str(request.param)


@pytest.fixture(scope="session")
def plenaria_postgres() -> "Iterator[PostgresCluster]":
    """A private PostgreSQL, started once per run (per worker with pytest-xdist)."""
    from plenaria.testing.databases import PostgresCluster

    cluster = PostgresCluster.of_this_machine()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def plenaria_migrated_postgres(plenaria_postgres: "PostgresCluster") -> str:
    """The name of a migrated database to be copied; nobody connects to it afterwards."""
    from plenaria.testing.databases import make_tables

    make_tables(plenaria_postgres.create("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def plenaria_migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to be copied."""
    from plenaria.testing.databases import make_tables

    path = tmp_path_factory.mktemp("storage") / "migrated.sqlite3"
    make_tables(f"sqlite:///{path}?synchronous=OFF")
    return path


@pytest.fixture
def plenaria_url(plenaria_dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of the test's own, with the tables of every installed plugin."""
    if plenaria_dialect == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("plenaria_migrated_sqlite"), path)
        yield f"sqlite:///{path}?synchronous=OFF"
        return
    cluster: PostgresCluster = request.getfixturevalue("plenaria_postgres")
    yield from cluster.copies(request.getfixturevalue("plenaria_migrated_postgres"))


@pytest.fixture
def plenaria_empty_url(plenaria_dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if plenaria_dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}?synchronous=OFF"
        return
    yield from request.getfixturevalue("plenaria_postgres").copies("template0")


@pytest_asyncio.fixture
async def plenaria_database(plenaria_url: str) -> "AsyncIterator[Database]":
    """Open and migrated, with the tables of the core and of every installed plugin bound to it."""
    from plenaria.core.storage.database import Database
    from plenaria.testing.databases import installed_tables

    opened = Database(plenaria_url)
    await opened.open(installed_tables())
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def plenaria_site(plenaria_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "AsyncIterator[Site]":
    """A running site with two events, every installed plugin switched on in both."""
    from plenaria.testing.site import running_site

    async with running_site(plenaria_url, tmp_path, monkeypatch) as site:
        yield site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in lines_not_run(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(line, red=True, bold=True)
