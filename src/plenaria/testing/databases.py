"""Databases for tests: both engines, private, migrated once per run and copied for each test (`plenaria.testing.fixtures`)."""

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
from collections.abc import Coroutine, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from plenaria.core.host.plugins import PluginHost
from plenaria.core.storage.database import Database, migrate
from plenaria.testing.programs import not_run

_numbers = count(1)


@cache
def _installed() -> PluginHost:
    return discovered()


def discovered() -> PluginHost:
    """The installed plugins. A test of a plugin that is left out would pass for the wrong reason: that fails."""
    host = PluginHost.discover()
    if host.broken:
        broken = "\n".join(f"  {name}: {each.error}" for name, each in host.broken.items())
        pytest.fail(f"These plugins could not be loaded:\n{broken}", pytrace=False)
    return host


def installed_apps() -> list[AppConfig]:
    """The Piccolo apps of the core and of every installed plugin that has tables."""
    return _installed().apps()


def installed_tables() -> list[type[Table]]:
    return _installed().tables()


def make_tables(url: str) -> None:
    """Apply every migration, in a loop of a thread of its own: the test's loop, if there is one, stays as it is."""
    _run_apart(_migrated(url))


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

    @classmethod
    def of_this_machine(cls) -> "PostgresCluster":
        """Not started yet. Without PostgreSQL's programs the test does not go on: NOT RUN."""
        return cls(_postgres_programs())

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

    def copies(self, template: str) -> Iterator[str]:
        """Gives the address of a copy once, and drops it afterwards: the body of a fixture."""
        name = f"test_{next(_numbers)}"
        yield self.create(name, template=template)
        self.drop(name)

    def drop(self, name: str) -> None:
        self._run("dropdb", "-h", self._folder, "-U", "plenaria", "--force", name)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], cwd=self._folder, capture_output=True, check=False, **self._as_user
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.decode()}")


async def _migrated(url: str) -> None:
    opened = Database(url)
    await opened.open(installed_tables())
    try:
        await migrate(opened, installed_apps())
    finally:
        await opened.close()


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
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
