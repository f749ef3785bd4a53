"""PostgreSQL servers that a test may stop, freeze, kill, copy and promote: each in a folder and on a port of its own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from plenaria.testing.databases import _postgres_programs, _unprivileged_account, make_tables


class PostgresServer:
    """A server on a host (loopback, or an address in a namespace of the test's), trusting everybody who reaches it.

    `below`: its folder is made there.
    `within` is what a command line begins with to run in that namespace: `("ip", "netns", "exec", "name")`.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, within: Sequence[str] = (), below: Path | None = None
    ) -> None:
        self.host = host
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="plenaria-pg-", dir=below))
        self._within = list(within)
        self._programs = _postgres_programs()
        self._server: subprocess.Popen[bytes] | None = None
        self._user = ""
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = _unprivileged_account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._user = account.pw_name

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, name: str) -> str:
        return f"postgresql://plenaria@{self.host}:{self.port}/{name}"

    def initialise(self) -> Self:
        small = "--wal-segsize=1"
        names = ("-U", "plenaria", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.run("initdb", "-D", self.data, *names, "--no-sync", small)
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n")
        return self

    def copy_of(self, primary: "PostgresServer", name: str) -> Self:
        """Make this one a standby of a running primary, which knows it by that name."""
        source = f"host={primary.host} port={primary.port} user=plenaria application_name={name}"
        self.run("pg_basebackup", "-D", self.data, "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return self

    def start(self, **settings: str) -> Self:
        given = {"listen_addresses": self.host, "port": str(self.port), "max_connections": "60", **settings}
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.data), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self._within, *self._as_user(), *command],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()
        return self

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def create(self, name: str, *, template: str = "template0") -> str:
        self.run("createdb", "-h", self.folder, "-p", str(self.port), "-U", "plenaria", "-T", template, name)
        return self.url(name)

    def migrated(self, name: str) -> str:
        """The address of a new database with every installed plugin's tables; to be called without `within`."""
        url = self.create(name)
        make_tables(url)
        return url

    def ask(self, name: str, sql: str) -> str:
        """What `psql` prints for one statement, asked past the network."""
        return self.run(
            "psql", "-h", self.folder, "-p", str(self.port), "-U", "plenaria", "-d", name, "-XAtq", "-c", sql
        ).strip()

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-D", self.data, "-w", "-t", "30")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: immediate, without a checkpoint."""
        if self._server is not None and self.is_running:
            os.kill(self._postmaster(), how)
            self._server.wait(timeout=30)

    def kill(self) -> None:
        """`kill -9` of the server and of every process that serves a connection."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(timeout=30)

    def freeze(self) -> None:
        """SIGSTOP: connections are taken by the system, and nothing is ever answered."""
        os.killpg(self._pgid(), signal.SIGSTOP)
        for child in self._children():
            os.kill(child, signal.SIGSTOP)

    def thaw(self) -> None:
        for child in self._children():
            os.kill(child, signal.SIGCONT)
        os.killpg(self._pgid(), signal.SIGCONT)

    def remove(self) -> None:
        if self.is_running:
            self.thaw()
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *arguments: str | Path) -> str:
        command = [*self._within, *self._as_user(), str(self._programs / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False, text=True)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")
        return done.stdout

    def _as_user(self) -> list[str]:
        return ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"] if self._user else []

    def _postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def _pgid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def _children(self) -> list[int]:
        """The server's processes make groups of their own."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self._postmaster())], capture_output=True, check=False
        )
        return [int(line) for line in found.stdout.split()]

    def _wait_until_ready(self) -> None:
        ready = [str(self._programs / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        deadline_s = time.monotonic() + 30
        while subprocess.run(ready, check=False).returncode:
            if self._server is None or self._server.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: Any = found.getsockname()[1]
        return int(port)
