"""Migrations on both engines: from empty, forwards, backwards, by several processes, and with children in the way."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from piccolo.columns import Boolean, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.conf.apps import AppConfig
from piccolo.constraints import Check, Unique
from piccolo.table import Table, create_table_class

from plenaria.core.storage.database import (
    CheckViolated,
    Database,
    DatabaseProblem,
    ForeignKeyViolated,
    NotNullViolated,
    UniqueViolated,
    migrate,
    migrate_backwards,
    schema_difference,
)
from plenaria.core.storage.database.migrations import applied_migrations, migrations_of
from plenaria.core.storage.database.new_migration import write_migration

MIGRATE = """
import asyncio, sys
from plenaria.core.storage.database import Database, migrate
from tests.storage import installed_apps, installed_tables

async def main():
    database = Database(sys.argv[1])
    await database.open(installed_tables())
    await migrate(database, installed_apps())
    await database.close()

asyncio.run(main())
"""

HALF_WAY = """

from piccolo.table import Table

class Half(Table):
    pass

async def fail():
    await Half.create_table()
    await Half.insert(Half())
    raise LookupError("half way")
"""


class Hall(Table, tablename="venue_hall"):
    id: Serial
    code = Varchar(length=20, unique=True)
    name = Varchar(length=50, default="", index=True)
    note = Text(null=True, default=None)
    size = Integer(default=10)
    taken = Integer(default=0)
    venue_hall_taken_fits = Check(taken <= size)


class Chair(Table, tablename="seating_chair"):
    id: Serial
    hall = ForeignKey(references=Hall, null=False, on_delete=OnDelete.cascade)
    number = Integer(default=1)
    seating_chair_hall_number_key = Unique([hall, number])


def changed(**members: object) -> type[Table]:
    """The hall as a later release has it: the columns of today with these in their place; None takes one away."""
    today = {
        "code": Varchar(length=20, unique=True),
        "name": Varchar(length=50, default="", index=True),
        "note": Text(null=True, default=None),
        "size": Integer(default=10),
        "taken": Integer(default=0),
        "venue_hall_taken_fits": Check(Hall.venue_hall_taken_fits.get_condition_str()),
    }
    merged = {name: member for name, member in {**today, **members}.items() if member is not None}
    return create_table_class("Hall", class_kwargs={"tablename": "venue_hall"}, class_members=merged)


@pytest.fixture
def apps(tmp_path: Path) -> list[AppConfig]:
    """Two apps without migrations; `seating` depends on `venue` and comes first by name."""
    venue = AppConfig("venue", str(tmp_path / "venue"), [Hall])
    seating = AppConfig("seating", str(tmp_path / "seating"), [Chair])
    seating._migration_dependency_app_configs = [venue]
    venue._migration_dependency_app_configs = []
    return [seating, venue]


@pytest_asyncio.fixture
async def database(empty_engine_url: str) -> AsyncIterator[Database]:
    opened = Database(empty_engine_url)
    await opened.open([Hall, Chair])
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def furnished(database: Database, apps: list[AppConfig]) -> Database:
    """Both apps migrated, one hall with two chairs that would be deleted with it."""
    for app in apps:
        await write_migration(app)
    await migrate(database, apps)
    await Hall.insert(Hall(code="A", name="Aula", taken=3))
    hall = await Hall.select(Hall.id).first()
    assert hall is not None
    await Chair.insert(Chair(hall=hall["id"], number=1), Chair(hall=hall["id"], number=2))
    return database


async def release(database: Database, apps: list[AppConfig], hall: type[Table]) -> None:
    """Writes and runs the migration from the halls of before to these."""
    apps[1].table_classes = [hall]
    assert await write_migration(apps[1]) is not None
    await migrate(database, apps)


async def raw(database: Database, sql: str) -> None:
    await database.fetch(sql)


async def test_an_empty_database_gets_the_tables_in_dependency_order(database: Database, apps: list[AppConfig]) -> None:
    for app in apps:
        await write_migration(app)

    ran = await migrate(database, apps)

    assert [one.app for one in ran] == ["venue", "seating"]
    assert await applied_migrations(database) == ran
    assert await migrate(database, apps) == []
    assert await Hall.count() == 0


async def test_the_difference_names_what_is_missing_and_what_is_unknown(
    database: Database, apps: list[AppConfig]
) -> None:
    path = await write_migration(apps[1])
    assert path is not None
    missing = await schema_difference(database, apps)
    await migrate(database, apps)
    matching = await schema_difference(database, apps)
    path.unlink()
    unknown = await schema_difference(database, apps)

    assert [line.partition(":")[0] for line in missing + unknown] == ["venue", "venue"]
    assert "has not been applied" in missing[0]
    assert matching == []
    assert "does not know" in unknown[0]
    with pytest.raises(DatabaseProblem, match="newer release"):
        await migrate(database, apps)


async def test_a_migration_that_fails_leaves_nothing_and_can_be_run_again(
    database: Database, apps: list[AppConfig]
) -> None:
    path = await write_migration(apps[1])
    assert path is not None
    good = path.read_text()
    path.write_text(good.replace("    return manager", "    manager.add_raw(fail)\n    return manager") + HALF_WAY)

    with pytest.raises(DatabaseProblem, match="venue failed: half way"):
        await migrate(database, apps)
    left = await applied_migrations(database)
    with pytest.raises(Exception, match="half"):
        await database.fetch("SELECT * FROM half")
    path.write_text(good)
    await migrate(database, apps)

    assert left == []
    assert await schema_difference(database, apps) == []


async def test_going_back_is_refused_while_a_dependant_is_there(furnished: Database, apps: list[AppConfig]) -> None:
    with pytest.raises(DatabaseProblem, match="undo seating first"):
        await migrate_backwards(furnished, apps, "venue")

    await migrate_backwards(furnished, apps, "seating")
    await migrate_backwards(furnished, apps, "venue")

    assert await applied_migrations(furnished) == []
    await migrate(furnished, apps)
    assert await Hall.count() == 0


async def test_constraints_written_in_a_migration_hold(furnished: Database) -> None:
    with pytest.raises(CheckViolated) as check:
        await Hall.update({Hall.taken: 11}).where(Hall.code == "A")
    with pytest.raises(UniqueViolated) as unique:
        await Chair.insert(Chair(hall=1, number=2))
    with pytest.raises(UniqueViolated):
        await Hall.insert(Hall(code="A"))
    with pytest.raises(ForeignKeyViolated):
        await Chair.insert(Chair(hall=99))

    assert check.value.constraint == "venue_hall_taken_fits"
    assert unique.value.columns == ("hall", "number")


async def test_changing_columns_keeps_the_rows_the_children_and_the_guards(
    furnished: Database, apps: list[AppConfig]
) -> None:
    hall = changed(
        name=Varchar(length=80, default="unnamed", index=True),  # default and length
        note=Text(null=False, default=""),
        size=Text(default="10"),  # type
        venue_hall_taken_fits=None,
        taken=Integer(null=True, default=None),
    )
    await raw(furnished, "UPDATE venue_hall SET note = 'old'")

    # PostgreSQL: Piccolo drops constraints after altering the columns that they compare.
    await release(furnished, apps, changed(venue_hall_taken_fits=None))
    await release(furnished, apps, hall)
    await raw(furnished, "INSERT INTO venue_hall (code) VALUES ('B')")

    rows = await furnished.fetch("SELECT code, name, note, size, taken FROM venue_hall ORDER BY code")
    assert rows == [
        {"code": "A", "name": "Aula", "note": "old", "size": "10", "taken": 3},
        {"code": "B", "name": "unnamed", "note": "", "size": "10", "taken": None},
    ]
    assert await Chair.count() == 2
    with pytest.raises(NotNullViolated):
        await raw(furnished, "UPDATE venue_hall SET note = NULL")
    with pytest.raises(ForeignKeyViolated):
        await raw(furnished, "UPDATE seating_chair SET hall = 99")
    with pytest.raises(UniqueViolated):
        await raw(furnished, "INSERT INTO venue_hall (code) VALUES ('A')")


async def test_adding_and_dropping_columns_constraints_and_uniqueness(
    furnished: Database, apps: list[AppConfig]
) -> None:
    hall = changed(
        code=Varchar(length=20),  # no longer unique
        name=Varchar(length=50, default="", unique=True, index=False),
        note=None,
        open=Boolean(default=True),
        badge=Varchar(length=10, null=True, default=None, unique=True),
        made_at=Timestamptz(default=TimestamptzNow()),
        venue_hall_code_size_key=Unique(["code", "size"]),
        venue_hall_size_positive=Check("size > 0"),
    )

    await release(furnished, apps, hall)
    await raw(furnished, "INSERT INTO venue_hall (code, size, name) VALUES ('A', 11, 'B')")

    rows = await furnished.fetch("SELECT * FROM venue_hall ORDER BY id")
    assert sorted(rows[0]) == ["badge", "code", "id", "made_at", "name", "open", "size", "taken"]
    assert [row["open"] for row in rows] == [True, True]
    assert await Chair.count() == 2
    for refused, kind in [
        ("UPDATE venue_hall SET size = 0, taken = 0", CheckViolated),
        ("UPDATE venue_hall SET size = 10, taken = 0", UniqueViolated),
        ("UPDATE venue_hall SET name = 'same'", UniqueViolated),
        ("UPDATE venue_hall SET badge = 'same'", UniqueViolated),
    ]:
        with pytest.raises(kind):
            await raw(furnished, refused)


async def test_a_constraint_that_the_rows_break_is_refused_and_nothing_changes(
    furnished: Database, apps: list[AppConfig]
) -> None:
    with pytest.raises(DatabaseProblem, match="venue failed"):
        await release(furnished, apps, changed(venue_hall_taken_none=Check("taken = 0")))

    assert len(await schema_difference(furnished, apps)) == 1
    assert await Chair.count() == 2
    with pytest.raises(ForeignKeyViolated):
        await Chair.insert(Chair(hall=99))


async def test_a_constraint_with_a_new_condition_needs_a_new_name(apps: list[AppConfig]) -> None:
    await write_migration(apps[1])
    apps[1].table_classes = [changed(venue_hall_taken_fits=Check("taken < size"))]

    with pytest.raises(DatabaseProblem, match="new name"):
        await write_migration(apps[1])


async def test_a_condition_that_piccolo_cannot_write_is_refused(apps: list[AppConfig]) -> None:
    apps[1].table_classes = [changed(venue_hall_known=Check(Hall.code.is_in(["A", "B"])))]

    with pytest.raises(DatabaseProblem, match="state it as text"):
        await write_migration(apps[1])


async def test_two_tables_may_not_share_the_name_of_a_unique(apps: list[AppConfig]) -> None:
    apps[1].table_classes = [changed(seating_chair_hall_number_key=Unique(["code", "size"]))]

    with pytest.raises(DatabaseProblem, match="PostgreSQL keeps these names once"):
        await write_migration(apps[0])


async def test_replacing_the_initial_migration_leaves_exactly_one(apps: list[AppConfig]) -> None:
    first = await write_migration(apps[1])
    apps[1].table_classes = [changed(open=Boolean())]
    second = await write_migration(apps[1])
    unchanged = await write_migration(apps[1])

    replaced = await write_migration(apps[1], replace_initial=True)

    assert unchanged is None
    assert None not in (first, second, replaced)
    assert [Path(str(one.module.__file__)) for one in migrations_of(apps[1])] == [replaced]


async def test_a_renamed_column_keeps_its_values_when_the_command_is_told(
    furnished: Database, apps: list[AppConfig]
) -> None:
    apps[1].table_classes = [changed(name=None, title=Varchar(length=50, default="", index=True))]

    await write_migration(apps[1], renamed=True)
    await migrate(furnished, apps)

    assert await furnished.fetch("SELECT title FROM venue_hall") == [{"title": "Aula"}]


async def test_several_processes_migrating_an_empty_database_at_once_all_succeed(empty_engine_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_engine_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await process.communicate())[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said
    database = Database(empty_engine_url)
    await database.open()
    applied = await applied_migrations(database)
    await database.close()
    assert applied
    assert len(applied) == len(set(applied))
