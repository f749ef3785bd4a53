"""Regular work of the house: sealing the audit log, forgetting what is out of date."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from core import audit, clock
from core.outbox_tables import OutboxLine
from core.people import limits
from core.people.tables import IdempotentAnswer, Session, SignInLink

logger = logging.getLogger("plenaria.jobs")

SEAL_EVERY_S: Final = 2.0
TIDY_EVERY_S: Final = 3600.0
KEEP_DELIVERED: Final = timedelta(days=30)
KEEP_ANSWERS: Final = timedelta(days=1)


async def run_jobs(*, stop: asyncio.Event) -> None:
    """Seal every few seconds and tidy every hour until `stop` is set; a failing job is logged and tried again."""
    tidy_due_s = 0.0
    while not stop.is_set():
        try:
            await audit.seal(now=clock.now())
            if tidy_due_s <= 0:
                await tidy(now=clock.now())
                tidy_due_s = TIDY_EVERY_S
        except Exception:
            logger.exception("a regular job failed; it is tried again")
        tidy_due_s -= SEAL_EVERY_S
        try:
            async with asyncio.timeout(SEAL_EVERY_S):
                await stop.wait()
        except TimeoutError:
            continue


async def tidy(*, now: datetime) -> None:
    """Remove what nobody needs any more: ended sessions, old links, delivered lines, remembered answers."""
    await Session.delete().where(Session.expires_at < now)
    await SignInLink.delete().where(SignInLink.expires_at < now - timedelta(days=1))
    await OutboxLine.delete().where(OutboxLine.done_at < now - KEEP_DELIVERED)
    await IdempotentAnswer.delete().where(IdempotentAnswer.created_at < now - KEEP_ANSWERS)
    await limits.forget_old(now=now)
