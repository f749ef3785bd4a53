"""A running site for tests: the real application on a real database, with two events and a client per person.

async def test_a_page(plenaria_site: Site) -> None:
    organiser = await plenaria_site.signed_in("organiser")
    answer = await organiser.get(f"/{plenaria_site.event.slug}/organise")
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from msgspec import Struct

from plenaria.core.app import create_app
from plenaria.core.events import cache, services
from plenaria.core.events.details import EventDetails, details_of
from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView
from plenaria.core.people import services as people
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.testing.databases import discovered

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)


@dataclass
class Site:
    """A served installation. `now` is what its clock says, in every request and job; set it to move in time."""

    app: Litestar
    settings: Settings
    database: Database
    event: EventView
    other_event: EventView
    now: datetime = NOW
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def visitor(self, **headers: str) -> httpx.AsyncClient:
        """A browser that is not signed in."""
        served: Any = self.app  # the same interface, typed more closely than httpx does
        transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=self.settings.address, headers=headers)
        self._clients.append(client)
        return client

    async def signed_in(self, role: str = "", *, event: EventView | None = None, email: str = "") -> httpx.AsyncClient:
        """A browser signed in as `<role>@example.mx` (or `email`), holding that role in the event."""
        address = email or f"{role or 'somebody'}@example.mx"
        person = await people.ensure_person(address, now=self.now)
        if role:
            await people.grant(person, role, event=event or self.event, by="test", now=self.now)
        client = self.visitor()
        secret = await people.new_link(address, next_page="/me", valid_for=timedelta(hours=1), now=self.now)
        answer = await client.post(f"/sign-in/{secret}")
        assert answer.status_code == 303, answer.text
        return client

    async def bearer(self, role: str, *scopes: str, event: EventView | None = None) -> httpx.AsyncClient:
        """A program with a token of somebody with that role, limited to the scopes."""
        organiser = await self.signed_in(role, event=event)
        slug = (event or self.event).slug
        answer = await organiser.post(f"/{slug}/organise/tokens", data={"name": "test", "scopes": list(scopes)})
        assert answer.status_code == 200, answer.text
        secret = answer.text.partition('<code class="hash">')[2].partition("<")[0]
        return self.visitor(Authorization=f"Bearer {secret}")

    async def deliver(self) -> int:
        """Deliver the outbox as the worker would, until nothing is due."""
        total = 0
        while tried := await outbox.deliver_due(now=self.now):
            total += tried
        return total

    async def mails(self) -> list[dict[str, Any]]:
        """Every mail in the outbox, the first first, as `plenaria.core.mail.Mail` in builtins."""
        return [payload for _, _, payload in await self._lines("mail")]

    async def facts(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every fact in the outbox, the first first: `(hook, plugin that gets it, arguments)`."""
        return await self._lines("fact")

    async def _lines(self, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
        rows = await OutboxLine.select().where(OutboxLine.kind == kind).order_by(OutboxLine.id)
        return [(row["name"], row["plugin"], msgspec.json.decode(row["payload"])) for row in rows]

    async def switch(self, plugin: str, *, on: bool) -> None:
        """Switch a plugin on or off in the first event."""
        self.event = await services.switch_plugin(self.event, plugin, on=on, by="test", now=self.now)

    async def change_event(self, **details: Any) -> None:
        """Change the first event's own data: `contact_email="…"`, `starts_on=…` (the fields of `EventView`)."""
        changed = msgspec.structs.replace(details_of(self.event), **details)
        self.event = await services.change_event(self.event, changed, by="test", now=self.now)

    async def set_up(self, plugin: str, settings: Struct) -> None:
        """Give the plugin these settings in the first event."""
        await services.change_settings(self.event, plugin, settings, by="test", now=self.now)


@asynccontextmanager
async def running_site(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The application on a migrated database, its files in the folder, its clock on `Site.now`."""
    settings = Settings(database=url, key_file=str(folder / "key.pem"), development=True)
    host = discovered()
    app = create_app(settings, host=host)
    cache.forget()
    monkeypatch.setattr(cache, "FRESH_S", 0.0)  # the number of queries must not hang on how fast the machine is
    async with running(app):
        event, other = [await make_event(slug, host) for slug in ("congress", "other")]
        site = Site(app, settings, app.state.database, event, other)
        monkeypatch.setattr(clock, "now", lambda: site.now)
        yield site
        for client in site._clients:
            await client.aclose()
    cache.forget()


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[None]:
    """The application's lifespan in a task of its own: a fixture is set up and torn down in two different tasks."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        try:
            async with app.lifespan():
                started.set()
                await stop.wait()
        finally:
            started.set()

    life = asyncio.create_task(live())
    await started.wait()
    if life.done():
        await life
    yield
    stop.set()
    await life


async def make_event(slug: str, host: PluginHost) -> EventView:
    """An event with every plugin of the host switched on."""
    details = EventDetails(
        name={"es": f"Congreso {slug}", "en": f"Congress {slug}"},
        starts_on=date(2025, 10, 1),
        ends_on=date(2025, 10, 2),
        venue="Centro de Convenciones",
        city="Ciudad de México",
    )
    event = await services.create_event(slug, details, by="test", now=NOW)
    for plugin in host.plugins:
        event = await services.switch_plugin(event, plugin, on=True, by="test", now=NOW)
    return event
