"""The sample congress served over HTTP as by `plenaria demo`, with an owner's token that has every scope."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from click.testing import CliRunner

from plenaria.core.app import create_app
from plenaria.core.cli import demo
from plenaria.core.events.queries import event_by_slug
from plenaria.core.host.permissions import OF_INSTALLATION, registered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.people import queries, services

SLUG = "ciiam-2025"


@dataclass
class Served:
    """A running sample congress."""

    address: str
    document: dict[str, Any]
    token: str
    statuses: dict[str, set[int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    made = CliRunner().invoke(demo.command, ["--no-serve", "--folder", str(folder)])
    assert made.exit_code == 0, made.output
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = _Server(folder, listening)
    server.start()
    try:
        address = f"http://127.0.0.1:{port}"
        document = httpx.get(f"{address}/api/openapi.json").raise_for_status().json()
        yield Served(address, document, server.token)
    finally:
        server.stop()
        listening.close()


class _Server(threading.Thread):
    """The application in a loop of its own, with a token of the owner that has every scope."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        super().__init__(daemon=True)
        self.token = ""
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._listening = listening
        self._settings = Settings(
            database=f"sqlite:///{folder / 'demo.sqlite3'}?synchronous=OFF",
            key_file=str(folder / "signing-key.pem"),
            development=True,
        )
        self._uvicorn: uvicorn.Server | None = None

    def start(self) -> None:
        super().start()
        assert self._ready.wait(30)
        if self._failure is not None:
            raise self._failure

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        app = create_app(self._settings)
        async with app.lifespan():
            self.token = await _owners_token()
            self._uvicorn = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
            self._ready.set()
            await self._uvicorn.serve(sockets=[self._listening])

    def stop(self) -> None:
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        self.join(30)


async def _owners_token() -> str:
    person = await queries.person_by_email("olivia.duenas@owner.example")
    event = await event_by_slug(SLUG)
    assert person is not None
    assert event is not None
    now = clock.now()
    visit = Visit(now=now, confirmed_at=now, person=person, roles=await queries.roles(person.id))
    return await services.make_token(
        visit, event, name="schemathesis", scopes=sorted({*registered()} - {OF_INSTALLATION})
    )
