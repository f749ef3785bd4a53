"""Heads and bodies that arrive a byte at a time: a real uvicorn with our protocol, and the application's own limit."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from litestar.exceptions import HTTPException

from plenaria.core.app import create_app
from plenaria.core.cli import serving
from plenaria.core.cli.installation import Installation
from plenaria.core.cli.protocol import MOST_HEAD_BYTES, BoundedProtocol
from plenaria.core.kernel.settings import Serve, Settings
from plenaria.core.web.security.slowness import SLOWEST_BYTES_S, in_time
from tests.site import Site

SHORT_S = 0.2
PATIENCE_S = 10


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once, whatever is still to come."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(app: Any, *, head_timeout_s: float = SHORT_S, **more: Any) -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    protocol = type("Bounded", (BoundedProtocol,), {"head_timeout_s": head_timeout_s})
    options = {"http": protocol, "lifespan": "off", "log_config": None, "ws": "none", **more}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # signals are pytest's
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    await running


async def until_closed(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """What the server answers to these pieces until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause_s)
        return await asyncio.wait_for(reader.read(), PATIENCE_S)
    finally:
        writer.close()


HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"\r\n",),
        (HEAD,),
        (HEAD + b"Content-Length: 9\r\n\r\nab",),
        (HEAD + b"Content-Length: 2\r\n\r\nab", b"\r\n"),
        (HEAD + b"Content-Length: 2\r\n\r\nab", b"GET / HT"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ],
    ids=("nothing", "a line", "half a head", "half a body", "a line after it", "half a second head", "chunks"),
)
async def test_a_connection_that_keeps_us_waiting_is_closed(pieces: tuple[bytes, ...]) -> None:
    async with served(hello, timeout_keep_alive=PATIENCE_S * 2) as port:
        answer = await until_closed(port, *pieces, pause_s=0.02)

    assert answer.count(b"200 OK") == (1 if b"Length" in b"".join(pieces) or b"chunked" in b"".join(pieces) else 0)


async def test_an_endless_head_is_refused_and_not_kept() -> None:
    line = b"X: " + b"a" * 1_000 + b"\r\n"

    async with served(hello, head_timeout_s=PATIENCE_S) as port:
        answer = await until_closed(port, HEAD, *([line] * (MOST_HEAD_BYTES // 1_000 + 1)))

    assert answer.startswith(b"HTTP/1.1 400")


async def test_requests_one_after_the_other_go_on() -> None:
    request = HEAD + b"Content-Length: 2\r\n\r\nab"

    async with served(hello, head_timeout_s=1) as port:
        last = HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nab"
        answer = await until_closed(port, request, request, last, pause_s=0.1)

    assert answer.count(b"200 OK") == 3


async def test_one_connection_too_many_is_answered_at_once() -> None:
    async with served(hello, head_timeout_s=PATIENCE_S, limit_concurrency=3) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        answer = await until_closed(port, HEAD + b"Connection: close\r\n\r\n")
        for _, writer in held:
            writer.close()

    assert answer.startswith(b"HTTP/1.1 503")


def test_serve_takes_its_limits_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_timeout_s", 10.0)
    own = {"PLENARIA_DATABASE": f"sqlite:///{tmp_path}/x.sqlite3", "PLENARIA_KEY_FILE": str(tmp_path / "key.pem")}
    installation = Installation(environment={**own, "PLENARIA_SERVE__HEAD_TIMEOUT_S": "3"})

    serving._application(installation, with_worker=False)

    assert BoundedProtocol.head_timeout_s == 3
    assert serving._server_options(Serve(connections=77))["limit_concurrency"] == 77


# -- bodies, by the application itself -----------------------------------------------------------------------------


def arriving(*pieces: bytes, every_s: float) -> Callable[[], Awaitable[Any]]:
    left = list(pieces)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(every_s)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


async def read(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            return body


async def test_a_body_of_single_bytes_is_ended() -> None:
    slow = in_time(arriving(*[b"a"] * 1_000, every_s=0.02), within_s=0.2)

    with pytest.raises(HTTPException) as ended:
        await read(slow)

    assert ended.value.status_code == 408


async def test_bytes_that_arrive_earn_time() -> None:
    pieces = [b"a" * SLOWEST_BYTES_S] * 20
    steady = in_time(arriving(*pieces, every_s=0.02), within_s=0.2)

    assert len(await read(steady)) == 20 * SLOWEST_BYTES_S


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(("path", "kind"), [("/sign-in", "text/html"), ("/api/v1/events/congress/orders", "json")])
async def test_the_application_answers_408_and_closes(site: Site, path: str, kind: str) -> None:
    settings = Settings(database=site.settings.database, key_file=site.settings.key_file, serve=Serve(body_timeout_s=1))
    app = create_app(settings)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    json = kind == "json"
    headers = {
        "host": "127.0.0.1:8000",
        "content-type": "application/json" if json else "application/x-www-form-urlencoded",
        "idempotency-key": "k",
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    await app(scope, arriving(*[b"a"] * 1_000, every_s=0.05), send)  # type: ignore[arg-type]  # typed more closely

    answered = dict(sent[0]["headers"])
    assert sent[0]["status"] == 408
    assert answered[b"connection"] == b"close"
    assert kind.encode() in answered[b"content-type"]
