"""How long each kind of data is kept, and why; what deletes it when its time is over."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from plenaria.core.host import gathering, plugins
from plenaria.core.host.contributions import Retention
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import fill, gettext, ngettext
from plenaria.core.kernel.values import N_
from plenaria.core.people.services import forget_old_attempts
from plenaria.core.people.tables import Session, SignInLink
from plenaria.core.storage import outbox
from plenaria.core.storage.requests import limits
from plenaria.core.storage.requests.tables import IdempotentAnswer

logger = logging.getLogger("plenaria.retention")

CORE: Final = "core"
OUTBOX_DAYS: Final = 30

_days: dict[str, int] = {}


async def _sessions(*, before: datetime, now: datetime) -> None:
    await Session.delete().where(Session.expires_at < before)


async def _links(*, before: datetime, now: datetime) -> None:
    await SignInLink.delete().where(SignInLink.expires_at < before)


async def _lines(*, before: datetime, now: datetime) -> None:
    await outbox.forget_settled(before=before)


async def _attempts(*, before: datetime, now: datetime) -> None:
    await forget_old_attempts(now=before)


async def _answers(*, before: datetime, now: datetime) -> None:
    await IdempotentAnswer.delete().where(IdempotentAnswer.created_at < before)


async def _counts(*, before: datetime, now: datetime) -> None:
    await limits.forget_old(now=before)


CORE_KINDS: Final = (
    Retention(
        "core.sessions", N_("Ended sign-ins of browsers"), N_("They are of no use once they have ended."), 0, _sessions
    ),
    Retention(
        "core.sign_in_links", N_("Sign-in links"), N_("An expired link still says so when it is opened."), 1, _links
    ),
    Retention(
        "core.sign_in_attempts",
        N_("Sign-ins with a provider or a passkey that were begun"),
        N_("They are over after some minutes."),
        0,
        _attempts,
    ),
    Retention(
        "core.outbox",
        N_("Lines of the outbox, once delivered, dropped or given up"),
        N_("To answer what became of a mail; its text goes when it is delivered."),
        OUTBOX_DAYS,
        _lines,
    ),
    Retention(
        "core.answers",
        N_("Remembered answers of the interface"),
        N_("A request that is repeated has no effect."),
        1,
        _answers,
    ),
    Retention("core.rate_counts", N_("Counts for limits"), N_("They end with the time that they count."), 0, _counts),
    Retention(
        "core.record", N_("The record of changes"), N_("It proves who changed what, and names people by numbers only.")
    ),
    Retention("core.people", N_("Accounts"), N_("Until the person has their data erased.")),
)


def use(days: Mapping[str, int]) -> None:
    """Keep these kinds for so many days instead of their defaults."""
    _days.clear()
    _days.update(days)


def kinds() -> list[tuple[str, Retention]]:
    """`(owner, kind)`: the core's own, then those of the plugins."""
    own = [(CORE, kind) for kind in CORE_KINDS]
    return [*own, *((name, kind) for name, given in plugins.host().collect("register_retention") for kind in given)]


def days_of(kind: Retention) -> int | None:
    """How long it is kept in this installation; None where no number of days says it."""
    return _days.get(kind.name, kind.days) if kind.days is not None else None


def period(kind: Retention) -> str:
    """How long it is kept, in the reader's words."""
    days = days_of(kind)
    if days is None:
        return gettext(kind.rule) if kind.rule else gettext("Without an end.")
    if days == 0:
        return gettext("Deleted as soon as it is over.")
    return fill(ngettext("Kept for {days} day.", "Kept for {days} days.", days), {"days": shown.number(days)})


def unknown() -> list[str]:
    """Names in the settings that no kind has whose days can be set."""
    return sorted(_days.keys() - {kind.name for _, kind in kinds() if kind.days is not None})


async def forget_due(*, now: datetime) -> None:
    """Delete what is over; a kind that fails keeps no other one from it."""
    for owner, kind in kinds():
        if kind.forget is None:
            continue
        try:
            await kind.forget(before=now - timedelta(days=days_of(kind) or 0), now=now)
        except BaseException as error:
            if not gathering.is_its_own(error):
                raise
            logger.error("old data could not be deleted; it is tried again", exc_info=error, extra={"kind": kind.name})
            if owner != CORE:
                plugins.host().failures.count(owner, "register_retention", error)
