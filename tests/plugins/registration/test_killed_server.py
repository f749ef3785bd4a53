"""Two servers on one database, one of them killed in the middle of a rush for the last seats: nothing is half done."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from plenaria.core.app import prepare
from plenaria.core.events import services as events
from plenaria.core.events.details import EventDetails
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Settings
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import Database
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.plugins.registration import services
from plenaria.plugins.registration.settings import TicketTypeDetails
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow
from tests.plugins.registration.orders import attendee, request

SEATS, BUYERS, PATIENCE_S = 12, 40, 30


async def test_a_killed_server_sells_no_seat_twice_and_loses_no_order(engine_url: str, tmp_path: Path) -> None:
    settings = Settings(database=engine_url, key_file=str(tmp_path / "key.pem"))
    host = PluginHost.discover(only={"registration"})
    await _put_on_sale(settings, host)

    with _server(settings, tmp_path) as doomed, _server(settings, tmp_path) as steady:
        answers = await _rush(doomed, steady)
        assert doomed[1].wait(PATIENCE_S) == -signal.SIGKILL

    counted = Counter(answers)
    assert counted == {201: SEATS, 409: BUYERS - SEATS}
    database = Database(engine_url)
    await database.open(host.tables())
    try:
        await _check_invariants()
    finally:
        await database.close()


async def _put_on_sale(settings: Settings, host: PluginHost) -> None:
    prepare(settings, host)
    database = Database(settings.database)
    await database.open(host.tables())
    now = datetime.now(UTC)
    today = now.date()
    details = EventDetails(name={"es": "Congreso"}, starts_on=today + timedelta(90), ends_on=today + timedelta(91))
    event = await events.create_event("congress", details, by="test", now=now)
    event = await events.switch_plugin(event, "registration", on=True, by="test", now=now)
    last = TicketTypeDetails(code="member", name={"es": "Socio"}, size=SEATS)
    await services.create_ticket_type(event, last, by="test", now=now)
    await database.close()


@contextmanager
def _server(settings: Settings, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PLENARIA_")}
    environment = own | {
        "PLENARIA_DATABASE": settings.database,
        "PLENARIA_KEY_FILE": settings.key_file,
        "PLENARIA_TRUSTED_PROXIES": "127.0.0.1",
    }
    command = [Path(sys.executable).with_name("plenaria"), "serve", "--port", str(port)]
    with (folder / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process)
        yield address, process
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not get ready")


async def _rush(doomed: tuple[str, subprocess.Popen[bytes]], steady: tuple[str, subprocess.Popen[bytes]]) -> list[int]:
    """Every buyer starts at the server that will die; who gets no answer asks the other one with the same key."""
    first, process = doomed
    answered = 0

    async def buy(client: httpx.AsyncClient, number: int) -> int:
        nonlocal answered
        body = msgspec.to_builtins(
            request(attendee(email=f"a{number}@example.mx"), buyer_email=f"b{number}@example.mx")
        )
        headers = {"Idempotency-Key": f"buyer-{number}", "X-Forwarded-For": f"10.0.{number}.1"}
        for address in (first, steady[0]):
            try:
                answer = await client.post(f"{address}/api/v1/events/congress/orders", json=body, headers=headers)
            except httpx.TransportError:
                continue
            answered += 1
            if answered == 4:
                process.kill()
            return answer.status_code
        return 0

    limits = httpx.Limits(max_connections=10)
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE_S) as client:
        return await asyncio.gather(*(buy(client, number) for number in range(BUYERS)))


async def _check_invariants() -> None:
    taken = await TicketTypeRow.select(TicketTypeRow.taken).first()
    orders = await OrderRow.select()
    placed = await AuditLine.count().where(AuditLine.action == "order.placed")
    later = datetime.now(UTC) + timedelta(seconds=2 * outbox.LEASE_S)  # what the killed worker had claimed is due again
    while await outbox.deliver_due(now=later):
        pass
    lines: list[dict[str, Any]] = await OutboxLine.select().where(OutboxLine.name == "registration.confirm")
    mails = Counter(msgspec.json.decode(line["payload"])["to"] for line in lines if line["kind"] == "mail")
    await audit.seal(now=later)

    assert taken == {"taken": SEATS}
    assert len(orders) == await TicketRow.count() == placed == SEATS
    assert mails == {order["buyer_email"]: 1 for order in orders}
    assert (await audit.verify()).first_broken is None
