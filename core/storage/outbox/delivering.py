"""Delivering what is due: claim, deliver each line by itself, try again with growing pauses."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from plenaria.core.kernel import clock
from plenaria.core.kernel.trouble import Outage, Unavailable
from plenaria.core.storage.outbox import claiming
from plenaria.core.storage.outbox.carriers import Carrier, KeptBack, Rejected, carrier
from plenaria.core.storage.outbox.claiming import STREAMS, Line, Stream, Why, claim, drop, give_back, settle
from plenaria.core.storage.outbox.lanes import HOLD, Lanes
from plenaria.core.storage.outbox.settling import Settlements
from plenaria.core.storage.outbox.waking import bell, listen, pause

logger = logging.getLogger("plenaria.outbox")

PAUSES_S: Final = (10, 60, 300, 1800, 7200, 21600, 43200, 86400)
"""Pause before each new try; after the last the line is given up and shown to the organiser."""
DELIVER_WITHIN_S: float = 45.0
"""A delivery that takes longer has failed: a server or a plugin that hangs holds up its lane only so long."""


class Delivery:
    """One stream of lines, as one worker delivers it. `now` is asked at every step."""

    def __init__(self, stream: Stream, now: Callable[[], datetime], stop: asyncio.Event | None = None) -> None:
        self._stream = stream
        self._carrier: Carrier = carrier(stream.kind)
        self._now = now
        self._stop = stop
        self._settled = Settlements(now)
        self.lanes = Lanes(self._carrier, self._handle, is_stale=self._is_stale, urgent=stream.urgent)

    async def claim(self, most: int) -> int:
        """Take up to `most` due lines, drop what is over, begin the others. How many were due."""
        now = self._now()
        lines = await claim(self._stream, now=now, most=most, lease_s=claiming.LEASE_S, but=self.lanes.full())
        taken_at_s = time.monotonic()
        for line in lines:
            line.update(taken_at_s=taken_at_s, taken_at=now)
        late = [line for line in lines if _is_late(line, now)]
        true = [line for line in lines if not _is_late(line, now)]
        over = set(await self._carrier.over(true, now=now)) if true else set()
        await self._drop(late, "late")
        await self._drop([line for line in true if line["id"] in over], "over")
        self.lanes.take([line for line in true if line["id"] not in over])
        return len(lines)

    async def end(self) -> None:
        """What is under way is finished; the rest is due again at once."""
        await give_back(self.lanes.leave())
        await self.lanes.idle()
        await self.rest()

    async def rest(self) -> None:
        """Nothing is due: close what was kept open for the next line."""
        await self._carrier.rest()

    async def _drop(self, lines: list[Line], why: Why) -> None:
        await drop({line["id"]: self._carrier.kept(line["payload"]) for line in lines}, why, now=self._now())

    async def _handle(self, line: Line) -> None:
        try:
            await self._deliver_or_leave(line)
        except Exception:
            logger.exception("a line could not be settled; it is due again after its lease", extra={"line": line["id"]})

    async def _deliver_or_leave(self, line: Line) -> None:
        if self._is_stale(line):
            await give_back([line])
        elif _is_late(line, self._now()):
            await self._drop([line], "late")
        else:
            await self._deliver(line)

    def _is_stale(self, line: Line) -> bool:
        """Whether the line is given back, due at once: its lease might end under way, or the worker stops."""
        passed_s = time.monotonic() - line["taken_at_s"]
        return passed_s > claiming.LEASE_S - DELIVER_WITHIN_S or (self._stop is not None and self._stop.is_set())

    async def _deliver(self, line: Line) -> None:
        try:
            async with asyncio.timeout(DELIVER_WITHIN_S):
                await self._carrier.deliver(line, now=self._now())
        except KeptBack:
            await settle(line, due_at=None)
        except Exception as error:
            await self._failed(line, error)
        else:
            await self._settled.delivered(line, self._carrier.kept(line["payload"]))

    async def _failed(self, line: Line, error: Exception) -> None:
        attempts, now = line["attempts"] + 1, self._now()
        logger.warning(
            "delivery failed",
            extra={"line": line["id"], "name_": line["name"], "plugin": line["plugin"], "attempts": attempts},
            exc_info=line["kind"] == "fact",  # a mail server's answer may quote an address: it stays out of the log
        )
        reason = str(error) if isinstance(error, Rejected) else f"{type(error).__name__}: {error}"
        failed = {"attempts": attempts, "last_error": reason[:500]}
        if isinstance(error, Rejected) or attempts > len(PAUSES_S):
            await settle(line, due_at=None, given_up_at=now, **failed)
            return
        again_at = now + timedelta(seconds=PAUSES_S[attempts - 1])
        if _is_late(line, again_at):
            kept = self._carrier.kept(line["payload"])
            await settle(line, due_at=None, dropped_at=now, dropped_why="late", payload=kept, **failed)
        else:
            await settle(line, due_at=again_at, **failed)


def _is_late(line: Line, now: datetime) -> bool:
    return line["not_after"] is not None and line["not_after"] <= now


async def deliver_due(*, now: datetime, most: int = 50, stop: asyncio.Event | None = None) -> int:
    """Deliver what is due and return how many lines were claimed. With `stop` set, only what is under way is finished."""
    started_s = time.monotonic()

    def instant() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started_s)

    claimed = 0
    deliveries = [Delivery(stream, instant, stop) for stream in STREAMS]
    for delivery in deliveries:
        if claimed < most:
            claimed += await delivery.claim(most - claimed)
    await asyncio.gather(*(delivery.lanes.idle() for delivery in deliveries))
    await asyncio.gather(*(delivery.rest() for delivery in deliveries))
    return claimed


async def run(*, stop: asyncio.Event, pause_s: float = 2.0) -> None:
    """Deliver until `stop` is set; what is under way is finished first.

    Wakes at once for lines of this process and, on PostgreSQL, of others; looks every `pause_s` in any case.
    """
    await asyncio.gather(listen(stop=stop), *(_run(stream, stop, pause_s) for stream in STREAMS))


async def _run(stream: Stream, stop: asyncio.Event, pause_s: float) -> None:
    delivery, outage = Delivery(stream, clock.now, stop), Outage(logger, "outbox")
    try:
        with bell() as rung:
            while not stop.is_set():
                rung.clear()
                await _claim_and_wait(delivery, rung, stop, pause_s, outage)
        await delivery.end()
    except asyncio.CancelledError:
        delivery.lanes.cut_off()
        raise


async def _claim_and_wait(
    delivery: Delivery, rung: asyncio.Event, stop: asyncio.Event, pause_s: float, outage: Outage
) -> None:
    lanes, room = delivery.lanes, delivery.lanes.room
    lanes.wanting.clear()
    claimed = await _claim_or_log(delivery, room, outage)
    lanes.more_are_due = claimed == room
    if lanes.more_are_due and lanes.room > HOLD // 2:
        return
    if not lanes.held:
        await delivery.rest()
    await pause(stop, lanes.wanting, rung, seconds=pause_s)


async def _claim_or_log(delivery: Delivery, most: int, outage: Outage) -> int:
    try:
        claimed = await delivery.claim(most)
        outage.is_over()
        return claimed
    except Unavailable as trouble:
        outage.begins(trouble)
        return 0
    except Exception:
        logger.exception("the outbox could not be read; trying again")
        return 0
