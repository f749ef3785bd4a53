"""Doing a service again when the database ended its transaction in favour of another one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from plenaria.core.kernel.trouble import Victim
from plenaria.core.storage.database.unit_of_work import in_transaction

P = ParamSpec("P")
T = TypeVar("T")

PAUSES_S: Final = (0.02, 0.1, 0.5)
"""The longest pause before each repetition; it is drawn, so that two victims do not meet again."""


def repeatable(service: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """The service, repeated a few times as a deadlock's or serialization's `Victim`.

    For a service all of whose effects are in its transaction: nothing of a victim is stored. Inside somebody else's transaction
    it is not repeated: that one is lost as a whole, and whoever opened it begins again.
    """

    @wraps(service)
    async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        if in_transaction():
            return await service(*args, **kwargs)
        for longest_s in PAUSES_S:
            try:
                return await service(*args, **kwargs)
            except Victim:
                await asyncio.sleep(random.uniform(0, longest_s))  # noqa: S311 - no secret
        return await service(*args, **kwargs)

    return repeated
