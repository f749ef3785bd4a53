"""The audit log on both engines: written with what it tells of, sealed later, whatever is changed is named."""

import asyncio
import contextvars
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from plenaria.core.events.tables import Event
from plenaria.core.kernel.ledger import NotJSON, Verdict, digest
from plenaria.core.storage import audit
from plenaria.core.storage.audit.guard import allow_changes, refuse_changes
from plenaria.core.storage.audit.tables import AuditLine, AuditSeal
from plenaria.core.storage.database import Database, DatabaseProblem, count_queries, transaction

NOW = datetime(2025, 9, 11, 5, 59, 59, 250_001, tzinfo=UTC)
TABLES = (Event, AuditLine, AuditSeal)
REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


@pytest.fixture
async def database(empty_engine_url: str) -> AsyncIterator[Database]:
    """Only the log's own tables, without the guard: the tests do what nobody may."""
    opened = Database(empty_engine_url)
    await opened.open(TABLES)
    for table in TABLES:
        await table.create_table()
    yield opened
    await opened.close()


# SQLite has one writer and no TRUNCATE.
on_postgres = pytest.mark.parametrize("dialect", ["postgres"], indirect=True)


async def written(count: int, **more: Any) -> list[int]:
    """`count` lines in one transaction, their ids."""
    async with transaction():
        return [
            await audit.record(
                "entry.scored",
                by=f"person:{number}",
                subject=f"entry:{number}",
                facts={"points": number, "note_sha256": "ñ"},
                now=NOW + timedelta(microseconds=number),
                **more,
            )
            for number in range(1, count + 1)
        ]


async def an_event() -> Event:
    event = Event(
        slug="ciiam-2025",
        name="{}",
        zone="America/Mexico_City",
        starts_on=NOW.date(),
        ends_on=NOW.date(),
        changed_at=NOW,
    )
    await event.save()
    return event


async def sealed_log(count: int) -> list[int]:
    ids = await written(count)
    await audit.seal(now=NOW)
    return ids


async def first_broken() -> tuple[int, str] | None:
    broken = (await audit.verify()).first_broken
    return broken and (broken.no, broken.reason)


async def test_an_untouched_log_is_whole_and_tells_sealed_from_unsealed(database: Database) -> None:
    await sealed_log(7)
    await written(2)

    assert await audit.verify() == Verdict(sealed=7, unsealed=2)


async def test_an_empty_log_is_whole(database: Database) -> None:
    assert await audit.seal(now=NOW) == 0
    assert await audit.verify() == Verdict(sealed=0, unsealed=0)
    assert await audit.head() is None


async def test_a_line_is_stored_as_it_was_hashed(database: Database) -> None:
    event = await an_event()
    local = NOW.astimezone(ZoneInfo("America/Mexico_City"))
    async with transaction():
        line_id = await audit.record(
            "nomination.submitted",
            by="person:12",
            subject="nomination:NOM-7Q2K",
            event=event.id,
            facts={"files": 2, "form_sha256": "é\x00"},
            now=local,
        )

    line = await AuditLine.objects().get(AuditLine.id == line_id)

    assert line is not None
    assert line.at == NOW
    assert line.facts == '{"files":2,"form_sha256":"é\\u0000"}'
    expected = {
        "at": "2025-09-11T05:59:59.250001Z",
        "event": event.id,
        "actor": "person:12",
        "action": "nomination.submitted",
        "subject": "nomination:NOM-7Q2K",
        "facts": line.facts,
    }
    assert line.hash == digest(expected)


async def test_a_line_disappears_with_the_transaction_that_fails(database: Database) -> None:
    async def failing() -> None:
        async with transaction():
            await audit.record("entry.scored", by="system", subject="entry:1", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()

    assert await AuditLine.count() == 0


async def test_a_line_outside_a_transaction_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseProblem, match="transaction"):
        await audit.record("entry.scored", by="system", subject="entry:1", now=NOW)


async def test_facts_that_json_cannot_hold_are_refused(database: Database) -> None:
    with pytest.raises(NotJSON):
        async with transaction():
            await audit.record("order.paid", by="system", subject="order:1", facts={"cents": 2**53}, now=NOW)


async def test_sealing_goes_in_batches_and_ends(database: Database) -> None:
    await written(7)

    assert await audit.seal(now=NOW, batch=3) == 7
    assert await audit.seal(now=NOW, batch=3) == 0
    assert [row["no"] for row in await AuditSeal.select(AuditSeal.no).order_by(AuditSeal.no)] == list(range(1, 8))
    assert await audit.verify() == Verdict(sealed=7, unsealed=0)


async def test_sealers_at_once_make_one_chain(database: Database) -> None:
    await written(40)

    counts = await asyncio.gather(*(audit.seal(now=NOW, batch=5) for _ in range(4)))

    assert sum(counts) == 40
    assert await audit.verify() == Verdict(sealed=40, unsealed=0)


@on_postgres
async def test_a_line_that_commits_late_is_sealed_late(database: Database) -> None:
    wrote, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        async with transaction():
            line_id = await audit.record("order.placed", by="system", subject="order:slow", now=NOW)
            wrote.set()
            await may_commit.wait()
        return line_id

    task = asyncio.create_task(slow())
    await wrote.wait()
    (later_id,) = await written(1)
    assert await audit.seal(now=NOW) == 1
    may_commit.set()
    late_id = await task
    assert await audit.seal(now=NOW) == 1

    order = [row["line"] for row in await AuditSeal.select(AuditSeal.line).order_by(AuditSeal.no)]
    assert late_id < later_id
    assert order == [later_id, late_id]
    assert await audit.verify() == Verdict(sealed=2, unsealed=0)


@on_postgres
async def test_writers_do_not_wait_for_a_sealer(database: Database) -> None:
    await written(1)

    async with asyncio.timeout(5), transaction():
        await database.fetch("SELECT pg_advisory_xact_lock(hashtextextended('audit.seal', 0))")
        await asyncio.create_task(written(1), context=contextvars.Context())

    assert await AuditLine.count() == 2


TAMPERING = [
    ("actor", "person:99"),
    ("action", "entry.withdrawn"),
    ("subject", "entry:99"),
    ("facts", '{"note_sha256":"ñ","points":9}'),
    ("facts", '{"note_sha256":"ñ", "points":3}'),
    ("facts", ""),
    ("at", NOW),
    ("hash", "0" * 64),
]


@pytest.mark.parametrize(("column", "value"), TAMPERING)
async def test_an_edited_line_is_named(database: Database, column: str, value: Any) -> None:
    ids = await sealed_log(5)

    await AuditLine.update({column: value}).where(AuditLine.id == ids[2])

    assert await first_broken() == (3, "edited")


async def test_an_event_taken_from_a_line_is_found(database: Database) -> None:
    event = await an_event()
    ids = await written(3, event=event.id)
    await audit.seal(now=NOW)

    await AuditLine.update({AuditLine.event: None}).where(AuditLine.id == ids[1])

    assert await first_broken() == (2, "edited")


@pytest.mark.parametrize("column", ["line_hash", "chain_hash"])
async def test_an_edited_seal_is_named(database: Database, column: str) -> None:
    await sealed_log(5)

    await AuditSeal.update({column: "0" * 64}).where(AuditSeal.no == 3)

    assert await first_broken() == (3, "edited")


async def test_a_removed_line_is_named(database: Database) -> None:
    ids = await sealed_log(5)

    await AuditSeal.delete().where(AuditSeal.line == ids[2])
    await AuditLine.delete().where(AuditLine.id == ids[2])

    assert await first_broken() == (3, "removed")


async def test_a_line_removed_against_the_schema_is_named(database: Database) -> None:
    ids = await sealed_log(5)
    await _without_foreign_keys(database, f"DELETE FROM core_audit_line WHERE id = {ids[2]}")  # noqa: S608

    verdict = await audit.verify()

    assert verdict.first_broken is not None
    assert (verdict.first_broken.no, verdict.first_broken.line_id) == (3, ids[2])
    assert verdict.first_broken.reason == "removed"


async def _without_foreign_keys(database: Database, sql: str) -> None:
    if database.dialect == "postgres":
        async with transaction():
            await database.fetch("SET LOCAL session_replication_role = replica")
            await database.fetch(sql)
    else:
        _in_the_file(database, sql)


def _in_the_file(database: Database, sql: str, *args: object) -> None:
    """What somebody with the file and the sqlite3 program can do."""
    connection = sqlite3.connect(database.url.removeprefix("sqlite:///").partition("?")[0])
    connection.execute(sql, args)
    connection.commit()
    connection.close()


async def test_two_swapped_lines_are_named(database: Database) -> None:
    ids = await sealed_log(5)
    lines = {row["id"]: row for row in await AuditLine.select()}
    for one, other in ((ids[1], ids[3]), (ids[3], ids[1])):
        content = {name: value for name, value in lines[other].items() if name != "id"}
        await AuditLine.update(content).where(AuditLine.id == one)

    assert await first_broken() == (2, "swapped")


async def test_a_line_put_between_is_named(database: Database) -> None:
    await sealed_log(5)
    async with transaction():
        extra = await audit.record("entry.won", by="system", subject="entry:1", now=NOW)
    line = await AuditLine.objects().get(AuditLine.id == extra)
    assert line is not None

    await AuditSeal.update({AuditSeal.no: 6}).where(AuditSeal.no == 5)
    await AuditSeal(no=5, line=extra, line_hash=line.hash, chain_hash="f" * 64, sealed_at=NOW).save()

    assert await first_broken() == (5, "inserted")


async def test_a_tail_cut_off_shows_against_a_head_kept_elsewhere(database: Database) -> None:
    ids = await sealed_log(5)
    kept = await audit.head()
    await AuditSeal.delete().where(AuditSeal.no > 3)
    await AuditLine.delete().where(AuditLine.id > ids[2])

    without, against = await audit.verify(), await audit.verify(anchor=kept)

    assert without == Verdict(sealed=3, unsealed=0)
    assert against.first_broken is not None
    assert (against.first_broken.no, against.first_broken.reason) == (4, "removed")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("facts", b"\xff\xfe"),
        ("facts", 7),
        ("at", "yesterday"),
        ("at", b"\xff"),
        ("event", "seven"),
        ("hash", b"\xff"),
        ("actor", None),
    ],
)
async def test_bytes_of_any_kind_in_the_file_are_named(database: Database, column: str, value: object) -> None:
    ids = await sealed_log(3)
    _in_the_file(database, "DROP TABLE core_event")
    _in_the_file(database, "ALTER TABLE core_audit_line RENAME TO old")
    _in_the_file(database, "CREATE TABLE core_audit_line AS SELECT * FROM old")  # without NOT NULL

    _in_the_file(database, f"UPDATE core_audit_line SET {column} = ? WHERE id = ?", value, ids[1])  # noqa: S608

    assert await first_broken() == (2, "edited")


async def test_a_damaged_line_does_not_keep_others_from_being_sealed(database: Database) -> None:
    ids = await written(3)
    await AuditLine.update({AuditLine.hash: "damaged"}).where(AuditLine.id == ids[1])

    assert await audit.seal(now=NOW) == 3
    assert await first_broken() == (2, "edited")


async def test_verification_reads_pages_not_lines(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await sealed_log(10)
    monkeypatch.setattr(audit, "PAGE", 4)

    with count_queries() as seen:
        verdict = await audit.verify()

    assert verdict == Verdict(sealed=10, unsealed=0)
    assert len(seen) == 3 + 2


async def test_a_break_on_a_later_page_is_explained(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await sealed_log(10)
    monkeypatch.setattr(audit, "PAGE", 4)
    first = await AuditLine.select().where(AuditLine.id == ids[0]).first()
    assert first is not None
    content = {name: value for name, value in first.items() if name != "id"}

    await AuditLine.update(content).where(AuditLine.id == ids[8])

    assert await first_broken() == (9, "swapped")


async def test_the_database_refuses_to_change_the_log(database: Database) -> None:
    await refuse_changes(database)
    await refuse_changes(database)
    ids = await sealed_log(3)

    for change in (
        AuditLine.update({AuditLine.actor: "person:99"}).where(AuditLine.id == ids[0]),
        AuditLine.delete().where(AuditLine.id == ids[0]),
        AuditSeal.update({AuditSeal.no: 9}).where(AuditSeal.no == 1),
        AuditSeal.delete().where(AuditSeal.no == 1),
    ):
        with pytest.raises(REFUSED, match="append-only"):
            await change

    assert await audit.verify() == Verdict(sealed=3, unsealed=0)


@on_postgres
async def test_truncate_is_refused_too(database: Database) -> None:
    await refuse_changes(database)
    await sealed_log(1)

    with pytest.raises(REFUSED, match="append-only"):
        await database.fetch("TRUNCATE core_audit_line CASCADE")


async def test_a_migration_may_lift_the_guard(database: Database) -> None:
    await refuse_changes(database)
    ids = await written(1)

    await allow_changes(database)
    await AuditLine.delete().where(AuditLine.id == ids[0])

    assert await AuditLine.count() == 0


async def test_a_line_that_comes_after_thousands_is_left_to_the_pass_over_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealing looks at the last lines alone, so that its cost does not grow with the log."""
    recent = audit._RECENT.replace(f"- {audit.SEEN_AGAIN})", "- 20)")
    monkeypatch.setattr(audit, "_RECENT", recent)
    await written(62)
    not_visible = AuditLine.id.is_in([5, 60])
    late = await AuditLine.select().where(not_visible)
    await AuditLine.delete().where(not_visible)
    await audit.seal(now=NOW)
    await AuditLine.insert(*(AuditLine(**row) for row in late))

    at_once, nothing, at_last = [await each(now=NOW) for each in (audit.seal, audit.seal, audit.seal_all)]

    assert (at_once, nothing, at_last) == (1, 0, 1)
    seals = await AuditSeal.select(AuditSeal.line).order_by(AuditSeal.no, ascending=False).limit(2)
    assert [row["line"] for row in seals] == [5, 60]
    assert await audit.verify() == Verdict(62, 0, None)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_sealing_reads_no_whole_table(database: Database) -> None:
    query = "EXPLAIN QUERY PLAN SELECT l.id FROM " + audit._RECENT + " ORDER BY l.id LIMIT 500"  # noqa: S608 - ours
    plan = await database.fetch(query)

    steps = [row["detail"] for row in plan]
    assert [step for step in steps if step.startswith("SCAN")] == []
    assert [step for step in steps if step.startswith("SEARCH")] != []
