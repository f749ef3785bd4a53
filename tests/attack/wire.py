"""One request straight into the application, with what it cost: CPU of the event loop's thread, bytes taken and answered."""

import time
from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from msgspec import Struct

PIECE: int = 65_536
"""What a server hands over at once."""


class Seen(Struct, frozen=True):
    """`taken`: bytes of the body that the application asked for; `cpu_s`: of this thread, the client's own excluded."""

    status: int
    headers: dict[str, str]
    body: bytes
    taken: int
    cpu_s: float


async def ask(
    app: Litestar, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None
) -> Seen:
    """The whole exchange in this task, without a client's work in between."""
    scope, _, query = path.partition("?")
    lines = {"host": "127.0.0.1:8000", "content-length": str(len(body)), **(headers or {})}
    asked: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": scope,
        "raw_path": scope.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in lines.items() if value],
        "client": ("127.0.0.1", 40_000),
        "server": ("testserver", 80),
        "state": {},
    }
    pieces, taken, sent = _pieces(body), 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        piece, more = next(pieces, (b"", False))
        taken += len(piece)
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    started = time.thread_time()
    await app(asked, receive, send)  # type: ignore[arg-type]  # the same interface, typed more closely
    cpu_s = time.thread_time() - started
    answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Seen(sent[0]["status"], answer, b"".join(each.get("body", b"") for each in sent[1:]), taken, cpu_s)


def _pieces(body: bytes) -> Iterator[tuple[bytes, bool]]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE], start + PIECE < len(body)
