"""What an order costs, against an empty POST on the same server in the same run, with few and with many orders there.

    .venv/bin/python benchmarks/order_path.py [--engine postgres|sqlite] [--orders 2000 50000] [--placed 400]

One uvicorn worker with the application and `/empty`, a POST of a bare Litestar that reads a Struct; on PostgreSQL a private
cluster on this machine, which does not wait for the disk. An order is by the API, one attendee, a free ticket, from as many
addresses as orders; 16 connections. The cost is processor time (utime and stime of the worker and of all of PostgreSQL's
processes), so that only the ratios mean something elsewhere. Aims: an order at most 35 empty POSTs and 8 statements, and at
50,000 orders at most 20 % more than at 2,000.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
SLUG = "benchmark"
CONNECTIONS = 16
TURNS = 3
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
ORDER = {
    "buyer_name": "María Elena Ríos",
    "buyer_email": "maria@example.mx",
    "accepts_notice": True,
    "attendees": [
        {"ticket_type": "general", "given_names": "María Elena", "first_surname": "Ríos", "email": "maria@example.mx"}
    ],
}


async def fill(url: str, count: int) -> None:
    """An event with so many orders."""
    from plenaria.core.app import prepare
    from plenaria.core.host.plugins import PluginHost
    from plenaria.core.kernel.settings import Settings
    from plenaria.core.storage.database import Database, migrate
    from plenaria.testing.site import make_event
    from tests.growth.filling import orders

    host = PluginHost.discover()
    prepare(Settings(database=url, key_file=f"{tempfile.mkdtemp()}/key.pem"), host)
    database = Database(url)
    await database.open(host.tables())
    await migrate(database, host.apps())
    await orders(await make_event(SLUG, host), count)
    await database.fetch("ANALYZE" if database.dialect == "sqlite" else "VACUUM ANALYZE")  # not while we measure
    await database.close()


def serve(url: str, folder: str, port: int) -> None:
    """The application, `/empty` and `/statements`, which says how many were sent since it was asked last."""
    import uvicorn
    from litestar import Litestar, get, post
    from msgspec import Struct

    from plenaria.core.app import create_app
    from plenaria.core.kernel import logs
    from plenaria.core.kernel.settings import Settings
    from plenaria.core.storage.database import query_count

    logs.configure(development=False)
    seen: list[str] = []
    query_count._listening.append(seen)

    class Body(Struct):
        buyer_name: str

    @post("/empty")
    async def empty(data: Body) -> str:
        return "ok"

    @get("/statements")
    async def statements() -> int:
        count = len(seen)
        seen.clear()
        return count

    bare = Litestar([empty, statements], openapi_config=None)
    settings = Settings(database=url, key_file=f"{folder}/key.pem", trusted_proxies=("127.0.0.1",))
    whole = create_app(settings)

    async def both(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        ours = scope["type"] == "http" and scope["path"] in ("/empty", "/statements")
        await (bare if ours else whole)(scope, receive, send)

    uvicorn.run(both, host="127.0.0.1", port=port, log_config=None, access_log=False)


class Client:
    """Posts over keep-alive connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.number = 0

    async def get(self, path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status, body = await _answer(reader)
        writer.close()
        assert status == 200, (path, status)
        return body

    async def post(self, path: str, count: int, expected: int) -> None:
        shares = [count // CONNECTIONS] * CONNECTIONS
        await asyncio.gather(*(self._post(path, share, expected) for share in shares))

    async def _post(self, path: str, count: int, expected: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = json.dumps(ORDER).encode()
        for _ in range(count):
            self.number += 1
            address = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            head += f"Idempotency-Key: {os.getpid()}-{self.number}\r\nX-Forwarded-For: {address}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status, answer = await _answer(reader)
            assert status == expected, (status, answer)
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


def cpu_ms(pids: list[int]) -> float:
    """Processor time of these processes and of the children that have ended."""
    spent = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(int(field) for field in fields[11:15])
    return spent * TICK_MS


def family(pid: int) -> list[int]:
    """The process and its children."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [pid, *map(int, found)]


async def measure(port: int, server: int, postgres: int, placed: int) -> tuple[float, float, int]:
    """CPU ms of an order and of an empty POST (the least of some turns beside each other), statements of an order."""
    client = Client(port)
    for _ in range(600):
        try:
            await client.get(f"/{SLUG}/register")
        except OSError:
            await asyncio.sleep(0.1)
        else:
            break
    path = f"/api/v1/events/{SLUG}/orders"
    await client.post(path, 64, 201)
    await client.get("/statements")
    orders, empties = [], []
    for _ in range(TURNS):
        for costs, each, count, expected in ((empties, "/empty", 4000, 201), (orders, path, placed, 201)):
            pids = [server, *(family(postgres) if postgres else ())]
            before = cpu_ms(pids)
            await client.post(each, count, expected)
            costs.append((cpu_ms(pids) - before) / (count // CONNECTIONS * CONNECTIONS))
    statements = int(await client.get("/statements"))
    return min(orders), min(empties), round(statements / (TURNS * (placed // CONNECTIONS * CONNECTIONS)))


def run(url: str, count: int, placed: int, postgres: int) -> tuple[float, float, int]:
    asyncio.run(fill(url, count))
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, __file__, "--serve", url, folder, str(port)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return asyncio.run(measure(port, server.pid, postgres, placed))
        finally:
            server.terminate()
            server.wait(timeout=10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--orders", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--placed", type=int, default=400, help="orders of each turn")
    parser.add_argument("--serve", nargs=3, metavar=("DATABASE", "FOLDER", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], arguments.serve[1], int(arguments.serve[2]))
        return
    print(f"{'orders there':>12}{'an order':>12}{'empty POST':>12}{'ratio':>8}{'statements':>12}")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        cluster = None
        if arguments.engine == "postgres":
            from plenaria.testing.databases import PostgresCluster

            cluster = PostgresCluster.of_this_machine()
            cluster.start()
            stack.callback(cluster.stop)
        for count in arguments.orders:
            url = cluster.create(f"orders_{count}") if cluster else f"sqlite:///{folder}/{count}.sqlite3"
            postgres = cluster._server.pid if cluster and cluster._server else 0
            order, empty, statements = run(url, count, arguments.placed, postgres)
            print(f"{count:12}{order:9.2f} ms{empty:9.3f} ms{order / empty:8.1f}{statements:12}")


if __name__ == "__main__":
    main()
