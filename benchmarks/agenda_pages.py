"""The public agenda with 500 sessions, against an empty handler on the same server in the same run.

    .venv/bin/python benchmarks/agenda_pages.py [--seconds 4] [--connections 8]

Makes a SQLite database with 500 released sessions over two days and starts one uvicorn worker with the application, its log
configured as `plenaria serve` does it (to /dev/null), and one route more: `/empty`, a handler of a bare Litestar that answers two
bytes. Each figure is the median of three turns over keep-alive connections on loopback; the empty handler has its turn beside
each of them. Client and server share the machine's cores, so only the ratios mean something. Aims: 0.30 for a revalidated 304,
0.10 for a full page out of the cache.
"""

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
SLUG = "benchmark"
SESSIONS, ROOMS, A_DAY = 500, 10, 25
TURNS = 3


async def fill(database_url: str) -> None:
    """One event, its 500 sessions, one release."""
    from plenaria.core.app import prepare
    from plenaria.core.events import services as events
    from plenaria.core.events.details import EventDetails
    from plenaria.core.host.plugins import PluginHost
    from plenaria.core.kernel.settings import Settings
    from plenaria.core.storage.database import Database, migrate
    from plenaria.plugins.agenda import services
    from plenaria.plugins.agenda.settings import (
        AgendaSection,
        PartItem,
        PersonItem,
        RoomItem,
        SessionItem,
        TrackItem,
        TypeItem,
    )

    now = datetime(2025, 9, 1, tzinfo=UTC)
    host = PluginHost.discover()
    settings = Settings(database=database_url)
    prepare(settings, host)
    database = Database(database_url)
    await database.open(host.tables())
    await migrate(database, host.apps())
    details = EventDetails(
        name={"es": "Quinientas sesiones"}, starts_on=date(2025, 10, 1), ends_on=date(2025, 10, 2), venue="Sede"
    )
    event = await events.create_event(SLUG, details, by="benchmark", now=now)
    event = await events.switch_plugin(event, "agenda", on=True, by="benchmark", now=now)
    opening = datetime(2025, 10, 1, 14, tzinfo=UTC)

    def session(number: int) -> SessionItem:
        day, place = divmod(number, ROOMS * A_DAY)
        turn, room = divmod(place, ROOMS)
        people = tuple(PartItem(person=f"person-{number}-{each}", employer=f"Empresa {each}") for each in range(2))
        return SessionItem(
            code=f"session-{number}",
            title={"es": f"Sesión {number}: electrificación y proveedores", "en": f"Session {number}"},
            abstract={"es": "Un panel sobre cadenas de suministro. " * 8},
            type="panel",
            track=f"track-{number % 8 + 1}",
            room=f"room-{room}",
            starts_at=opening + timedelta(days=day, minutes=25 * turn),
            duration_min=25,
            state="confirmed",
            people=people,
        )

    sessions = tuple(session(number) for number in range(SESSIONS))
    section = AgendaSection(
        rooms=tuple(RoomItem(code=f"room-{each}", name={"es": f"Salón {each}"}) for each in range(ROOMS)),
        tracks=tuple(TrackItem(code=f"track-{each}", name={"es": f"Eje {each}"}, colour=each) for each in range(1, 9)),
        types=(TypeItem(code="panel", name={"es": "Panel"}),),
        people=tuple(
            PersonItem(code=part.person, given_names="Ana", first_surname=f"Ruiz {index}")
            for index, part in enumerate(part for each in sessions for part in each.people)
        ),
        sessions=sessions,
        released=True,
    )
    await services.apply_section(event, section, by="benchmark", now=now)
    await database.close()


def serve(database_url: str, key_file: str, port: int) -> None:
    """The application and `/empty`, by one uvicorn worker."""
    import uvicorn
    from litestar import Litestar, get

    from plenaria.core.app import create_app
    from plenaria.core.kernel import logs
    from plenaria.core.kernel.settings import Settings

    logs.configure(development=False)

    @get("/empty")
    async def empty() -> str:
        return "ok"

    bare = Litestar([empty], openapi_config=None)
    whole = create_app(Settings(database=database_url, key_file=key_file))

    async def both(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        app = bare if scope["type"] == "http" and scope["path"] == "/empty" else whole
        await app(scope, receive, send)

    uvicorn.run(both, host="127.0.0.1", port=port, log_config=None, access_log=False)


class Client:
    """Asks the same again and again over keep-alive connections, and reads nothing but lengths."""

    def __init__(self, port: int, connections: int) -> None:
        self.port, self.connections = port, connections

    async def once(self, path: str, headers: str = "") -> tuple[int, dict[str, str], int]:
        """Status, headers and length of one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        writer.write(self._request(path, headers))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        writer.close()
        status, *lines = head.split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        return int(status.split()[1]), found, int(found.get("content-length", 0))

    def _request(self, path: str, headers: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()

    async def per_second(self, path: str, headers: str, seconds: float, length: int) -> float:
        """Answers a second; every answer has a body of that many bytes."""
        until = time.perf_counter() + seconds
        request = self._request(path, headers)
        counts = await asyncio.gather(*(self._ask(request, until, length) for _ in range(self.connections)))
        return sum(counts) / seconds

    async def _ask(self, request: bytes, until: float, length: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        count = 0
        while time.perf_counter() < until:
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")
            if length:
                await reader.readexactly(length)
            count += 1
        writer.close()
        return count


async def measure(port: int, seconds: float, connections: int) -> None:
    client = Client(port, connections)
    await _until_up(client)
    page, calendar = f"/{SLUG}/agenda", f"/{SLUG}/agenda.ics"
    rows = []
    for name, path, revalidated in (
        ("agenda page, 304", page, True),
        ("agenda page, whole", page, False),
        ("agenda.ics, 304", calendar, True),
        ("agenda.ics, whole", calendar, False),
    ):
        _, told, _ = await client.once(path)
        headers = f"If-None-Match: {told['etag']}\r\n" if revalidated else ""
        status, _, length = await client.once(path, headers)
        assert status == (304 if revalidated else 200), (path, status)
        rows.append((name, path, headers, 0 if revalidated else length))
    _, _, empty_length = await client.once("/empty")
    print(f"{'':22}{'answers/s':>10}{'empty/s':>10}{'ratio':>8}{'bytes':>10}")
    for name, path, headers, length in rows:
        ours, empty = [], []
        for _ in range(TURNS):
            empty.append(await client.per_second("/empty", "", seconds / 2, empty_length))
            ours.append(await client.per_second(path, headers, seconds / 2, length))
        mine, bare = statistics.median(ours), statistics.median(empty)
        print(f"{name:22}{mine:10.0f}{bare:10.0f}{mine / bare:8.2f}{length:10}")


async def _until_up(client: Client) -> None:
    for _ in range(100):
        try:
            status, _, _ = await client.once(f"/{SLUG}/agenda")
        except OSError:
            await asyncio.sleep(0.1)
        else:
            assert status == 200, status
            return
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each figure, a turn")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--serve", nargs=3, metavar=("DATABASE", "KEY", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], arguments.serve[1], int(arguments.serve[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite:///{folder}/benchmark.sqlite3"
        asyncio.run(fill(database_url))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, __file__, "--serve", database_url, f"{folder}/key.pem", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(measure(port, arguments.seconds, arguments.connections))
        finally:
            server.terminate()
            server.wait(timeout=10)


if __name__ == "__main__":
    main()
