"""What a synchronous standby costs an order: placed one after another, in blocks with and without waiting for it, in turn.

python -m benchmarks.replication      (starts a primary and a standby of its own on loopback; only the ratio means something)
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plenaria.core.app import prepare
from plenaria.core.events import services as events
from plenaria.core.events.details import EventDetails
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import Database
from plenaria.plugins.registration import services
from plenaria.plugins.registration.settings import TicketTypeDetails
from tests.plugins.registration.orders import attendee, place
from tests.servers import PostgresServer

BLOCKS, ORDERS = 6, 40
STANDBY = {"asynchronous": "", "synchronous": "FIRST 1 (two)"}


async def _measure(primary: PostgresServer, url: str, folder: Path) -> dict[str, float]:
    host = PluginHost.discover()
    prepare(Settings(database=url, key_file=str(folder / "key.pem")), host)
    database = Database(url)
    await database.open(host.tables())
    now = datetime.now(UTC)
    event = await _event(now)
    taken: dict[str, list[float]] = {name: [] for name in STANDBY}
    for block in range(BLOCKS):
        for name, standby in STANDBY.items():
            primary.ask("postgres", f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
            primary.ask("postgres", "SELECT pg_reload_conf()")
            await asyncio.sleep(0.5)
            for number in range(ORDERS):
                started_s = time.perf_counter()
                await place(event, attendee("free"), submission=f"{name}-{block}-{number}", now=now)
                taken[name].append(time.perf_counter() - started_s)
    await database.close()
    # The quicker ones: on a machine with other work the slower ones measure that.
    return {name: statistics.quantiles(each, n=5)[0] for name, each in taken.items()}


async def _event(now: datetime) -> EventView:
    first = now.date() + timedelta(90)
    details = EventDetails(name={"es": "Congreso"}, starts_on=first, ends_on=first)
    event = await events.create_event("congress", details, by="test", now=now)
    event = await events.switch_plugin(event, "registration", on=True, by="test", now=now)
    await services.create_ticket_type(event, TicketTypeDetails(code="free", name={"es": "Entrada"}), by="test", now=now)
    return event


def main() -> None:
    primary, standby = PostgresServer(), PostgresServer()
    try:
        url = primary.initialise().start().migrated("congress")
        standby.copy_of(primary, "two").start()
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(_measure(primary, url, Path(folder)))
        print({name: f"{seconds * 1000:.1f} ms an order" for name, seconds in found.items()})
        print(f"ratio: {found['synchronous'] / found['asynchronous']:.2f}")
    finally:
        primary.remove()
        standby.remove()


if __name__ == "__main__":
    main()
