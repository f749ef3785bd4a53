"""The congress that is rushed at: its database on two servers, its two hosts, its buyers, and what must be true afterwards."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from plenaria.core.app import prepare
from plenaria.core.events import services as events
from plenaria.core.events.details import EventDetails
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Settings
from plenaria.core.storage.database import Database
from plenaria.plugins.registration import services
from plenaria.plugins.registration.settings import TicketTypeDetails
from tests.plugins.registration.orders import attendee, request
from tests.servers import PostgresServer
from tests.standby.network import Loopback, Machine, Network

NAME = "congress"
STANDBY = "two"
LIMITS = (
    "?connect_timeout_s=1&acquire_timeout_s=4&command_timeout_s=8"
    "&statement_timeout_s=6&dead_peer_timeout_s=4&lock_timeout_s=4"
)
GIVES_UP_S = 240.0


@dataclass
class Rush:
    """What the buyers got: the last answer of each, and every status on the way."""

    confirmed: dict[str, str] = field(default_factory=dict)
    """Idempotency-Key → the order's code, as a 201 said."""
    sold_out: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    """Requests that broke or timed out on the way: their buyers asked again."""
    first_after_s: float = 0.0
    """From the trouble's end (`is_over`) to the first confirmation."""
    _over_s: float = 0.0

    def is_over(self) -> None:
        self._over_s = time.monotonic()

    def confirm(self, key: str, code: str) -> None:
        self.confirmed[key] = code
        if self._over_s and not self.first_after_s:
            self.first_after_s = time.monotonic() - self._over_s


class Congress:
    """Primary and standby (`synchronous`: a commit waits for the standby), two hosts with two workers each."""

    def __init__(self, folder: Path, network: Network | Loopback, *, seats: int, synchronous: bool = True) -> None:
        self.seats = seats
        self._folder = folder
        self._open = ExitStack()
        self._client = network.client
        self._open.callback(network.remove)
        self.machines = [network.machine() for _ in range(4)]
        one, two = self.machines[:2]
        self.primary = PostgresServer(host=one.address, port=one.port, within=one.within)
        self.standby = PostgresServer(host=two.address, port=two.port, within=two.within)
        for server in (self.primary, self.standby):
            self._open.callback(server.remove)
        self.hosts: list[str] = []
        try:
            self._prepare_database(synchronous=synchronous)
            for machine in self.machines[2:]:
                self._serve(machine)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._open.close()

    @property
    def url(self) -> str:
        first, second = (f"{server.host}:{server.port}" for server in (self.primary, self.standby))
        return f"postgresql://plenaria@{first},{second}/{NAME}{LIMITS}"

    def fail_over(self) -> None:
        self.standby.promote()

    def _prepare_database(self, *, synchronous: bool) -> None:
        self.primary.initialise().start()
        url = self.primary.migrated(NAME)
        asyncio.run(_set_up(url, self._folder, self.seats))
        self.standby.copy_of(self.primary, STANDBY).start()
        if synchronous:
            self.primary.ask("postgres", f"ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ({STANDBY})'")
            self.primary.ask("postgres", "SELECT pg_reload_conf()")
        _wait(
            lambda: (
                self.primary.ask("postgres", "SELECT string_agg(sync_state, ',') FROM pg_stat_replication")
                == ("sync" if synchronous else "async")
            )
        )

    def _serve(self, machine: Machine) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PLENARIA_")}
        environment = own | {
            "PLENARIA_DATABASE": self.url,
            "PLENARIA_KEY_FILE": str(self._folder / "key.pem"),
            "PLENARIA_TRUSTED_PROXIES": self._client,
        }
        command = [str(Path(sys.executable).with_name("plenaria")), "serve", "--host", machine.address]
        command += ["--port", str(machine.port), "--workers", "2"]
        with (self._folder / f"host-{len(self.hosts)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*machine.within, *command], cwd=self._folder, env=environment, stdout=log, stderr=log
            )
        self._open.callback(_end, process)
        host = f"http://{machine.address}:{machine.port}"
        _wait(lambda: _is_ready(host))
        self.hosts.append(host)

    async def rush(self, buyers: int, trouble: Callable[["Congress", Rush], None], *, after: int) -> Rush:
        """Let them all order at once; `trouble` happens when so many are confirmed, in a thread of its own."""
        seen, loop = Rush(), asyncio.get_running_loop()
        started: list[asyncio.Future[None]] = []

        def begin() -> None:
            if len(seen.confirmed) >= after and not started:
                started.append(loop.run_in_executor(None, trouble, self, seen))

        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=24), timeout=12.0) as client:
            gate = asyncio.Semaphore(24)
            await asyncio.gather(*(self._buy(client, gate, number, seen, begin) for number in range(buyers)))
        await asyncio.gather(*started)
        return seen

    async def _buy(
        self, client: httpx.AsyncClient, gate: asyncio.Semaphore, number: int, seen: Rush, begin: Callable[[], None]
    ) -> None:
        key, until_s, turn = f"buyer-{number:05}", time.monotonic() + GIVES_UP_S, number
        mail = f"b{number}@example.mx"
        body = msgspec.to_builtins(request(attendee("free", email=mail), buyer_email=mail))
        headers = {
            "Host": "127.0.0.1:8000",
            "Idempotency-Key": key,
            "X-Forwarded-For": f"10.{number // 250}.{number % 250}.1",
        }
        while time.monotonic() < until_s:
            turn += 1
            async with gate:
                try:
                    url = f"{self.hosts[turn % 2]}/api/v1/events/{NAME}/orders"
                    answer = await client.post(url, json=body, headers=headers)
                except httpx.TransportError:
                    seen.unanswered += 1
                    answer = None
            if answer is not None:
                seen.statuses[answer.status_code] += 1
                if answer.status_code == 201:
                    seen.confirm(key, answer.json()["code"])
                    begin()
                    return
                if answer.status_code == 409:
                    seen.sold_out.append(key)
                    return
            await asyncio.sleep(0.3)

    def errors(self) -> list[str]:
        """What the hosts' logs call an error, which trouble with the database is not."""
        lines = [line for log in sorted(self._folder.glob("host-*.log")) for line in log.read_text().splitlines()]
        return [line for line in lines if '"level": "error"' in line]

    def violations(self, server: PostgresServer, seen: Rush, *, buyers: int) -> list[str]:
        """What is not as it must be, asked of that server; [] when all is well."""

        def ask(sql: str) -> int:
            return int(server.ask(NAME, sql))

        codes = set(server.ask(NAME, "SELECT code FROM registration_order").split())
        lost = sorted(set(seen.confirmed.values()) - codes)
        orders, tickets = (
            ask("SELECT count(*) FROM registration_order"),
            ask("SELECT count(*) FROM registration_ticket"),
        )
        found = {
            "a confirmed order is lost": len(lost),
            "two buyers have the same order": len(seen.confirmed) - len(set(seen.confirmed.values())),
            "orders and tickets differ": orders - tickets,
            "seats taken are not the tickets": ask("SELECT taken FROM registration_ticket_type") - tickets,
            "more is sold than there is": max(0, tickets - self.seats),
            "an order has no line in the record": orders
            - ask("SELECT count(DISTINCT subject) FROM core_audit_line WHERE action = 'order.placed'"),
            "a form was stored twice": orders - ask("SELECT count(DISTINCT submission) FROM registration_order"),
            "a buyer got no answer": buyers - len(seen.confirmed) - len(seen.sold_out),
            "an answer in between was not 503": sum(seen.statuses.values())
            - sum(seen.statuses[status] for status in (201, 409, 503)),
        }
        return [f"{what}: {count}" for what, count in found.items() if count]


async def _set_up(url: str, folder: Path, seats: int) -> None:
    settings = Settings(database=url, key_file=str(folder / "key.pem"))
    host = PluginHost.discover()
    prepare(settings, host)
    database = Database(url)
    await database.open(host.tables())
    now = datetime.now(UTC)
    first = now.date() + timedelta(90)
    details = EventDetails(name={"es": "Congreso"}, starts_on=first, ends_on=first + timedelta(1))
    event = await events.create_event(NAME, details, by="test", now=now)
    event = await events.switch_plugin(event, "registration", on=True, by="test", now=now)
    kind = TicketTypeDetails(code="free", name={"es": "Entrada"}, size=seats)
    await services.create_ticket_type(event, kind, by="test", now=now)
    await database.close()


def _is_ready(host: str) -> bool:
    try:
        return httpx.get(f"{host}/readyz", timeout=3).status_code == 200
    except httpx.TransportError:
        return False


def _wait(until: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not until():
        if time.monotonic() > deadline_s:
            raise AssertionError("it did not get ready within a minute")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
