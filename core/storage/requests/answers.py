"""Answers already given to an Idempotency-Key: kept in the transaction of the effect, given again on a repetition."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.storage.database import repeatable, statement, transaction
from plenaria.core.storage.requests.tables import IdempotentAnswer

MOST_KEY: int = 255
"""Characters of an Idempotency-Key."""


class Answer(Struct, frozen=True):
    """What was answered: the status and the encoded body. `repeated`: the effect is of an earlier request."""

    status: int
    body: str
    repeated: bool = False


@repeatable
async def answer_once(
    key: str, request_hash: str, make: Callable[[], Awaitable[tuple[int, str]]], *, now: datetime
) -> Answer:
    """The stored answer of that key; else what `make` answers now, stored in one transaction with its effect.

    `make` writes in this transaction alone, and may be called again as a deadlock's victim. Two requests at once wait for each
    other at the key's row. When `make` raises, nothing is kept and the key is free again.
    Raises `Refused(idempotency_key_reused)` when the key came with another request.
    """
    async with transaction():
        if not await _claimed(key, request_hash, now):
            return await _given_before(key, request_hash)
        status, body = await make()
        await _keep(key, status, body)
        return Answer(status, body)


async def _claimed(key: str, request_hash: str, now: datetime) -> bool:
    """Whether this is the first request with the key. On PostgreSQL it waits for another one's transaction to end."""
    return bool(await _claim(key, request_hash, now))


@statement
def _claim(key: str, request_hash: str, now: datetime) -> Any:
    return IdempotentAnswer.raw(
        "INSERT INTO core_idempotent_answer (key, request_hash, status, body, created_at) "
        "VALUES ({}, {}, 0, '', {}) ON CONFLICT (key) DO NOTHING RETURNING id",
        key,
        request_hash,
        now,
    )


@statement
def _keep(key: str, status: int, body: str) -> Any:
    return IdempotentAnswer.update({IdempotentAnswer.status: status, IdempotentAnswer.body: body}).where(
        IdempotentAnswer.key == key
    )


async def _given_before(key: str, request_hash: str) -> Answer:
    row = await IdempotentAnswer.select().where(IdempotentAnswer.key == key).first()
    if row is None or row["request_hash"] != request_hash:
        raise Refused(Refusal("idempotency_key_reused"))
    return Answer(row["status"], row["body"], repeated=True)
