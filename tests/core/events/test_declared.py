"""An event's file: read with all its problems, compared, applied as a whole, written back."""

import tomllib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.core.events import declared, details, queries
from plenaria.core.forms import Change, line_of
from plenaria.core.host import plugins
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.people import queries as people
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import Database
from plenaria.core.storage.outbox.tables import OutboxLine
from tests.core.events.shuttle import ShuttleSection, ShuttleSettings, ShuttleStore

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)

TEXT = """
[event]
slug = "congress"
name = { es = "Congreso", en = "Congress" }
starts_on = 2025-10-01
ends_on = 2025-10-02

[[team]]
email = "Ana@Example.org"
role = "organiser"

[plugins.shuttle]
seats = 40
booking = { opens_at = 2025-06-01T00:00:00-06:00, closes_at = 2025-09-01T00:00:00-06:00 }
fare = { minor = 5000, currency = "MXN" }

[[plugins.shuttle.places]]
code = "hotel"
name = { es = "Hotel" }

[[plugins.shuttle.runs]]
code = "early"
leaves_at = 2025-10-01T07:00:00-06:00
place = "hotel"

[[plugins.shuttle.runs]]
code = "late"
leaves_at = 2025-10-01T08:30:00-06:00
"""


def document() -> dict[str, Any]:
    return tomllib.loads(TEXT)


def problems(changed: dict[str, Any]) -> dict[str, str]:
    return {problem.pointer: problem.code for problem in declared.read(changed).problems}


async def apply(changed: dict[str, Any]) -> EventView:
    return await declared.apply(declared.read(changed).or_refuse(), by="cli", now=NOW)


async def plan(changed: dict[str, Any]) -> list[Change]:
    return await declared.plan(declared.read(changed).or_refuse())


@pytest.fixture(autouse=True)
def host() -> PluginHost:
    found = PluginHost([EntryPoint("shuttle", "tests.core.events.shuttle", GROUP)])
    plugins.use(found)
    return found


@pytest_asyncio.fixture
async def store(database: Database) -> AsyncIterator[Database]:
    """The database with the shuttle's table."""
    ShuttleStore._meta.db = database.engine
    await ShuttleStore.create_table()
    yield database


# -- reading -------------------------------------------------------------------------------------------------------


def test_a_right_file_is_read_with_its_defaults() -> None:
    declaration = declared.read(document()).or_refuse()

    shuttle = declaration.plugins["shuttle"]
    assert declaration.slug == "congress"
    assert declaration.details.zone == "America/Mexico_City"
    assert (shuttle.enabled, shuttle.settings.seats, shuttle.settings.note) == (True, 40, {})
    assert [run.code for run in shuttle.section.runs] == ["early", "late"]


def test_all_problems_are_told_at_once_and_where() -> None:
    wrong = document()
    wrong["event"]["ends_on"] = wrong["event"]["starts_on"].replace(day=1, month=9)
    wrong["team"][0]["role"] = "queen"
    wrong["plugins"]["shuttle"] |= {"seats": 0, "sets": 3}
    wrong["plugins"]["shuttle"]["runs"][1]["code"] = "early"
    wrong["plugins"]["ferry"] = {}
    wrong["colour"] = "red"

    found = problems(wrong)

    assert found == {
        "/colour": "unknown_field",
        "/event/ends_on": "ends_before_it_starts",
        "/team/0/role": "not_a_choice",
        "/plugins/ferry": "unknown_plugin",
        "/plugins/shuttle/seats": "too_small",
        "/plugins/shuttle/sets": "unknown_field",
        "/plugins/shuttle/runs/1/code": "not_unique",
    }
    assert line_of(TEXT, "/plugins/shuttle/runs/1/code") == 27


def test_an_unknown_field_says_what_may_have_been_meant() -> None:
    wrong = document()
    wrong["plugins"]["shuttle"]["seat"] = 3

    (problem,) = declared.read(wrong).problems

    assert problem.facts["meant"] == "seats"
    assert problem.facts["allowed"] == ["enabled", "seats", "booking", "note", "fare", "places", "runs"]


def test_a_reference_must_name_something_that_the_file_declares() -> None:
    wrong = document()
    wrong["plugins"]["shuttle"]["runs"][0]["place"] = "hotle"

    (problem,) = declared.read(wrong).problems

    assert (problem.pointer, problem.code) == ("/plugins/shuttle/runs/0/place", "not_a_choice")
    assert problem.facts["allowed"] == ["hotel"]


@pytest.mark.parametrize(
    ("table", "value", "pointer", "code"),
    [
        ("event", None, "/event", "missing"),
        ("event", 3, "/event", "wrong_type"),
        ("plugins", [], "/plugins", "wrong_type"),
        ("plugins", {"shuttle": 1}, "/plugins/shuttle", "wrong_type"),
        ("plugins", {"shuttle": {"enabled": "yes"}}, "/plugins/shuttle/enabled", "wrong_type"),
        ("team", "ana", "/team", "wrong_type"),
        ("team", [{"email": "a@example.org", "role": "door"}] * 2, "/team/1", "not_unique"),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(table: str, value: Any, pointer: str, code: str) -> None:
    wrong = document()
    wrong.pop(table)
    if value is not None:
        wrong[table] = value

    assert problems(wrong) == {pointer: code}


@pytest.mark.parametrize("slug", sorted(details.RESERVED))
def test_an_address_of_the_house_is_no_slug(slug: str) -> None:
    wrong = document()
    wrong["event"]["slug"] = slug

    assert problems(wrong) == {"/event/slug": "reserved_slug"}


# -- applying ------------------------------------------------------------------------------------------------------


async def test_a_new_event_is_made_as_declared(store: Database) -> None:
    event = await apply(document())

    (member,) = await people.team(event)
    assert event.plugins == ("shuttle",)
    assert (member.email, member.role) == ("ana@example.org", "organiser")
    assert (await queries.settings_of(event, "shuttle", ShuttleSettings)).seats == 40
    assert await plan(document()) == []


async def test_applying_twice_writes_nothing_the_second_time(store: Database) -> None:
    first = await apply(document())
    lines = await AuditLine.count()

    second = await apply(document())

    assert second == first
    assert await AuditLine.count() == lines


async def test_the_plan_names_added_removed_and_changed_by_code(store: Database) -> None:
    await apply(document())
    changed = document()
    changed["event"]["venue"] = "Salón"
    changed["plugins"]["shuttle"]["seats"] = 50
    del changed["plugins"]["shuttle"]["runs"][0]
    changed["plugins"]["shuttle"]["places"].append({"code": "metro", "name": {"es": "Metro"}})

    changes = await plan(changed)

    assert [(change.kind, change.pointer) for change in changes] == [
        ("changed", "/event/venue"),
        ("changed", "/plugins/shuttle/seats"),
        ("added", "/plugins/shuttle/places/metro"),
        ("removed", "/plugins/shuttle/runs/early"),
    ]
    assert (changes[1].before, changes[1].after) == (40, 50)


async def test_another_order_is_a_change_only_where_order_says_something(store: Database) -> None:
    given_document = document()
    given_document["plugins"]["shuttle"]["places"].append({"code": "airport", "name": {"es": "Aeropuerto"}})
    await apply(given_document)
    given_document["plugins"]["shuttle"]["runs"].reverse()
    given_document["plugins"]["shuttle"]["places"].reverse()

    (change,) = await plan(given_document)

    assert (change.pointer, change.before) == ("/plugins/shuttle/places", ["hotel", "airport"])


async def test_planning_writes_nothing(store: Database) -> None:
    await plan(document())

    assert await queries.event_by_slug("congress") is None
    assert await AuditLine.count() == 0


async def test_applying_a_change_makes_its_plan_empty(store: Database) -> None:
    await apply(document())
    changed = document()
    changed["event"]["name"] = {"es": "Otro"}
    changed["team"] = [{"email": "ben@example.org", "role": "owner"}]
    changed["plugins"]["shuttle"] = {"enabled": False, "seats": 50}

    event = await apply(changed)

    assert await plan(changed) == []
    assert event.plugins == ()
    assert [member.email for member in await people.team(event)] == ["ben@example.org"]


async def test_a_refusal_of_a_plugin_leaves_nothing_half_applied(store: Database) -> None:
    await apply(document())
    before = await declared.document_of(await apply(document()), team=True)
    lines = await OutboxLine.count()
    wrong = document()
    wrong["event"]["venue"] = "Salón"
    wrong["team"].append({"email": "ben@example.org", "role": "owner"})
    wrong["plugins"]["shuttle"]["seats"] = 50
    wrong["plugins"]["shuttle"]["runs"][0]["code"] = "midnight"

    with pytest.raises(Refused) as refused:
        await apply(wrong)

    assert [each.pointer for each in refused.value.refusals] == ["/plugins/shuttle/runs/0"]
    event = await queries.event_by_slug("congress")
    assert event is not None
    assert await declared.document_of(event, team=True) == before
    assert await OutboxLine.count() == lines


async def test_a_new_event_that_is_refused_does_not_exist_afterwards(store: Database) -> None:
    wrong = document()
    wrong["plugins"]["shuttle"]["runs"][0]["code"] = "midnight"

    with pytest.raises(Refused):
        await apply(wrong)

    assert await queries.event_by_slug("congress") is None
    assert await AuditLine.count() == 0


async def test_what_the_file_does_not_name_is_left_alone(store: Database) -> None:
    await apply(document())
    only_event = {"event": document()["event"]}

    event = await apply(only_event)

    assert await plan(only_event) == []
    assert event.plugins == ("shuttle",)
    assert len(await people.team(event)) == 1


async def test_every_application_is_in_the_record_by_the_command_line(store: Database) -> None:
    await apply(document())

    rows = await AuditLine.select(AuditLine.action, AuditLine.actor).order_by(AuditLine.id)
    assert [row["action"] for row in rows] == [
        "event.created",
        "team.granted",
        "plugin.switched",
        "plugin.configured",
        "event.declared",
    ]
    assert {row["actor"] for row in rows} == {"cli"}


# -- writing back --------------------------------------------------------------------------------------------------


async def test_an_exported_event_has_an_empty_plan_and_says_the_event_s_own_time(store: Database) -> None:
    event = await apply(document())

    text = declared.as_text(await declared.document_of(event, team=True))

    assert await plan(tomllib.loads(text)) == []
    assert "leaves_at = 2025-10-01 07:00:00-06:00" in text
    assert declared.as_text(await declared.document_of(event, team=True)) == text


async def test_an_export_holds_no_address_unless_asked(store: Database) -> None:
    event = await apply(document())

    assert "ana@example.org" not in declared.as_text(await declared.document_of(event))
    assert "ana@example.org" in declared.as_text(await declared.document_of(event, team=True))


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
instants = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract
codes = st.from_regex(r"\A[a-z]{2,8}\Z").filter(lambda code: code != "midnight")


@given(
    seats=st.integers(1, 80),
    note=st.dictionaries(st.sampled_from(["es", "en"]), words),
    closes_at=st.none() | instants,
    runs=st.lists(st.tuples(codes, instants), max_size=5, unique_by=lambda run: run[0]),
)
@settings(max_examples=60)
def test_what_is_read_is_written_and_read_again_the_same(
    seats: int, note: dict[str, str], closes_at: datetime | None, runs: list[tuple[str, datetime]]
) -> None:
    plugins.use(PluginHost([EntryPoint("shuttle", "tests.core.events.shuttle", GROUP)]))
    given_document = document()
    given_document["plugins"]["shuttle"] = {
        "seats": seats,
        "note": note,
        "booking": {"closes_at": closes_at} if closes_at else {},
        "runs": [{"code": code, "leaves_at": leaves_at} for code, leaves_at in runs],
    }
    declaration = declared.read(given_document).or_refuse()

    again = declared.read(tomllib.loads(declared.as_text(declared.document(declaration)))).or_refuse()

    assert again.plugins == declaration.plugins
    assert isinstance(again.plugins["shuttle"].section, ShuttleSection)
