"""Regular work: the core's own (sealing the audit log, forgetting what is out of date) and that of plugins."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from plenaria.core.events import retention
from plenaria.core.host import gathering, plugins
from plenaria.core.host.contributions import Job
from plenaria.core.kernel import clock
from plenaria.core.kernel.trouble import Outage, Unavailable
from plenaria.core.me.erasure import erase_due
from plenaria.core.storage import audit

logger = logging.getLogger("plenaria.jobs")

CORE: Final = "core"
JOB_WITHIN_S: Final = 900.0
SEAL_EVERY_S: Final = 2.0
SEAL_ALL_EVERY_S: Final = 3600.0
KEEP_HEAD_EVERY_S: Final = 900.0
TIDY_EVERY_S: Final = 3600.0
ERASE_EVERY_S: Final = 3600.0


async def run_jobs(*, stop: asyncio.Event) -> None:
    """Run every job at once and then at its own pace, until `stop` is set; those under way are finished first.

    The jobs of one owner run one after another; nobody waits for another's. At the end every job that left something going on
    is asked to end it.
    """
    await asyncio.gather(*(_run_jobs_of(owner, jobs, stop) for owner, jobs in all_jobs() if jobs))


async def _run_jobs_of(owner: str, jobs: Sequence[Job], stop: asyncio.Event) -> None:
    due_s = [0.0] * len(jobs)
    outage = Outage(logger, owner)
    while not stop.is_set():
        for place, job in enumerate(jobs):
            if time.monotonic() >= due_s[place] and not stop.is_set():
                due_s[place] = await _pace_after(job, owner, outage) + time.monotonic()
        await _pause(stop, min(due_s) - time.monotonic())
    for job in jobs:
        if job.stop is not None:
            await _pace_after(Job(f"{job.name}.stop", job.every_s, job.stop), owner, outage)


async def _pace_after(job: Job, owner: str, outage: Outage) -> float:
    """Run it; how many seconds later it is due again: soon, when the database let it down."""
    try:
        await run_one(job, now=clock.now(), owner=owner)
    except Unavailable as trouble:
        outage.begins(trouble)
        return min(job.every_s, trouble.retry_after_s)
    outage.is_over()
    return job.every_s


def all_jobs() -> list[tuple[str, Sequence[Job]]]:
    """`(owner, jobs)`: the core's own and those of the plugins."""
    own = [
        Job("core.seal_all", SEAL_ALL_EVERY_S, audit.seal_all),
        Job("core.seal", SEAL_EVERY_S, audit.seal),
        Job("core.keep_head", KEEP_HEAD_EVERY_S, audit.keep_head),
        Job("core.tidy", TIDY_EVERY_S, retention.forget_due),
        Job("core.erase", ERASE_EVERY_S, erase_due),
    ]
    return [(CORE, own), *plugins.host().collect("register_jobs")]


async def run_one(job: Job, *, now: datetime, owner: str = CORE) -> bool:
    """Run a job; one that fails is logged, keeps nobody else from running, and is run again at its next turn.

    One that takes longer than `JOB_WITHIN_S` is cut off, which is a failure too. Raises `Unavailable`.
    """
    try:
        async with asyncio.timeout(JOB_WITHIN_S):
            await job.run(now=now)
    except Unavailable:
        raise
    except BaseException as error:
        if not gathering.is_its_own(error):
            raise
        logger.error("a regular job failed; it is run again", exc_info=error, extra={"job": job.name})
        if owner != CORE:
            plugins.host().failures.count(owner, "register_jobs", error)
        return False
    return True


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await stop.wait()
    except TimeoutError:
        return
