"""HTTP with an end to waiting: a connection whose head does not come, or whose body nobody wants, is closed.

uvicorn itself waits for ever for the rest of a head, and keeps whatever was sent of it.
"""

import asyncio
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 65_536


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which makes one for each connection."""

    head_timeout_s: ClassVar[float] = 10.0
    """Of every connection of the process; also how long the rest of a body may take that was answered already."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience: asyncio.TimerHandle | None = None
        self._is_in_head = self._is_in_message = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_longer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        is_answered = getattr(self.cycle, "response_complete", True)  # before the first request there is none
        if self._patience is None and not self._is_in_message and is_answered:
            self._wait()
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        self._is_in_head = self._is_in_message = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._wait_no_longer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_message = False
        self._wait_no_longer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_in_message:
            self._wait()

    def _wait(self) -> None:
        self._wait_no_longer()
        self._patience = self.loop.call_later(self.head_timeout_s, self.timeout_keep_alive_handler)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
