"""How each kind of line is delivered; set once at start, because mail and facts stand on floors above this one."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plenaria.core.storage.outbox.claiming import Line


class KeptBack(Exception):
    """Not a failure: the line stays as it is, undelivered and not due (mail without an SMTP host)."""


class Rejected(Exception):
    """A failure that another try would not mend (an address that the mail server does not know)."""


class Deliver(Protocol):
    async def __call__(self, line: Line, /, *, now: datetime) -> None:
        """Deliver one line (a row of `core_outbox_line`); raises what goes wrong, `Rejected` where that is final."""


class FindOver(Protocol):
    async def __call__(self, lines: Sequence[Line], /, *, now: datetime) -> Collection[int]:
        """The ids of those lines that are no longer true, and are dropped instead of delivered."""


async def nothing_to_rest() -> None:
    """Of a carrier that keeps nothing open."""


async def nothing_over(lines: Sequence[Line], /, *, now: datetime) -> Collection[int]:
    return ()


@dataclass(frozen=True, slots=True)
class Carrier:
    """How a kind of line is delivered, and how many at once: in all, and in each lane."""

    deliver: Deliver
    at_once: Callable[[], int] = lambda: 100
    in_lane: Callable[[str], int] = lambda lane: 1
    ready_in_s: Callable[[bool], float] = lambda urgent: 0.0
    """Seconds until one more (urgent) line may begin; where it answers 0 that line is counted."""
    over: FindOver = nothing_over
    rest: Callable[[], Awaitable[None]] = nothing_to_rest
    """Called when nothing is due: what is kept open between two lines is closed."""
    kept: Callable[[str], str] = lambda payload: payload
    """What stays of the payload once the line is delivered or dropped."""


_carriers: dict[str, Carrier] = {}


def use(carriers: Mapping[str, Carrier]) -> None:
    """How each kind of line is delivered in this process."""
    _carriers.clear()
    _carriers.update(carriers)


def carrier(kind: str) -> Carrier:
    return _carriers[kind]
