"""Transactions on both engines: all or nothing, and the connection always comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime

import pytest
import pytest_asyncio
from piccolo.columns import ForeignKey, Integer, Serial, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from plenaria.core.storage.database import (
    CheckViolated,
    Database,
    DatabaseProblem,
    ForeignKeyViolated,
    ForeignTask,
    TransactionPoisoned,
    UniqueViolated,
    count_queries,
    current,
    lock,
    lock_row,
    locked,
    savepoint,
    transaction,
)


class Hall(Table, tablename="trial_hall"):
    id: Serial
    name = Varchar(length=50)
    floor = Integer(default=0)
    size = Integer(default=0)
    taken = Integer(default=0)
    opened_at = Timestamptz(null=True, default=None)
    trial_hall_name_floor_key = Unique([name, floor])
    trial_hall_taken_fits = Check(taken <= size)


class Chair(Table, tablename="trial_chair"):
    id: Serial
    hall = ForeignKey(references=Hall, null=False)


@pytest_asyncio.fixture
async def halls(empty_engine_url: str) -> AsyncIterator[Database]:
    sized = empty_engine_url + ("&pool_max=3" if "postgresql" in empty_engine_url else "&readers=2")
    database = Database(sized)
    await database.open([Hall, Chair])
    await Hall.create_table()
    await Chair.create_table()
    yield database
    await database.close()


async def names() -> list[str]:
    return [row["name"] for row in await Hall.select(Hall.name).order_by(Hall.name)]


async def break_commit(database: Database) -> None:
    """Leaves the open transaction in a state in which only COMMIT can fail."""
    if database.dialect == "sqlite":
        await Chair.raw("PRAGMA defer_foreign_keys = ON")
    else:
        await Chair.raw("ALTER TABLE trial_chair ALTER CONSTRAINT trial_chair_hall_fkey DEFERRABLE INITIALLY DEFERRED")
    await Chair.raw("INSERT INTO trial_chair (hall) VALUES (4711)")


async def test_a_committed_row_is_seen_and_a_rolled_back_one_is_not(halls: Database) -> None:
    async with transaction():
        await Hall.insert(Hall(name="kept"))
    with pytest.raises(LookupError):  # noqa: PT012
        async with transaction():
            await Hall.insert(Hall(name="lost"))
            raise LookupError

    assert await names() == ["kept"]


async def test_a_read_in_a_transaction_sees_its_own_writes_and_nobody_else_does(halls: Database) -> None:
    seen_outside: list[list[str]] = []

    async def look_from_outside() -> None:
        await entered.wait()
        seen_outside.append(await names())
        looked.set()

    entered, looked = asyncio.Event(), asyncio.Event()
    outside = asyncio.create_task(look_from_outside())
    async with transaction():
        await Hall.insert(Hall(name="new"))
        seen_inside = await names()
        entered.set()
        await looked.wait()
    await outside

    assert seen_inside == ["new"]
    assert seen_outside == [[]]


async def test_ten_failed_commits_leave_every_connection_usable(halls: Database) -> None:
    for _ in range(10):
        with pytest.raises(ForeignKeyViolated):
            async with transaction():
                await break_commit(halls)

    async with transaction():
        await Hall.insert(Hall(name="after"))
    assert await names() == ["after"]
    assert await Chair.count() == 0


async def test_a_failed_commit_runs_no_callback(halls: Database) -> None:
    called: list[str] = []

    with pytest.raises(ForeignKeyViolated):  # noqa: PT012
        async with transaction() as tx:
            tx.after_commit(lambda: called.append("committed"))
            await break_commit(halls)

    assert called == []


async def test_callbacks_run_after_the_outermost_commit_only_and_in_order(halls: Database) -> None:
    called: list[str] = []

    async with transaction() as outer:
        outer.after_commit(lambda: called.append("first"))
        async with transaction() as inner:
            inner.after_commit(lambda: called.append("second"))
        before_commit = list(called)

    assert before_commit == []
    assert called == ["first", "second"]


async def test_a_swallowed_failure_of_a_nested_transaction_poisons_the_outer_one(halls: Database) -> None:
    with pytest.raises(TransactionPoisoned) as raised:  # noqa: PT012
        async with transaction():
            await Hall.insert(Hall(name="outer"))
            try:
                async with transaction():
                    await Hall.insert(Hall(name="inner"))
                    raise LookupError("swallowed")
            except LookupError:
                pass

    assert isinstance(raised.value.__cause__, LookupError)
    assert await names() == []


async def test_a_swallowed_failure_of_a_statement_poisons_the_transaction(halls: Database) -> None:
    with pytest.raises(TransactionPoisoned):  # noqa: PT012
        async with transaction():
            await Hall.insert(Hall(name="one"))
            with suppress(UniqueViolated):
                await Hall.insert(Hall(name="one"))

    assert await names() == []


async def test_a_savepoint_undoes_only_its_own_part(halls: Database) -> None:
    called: list[str] = []

    async with transaction() as tx:
        await Hall.insert(Hall(name="before"))
        try:
            async with savepoint():
                tx.after_commit(lambda: called.append("forgotten"))
                await Hall.insert(Hall(name="undone"))
                await Hall.insert(Hall(name="before"))
        except UniqueViolated:
            pass
        async with savepoint():
            await Hall.insert(Hall(name="inside"))

    assert await names() == ["before", "inside"]
    assert called == []


async def test_a_nested_transaction_that_fails_inside_a_savepoint_poisons_nothing_outside(halls: Database) -> None:
    async with transaction():
        try:
            async with savepoint(), transaction():
                await Hall.insert(Hall(name="undone"))
                raise LookupError
        except LookupError:
            pass
        await Hall.insert(Hall(name="kept"))

    assert await names() == ["kept"]


async def test_a_savepoint_needs_a_transaction(halls: Database) -> None:
    with pytest.raises(DatabaseProblem, match="open transaction"):
        async with savepoint():
            pass


async def test_a_task_started_inside_a_transaction_may_not_use_it(halls: Database) -> None:
    async with transaction():
        outcomes = await asyncio.gather(names(), Hall.insert(Hall(name="stray")).run(), return_exceptions=True)
        await Hall.insert(Hall(name="own"))

    assert [type(outcome) for outcome in outcomes] == [ForeignTask, ForeignTask]
    assert await names() == ["own"]


async def test_a_task_that_outlives_the_transaction_uses_a_connection_of_its_own(halls: Database) -> None:
    async def later() -> list[str]:
        await over.wait()
        return await names()

    over = asyncio.Event()
    async with transaction():
        task = asyncio.create_task(later())
        await Hall.insert(Hall(name="stored"))
    over.set()

    assert await task == ["stored"]


async def test_two_hundred_takers_of_a_hundred_places_take_exactly_a_hundred(halls: Database) -> None:
    await Hall.insert(Hall(name="full", size=100))

    async def take() -> bool:
        async with transaction():
            taken = (
                await Hall.update({Hall.taken: Hall.taken + 1})
                .where(Hall.name == "full", Hall.taken + 1 <= Hall.size)
                .returning(Hall.id)
            )
            return bool(taken)

    outcomes = await asyncio.gather(*(take() for _ in range(200)))

    assert outcomes.count(True) == 100
    assert await Hall.select(Hall.taken).first() == {"taken": 100}


async def test_writes_outside_a_transaction_and_transactions_do_not_block_each_other(halls: Database) -> None:
    async def in_a_transaction(number: int) -> None:
        async with transaction():
            await Hall.insert(Hall(name=f"t{number}"))

    async def alone(number: int) -> None:
        await Hall.insert(Hall(name=f"a{number}"))
        await Hall.count()

    await asyncio.gather(*(work(number) for number in range(30) for work in (in_a_transaction, alone)))

    assert await Hall.count() == 60


@pytest.mark.parametrize("moment_s", [0.0, 0.0005, 0.002, 0.01, 0.03])
async def test_cancellation_at_any_moment_leaves_all_or_nothing(halls: Database, moment_s: float) -> None:
    async def write_two() -> None:
        async with transaction():
            await Hall.insert(Hall(name="a"))
            await Hall.insert(Hall(name="b"))

    task = asyncio.create_task(write_two())
    await asyncio.sleep(moment_s)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await names() in ([], ["a", "b"])
    async with transaction():
        await Hall.insert(Hall(name="c"))
    assert (await names())[-1] == "c"


async def test_cancellation_while_waiting_inside_rolls_back_and_frees_the_connection(halls: Database) -> None:
    async def hang() -> None:
        async with transaction():
            await Hall.insert(Hall(name="never"))
            inside.set()
            await asyncio.Event().wait()

    for _ in range(5):
        inside = asyncio.Event()
        task = asyncio.create_task(hang())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await names() == []
    async with transaction():
        await Hall.insert(Hall(name="free"))


async def test_the_constraints_of_a_created_table_hold_and_are_named(halls: Database) -> None:
    await Hall.insert(Hall(name="one", floor=1))

    with pytest.raises(UniqueViolated) as unique:
        await Hall.insert(Hall(name="one", floor=1))
    with pytest.raises(CheckViolated) as check:
        await Hall.update({Hall.taken: 5}).where(Hall.name == "one")
    with pytest.raises(ForeignKeyViolated):
        await Chair.insert(Chair(hall=4711))

    assert unique.value.columns == ("name", "floor")
    assert check.value.constraint == "trial_hall_taken_fits"


async def test_a_datetime_without_a_zone_is_refused(halls: Database) -> None:
    with pytest.raises(DatabaseProblem, match="time zone"):
        await Hall.select().where(Hall.opened_at < datetime(2025, 9, 10, 23, 59))  # noqa: DTZ001


async def test_row_and_name_locks_need_a_transaction_and_let_it_go_on(halls: Database) -> None:
    await Hall.insert(Hall(name="one"))
    with pytest.raises(DatabaseProblem):
        await lock("sealing")

    async with transaction():
        await lock("sealing")
        row = await locked(Hall.select(Hall.id, Hall.name).where(Hall.name == "one").first())
        assert row is not None
        found = await lock_row(Hall, row["id"]), await lock_row(Hall, 4711)

    assert found == (True, False)


async def test_a_named_lock_lets_one_transaction_in_at_a_time(halls: Database) -> None:
    inside = 0
    most = 0

    async def critical() -> None:
        nonlocal inside, most
        async with transaction():
            await lock("sealing")
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1

    await asyncio.gather(*(critical() for _ in range(8)))

    assert most == 1


async def test_queries_are_counted_wherever_they_run(halls: Database) -> None:
    with count_queries() as seen:
        await Hall.count()
        async with transaction():
            await Hall.insert(Hall(name="one"))
    await Hall.count()

    assert [statement.split()[0] for statement in seen] == ["SELECT", "INSERT"]


async def test_a_closed_database_is_nobodys_current_one(halls: Database) -> None:
    assert current() is halls

    await halls.close()
    await halls.close()

    with pytest.raises(DatabaseProblem, match="No database is open"):
        current()
