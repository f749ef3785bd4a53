"""Bodies that arrive a byte at a time: ended by us, whatever stands before us."""

import asyncio
from typing import Final

from litestar.exceptions import HTTPException
from litestar.types import Receive, ReceiveMessage

SLOWEST_BYTES_S: Final = 10_000
"""Each so many bytes earn a body another second: 25 MB over a bad line may take the better part of an hour."""


def in_time(receive: Receive, *, within_s: float) -> Receive:
    """`receive` that raises HTTP 408 for a body that takes longer than `within_s` and what its bytes have earned.

    The time begins when the handler asks for the body; without a body, and after its end, nothing is timed.
    """
    started_at: float | None = None
    taken, is_complete = 0, False

    async def receive_in_time() -> ReceiveMessage:
        nonlocal started_at, taken, is_complete
        if is_complete:
            return await receive()
        if started_at is None:
            started_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(started_at + within_s + taken / SLOWEST_BYTES_S):
                message = await receive()
        except TimeoutError:
            raise HTTPException(
                status_code=408, headers={"Connection": "close"}, extra={"code": "body_too_slow"}
            ) from None
        if message["type"] == "http.request":
            taken += len(message["body"])
        is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time
