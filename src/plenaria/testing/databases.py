"""Databases for tests: both engines, private, migrated once per run and copied for each test.

`engine_url` is the address of a migrated copy, `empty_engine_url` of an empty database, `database` an open
`Database` on a migrated copy. Each test that asks for one of them runs twice: `[sqlite]` and `[postgres]`.
"""

import asyncio
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

import plenaria.plugins as plugins
from plenaria.core.storage.database import Database, migrate
from tests.programs import not_run

_numbers = count(1)


def installed_apps() -> list[AppConfig]:
    """The Piccolo apps of the core and of every built-in plugin that has tables."""
    rooms = [Path(folder) for folder in plugins.__path__]
    names = sorted(path.parent.name for room in rooms for path in room.glob("*/piccolo_app.py"))
    modules = ["plenaria.core.piccolo_app", *(f"plenaria.plugins.{name}.piccolo_app" for name in names)]
    return [import_module(module).APP_CONFIG for module in modules]


def installed_tables() -> list[type[Table]]:
    return [table for app in installed_apps() for table in app.table_classes]


class PostgresCluster:
    """A private PostgreSQL on a socket in a folder of its own; nothing of it survives the run."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="plenaria-pg-"))
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = _unprivileged_account()
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            self._as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self._folder / "data"
        self._run("initdb", "-D", data, "-U", "plenaria", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        unsafe_but_fast = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
        options = [word for setting in unsafe_but_fast for word in ("-c", setting)]
        self._server = subprocess.Popen(
            [self._programs / "postgres", "-D", data, "-k", self._folder, "-c", "listen_addresses=", *options],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "log").open("wb"),
            **self._as_user,
        )
        deadline_s = time.monotonic() + 30
        ready: list[str | Path] = [self._programs / "pg_isready", "-q", "-h", self._folder]
        while subprocess.run(ready, check=False).returncode:
            if self._server.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)  # fast shutdown
            self._server.wait(timeout=30)
        shutil.rmtree(self._folder, ignore_errors=True)

    def create(self, name: str, *, template: str = "template0") -> str:
        """Makes a database; returns its address."""
        self._run("createdb", "-h", self._folder, "-U", "plenaria", "-T", template, name)
        return f"postgresql://plenaria@/{name}?host={self._folder}"

    def drop(self, name: str) -> None:
        self._run("dropdb", "-h", self._folder, "-U", "plenaria", "--force", name)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], cwd=self._folder, capture_output=True, check=False, **self._as_user
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode()}")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """Started once per run (per worker with pytest-xdist)."""
    cluster = PostgresCluster(_postgres_programs())
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_cluster: PostgresCluster) -> str:
    """The name of a migrated database to be copied; nobody connects to it afterwards."""
    url = postgres_cluster.create("migrated")
    _run_apart(_migrated(url))
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to be copied."""
    path = tmp_path_factory.mktemp("storage") / "migrated.sqlite3"
    _run_apart(_migrated(f"sqlite:///{path}?synchronous=OFF"))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of the test's own."""
    if dialect == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}?synchronous=OFF"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    yield from _postgres_copy(cluster, request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def empty_engine_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}?synchronous=OFF"
        return
    yield from _postgres_copy(request.getfixturevalue("postgres_cluster"), "template0")


@pytest_asyncio.fixture
async def database(engine_url: str) -> AsyncIterator[Database]:
    """Open, migrated, with the tables of the core and all built-in plugins bound to it."""
    opened = Database(engine_url)
    await opened.open(installed_tables())
    yield opened
    await opened.close()


def _postgres_copy(cluster: PostgresCluster, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield cluster.create(name, template=template)
    cluster.drop(name)


async def _migrated(url: str) -> None:
    opened = Database(url)
    await opened.open(installed_tables())
    try:
        await migrate(opened, installed_apps())
    finally:
        await opened.close()


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Runs it in a loop of a thread of its own: the test's loop, if there is one, stays as it is."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:  # raised again in the fixture
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _postgres_programs() -> Path:
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
    on_path = shutil.which("postgres")
    for folder in [*reversed(folders), *([str(Path(on_path).parent)] if on_path else [])]:
        if (Path(folder) / "initdb").exists():
            return Path(folder)
    return not_run("PostgreSQL", "its server programs are not installed")


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return not_run("PostgreSQL", "it cannot run as root, and there is no account postgres or nobody")
