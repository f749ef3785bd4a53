"""The audit log: who did what, when, and proof that nobody changed it afterwards.

`record` writes a line with its own hash inside the caller's transaction and waits for nobody. `seal`, called
by the worker, links new lines to the chain in batches. `verify` reads everything back and names the first
broken line. The chain itself is `plenaria.core.kernel.ledger.chain`; what a line's hash covers is `_content`. The database
refuses to update or delete lines and seals (`plenaria.core.storage.audit.guard`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import to_builtins

from plenaria.core.forms import RecordedChange, changed_value
from plenaria.core.kernel.ledger import Broken, Inquiry, Line, Sealed, Verdict, Walk, canonical, digest, next_seals
from plenaria.core.kernel.ledger.receipts import key_id
from plenaria.core.kernel.values import N_
from plenaria.core.storage import signing_keys
from plenaria.core.storage.audit import heads
from plenaria.core.storage.audit.heads import HeadProblem, TreeHead
from plenaria.core.storage.audit.reading import Chosen, LineView, actors, facts, lines
from plenaria.core.storage.audit.tables import AuditLine, AuditSeal
from plenaria.core.storage.database import DatabaseProblem, current, in_transaction, insert, lock, transaction

__all__ = [
    "HEAD_FILE",
    "Chosen",
    "HeadProblem",
    "LineView",
    "TreeHead",
    "actors",
    "current_head",
    "facts",
    "head",
    "keep_head",
    "line_of",
    "lines",
    "record",
    "seal",
    "seal_all",
    "verify",
    "verify_heads",
]

BATCH = 500
PAGE = 1000
SEEN_AGAIN = 2000
"""How many of the last lines are looked at again: one of another transaction may have become visible only now."""

Row = dict[str, Any]


async def record(
    action: str,
    *,
    by: str,
    subject: str,
    event: int | None = None,
    facts: Mapping[str, object] | None = None,
    changes: Sequence[RecordedChange] = (),
    now: datetime,
) -> int:
    """Write one line in the open transaction and return its id: the log index of a receipt.

    `action` is what happened to what, `nomination.submitted`; `by` is `person:12`, `token:3` or `system`;
    `subject` is `nomination:NOM-7Q2K`; `event` is the event's id, None for the installation.

    The log is kept when a person is erased. It is the caller's duty that `facts`, like `by` and `subject`,
    hold no personal data beyond ids: no names, addresses, free text or file names; figures, codes and
    digests are welcome. `changes` are what was before and is now, as `forms.recorded` gives them: the reader
    sees them in words.

    Raises NotJSON when JSON cannot hold the facts, and DatabaseProblem outside a transaction: a line
    without the change that it tells of, or the change without its line, would both be lies.
    """
    line = line_of(action, by=by, subject=subject, event=event, facts=facts, changes=changes, now=now)
    (written,) = await insert(line)
    return written


def line_of(
    action: str,
    *,
    by: str,
    subject: str,
    event: int | None = None,
    facts: Mapping[str, object] | None = None,
    changes: Sequence[RecordedChange] = (),
    now: datetime,
) -> AuditLine:
    """The line that `record` writes, for who stores it `together` with other rows; raises as `record` does."""
    if not in_transaction():
        raise DatabaseProblem(
            "An audit line is written in the transaction of what it tells: async with transaction(): …"
        )
    text = canonical({**(facts or {}), **({"changes": to_builtins(changes)} if changes else {})}).decode()
    return AuditLine(
        at=now,
        event=event,
        actor=by,
        action=action,
        subject=subject,
        facts=text,
        hash=digest(_content(now, event, by, action, subject, text)),
    )


async def seal(*, now: datetime, batch: int = BATCH) -> int:
    """Link the lines that have no seal yet, `batch` lines in one transaction, and return how many they were.

    Only one sealer works at a time, over all hosts; another one waits. On PostgreSQL a line may become
    visible after lines with higher ids: it is sealed when it is seen, later in the chain. One that comes after
    more than `SEEN_AGAIN` lines is left to `seal_all`: the log is not read anew every time.
    """
    return await _seal(_RECENT, now, batch)


async def seal_all(*, now: datetime, batch: int = BATCH) -> int:
    """Like `seal`, for any line, however late it was committed: reads the whole log."""
    return await _seal(_UNSEALED, now, batch)


async def _seal(unsealed: str, now: datetime, batch: int) -> int:
    total = 0
    while sealed := await _seal_batch(unsealed, now, batch):
        total += sealed
        if sealed < batch:
            break
    return total


async def head() -> Sealed | None:
    """The last seal. Kept out of reach of the database (printed, sent), it is an anchor for `verify`."""
    rows = await _fetch(f"{_seal_columns()} FROM core_audit_seal s ORDER BY s.no DESC LIMIT 1")
    return _sealed(rows[0]) if rows else None


async def verify(*, anchor: Sealed | None = None) -> Verdict:
    """Read the whole log, a page at a time, and name the first line, if any, that is not what it was.

    Changes nothing and may run beside writers and the sealer. A line is proven from its seal on, not before.
    """
    walk = Walk(anchor)
    first_broken = await _first_broken(walk)
    return Verdict(await _count("core_audit_seal s"), await _count(_UNSEALED), first_broken or walk.end())


async def current_head(*, now: datetime) -> TreeHead:
    """The signed head over everything that is sealed now; nothing is kept."""
    head, _ = await heads.make(_seals_after, signing_keys.current(), now=now)
    return head


async def keep_head(*, now: datetime) -> TreeHead | None:
    """Keep the day's head, in the database and in a file beside the signing key; None when there is nothing new to keep.

    A key that was not in use before is recorded first. For a regular job: a day (UTC) has one head. The seals are read before
    the transaction: after an upgrade they are all that there are, and on SQLite nobody else could write meanwhile.
    """
    if await _is_kept(now):
        return None
    head, peaks = await heads.make(_seals_after, signing_keys.current(), now=now)
    async with transaction():
        await lock("audit.head")
        if await _is_kept(now):
            return None
        await _note_key(now)
        newest = next(iter(await heads.kept(newest=True)), None)
        if head.size <= (newest.size if newest else 0):
            return None
        await heads.store(head, peaks)
    signing_keys.write_beside(HEAD_FILE, heads.written(head))
    return head


async def _is_kept(now: datetime) -> bool:
    newest = next(iter(await heads.kept(newest=True)), None)
    return newest is not None and newest.made_at is not None and newest.made_at.date() == now.date()


async def _note_key(now: datetime) -> None:
    key = key_id(signing_keys.current().public_key())
    earlier = AuditLine.select(AuditLine.subject).where(AuditLine.action == "key.in_use")
    row = await earlier.order_by(AuditLine.id, ascending=False).first()
    before = row["subject"].removeprefix("key:") if row else None
    if before != key:
        changes = changed_value(N_("Signing key"), before, key)
        await record("key.in_use", by="system", subject=f"key:{key}", facts={"key": key}, changes=changes, now=now)


async def verify_heads(anchors: Sequence[TreeHead] = ()) -> list[HeadProblem]:
    """Every head (kept in the database, kept beside the signing key, or given) that the log does not begin with any more.

    It finds what the chain alone cannot show: an end cut off with its seals, and emptied tables.
    """
    beside = signing_keys.read_beside(HEAD_FILE)
    of_file = [heads.read(beside)] if beside else []
    return await heads.problems(_seals_after(0), [*await heads.kept(), *of_file, *anchors])


HEAD_FILE = "audit-head.json"
"""Beside the signing key, where no statement of the database reaches."""


async def _seals_after(no: int) -> AsyncIterator[Sealed]:
    async for row in _rows(_seal_columns(), after=no):
        yield _sealed(row)


_UNSEALED = "core_audit_line l WHERE NOT EXISTS (SELECT 1 FROM core_audit_seal s WHERE s.line = l.id)"
_SEEN = "(SELECT coalesce(min(line), 0) FROM core_audit_seal WHERE no = (SELECT max(no) FROM core_audit_seal) - %d)"
_RECENT = (
    "core_audit_line l WHERE l.id > {seen}"
    " AND NOT EXISTS (SELECT 1 FROM core_audit_seal s WHERE s.line = l.id AND s.line > {seen})"
).replace("{seen}", _SEEN % SEEN_AGAIN)


def _content(
    at: object, event: object, actor: object, action: object, subject: object, facts: object
) -> dict[str, object]:
    """What the hash of a line covers; the facts as the very text that is stored, so that each byte counts."""
    return {"at": at, "event": event, "actor": actor, "action": action, "subject": subject, "facts": facts}


async def _seal_batch(unsealed: str, now: datetime, batch: int) -> int:
    async with transaction():
        await lock("audit.seal")
        rows = await _fetch(f"l.id, {_raw('l.hash')} AS hash FROM {unsealed} ORDER BY l.id LIMIT {int(batch)}")
        lines = [Line(row["id"], _text(row["hash"]), None) for row in rows]
        seals = [
            AuditSeal(no=one.no, line=one.line_id, line_hash=one.line_hash, chain_hash=one.chain_hash, sealed_at=now)
            for one in next_seals(await head() if lines else None, lines)
        ]
        if seals:
            await AuditSeal.insert(*seals)
    return len(seals)


async def _first_broken(walk: Walk) -> Broken | None:
    async for row in _rows(f"{_seal_columns()}, {_line_columns()}", "LEFT JOIN core_audit_line l ON l.id = s.line"):
        if broken := walk.step(_sealed(row), _line(row)):
            return await _explained(Inquiry(walk, broken))
    return None


async def _explained(inquiry: Inquiry) -> Broken:
    async for row in _rows(_seal_columns()):
        inquiry.look_at(_sealed(row))
    return inquiry.conclusion()


async def _rows(columns: str, joined: str = "", *, after: int = -(2**31)) -> AsyncIterator[Row]:
    """The seals after that `no`, in its order, a page in one query."""
    while True:
        page = await _fetch(
            f"{columns} FROM core_audit_seal s {joined} WHERE s.no > {after} ORDER BY s.no LIMIT {PAGE}"
        )
        for row in page:
            yield row
        if len(page) < PAGE or page[-1]["seal_no"] <= after:
            return
        after = page[-1]["seal_no"]


async def _count(rows: str) -> int:
    return int((await _fetch(f"count(*) AS number FROM {rows}"))[0]["number"])


async def _fetch(rest_of_select: str) -> list[Row]:
    """Our own SQL, the same on both engines and without a value from outside in it."""
    return await current().fetch(f"SELECT {rest_of_select}")


def _seal_columns() -> str:
    return (
        f"{_whole('s.no')} AS seal_no, {_whole('s.line')} AS seal_line,"
        f" {_raw('s.line_hash')} AS seal_line_hash, {_raw('s.chain_hash')} AS seal_chain_hash"
    )


def _line_columns() -> str:
    texts = ("at", "actor", "action", "subject", "facts", "hash")
    return ", ".join(
        [
            "l.id AS line_id",
            "l.event AS line_event",
            *(f"{_raw(f'l.{name}')} AS line_{name}" for name in texts),
        ]
    )


def _raw(column: str) -> str:
    """The column as it lies there: a tampered SQLite file may hold any bytes, and they must not stop us."""
    return f"CAST({column} AS BLOB)" if current().dialect == "sqlite" else column


def _whole(column: str) -> str:
    return f"CAST({column} AS INTEGER)" if current().dialect == "sqlite" else column


def _sealed(row: Row) -> Sealed:
    return Sealed(row["seal_no"], row["seal_line"], _text(row["seal_line_hash"]), _text(row["seal_chain_hash"]))


def _line(row: Row) -> Line | None:
    if row["line_id"] is None:
        return None
    texts = [_text(row[f"line_{name}"]) for name in ("actor", "action", "subject", "facts")]
    content = _content(_instant(row["line_at"]), row["line_event"], *texts)
    return Line(row["line_id"], _text(row["line_hash"]), content)


def _text(stored: object) -> str:
    """Bytes that are no UTF-8 become unpaired surrogates, which no digest accepts: the line is edited."""
    return stored.decode("utf-8", "surrogateescape") if isinstance(stored, bytes) else str(stored)


def _instant(stored: object) -> object:
    """The instant; whatever else stands there stays what it is, and is then not what was hashed."""
    if isinstance(stored, datetime):
        return stored
    try:
        return datetime.fromisoformat(_text(stored))
    except ValueError:
        return stored
