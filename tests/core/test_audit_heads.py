"""The signed head of the record: made from the one before, kept, public, and what it shows that the chain alone cannot."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from plenaria.core.events.checking import verify_records
from plenaria.core.kernel.ledger import root
from plenaria.core.kernel.values import RecordedFact
from plenaria.core.people import services as people
from plenaria.core.people.tables import Grant
from plenaria.core.storage import audit, signing_keys
from plenaria.core.storage.audit import heads
from plenaria.core.storage.audit.guard import HEADS, TABLES, allow_changes
from plenaria.core.storage.audit.tables import AuditHead, AuditLine, AuditSeal
from plenaria.core.storage.database import Database, count_queries, in_transaction, transaction
from plenaria.plugins.registration.tables import OrderRow
from tests.plugins.registration.orders import MEMBER, place, sell
from tests.site import Site

NOW = datetime(2025, 9, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Database:
    signing_keys.use(tmp_path / "key.pem")
    return database


async def sealed(count: int) -> None:
    async with transaction():
        for number in range(count):
            await audit.record("entry.scored", by="system", subject=f"entry:{number}", facts={"n": number}, now=NOW)
    await audit.seal(now=NOW)


async def reasons(*anchors: audit.TreeHead) -> list[str]:
    return sorted(each.reason for each in await audit.verify_heads(anchors))


async def test_a_head_is_the_tree_of_all_seals_and_is_made_from_the_one_before(log: Database) -> None:
    await sealed(5)
    first = await audit.keep_head(now=NOW)
    await sealed(6)
    with count_queries() as queries:
        second = await audit.keep_head(now=NOW + DAY)

    rows = await AuditSeal.select().order_by(AuditSeal.no)
    leaves = [
        heads.leaf(audit._sealed({f"seal_{name}": row[name] for name in ("no", "line", "line_hash", "chain_hash")}))
        for row in rows
    ]
    assert first is not None
    assert second is not None
    assert (first.size, first.root) == (5, root(leaves[:5]).hex())
    assert (second.size, second.root) == (12, root(leaves).hex())  # the key in use has a line too
    assert await reasons(first, second, heads.read(second.short)) == []
    assert await audit.keep_head(now=NOW + DAY) is None
    assert [head.size for head in await heads.kept()] == [5, 12]
    assert sum("core_audit_seal" in each and "s.no > 5" in each for each in queries) == 1


async def test_the_key_that_signs_is_recorded_when_it_changes(log: Database, tmp_path: Path) -> None:
    await sealed(1)
    await audit.keep_head(now=NOW)
    signing_keys.use(tmp_path / "another.pem")
    await sealed(1)
    await audit.keep_head(now=NOW + DAY)
    await sealed(1)
    await audit.keep_head(now=NOW + 2 * DAY)

    lines = await AuditLine.select().where(AuditLine.action == "key.in_use").order_by(AuditLine.id)
    assert len({line["subject"] for line in lines}) == len(lines) == 2
    assert await reasons() == []


async def free(database: Database) -> None:
    await allow_changes(database, TABLES)
    await allow_changes(database, HEADS)


async def test_an_end_cut_off_with_its_seals_is_found(log: Database) -> None:
    await sealed(5)
    await audit.keep_head(now=NOW)
    await free(log)

    await AuditSeal.delete().where(AuditSeal.no > 3)
    await AuditLine.delete().where(AuditLine.id > 3)

    assert (await audit.verify()).first_broken is None
    assert await reasons() == ["shorter", "shorter"]


async def test_emptied_tables_are_found_by_the_file_beside_the_key(log: Database) -> None:
    await sealed(5)
    await audit.keep_head(now=NOW)
    await free(log)

    for table in (AuditSeal, AuditLine, AuditHead):
        await table.delete(force=True)

    assert await reasons() == ["shorter"]


async def test_a_log_rewritten_as_a_whole_is_found(log: Database) -> None:
    await sealed(5)
    noted = heads.read((await audit.current_head(now=NOW)).short)
    await audit.keep_head(now=NOW)
    await free(log)
    await AuditSeal.delete(force=True)
    await AuditLine.delete().where(AuditLine.subject == "entry:2")
    await sealed(1)

    assert (await audit.verify()).first_broken is None
    assert set(await reasons(noted)) == {"other_chain", "other_root"}


async def test_a_forged_head_is_found(log: Database) -> None:
    await sealed(3)
    head = await audit.current_head(now=NOW)

    assert await reasons(replace(head, made_at=NOW + DAY)) == ["bad_signature"]
    assert await reasons(replace(head, root="0" * 64)) == ["bad_signature", "other_root"]


@pytest.mark.parametrize("table", [*TABLES, *HEADS])
async def test_a_row_cannot_be_put_in_another_one_s_place(log: Database, table: str) -> None:
    """INSERT OR REPLACE asks no trigger against DELETE; an upsert is an UPDATE."""
    await sealed(2)
    await audit.keep_head(now=NOW)
    verb = "INSERT OR REPLACE" if log.dialect == "sqlite" else "INSERT"
    end = "" if log.dialect == "sqlite" else " ON CONFLICT (id) DO UPDATE SET id = excluded.id"

    with pytest.raises(REFUSED, match="append-only"):
        await log.fetch(f"{verb} INTO {table} SELECT * FROM {table} LIMIT 1{end}")  # noqa: S608 - our own names

    assert (await audit.verify()).first_broken is None


async def test_the_seals_are_read_while_others_may_write(log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first head after an upgrade reads the whole record: on SQLite the writer was held until then."""
    await sealed(3)
    make, inside = heads.make, []

    async def watched(*args: Any, **more: Any) -> tuple[audit.TreeHead, str]:
        inside.append(in_transaction())
        made = await make(*args, **more)
        if len(inside) == 1:
            await audit.keep_head(now=NOW)  # another worker is faster
        return made

    monkeypatch.setattr(heads, "make", watched)

    assert await audit.keep_head(now=NOW) is None
    assert inside == [False, False]
    assert [head.size for head in await heads.kept()] == [3]


async def test_the_newest_kept_head_is_public_as_a_page_and_as_json(site: Site) -> None:
    visitor = site.visitor()
    before = await visitor.get("/audit/head", headers={"Accept": "text/html"})
    await audit.seal(now=NOW)
    head = await audit.keep_head(now=NOW)

    page = await visitor.get("/audit/head", headers={"Accept": "text/html"})
    as_json = await visitor.get("/audit/head")

    assert head is not None
    assert (before.status_code, head.short in before.text) == (200, False)
    assert head.short in page.text
    assert heads.read(as_json.text) == head
    assert json.loads(as_json.text)["size"] == head.size


# -- what the record is about ---------------------------------------------------------------------------------------


async def findings() -> list[tuple[str, str]]:
    return [(each.code, each.subject) for each in await verify_records()]


async def test_roles_and_orders_agree_with_the_record_until_somebody_goes_past_the_program(site: Site) -> None:
    await sell(site.event, MEMBER)
    kept, changed, cheap = [(await place(site.event, submission=f"form-{number}")).code for number in range(3)]
    ana = await people.ensure_person("ana@example.mx", now=NOW)
    await people.grant(ana, "door", event=site.event, by="cli", now=NOW)
    assert await findings() == []

    await OrderRow.update({OrderRow.state: "confirmed"}).where(OrderRow.code == changed)
    await OrderRow.update({OrderRow.total_minor: 1}).where(OrderRow.code == cheap)
    await Grant.update({Grant.role: "owner"}).where(Grant.person == ana.id)

    assert await findings() == [
        ("core.unrecorded", f"person:{ana.id}"),
        ("core.missing", f"person:{ana.id}"),
        *sorted([("registration.order_unlike_record", f"order:{code}") for code in (changed, cheap)]),
    ]
    assert kept not in str(await findings())


async def test_what_the_service_writes_while_the_record_is_compared_is_no_finding(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines are read first, roles afterwards: a role that was given in between once had no line."""
    ana = await people.ensure_person("ana@example.mx", now=NOW)
    facts = audit.facts

    async def facts_and_then_a_role(*, event: int | None) -> Sequence[RecordedFact]:
        read = await facts(event=event)
        if event is not None:
            await people.grant(ana, "door", event=site.event, by="cli", now=NOW)
        return read

    monkeypatch.setattr(audit, "facts", facts_and_then_a_role)

    assert await findings() == []
