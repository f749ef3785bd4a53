"""What a worker holds of a stream: so many lines under way in each lane and in all, the rest waiting in their order."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from plenaria.core.storage.outbox.carriers import Carrier
from plenaria.core.storage.outbox.claiming import Line

PACE_LOOK_S: Final = 0.05
HOLD: Final = 100
"""Lines that a worker claims at most of one stream, beside those of full lanes."""
LANE_HOLDS: Final = 25
"""Where so many wait in a lane, no more of it is claimed: it leaves the others their turn."""


class Lanes:
    """Begins waiting lines as places become free, lane after lane.

    `handle` delivers and settles one; it never raises. One that `is_stale` it only gives back: that takes nothing of the pace.
    """

    def __init__(
        self,
        carrier: Carrier,
        handle: Callable[[Line], Coroutine[Any, Any, None]],
        *,
        is_stale: Callable[[Line], bool],
        urgent: bool,
    ) -> None:
        self._carrier = carrier
        self._handle = handle
        self._is_stale = is_stale
        self._urgent = urgent
        self._waiting: dict[str, deque[Line]] = {}
        self._full: set[str] = set()
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        self.more_are_due = False
        """Whether the last claim got all that it asked for."""
        self.wanting = asyncio.Event()
        """Set when it pays to claim again: there is room for many, or in a lane that was full."""

    @property
    def held(self) -> int:
        return len(self._tasks) + sum(map(len, self._waiting.values()))

    def full(self) -> list[str]:
        """The lanes of which no more should be claimed for now."""
        self._full = {lane for lane, lines in self._waiting.items() if len(lines) >= LANE_HOLDS}
        return sorted(self._full)

    @property
    def room(self) -> int:
        """How many lines may be claimed. Those of full lanes do not count: one that hangs would keep everything waiting."""
        return max(0, HOLD - sum(len(lines) for lines in self._waiting.values() if len(lines) < LANE_HOLDS))

    def take(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._waiting.setdefault(line["lane"], deque()).append(line)
        self._begin()

    def leave(self) -> list[Line]:
        """The lines that were not begun; they are not begun any more."""
        left = [line for lines in self._waiting.values() for line in lines]
        self._waiting.clear()
        return left

    async def idle(self) -> None:
        """Until nothing is held any more. When cancelled, what is under way is cut off, as if the process had died."""
        try:
            while self.held:
                if self._tasks:
                    await asyncio.wait(self._tasks)
                else:
                    await asyncio.sleep(PACE_LOOK_S)
        except asyncio.CancelledError:
            self.cut_off()
            raise

    def cut_off(self) -> None:
        self.leave()
        for task in self._tasks:
            task.cancel()

    def _begin(self) -> None:
        while (lane := self._next_lane()) is not None:
            if (wait_s := self._ready_in_s(self._waiting[lane][0])) > 0:
                self._begin_later(wait_s)
                return
            self._begin_in(lane)

    def _ready_in_s(self, line: Line) -> float:
        return 0.0 if self._is_stale(line) else self._carrier.ready_in_s(self._urgent)

    def _next_lane(self) -> str | None:
        if len(self._tasks) >= self._carrier.at_once():
            return None
        free = (lane for lane in self._waiting if self._under_way[lane] < self._carrier.in_lane(lane))
        return next(free, None)

    def _begin_in(self, lane: str) -> None:
        lines = self._waiting.pop(lane)
        line = lines.popleft()
        if lines:
            self._waiting[lane] = lines  # at the end: the other lanes come first now
        self._under_way[lane] += 1
        task = asyncio.create_task(self._handle(line))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, lane))

    def _ended(self, lane: str, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._under_way[lane] -= 1
        has_room = lane in self._full and len(self._waiting.get(lane, ())) < LANE_HOLDS
        if has_room or (self.more_are_due and self.room > HOLD // 2):
            self.wanting.set()
        self._begin()

    def _begin_later(self, wait_s: float) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait_s, self._begin_now)

    def _begin_now(self) -> None:
        self._later = None
        self._begin()
