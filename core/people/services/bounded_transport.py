"""An HTTP connection that reads no more than so many bytes. Imported when it is first needed: httpx2 takes its time."""

import ssl
from collections.abc import AsyncIterator
from functools import cache

import httpx2


class TooLarge(httpx2.TransportError):
    """The answer has more bytes than we read."""


class BoundedTransport(httpx2.AsyncHTTPTransport):
    """Ends an answer at its limit. None may be compressed, so that few bytes do not become many."""

    def __init__(self, most: int) -> None:
        super().__init__(verify=_trusted())
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        answer = await super().handle_async_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise TooLarge("the answer is compressed")
        stream = answer.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - of an asynchronous transport
        answer.stream = _Bounded(stream, self._most)
        return answer


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._left -= len(part)
            if self._left < 0:
                raise TooLarge("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, read once."""
    return ssl.create_default_context()
