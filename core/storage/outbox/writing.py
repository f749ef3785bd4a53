"""Lines into the outbox, in the transaction of what they tell of."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from plenaria.core.host import plugins
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import insert, transaction
from plenaria.core.storage.outbox.tables import OutboxLine
from plenaria.core.storage.outbox.waking import announce

INSERTED_AT_ONCE: Final = 500
"""Lines in one statement; engines bound how many values one may have."""


class QueuedMail(Struct, frozen=True, kw_only=True):
    """A finished mail on its way into the outbox. `mail` is its content as builtins, with the address under `to`."""

    key: str
    plugin: str
    mail: Mapping[str, Any]
    urgent: bool = False
    about: str = ""
    not_after: datetime | None = None


async def tell(fact: str, *, event: EventView, now: datetime, **facts: Any) -> None:
    """Record a fact for every plugin that is on for the event and listens. Call inside the transaction.

    `facts` are the hook's arguments beside `event` and `now`; builtins only.
    """
    await _put(lines_of(fact, event=event, now=now, **facts))


def lines_of(fact: str, *, event: EventView, now: datetime, **facts: Any) -> list[OutboxLine]:
    """The lines that `tell` writes, for who stores them `together` with other rows and then calls `wake_after_commit`."""
    return _facts(fact, [facts], event, now)


async def tell_each(fact: str, many: Sequence[Mapping[str, Any]], *, event: EventView, now: datetime) -> None:
    """Like `tell` for each of many, which hold the same arguments, in few statements."""
    if many:
        await _put(_facts(fact, many, event, now))


def _facts(fact: str, many: Sequence[Mapping[str, Any]], event: EventView, now: datetime) -> list[OutboxLine]:
    listeners = plugins.host().listeners(fact, event, {*many[0], "event", "now"})
    payloads = [msgspec.json.encode(facts).decode() for facts in many]
    return [_fact(fact, name, event.id, payload, now) for payload in payloads for name in listeners]


def _fact(name: str, plugin: str, event_id: int, payload: str, now: datetime) -> OutboxLine:
    return OutboxLine(
        kind="fact",
        lane=plugin,
        name=name,
        plugin=plugin,
        event=event_id,
        payload=payload,
        due_at=now,
        created_at=now,
    )


async def put_mails(mails: Sequence[QueuedMail], *, event_id: int | None, now: datetime) -> None:
    """Record finished mails in few statements (see `core.mail.send`, which everybody else calls)."""
    await _put([_mail(each, event_id, now) for each in mails])


def _mail(queued: QueuedMail, event_id: int | None, now: datetime) -> OutboxLine:
    recipient = str(queued.mail["to"]).lower()[:254]
    return OutboxLine(
        kind="mail",
        urgent=queued.urgent,
        lane=recipient.rpartition("@")[2],
        name=queued.key,
        plugin=queued.plugin,
        event=event_id,
        payload=msgspec.json.encode(queued.mail).decode(),
        recipient=recipient,
        about=queued.about,
        not_after=queued.not_after,
        due_at=now,
        created_at=now,
    )


async def _put(lines: list[OutboxLine]) -> None:
    if lines:
        async with transaction() as running:
            for start in range(0, len(lines), INSERTED_AT_ONCE):
                await insert(*lines[start : start + INSERTED_AT_ONCE])
            await announce(running)
