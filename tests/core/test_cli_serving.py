"""`serve` and `worker` as processes: they answer, they end when told, and finish what is under way."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

Start = Callable[..., subprocess.Popen[str]]
Ended = Callable[[subprocess.Popen[str]], str]
PATIENCE_S = 60


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `plenaria …` in an empty folder with a database of its own; whatever still runs afterwards is ended."""
    started: list[subprocess.Popen[str]] = []
    own = {name: value for name, value in os.environ.items() if not name.startswith("PLENARIA_")}
    environment = own | {
        "PLENARIA_DATABASE": f"sqlite:///{tmp_path}/house.sqlite3",
        "PLENARIA_KEY_FILE": str(tmp_path / "key.pem"),
        "LANG": "C",
    }

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [Path(sys.executable).with_name("plenaria"), *arguments]
        with log_of(tmp_path, len(started)).open("w") as log:  # a pipe that nobody reads fills up and stops the process
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children too: they hold its output open
        process.communicate()


def log_of(folder: Path, number: int) -> Path:
    """What the test's process of that number (the first is 0) wrote to standard error."""
    return folder / f"process-{number}.log"


@pytest.fixture
def ended(tmp_path: Path) -> Ended:
    """Wait for the second process of a test and give its log."""

    def log(process: subprocess.Popen[str]) -> str:
        process.communicate(timeout=PATIENCE_S)
        return log_of(tmp_path, 1).read_text("utf-8")

    return log


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_until_ready(port: int) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("it did not get ready")


def told(log: str) -> list[str]:
    return [json.loads(line)["message"] for line in log.splitlines()]


def test_a_request_under_way_is_finished_after_the_signal_to_stop(start: Start, port: int, ended: Ended) -> None:
    start("migrate").wait(PATIENCE_S)
    server = start("serve", "--port", str(port))
    wait_until_ready(port)
    body = b"email=" + b"a" * 40 + b"%40example.mx"
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"

    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as half_sent:
        half_sent.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        half_sent.sendall(body[10:])
        answer = half_sent.recv(100)
    log = ended(server)

    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303"))
    assert server.returncode in (0, -signal.SIGTERM)
    assert "Finished server process" in log


def test_production_logs_are_json_lines_without_the_server_s_own_access_log(
    start: Start, port: int, ended: Ended
) -> None:
    start("migrate").wait(PATIENCE_S)
    server = start("serve", "--port", str(port), "--no-worker")
    wait_until_ready(port)

    httpx.get(f"http://127.0.0.1:{port}/sign-in?next=/secret")
    server.send_signal(signal.SIGTERM)
    log = ended(server)

    assert told(log).count("request") == 1
    assert "/secret" not in log


def test_forwarded_headers_of_strangers_change_nothing(start: Start, port: int) -> None:
    start("migrate").wait(PATIENCE_S)
    start("serve", "--port", str(port), "--no-worker")
    wait_until_ready(port)

    answer = httpx.get(
        f"http://127.0.0.1:{port}/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4"}
    )

    assert answer.status_code == 200
    assert "server" not in answer.headers


def test_several_processes_answer_on_one_port_and_end_together(start: Start, port: int, ended: Ended) -> None:
    start("migrate").wait(PATIENCE_S)
    server = start("serve", "--port", str(port), "--workers", "2")
    wait_until_ready(port)

    answers = [httpx.get(f"http://127.0.0.1:{port}/healthz").text for _ in range(5)]
    server.send_signal(signal.SIGTERM)
    ended(server)

    assert answers == ["ok"] * 5


def test_several_processes_count_together_under_a_small_parent(start: Start, port: int, ended: Ended) -> None:
    start("migrate").wait(PATIENCE_S)
    server = start("serve", "--port", str(port), "--workers", "2", "--no-worker")
    wait_until_ready(port)
    before = counted(port)

    for _ in range(20):  # each on a connection of its own: now this process answers, now that one
        httpx.get(f"http://127.0.0.1:{port}/healthz")
    after = {counted(port) for _ in range(6)}
    memory = Path(f"/proc/{server.pid}/status").read_text("ascii")
    server.send_signal(signal.SIGTERM)
    ended(server)

    assert after == {before + 20}
    assert int(re.findall(r"VmRSS:\s+(\d+) kB", memory)[0]) < 30 * 1024


def counted(port: int) -> float:
    """Answers to `/healthz` so far, of all processes, as Prometheus reads them."""
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    of_health = re.findall(r'^plenaria_http_requests_total\{.*route="/healthz".*\} (\S+)$', metrics, re.MULTILINE)
    return sum(map(float, of_health))


def test_the_worker_ends_when_told(start: Start, ended: Ended) -> None:
    start("migrate").wait(PATIENCE_S)
    worker = start("worker")
    time.sleep(2)

    still_running = worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    log = ended(worker)

    assert still_running, log
    assert worker.returncode == 0


def test_a_taken_port_is_one_clear_line_and_2(start: Start, port: int, ended: Ended) -> None:
    start("migrate").wait(PATIENCE_S)
    with socket.create_server(("127.0.0.1", port)):
        server = start("serve", "--port", str(port))
        log = ended(server)

    assert server.returncode == 2
    said = f"plenaria: cannot listen on 127.0.0.1:{port} (Address already in use); choose another with --port"
    assert log.splitlines()[-1] == said


def linked_pages(browser: httpx.Client, start: str, *, most: int) -> dict[str, int]:
    """Status by address of every page that links lead to from `start`, breadth first, over the whole site."""
    answers: dict[str, int] = {}
    waiting = [start]
    while waiting and len(answers) < most:
        address = waiting.pop(0)
        if address in answers:
            continue
        page = browser.get(address)
        answers[address] = page.status_code
        if page.headers.get("content-type", "").startswith("text/html"):
            found = (html.unescape(each) for each in re.findall(r'href="(/[^"#]*)', page.text))
            waiting += [each for each in found if not each.startswith(("/static/", "//"))]
    return answers


def test_every_page_of_the_demo_that_a_link_leads_to_answers(start: Start, port: int) -> None:
    demo = start("demo", "--port", str(port))
    wait_until_ready(port)
    assert demo.stdout is not None
    printed = ""
    while "Ctrl-C ends" not in printed and demo.poll() is None:
        printed += demo.stdout.readline()
    links = dict(re.findall(r"^  (\w+) +http://\S+?(/sign-in/\S+)$", printed, re.MULTILINE))

    failing: dict[str, int] = {}
    for role in (None, "owner", "juror", "attendee", "nominator"):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as browser:
            first = "/" if role is None else browser.post(links[role]).headers["location"]
            answers = linked_pages(browser, first, most=60)
        assert len(answers) > 5, (role, answers)
        asks_to_sign_in = {401} if role is None else set[int]()
        for address, status in answers.items():
            if status >= 400 and status not in asks_to_sign_in:
                failing[f"{role} {address}"] = status

    assert failing == {}


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_restore_beside_a_running_service_is_refused(start: Start, port: int, tmp_path: Path, command: str) -> None:
    start("migrate").wait(PATIENCE_S)
    start("backup", "copy").wait(PATIENCE_S)
    running = start(command, *(["--port", str(port)] if command == "serve" else []))
    lock = tmp_path / "house.sqlite3.lock"
    deadline_s = time.monotonic() + PATIENCE_S
    while not lock.exists() and time.monotonic() < deadline_s:
        time.sleep(0.05)

    refused = start("restore", "--yes", "copy")
    refused.communicate(timeout=PATIENCE_S)
    running.kill()
    running.wait(PATIENCE_S)
    restored = start("restore", "--yes", "copy")
    restored.communicate(timeout=PATIENCE_S)

    assert refused.returncode == 2
    assert log_of(tmp_path, 3).read_text("utf-8").startswith("plenaria: The database is in use: stop every")
    assert restored.returncode == 0
