"""Statements that are written once, rows of several tables in one round trip, and connections that nothing is left on."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.people.tables import Person
from plenaria.core.storage.database import (
    Database,
    DatabaseProblem,
    Leading,
    Ref,
    UniqueViolated,
    count_queries,
    insert,
    statement,
    together,
    transaction,
)

NOW = datetime(2025, 9, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


class Colour(Enum):
    RED = "red"


@statement
def of_slug(slug: str) -> Any:
    return Event.select(Event.id, Event.slug, Event.is_public, Event.changed_at).where(Event.slug == slug)


@statement
def renamed(slug: str, name: str, at: datetime) -> Any:
    return Event.update({Event.name: name, Event.changed_at: at}).where(Event.slug == slug).returning(Event.id)


@statement
def revised(least: int, most: int | None) -> Any:
    return Event.raw("SELECT slug FROM core_event WHERE revision >= {} AND revision <= coalesce({}, 9)", least, most)


def event(slug: str) -> Event:
    day = NOW.date()
    return Event(slug=slug, name='{"es": "X"}', zone="UTC", starts_on=day, ends_on=day, changed_at=NOW)


async def test_a_statement_gives_what_the_query_gives(database: Database) -> None:
    await insert(event("one"), event("two"))

    given = await of_slug("two")

    assert given == await Event.select(Event.id, Event.slug, Event.is_public, Event.changed_at).where(
        Event.slug == "two"
    )
    assert (given[0]["slug"], given[0]["is_public"], given[0]["changed_at"]) == ("two", True, NOW)
    assert await of_slug(slug="none") == []
    assert await of_slug.first("none") is None


async def test_it_is_written_once_and_bound_each_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await insert(event("one"), event("two"))
    await of_slug("one")
    monkeypatch.setattr(of_slug, "_make", None)

    assert [(await of_slug(slug))[0]["slug"] for slug in ("one", "two")] == ["one", "two"]


async def test_updates_are_statements_too_and_are_part_of_the_transaction(database: Database) -> None:
    await insert(event("one"))

    with suppress(LookupError):
        async with transaction():
            assert len(await renamed("one", '{"es": "Y"}', NOW)) == 1
            raise LookupError

    assert (await Event.select(Event.name))[0]["name"] == '{"es": "X"}'


async def test_none_is_bound_only_where_the_parameter_says_so(database: Database) -> None:
    await insert(event("one"))

    assert await revised(0, None) == [{"slug": "one"}]
    with pytest.raises(DatabaseProblem, match="least is None"):
        await revised(None, 1)  # type: ignore[arg-type]


async def test_an_enum_binds_its_value_and_a_naive_instant_is_refused(database: Database) -> None:
    await insert(event("red"))

    assert len(await of_slug(Colour.RED)) == 1  # type: ignore[arg-type]
    with pytest.raises(DatabaseProblem, match="no time zone"):
        await renamed("red", "{}", datetime(2025, 1, 1))  # noqa: DTZ001
    with pytest.raises(DatabaseProblem, match="encode it first"):
        await renamed("red", {"es": "Z"}, NOW)  # type: ignore[arg-type]


def truthy(slug: str) -> Any:
    return Event.select().where(Event.slug == slug) if slug else Event.select()


def several(slug: str) -> Any:
    return Event.select().where(Event.slug.is_in(list(slug)))


def pasted(slug: str) -> Any:
    return Event.raw(f"SELECT 1 FROM core_event WHERE slug = '{slug}'")  # noqa: S608


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("make", [truthy, several, pasted])
async def test_a_text_that_depends_on_a_value_is_refused(database: Database, make: Callable[[str], Any]) -> None:
    with pytest.raises(DatabaseProblem, match="must not depend on the value of slug"):
        await statement(make)("one")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_query_that_differs_each_time_is_refused(database: Database) -> None:
    numbers = iter(range(10))

    @statement
    def changing(slug: str) -> Any:
        return Event.select().where((Event.slug == slug) & (Event.revision == next(numbers)))

    with pytest.raises(DatabaseProblem, match="another query each time"):
        await changing("one")


async def test_wrong_arguments_are_refused_as_python_does(database: Database) -> None:
    for call in ((), ("one", "two")):
        with pytest.raises(TypeError):
            await of_slug(*call)


async def test_rows_of_several_tables_know_each_others_keys(database: Database) -> None:
    async with transaction():
        with count_queries() as seen:
            found = await together(
                {
                    "event": [event("one")],
                    "switches": [EventPlugin(event=Ref("event"), plugin=name, key=name) for name in ("a", "b")],
                }
            )

    stored = await EventPlugin.select(EventPlugin.event, EventPlugin.plugin, EventPlugin.enabled).order_by(
        EventPlugin.id
    )
    assert found["event"] == [(await of_slug("one"))[0]["id"]]
    assert len(found["switches"]) == 2
    assert stored == [{"event": found["event"][0], "plugin": plugin, "enabled": True} for plugin in ("a", "b")]
    assert len(seen) == (1 if database.dialect == "postgres" else 2)


async def test_what_leads_gives_its_row_or_none(database: Database) -> None:
    await insert(event("one"))
    grow = "UPDATE core_event SET revision = revision + {} WHERE slug = {} RETURNING revision, slug"

    async with transaction():
        grown = await together({"event": [event("two")]}, leading=Leading(grow, [3, "one"]))
        nothing = await together({"event": [event("three")]}, leading=Leading(grow, [3, "none"]))

    assert grown["leading"] == {"revision": 3, "slug": "one"}
    assert nothing["leading"] is None


async def test_a_constraint_is_named_out_of_several_insertions_and_nothing_is_kept(database: Database) -> None:
    await insert(event("one"))

    with pytest.raises(UniqueViolated) as refused:
        async with transaction():
            await together({"a": [event("two")], "b": [event("one")]})

    assert refused.value.columns == ("slug",)
    assert await of_slug("two") == []


FORBIDDEN = re.compile(r"\bLISTEN\b|\bSET (?!LOCAL|NULL|NOT)[a-z_]+ (=|TO) |pg_(try_)?advisory_lock")
OWN_CONNECTIONS = frozenset({"core/storage/database/presence.py", "core/storage/outbox/waking.py"})
"""Modules that use LISTEN and the like on connections of their own, which never go back to the pool."""


def test_nothing_is_left_on_a_connection_of_the_pool() -> None:
    """asyncpg's RESET ALL is not sent (see `postgres._leave_as_it_is`): what a session keeps, the next request would meet."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("core", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in OWN_CONNECTIONS
        for line in path.read_text(encoding="utf-8").splitlines()
        if FORBIDDEN.search(line) and re.search("[\"']", line) and "UPDATE" not in line
    ]

    assert found == []


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_connection_that_goes_back_costs_no_round_trip(database: Database) -> None:
    rows = await database.fetch("SELECT pg_backend_pid() AS pid")
    before = await database.fetch("SELECT query FROM pg_stat_activity WHERE pid = $1", rows[0]["pid"])

    assert len(await Person.select()) == 0
    assert "RESET ALL" not in before[0]["query"]


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_counts_of_requests_are_not_logged(database: Database) -> None:
    kept = await database.fetch("SELECT relpersistence::text FROM pg_class WHERE relname = 'core_rate_count'")

    assert kept == [{"relpersistence": "u"}]
