"""Run by test_alone.py: a host with one plugin (or none), from an empty database through every page that needs only an event.

    python tests/alone_walk.py PLUGIN DATABASE FOLDER

Prints `plugin`, `table`, `page <path> <status>`, `own <path>`, `undelivered`, `module` and `extra` lines.
"""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
from litestar import Litestar

from plenaria.core.app import create_app
from plenaria.core.events import services
from plenaria.core.events.details import EventDetails
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import services as people
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, migrate

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
DETAILS = EventDetails(name={"es": "Congreso"}, starts_on=date(2025, 10, 1), ends_on=date(2025, 10, 2))
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}
EXTRAS = {"numpy", "scipy", "ortools", "pandas"}
"""What docs/decisions/0008 keeps out of everything that does not need it."""


async def main(name: str, url: str, folder: Path) -> None:
    clock.now = lambda: NOW
    host = PluginHost.discover(only={name})
    for loaded in host.plugins:
        print("plugin", loaded)
    await make_tables(url, host)
    app = create_app(Settings(database=url, key_file=str(folder / "key.pem"), development=True), host=host)
    async with app.lifespan():
        event = await services.create_event("congress", DETAILS, by="test", now=NOW)
        for loaded in host.plugins:
            event = await services.switch_plugin(event, loaded, on=True, by="test", now=NOW)
        await see_pages(app, event)
        while await outbox.deliver_due(now=NOW):
            pass
        for line in await outbox.lines(event.id):
            if line.last_error:
                print("undelivered", line.name, line.last_error)
    for module in sorted(sys.modules):
        if module.startswith("plenaria.plugins."):
            print("module", module)
        elif module in EXTRAS:
            print("extra", module)


async def make_tables(url: str, host: PluginHost) -> None:
    database = Database(url)
    await database.open(host.tables())
    await migrate(database, host.apps())
    for row in await database.fetch(TABLES[database.dialect]):
        print("table", row["name"])
    await database.close()


async def see_pages(app: Litestar, event: EventView) -> None:
    """As owner and as visitor, every GET address that has no parameter but the event."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as visitor,
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as owner,
    ):
        person = await people.ensure_person("owner@example.mx", now=NOW)
        await people.grant(person, "owner", event=event, by="test", now=NOW)
        secret = await people.new_link(person.email, next_page="/me", valid_for=timedelta(hours=1), now=NOW)
        await owner.post(f"/sign-in/{secret}")
        for path, is_own in addresses(app):
            statuses = [(await client.get(path)).status_code for client in (visitor, owner)]
            print("page", path, max(statuses) if max(statuses) >= 500 else statuses[1])
            if is_own:
                print("own", path)


def addresses(app: Litestar) -> list[tuple[str, bool]]:
    """`(path, whether a plugin answers there)`."""
    found: dict[str, bool] = {}
    for route in app.routes:
        path = route.path.replace("{event_slug:str}", "congress")
        for handler in getattr(route, "route_handlers", ()):
            if "GET" in handler.http_methods and "{" not in path:
                found[path] = "plugin" in handler.opt
    return sorted(found.items())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
