"""What is to happen after a commit: facts for plugins, and mail. Written in the service's own transaction.

A worker claims due lines, delivers each by itself, and tries again with growing pauses. Delivery is at least once: a
listener must bear hearing a fact twice. Each plugin's facts, and the mails, go in a lane of their own, so that one which
fails or hangs does not keep the others waiting.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from msgspec import Struct
from piccolo.columns import Column

from plenaria.core.host import plugins
from plenaria.core.kernel import clock
from plenaria.core.kernel.trouble import Outage, Unavailable
from plenaria.core.kernel.values import EventView
from plenaria.core.storage.database import current, insert, transaction
from plenaria.core.storage.outbox.tables import OutboxLine

logger = logging.getLogger("plenaria.outbox")

Line = dict[str, Any]
"""A row of `core_outbox_line`."""

PAUSES_S: Final = (10, 60, 300, 1800, 7200, 21600, 43200, 86400)
"""Pause before each new try; after the last the line is given up and shown to the organiser."""
LEASE_S: Final = 120
"""A claimed line that was not settled (a killed worker) is due again after this long."""
DELIVER_WITHIN_S: Final = 45.0
"""A delivery that takes longer has failed: a server or a plugin that hangs holds up its lane only so long."""
INSERTED_AT_ONCE: Final = 500
"""Lines in one statement; engines bound how many values one may have."""

_wake = asyncio.Event()


class KeptBack(Exception):
    """Not a failure: the line stays as it is, undelivered and not due (mail without an SMTP host)."""


class Deliver(Protocol):
    async def __call__(self, line: Line, /, *, now: datetime) -> dict[str, Any] | None:
        """Deliver one line (a row of `core_outbox_line`); raises what goes wrong.

        Returns columns to store with the delivered line, or None.
        """


_deliverers: dict[str, Deliver] = {}


def use(deliverers: Mapping[str, Deliver]) -> None:
    """How each kind of line is delivered in this process, set once at start."""
    _deliverers.clear()
    _deliverers.update(deliverers)


async def tell(fact: str, *, event: EventView, now: datetime, **facts: Any) -> None:
    """Record a fact for every plugin that is on for the event and listens. Call inside the transaction.

    `facts` are the hook's arguments beside `event` and `now`; builtins only.
    """
    await _put(lines_of(fact, event=event, now=now, **facts))


def lines_of(fact: str, *, event: EventView, now: datetime, **facts: Any) -> list[OutboxLine]:
    """The lines that `tell` writes, for who stores them `together` with other rows and then calls `wake_after_commit`."""
    payload = msgspec.json.encode(facts).decode()
    listeners = plugins.host().listeners(fact, event, {*facts, "event", "now"})
    return [_line("fact", fact, name, event.id, payload, now) for name in listeners]


async def wake_after_commit() -> None:
    """Let the worker of this process look at once, when the open transaction has committed."""
    async with transaction() as running:
        running.after_commit(_wake.set)


def _line(kind: str, name: str, plugin: str, event_id: int | None, payload: str, now: datetime) -> OutboxLine:
    return OutboxLine(kind=kind, name=name, plugin=plugin, event=event_id, payload=payload, due_at=now, created_at=now)


async def tell_each(fact: str, many: Sequence[Mapping[str, Any]], *, event: EventView, now: datetime) -> None:
    """Like `tell` for each of many, which hold the same arguments, in few statements."""
    if many:
        listeners = plugins.host().listeners(fact, event, {*many[0], "event", "now"})
        payloads = [msgspec.json.encode(facts).decode() for facts in many]
        await _put([_line("fact", fact, name, event.id, payload, now) for payload in payloads for name in listeners])


async def put_mails(
    mails: Sequence[tuple[str, str, Mapping[str, Any]]], *, event_id: int | None, now: datetime
) -> None:
    """Record finished mails, `(key, plugin, mail)`, in few statements (see `core.mail.send`, which everybody else calls)."""
    await _put(
        [_line("mail", key, plugin, event_id, msgspec.json.encode(mail).decode(), now) for key, plugin, mail in mails]
    )


async def _put(lines: list[OutboxLine]) -> None:
    if lines:
        async with transaction() as running:
            for start in range(0, len(lines), INSERTED_AT_ONCE):
                await insert(*lines[start : start + INSERTED_AT_ONCE])
            running.after_commit(_wake.set)


async def deliver_due(*, now: datetime, most: int = 50, stop: asyncio.Event | None = None) -> int:
    """Deliver what is due and return how many lines were claimed. With `stop` set, only what is under way is finished."""
    claimed = await _claim(now=now, most=most)
    lanes: dict[str, list[Line]] = {}
    for line in claimed:
        lanes.setdefault(f"{line['kind']}:{line['plugin'] if line['kind'] == 'fact' else ''}", []).append(line)
    started_s = time.monotonic()
    await asyncio.gather(*(_deliver_lane(lane, now=now, started_s=started_s, stop=stop) for lane in lanes.values()))
    return len(claimed)


async def _deliver_lane(lane: Sequence[Line], *, now: datetime, started_s: float, stop: asyncio.Event | None) -> None:
    """One after another, as long as the lease surely holds; the rest is given back, due at once."""
    for place, line in enumerate(lane):
        passed_s = time.monotonic() - started_s
        if passed_s > LEASE_S - DELIVER_WITHIN_S or (stop is not None and stop.is_set()):
            rest = [each["id"] for each in lane[place:]]
            await OutboxLine.update({OutboxLine.due_at: now}).where(OutboxLine.id.is_in(rest))
            return
        await _deliver(line, now=now + timedelta(seconds=passed_s))


_OLDEST_DUE: Final = "SELECT id FROM core_outbox_line WHERE due_at <= {} ORDER BY due_at, id LIMIT {}"
_DUE: Final = {"sqlite": _OLDEST_DUE, "postgres": f"{_OLDEST_DUE} FOR UPDATE SKIP LOCKED"}


async def _claim(*, now: datetime, most: int) -> list[Line]:
    """Take due lines by moving their `due_at` ahead: two workers never hold the same line at once."""
    async with transaction():
        found = await OutboxLine.raw(_DUE[current().dialect], now, most)
        ids = [row["id"] for row in found]
        if not ids:
            return []
        await OutboxLine.update({OutboxLine.due_at: now + timedelta(seconds=LEASE_S)}).where(OutboxLine.id.is_in(ids))
        return await OutboxLine.select().where(OutboxLine.id.is_in(ids)).order_by(OutboxLine.id)


async def _deliver(line: Line, *, now: datetime) -> None:
    try:
        async with asyncio.timeout(DELIVER_WITHIN_S):
            rest = await _deliverers[line["kind"]](line, now=now)
    except KeptBack:
        await _settle(line, due_at=None)
    except Exception as error:
        await _failed(line, error, now=now)
    else:
        await _settle(line, due_at=None, done_at=now, **(rest or {}))


async def _failed(line: Line, error: Exception, *, now: datetime) -> None:
    attempts = line["attempts"] + 1
    logger.warning(
        "delivery failed",
        extra={"line": line["id"], "name_": line["name"], "plugin": line["plugin"], "attempts": attempts},
        exc_info=line["kind"] == "fact",  # a mail server's answer may quote an address: it stays out of the log
    )
    reason = f"{type(error).__name__}: {error}"[:500]
    if attempts > len(PAUSES_S):
        await _settle(line, due_at=None, attempts=attempts, last_error=reason, given_up_at=now)
    else:
        due_at = now + timedelta(seconds=PAUSES_S[attempts - 1])
        await _settle(line, due_at=due_at, attempts=attempts, last_error=reason)


async def _settle(line: Line, **values: Any) -> None:
    changed: dict[Column | str, Any] = {name: value for name, value in values.items()}  # noqa: C416 - dict() keeps the narrower key type
    await OutboxLine.update(changed).where(OutboxLine.id == line["id"])


async def try_again(line_id: int, *, event_id: int, now: datetime) -> None:
    """Make an undelivered line of the event due at once."""
    await (
        OutboxLine.update({OutboxLine.due_at: now, OutboxLine.given_up_at: None, OutboxLine.attempts: 0})
        .where(OutboxLine.id == line_id)
        .where(OutboxLine.event == event_id)
        .where(OutboxLine.done_at.is_null())
    )
    _wake.set()


async def release_kept_back(*, now: datetime) -> None:
    """Make the mails due that were kept back while no SMTP host was set."""
    await (
        OutboxLine.update({OutboxLine.due_at: now})
        .where(OutboxLine.kind == "mail")
        .where(OutboxLine.due_at.is_null() & OutboxLine.done_at.is_null() & OutboxLine.given_up_at.is_null())
    )


async def run(*, stop: asyncio.Event, release_mail: bool = False, pause_s: float = 2.0) -> None:
    """Deliver until `stop` is set; the delivery under way is finished first. Wakes at once for this process's own lines.

    `release_mail`: a mail server is set now, so mails that were kept back are due again.
    """
    released, outage = not release_mail, Outage(logger, "outbox")
    while not stop.is_set():
        try:
            if not released:
                await release_kept_back(now=clock.now())
                released = True
            tried = await deliver_due(now=clock.now(), stop=stop)
            outage.is_over()
        except Unavailable as trouble:
            outage.begins(trouble)
            tried = 0
        except Exception:
            logger.exception("the outbox could not be read; trying again")
            tried = 0
        if not tried:
            await _pause(stop, pause_s)


async def _pause(stop: asyncio.Event, pause_s: float) -> None:
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(_wake.wait())]
    await asyncio.wait(waits, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    _wake.clear()


class LineView(Struct, frozen=True):
    """A line of the outbox as the organiser sees it."""

    id: int
    kind: str
    name: str
    plugin: str
    state: str
    """`waiting`, `delivered`, `kept back` or `given up`."""
    attempts: int
    last_error: str
    created_at: datetime
    payload: str = ""
    to: str = ""


async def lines(event_id: int | None, *, before: int | None = None, most: int = 50) -> list[LineView]:
    """The event's lines, the latest first, below the id `before`; one query. `to` is only known of mails."""
    query = OutboxLine.select().where(OutboxLine.event == event_id).order_by(OutboxLine.id, ascending=False).limit(most)
    if before is not None:
        query = query.where(OutboxLine.id < before)
    return [_view(row) for row in await query]


async def line(line_id: int, *, event_id: int | None) -> LineView | None:
    row = await OutboxLine.select().where((OutboxLine.id == line_id) & (OutboxLine.event == event_id)).first()
    return _view(row) if row else None


class Undelivered(NamedTuple):
    """How many lines of an event wait, are kept back (no mail server), were given up."""

    waiting: int
    kept_back: int
    given_up: int


async def undelivered(event_id: int) -> Undelivered:
    """One query over the event's lines that have not arrived."""
    rows = await OutboxLine.select(OutboxLine.due_at, OutboxLine.given_up_at).where(
        (OutboxLine.event == event_id) & OutboxLine.done_at.is_null()
    )
    given_up = sum(row["given_up_at"] is not None for row in rows)
    waiting = sum(row["due_at"] is not None for row in rows)
    return Undelivered(waiting, len(rows) - waiting - given_up, given_up)


def _view(row: dict[str, Any]) -> LineView:
    state = "waiting"
    if row["done_at"]:
        state = "delivered"
    elif row["given_up_at"]:
        state = "given up"
    elif row["due_at"] is None:
        state = "kept back"
    to = msgspec.json.decode(row["payload"]).get("to", "") if row["kind"] == "mail" else ""
    return LineView(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        plugin=row["plugin"],
        state=state,
        attempts=row["attempts"],
        last_error=row["last_error"],
        created_at=row["created_at"],
        payload=row["payload"],
        to=to,
    )
