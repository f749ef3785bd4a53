"""What is true of the embedded engine alone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database import Database, DatabaseProblem, transaction
from plenaria.core.storage.database.sqlite import PersistentSQLiteEngine
from plenaria.core.storage.database.sqlite_schema import read_definition


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/new/trial.sqlite3")
    await opened.open()
    await opened.fetch("CREATE TABLE counter (value INTEGER NOT NULL)")
    await opened.fetch("INSERT INTO counter VALUES (0)")
    yield opened
    await opened.close()


async def test_every_connection_has_its_pragmas(database: Database) -> None:
    engine = database.engine
    assert isinstance(engine, PersistentSQLiteEngine)

    async with transaction():
        writing = [next(iter((await database.fetch(f"PRAGMA {name}"))[0].values())) for name in PRAGMAS]
    async with engine.reading() as reader:
        reading = [next(iter((await reader.execute(f"PRAGMA {name}"))[0].values())) for name in PRAGMAS]

    assert writing == ["wal", 1, 2, 0, 10_000]  # synchronous 2 is FULL
    assert reading == ["wal", 1, 2, 1, 10_000]


PRAGMAS = ["journal_mode", "foreign_keys", "synchronous", "query_only", "busy_timeout"]


async def test_two_processes_that_read_and_then_write_lose_no_increment(database: Database) -> None:
    other = Database(database.url)
    await other.open()

    async def increment(through: Database) -> None:
        async with through.engine.transaction():
            value = (await through.fetch("SELECT value FROM counter"))[0]["value"]
            await asyncio.sleep(0)
            await through.fetch("UPDATE counter SET value = ?", value + 1)

    await asyncio.gather(*(increment(through) for _ in range(20) for through in (database, other)))
    await other.close()

    assert await database.fetch("SELECT value FROM counter") == [{"value": 40}]


async def test_a_writer_that_waited_too_long_for_another_process_fails_and_recovers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/trial.sqlite3?busy_timeout_s=0.05")
    await database.open()
    await database.fetch("CREATE TABLE counter (value INTEGER)")
    stranger = sqlite3.connect(tmp_path / "trial.sqlite3", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")

    for _ in range(3):
        with pytest.raises(Unavailable, match="lock_wait"):
            async with transaction():
                pass
    seen_meanwhile = await database.fetch("SELECT * FROM counter")
    stranger.execute("ROLLBACK")
    stranger.close()
    async with transaction():
        await database.fetch("INSERT INTO counter VALUES (1)")

    assert seen_meanwhile == []
    assert await database.fetch("SELECT value FROM counter") == [{"value": 1}]
    await database.close()


async def test_writers_get_their_turn_in_the_order_of_asking(database: Database) -> None:
    order: list[int] = []

    async def write(number: int) -> None:
        async with transaction():
            order.append(number)
            await database.fetch("UPDATE counter SET value = value + 1")

    await asyncio.gather(*(write(number) for number in range(20)))

    assert order == list(range(20))


async def test_a_statement_that_only_looks_like_a_read_is_written(database: Database) -> None:
    await database.fetch(
        "WITH next AS (SELECT value + 1 AS value FROM counter) UPDATE counter SET value = (SELECT value FROM next)"
    )

    assert await database.fetch("WITH all_of AS (SELECT * FROM counter) SELECT * FROM all_of") == [{"value": 1}]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/x", "must start with"),
        ("sqlite:///:memory:", "names a file"),
        ("sqlite:///x.db?colour=red", "unknown options: colour"),
        ("sqlite:///x.db?readers=many", "readers"),
        ("sqlite:///x.db?synchronous=SOMETIMES", "synchronous"),
        ("postgresql:///x?pool_max=many", "pool_max"),
    ],
)
def test_a_wrong_address_is_refused_in_one_line(url: str, said: str) -> None:
    with pytest.raises(DatabaseProblem, match=said) as refused:
        Database(url)

    assert "\n" not in str(refused.value)


def test_a_table_definition_is_read_without_losing_a_character() -> None:
    definition = read_definition(
        'CREATE TABLE "t" ("id" INTEGER PRIMARY KEY NOT NULL, "a" VARCHAR(5) NOT NULL DEFAULT \'( , it\'\'s\', '
        '"b" INTEGER REFERENCES "u" ("id") ON DELETE SET NULL ON UPDATE SET DEFAULT DEFAULT null, '
        'CONSTRAINT "c" CHECK ("a" IN (\'x, y\', \')\') AND "b"> 0), UNIQUE ("a", "b"))'
    )

    assert [(one.name, one.type, one.clauses) for one in definition.columns] == [
        ("id", "INTEGER", ("PRIMARY KEY", "NOT NULL")),
        ("a", "VARCHAR(5)", ("NOT NULL", "DEFAULT '( , it''s'")),
        ("b", "INTEGER", ('REFERENCES "u" ("id") ON DELETE SET NULL ON UPDATE SET DEFAULT', "DEFAULT null")),
    ]
    assert definition.constraints == [
        ("c", "CHECK (\"a\" IN ('x, y', ')') AND \"b\"> 0)"),
        ("", 'UNIQUE ("a", "b")'),
    ]


async def test_a_write_that_is_cancelled_at_its_very_end_gives_the_writer_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write outside a transaction ends by resetting the writer: a cancellation in that moment is raised after it."""
    assert isinstance(database.engine, PersistentSQLiteEngine)
    resetting, reset = asyncio.Event(), database.engine.writer.reset

    async def slow_reset() -> None:
        resetting.set()
        await asyncio.sleep(0.05)
        await reset()

    monkeypatch.setattr(database.engine.writer, "reset", slow_reset)
    write = asyncio.create_task(database.fetch("UPDATE counter SET value = value + 1"))
    await resetting.wait()
    write.cancel()
    await asyncio.wait([write])
    monkeypatch.undo()

    async with asyncio.timeout(5):
        await database.fetch("UPDATE counter SET value = value + 1")
    assert await database.fetch("SELECT value FROM counter") == [{"value": 2}]
