"""Regular work: the house's own (sealing the audit log, forgetting what is out of date) and that of plugins."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from plenaria.core.host import plugins
from plenaria.core.host.contributions import Job
from plenaria.core.kernel import clock
from plenaria.core.me.erasure import erase_due
from plenaria.core.people.tables import Session, SignInLink
from plenaria.core.storage import audit
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.core.storage.requests import limits
from plenaria.core.storage.requests.tables import IdempotentAnswer

logger = logging.getLogger("plenaria.jobs")

SEAL_EVERY_S: Final = 2.0
TIDY_EVERY_S: Final = 3600.0
ERASE_EVERY_S: Final = 3600.0
KEEP_DELIVERED: Final = timedelta(days=30)
KEEP_ANSWERS: Final = timedelta(days=1)


async def run_jobs(*, stop: asyncio.Event) -> None:
    """Run every job at once and then at its own pace, until `stop` is set; the one under way is finished first.

    Then every job that left something going on is told to end it.
    """
    jobs = all_jobs()
    due_s = [0.0] * len(jobs)
    while not stop.is_set():
        for place, job in enumerate(jobs):
            if time.monotonic() >= due_s[place] and not stop.is_set():
                await run_one(job, now=clock.now())
                due_s[place] = time.monotonic() + job.every_s
        await _pause(stop, min(due_s) - time.monotonic())
    for job in jobs:
        if job.stop is not None:
            await run_one(Job(f"{job.name}.stop", job.every_s, job.stop), now=clock.now())


def all_jobs() -> Sequence[Job]:
    """The house's own jobs and those of the plugins."""
    contributed = [job for _, jobs in plugins.host().collect("register_jobs") for job in jobs]
    return [
        Job("core.seal", SEAL_EVERY_S, audit.seal),
        Job("core.tidy", TIDY_EVERY_S, tidy),
        Job("core.erase", ERASE_EVERY_S, erase_due),
        *contributed,
    ]


async def run_one(job: Job, *, now: datetime) -> bool:
    """Run a job; one that fails is logged, keeps nobody else from running, and is run again at its next turn."""
    try:
        await job.run(now=now)
    except Exception:
        logger.exception("a regular job failed; it is run again", extra={"job": job.name})
        return False
    return True


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await stop.wait()
    except TimeoutError:
        return


async def tidy(*, now: datetime) -> None:
    """Remove what nobody needs any more: ended sessions, old links, delivered lines, remembered answers."""
    await Session.delete().where(Session.expires_at < now)
    await SignInLink.delete().where(SignInLink.expires_at < now - timedelta(days=1))
    await OutboxLine.delete().where(OutboxLine.done_at < now - KEEP_DELIVERED)
    await IdempotentAnswer.delete().where(IdempotentAnswer.created_at < now - KEEP_ANSWERS)
    await limits.forget_old(now=now)
