"""What a page costs: processor time of this process and statements, of requests that nothing was kept for."""

import time
from dataclasses import dataclass

import httpx

from plenaria.core.storage.database import count_queries

TURNS = 2


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds of one request (of all threads), statements, bytes of the answer."""

    ms: float
    statements: int
    size: int
    status: int


async def cost(client: httpx.AsyncClient, path: str, *, turns: int = TURNS) -> Cost:
    """The cheapest of some requests, after one that warms up what is made once per process."""
    answer = await client.get(path)
    spent, statements = [], 0
    for _ in range(turns):
        with count_queries() as seen:
            before = time.process_time()
            answer = await client.get(path)
            spent.append((time.process_time() - before) * 1000)
        statements = len(seen)
    return Cost(min(spent), statements, len(answer.content), answer.status_code)
