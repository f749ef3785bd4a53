"""What deploy/, the Dockerfile and compose.yaml say is true: commands, settings, files, and what the programs make of them."""

import configparser
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from plenaria.core import cli
from plenaria.core.kernel.settings import Settings
from tests.programs import require_program

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "plenaria"}
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
NGINX = (ROOT / "deploy" / "nginx" / "plenaria.conf").read_text(encoding="utf-8")
PRODUCTION = (ROOT / "docs" / "developer" / "production.md").read_text(encoding="utf-8")


class Unit(configparser.RawConfigParser):
    """A unit file; of a key that stands twice, the last."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None)
        self.read(path, encoding="utf-8")

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def instructions(name: str) -> list[str]:
    """What follows each `NAME` of the Dockerfile, with its continued lines."""
    return re.findall(rf"^{name} (.+)$", DOCKERFILE.replace("\\\n", " "), re.MULTILINE)


# ------------------------------------------------------------------------------------------------ commands


def commands() -> list[list[str]]:
    """Every call of `plenaria`, without its name."""
    calls = [json.loads(each) for each in instructions("CMD")]
    calls += [service["command"] for service in OURS.values()]
    calls += [shlex.split(Unit(path)["Service"]["ExecStart"])[1:] for path in UNITS]
    calls += [shlex.split(call) for call in re.findall(r"docker compose run --rm server ([^\n#]+)", PRODUCTION)]
    return calls + [
        shlex.split(call) for call in re.findall(r"runuser -u plenaria -- \S+/plenaria ([^\n#]+)", PRODUCTION)
    ]


def parse(words: list[str]) -> None:
    """As the command line would, without carrying it out. Raises click's errors."""
    command: click.Command = cli.main
    while isinstance(command, click.Group):
        name, *words = words
        if name not in command.commands:
            raise click.UsageError(f"there is no command {name}")
        command = command.commands[name]
    command.make_context(name, words)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_can_be_called_so(words: list[str]) -> None:
    parse(words)


@pytest.mark.parametrize(
    "words",
    [["surve"], ["serve", "--prot", "80"], ["serve", "--port", "http"], ["worker", "now"], ["person", "invite"]],
)
def test_a_wrong_command_is_seen(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(words)


def test_there_are_a_server_a_worker_and_a_migration() -> None:
    assert {name: service["command"][0] for name, service in OURS.items()} == {
        "migrate": "migrate",
        "server": "serve",
        "worker": "worker",
    }
    assert [Unit(path)["Service"]["ExecStart"].split()[1] for path in UNITS] == ["worker", "serve"]
    for call in ([*OURS["server"]["command"]], Unit(UNITS[1])["Service"]["ExecStart"].split()):
        assert "--no-worker" in call, "a worker of its own stands beside it"


# ------------------------------------------------------------------------------------------------ settings


def settings_in_the_environment() -> set[str]:
    names = {"PLENARIA_CONFIG"}
    for field in msgspec.structs.fields(Settings):
        inner = field.type if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct) else None
        own = f"PLENARIA_{field.name.upper()}"
        names |= {f"{own}__{each.name.upper()}" for each in msgspec.structs.fields(inner)} if inner else {own}
    return names


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "Dockerfile",
        ROOT / "compose.yaml",
        *sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file()),
    ],
    ids=lambda path: path.name,
)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"PLENARIA_\w+", path.read_text(encoding="utf-8")))

    assert named - settings_in_the_environment() == set()


def test_the_file_of_secrets_has_every_variable_that_compose_asks_for() -> None:
    text = (ROOT / "deploy" / "compose.env").read_text(encoding="utf-8")
    asked = re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8"))

    assert set(re.findall(r"^(\w+)=", text, re.MULTILINE)) == set(asked)
    assert re.findall(r"^(\w*PASSWORD)=(.+)$", text, re.MULTILINE) == [], "an example password is soon a real one"


# -------------------------------------------------------------------------------------------------- the image


def test_what_the_image_copies_is_there() -> None:
    sources = [source for each in instructions("COPY") if "--from=" not in each for source in each.split()[:-1]]

    assert sources != []
    assert [source for source in sources if not (ROOT / source).exists()] == []


def wheel_of(tree: Path, folder: Path) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        folder,
        ".",
    ]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return sorted(zipfile.ZipFile(wheel).namelist())


def copied(names: list[str], folder: Path) -> Path:
    """These files and folders of the checkout, without what building or running left there."""
    folder.mkdir()
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for path in (ROOT / name for name in names):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, symlinks=True, ignore=leave_out)
        elif path.exists():
            shutil.copy(path, folder)
    return folder


def test_the_image_sees_all_that_the_wheel_is_made_of(tmp_path: Path) -> None:
    """.dockerignore lets in what it names; a package that it forgets would be missing in the image alone."""
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    everything = sorted({line.split("/")[0] for line in listed.splitlines()})

    in_the_image = wheel_of(copied(let_in, tmp_path / "image"), tmp_path / "a")

    assert in_the_image == wheel_of(copied(everything, tmp_path / "whole"), tmp_path / "b")
    assert any(name.endswith("plugins/agenda/plugin.py") for name in in_the_image)


def test_the_container_is_nobody_and_says_how_it_is() -> None:
    *_, last_user = instructions("USER")
    (health,) = instructions("HEALTHCHECK")
    (serve,) = [json.loads(each) for each in instructions("CMD")]

    assert last_user not in ("root", "0")
    assert f"http://127.0.0.1:{serve[serve.index('--port') + 1]}/healthz" in health


# ------------------------------------------------------------------------------------------------ compose


def test_only_the_proxy_of_the_same_host_reaches_the_server() -> None:
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}

    assert ports.pop("server") == ["127.0.0.1:8000:8000"]
    assert not any(ports.values())
    assert (
        COMPOSE["networks"]["inside"]["ipam"]["config"][0]["gateway"]
        == OURS["server"]["environment"]["PLENARIA_TRUSTED_PROXIES"]
    )


def test_nothing_serves_before_the_schema_is_there() -> None:
    waits = {name: service["depends_on"] for name, service in OURS.items()}

    migrated = {"migrate": {"condition": "service_completed_successfully"}}
    assert waits == {"migrate": {"database": {"condition": "service_healthy"}}, "server": migrated, "worker": migrated}
    assert OURS["migrate"]["restart"] == "no"


def test_no_secret_stands_in_the_file() -> None:
    secret = {
        name: str(value)
        for service in COMPOSE["services"].values()
        for name, value in service["environment"].items()
        if re.search("PASSWORD|DATABASE$", name)
    }

    assert len(secret) == 3
    assert all(re.search(r"\$\{\w*PASSWORD(:\?|:-\})", value) for value in secret.values()), secret
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


# ------------------------------------------------------------------------------------------------ systemd


@pytest.fixture
def systemd_analyze() -> str:
    return require_program("systemd-analyze", "systemd-analyze")


def test_systemd_takes_the_units(systemd_analyze: str, tmp_path: Path) -> None:
    for path in UNITS:
        command = Path(sys.executable).with_name("plenaria")
        text = path.read_text(encoding="utf-8").replace("/opt/plenaria/bin/plenaria", str(command))
        (tmp_path / path.name).write_text(text, encoding="utf-8")

    run = subprocess.run(
        [systemd_analyze, "verify", "--man=no", *map(str, tmp_path.glob("*.service"))],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
        check=False,
    )

    ours = [line for line in run.stderr.splitlines() if "plenaria" in line]
    assert (run.returncode, ours) == (0, [])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_locked_in(systemd_analyze: str, path: Path) -> None:
    """systemd's own judgement: 100 is bare, a unit without a line of protection has 96."""
    command = [systemd_analyze, "security", "--offline=true", "--threshold=25", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_the_units_differ_in_nothing_but_what_they_run() -> None:
    worker, server = (dict(Unit(path)["Service"]) for path in UNITS)

    assert {key for key in worker.keys() | server.keys() if worker.get(key) != server.get(key)} == {"ExecStart"}


# -------------------------------------------------------------------------------------------------- nginx


@pytest.fixture
def upstream() -> Iterator["Upstream"]:
    with Upstream() as served:
        yield served


class Upstream:
    """Stands where Plenaria would: keeps the head of each request, then waits for its body and answers."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.has_head = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def __enter__(self) -> "Upstream":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                head, _, body = received.partition(b"\r\n\r\n")
                self.heads.append(head.decode())
                self.has_head.set()
                wanted = int((re.search(rb"(?i)content-length: (\d+)", head) or [b"", b"0"])[1])
                while len(body) < wanted:
                    body += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@pytest.fixture
def proxy(tmp_path: Path, upstream: Upstream) -> Iterator[int]:
    """nginx with the example, on a port of its own and without TLS, in front of `upstream`."""
    nginx = require_program("nginx", "nginx", "/usr/sbin/nginx")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    example = re.sub(r"^server \{\n    listen 80;.*?^\}\n", "", NGINX, flags=re.MULTILINE | re.DOTALL)
    example = re.sub(r"^    (listen \[|ssl_).*\n", "", example, flags=re.MULTILINE)
    example = example.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    config = _wrapped(example.replace("127.0.0.1:8000", f"127.0.0.1:{upstream.port}"), tmp_path)
    running = subprocess.Popen([nginx, "-c", config, "-p", tmp_path, "-e", tmp_path / "error.log", "-g", "daemon off;"])
    try:
        _wait_for(port)
        yield port
    finally:
        running.terminate()
        running.wait(10)


def _wrapped(example: str, folder: Path) -> Path:
    """A whole configuration around the example, which writes into the folder alone."""
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{example}\n}}\n",
        encoding="utf-8",
    )
    return path


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
            return
        except OSError:
            threading.Event().wait(0.1)
    pytest.fail("nginx did not start")


def test_nginx_takes_the_example(tmp_path: Path) -> None:
    nginx = require_program("nginx", "nginx", "/usr/sbin/nginx")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=congress.example.org",
    ]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    config = _wrapped(NGINX.replace("/etc/ssl/plenaria", str(tmp_path)), tmp_path)

    run = subprocess.run(
        [nginx, "-t", "-c", config, "-p", tmp_path, "-e", tmp_path / "error.log"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert "[warn]" not in run.stderr


def ask(port: int, head: str, body: bytes = b"") -> str:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return connection.recv(65536).decode()


def test_the_head_of_a_request_arrives_before_its_body(proxy: int, upstream: Upstream) -> None:
    """A deadline is decided by the moment of the head, however long an attachment takes."""
    with socket.create_connection(("127.0.0.1", proxy), 10) as connection:
        connection.sendall(b"POST /x HTTP/1.1\r\nHost: congress.example.org\r\nContent-Length: 4\r\n\r\nab")
        arrived = upstream.has_head.wait(10)
        connection.sendall(b"cd")
        answer = connection.recv(65536)

    assert arrived
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_visitor_cannot_claim_another_address(proxy: int, upstream: Upstream) -> None:
    claimed = "GET / HTTP/1.1\nHost: congress.example.org\nX-Forwarded-For: 203.0.113.9\nX-Request-ID: mine-and-mine"

    answer = ask(proxy, claimed)

    assert answer.startswith("HTTP/1.1 200")
    headers = dict(line.split(": ", 1) for line in upstream.heads[0].splitlines()[1:])
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["Host"] == "congress.example.org"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])


def test_metrics_stay_inside_and_bodies_within_the_limit(proxy: int, upstream: Upstream) -> None:
    host = "Host: congress.example.org"

    assert ask(proxy, f"GET /metrics HTTP/1.1\n{host}").startswith("HTTP/1.1 404")
    assert ask(proxy, f"POST /x HTTP/1.1\n{host}\nContent-Length: {61 * 1024 * 1024}").startswith("HTTP/1.1 413")
    assert upstream.heads == []
