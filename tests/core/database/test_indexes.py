"""Every foreign key has an index that begins with it: asking by it, and deleting what it points to, read no whole table."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from piccolo.columns import ForeignKey, Serial
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from plenaria.core.storage.database import Database, DatabaseProblem, unindexed_keys
from plenaria.core.storage.database.new_migration import main, write_migration
from tests.storage import installed_tables

KEYS_OF_POSTGRES = """
    SELECT k.conrelid::regclass::text AS "table", a.attname AS "column",
           EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = a.attnum
                   AND i.indpred IS NULL AND i.indisvalid) AS indexed
    FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f'
"""
KEYS_OF_SQLITE = """
    SELECT t.name AS "table", k."from" AS "column",
           EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
                   WHERE c.seqno = 0 AND c.name = k."from" AND NOT i.partial) AS indexed
    FROM sqlite_master AS t JOIN pragma_foreign_key_list(t.name) AS k WHERE t.type = 'table'
"""


class Hall(Table, tablename="venue_hall"):
    id: Serial


class Seat(Table, tablename="venue_seat"):
    id: Serial
    hall = ForeignKey(references=Hall)


class Kind(Table, tablename="venue_row_kind"):
    id: Serial


class Row(Table, tablename="venue_row"):
    id: Serial
    kind = ForeignKey(references=Kind, index=True)


async def test_the_schema_has_an_index_for_every_foreign_key(database: Database) -> None:
    keys = await database.fetch(KEYS_OF_SQLITE if database.dialect == "sqlite" else KEYS_OF_POSTGRES)

    lacking = sorted(f"{key['table']}.{key['column']}" for key in keys if not key["indexed"])
    assert len(keys) > 50
    assert lacking == []


@pytest.mark.parametrize("listed", ["registration_order", "registration_ticket", "core_audit_line", "core_outbox_line"])
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_newest_rows_of_an_event_are_read_off_an_index(database: Database, listed: str) -> None:
    plan = await database.fetch(
        f'EXPLAIN QUERY PLAN SELECT * FROM {listed} WHERE "event" = 1 ORDER BY "id" DESC LIMIT 50'  # noqa: S608
    )

    steps = [step["detail"] for step in plan]
    assert steps == [f"SEARCH {listed} USING INDEX {steps[0].split()[-2]} (event=?)"]


def test_the_tables_say_what_the_schema_says() -> None:
    assert unindexed_keys(installed_tables()) == []


def test_a_key_that_no_index_begins_with_is_named() -> None:
    assert unindexed_keys([Hall, Seat]) == ["venue_seat.hall"]


def test_an_index_that_would_take_the_name_of_a_table_is_refused(make_app: Callable[..., AppConfig]) -> None:
    with pytest.raises(DatabaseProblem, match=r"would be named venue_row_kind, which is a table"):
        asyncio.run(write_migration(make_app(Kind, Row)))


def test_writing_a_migration_names_the_keys_without_an_index(
    make_app: Callable[..., AppConfig], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("plenaria.core.storage.database.new_migration.piccolo_app", lambda name: make_app(Hall, Seat))

    main(["venue"])

    assert "no index begins with the foreign key venue_seat.hall" in capsys.readouterr().err


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., AppConfig]:
    def make(*tables: type[Table]) -> AppConfig:
        return AppConfig(app_name="venue", migrations_folder_path=str(tmp_path), table_classes=list(tables))

    return make
