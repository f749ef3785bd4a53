"""Cold start of `plenaria serve` to its first answered request, and the memory of one worker.

    .venv/bin/python benchmarks/start_and_memory.py [--runs 5]

Makes a SQLite database with the sample event, then starts the server as a user would and asks for the event's page until it
answers. Memory is the worker's resident set after it has answered every public page 20 times (Linux only). The figure
beside it is a Python process that has
only imported litestar, uvicorn and piccolo, in the same run.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLENARIA = str(Path(sys.executable).with_name("plenaria"))
PAGES = ("", "/agenda", "/agenda.ics", "/speakers", "/register", "/awards")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        environment = _installation(Path(folder))
        bare_s = statistics.median(_import_time_s() for _ in range(runs))
        starts = [_one_start(environment) for _ in range(runs)]
        print(
            f"cold start to the first answered request: median {statistics.median(each[0] for each in starts):.2f} s of {runs}"
        )
        print(f"importing litestar, uvicorn and piccolo alone: median {bare_s:.2f} s")
        print(
            f"memory of one worker after {20 * len(PAGES)} pages: {statistics.median(each[1] for each in starts):.0f} MB"
        )
        print(f"a process with only those imports: {_bare_memory_mb():.0f} MB")


def _installation(folder: Path) -> dict[str, str]:
    environment = {
        **os.environ,
        "PLENARIA_DATABASE": f"sqlite:///{folder}/plenaria.sqlite3",
        "PLENARIA_KEY_FILE": str(folder / "key.pem"),
    }
    for command in (["migrate"], ["event", "apply", str(ROOT / "config/events/ciiam-2025.toml")]):
        subprocess.run([PLENARIA, *command], cwd=ROOT, env=environment, check=True, capture_output=True)
    return environment


def _one_start(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first answer, and megabytes after some pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = time.perf_counter()
    server = subprocess.Popen(
        [PLENARIA, "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{port}/ciiam-2025"
        while not _answers(base):
            if server.poll() is not None or time.perf_counter() - before > 60:
                raise SystemExit("the server did not start")
            time.sleep(0.01)
        took_s = time.perf_counter() - before
        for _ in range(20):
            for page in PAGES:
                _answers(base + page)
        return took_s, _memory_mb(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            answer.read()
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS")


IMPORTS = "import litestar, uvicorn, piccolo.table, piccolo.engine.sqlite"


def _import_time_s() -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - before


def _bare_memory_mb() -> float:
    code = IMPORTS + "; print([l for l in open('/proc/self/status') if l.startswith('VmRSS')][0].split()[1])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


if __name__ == "__main__":
    main()
