"""A backup brings everything back, on both engines, and a wrong file changes nothing."""

import asyncio
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plenaria.core.storage.database import (
    Database,
    DatabaseProblem,
    InUse,
    alone,
    in_use,
    migrate,
    restore,
    schema_difference,
    transaction,
)
from plenaria.core.storage.database.backup import backup, digest_file
from plenaria.core.storage.database.migrations import migrations_of
from tests.storage import installed_apps

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


async def bring_back(database: Database, path: Path, **more: Any) -> Path | None:
    return await restore(database, path, apps=installed_apps(), now=NOW, **more)


async def note(database: Database, name: str) -> None:
    await database.fetch(f"INSERT INTO migration (name, app_name) VALUES ('{name}', 'trial')")  # noqa: S608


async def noted(database: Database) -> list[str]:
    rows = await database.fetch("SELECT name FROM migration WHERE app_name = 'trial' ORDER BY id")
    return [row["name"] for row in rows]


async def test_a_restored_backup_is_the_state_of_its_instant(database: Database, tmp_path: Path) -> None:
    await note(database, "before")
    await backup(database, tmp_path / "backup")
    await note(database, "after")
    await database.fetch("CREATE TABLE came_later (id INTEGER)")

    await bring_back(database, tmp_path / "backup")

    assert await noted(database) == ["before"]
    await note(database, "goes on")
    assert await noted(database) == ["before", "goes on"]
    assert await schema_difference(database, installed_apps()) == []
    with pytest.raises(Exception, match="came_later"):
        await database.fetch("SELECT * FROM came_later")


def everything_in(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def kept_beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.glob(f"{path.name}*"))


async def test_a_backup_is_private_complete_and_never_overwrites(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    await backup(database, path)

    with pytest.raises(DatabaseProblem, match="exists already"):
        await backup(database, path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_beside(path) == ["backup", "backup.sha256"]


def flipped(content: bytes) -> bytes:
    """Every 997th byte of the second half is another: SQLite's pages or the dump's compressed rows."""
    damaged = bytearray(content)
    for place in range(len(damaged) // 2, len(damaged), 997):
        damaged[place] ^= 0xFF
    return bytes(damaged)


WRONG = {
    "empty": lambda _: b"",
    "text": lambda _: b"no backup at all",
    "only a header": lambda _: b"SQLite format 3\x00" + b"\x00" * 5000,
    "flipped": flipped,
    "truncated": lambda content: content[: len(content) * 2 // 3],
}


@pytest.mark.parametrize("with_digest", [True, False])
@pytest.mark.parametrize("damage", WRONG)
async def test_a_damaged_backup_is_one_line_and_nothing_is_lost(
    database: Database, tmp_path: Path, damage: str, with_digest: bool
) -> None:
    await backup(database, tmp_path / "backup")
    await note(database, "kept")
    content = (tmp_path / "backup").read_bytes()
    (tmp_path / "backup").write_bytes(WRONG[damage](content))
    if not with_digest:
        digest_file(tmp_path / "backup").unlink()

    with pytest.raises(DatabaseProblem) as refused:
        await bring_back(database, tmp_path / "backup")

    assert len(str(refused.value).splitlines()) == 1
    assert await noted(database) == ["kept"]
    assert not any("before-restore" in name for name in everything_in(tmp_path))


async def test_a_database_with_a_table_migration_is_no_backup_of_ours(
    database: Database, empty_engine_url: str, tmp_path: Path
) -> None:
    """Once any SQLite file with such a table took the place of everything."""
    await note(database, "kept")

    for number, columns in enumerate(("a INTEGER", "id INTEGER, app_name VARCHAR(200), name VARCHAR(200)")):
        await copied_from_elsewhere(empty_engine_url, columns, tmp_path / f"foreign-{number}")
        with pytest.raises(DatabaseProblem, match="is not a backup of Plenaria"):
            await bring_back(database, tmp_path / f"foreign-{number}")

    assert await noted(database) == ["kept"]


async def copied_from_elsewhere(url: str, columns: str, path: Path) -> None:
    """A backup of another program's database."""
    other = Database(url)
    await other.engine.start()
    await other.fetch("DROP TABLE IF EXISTS migration")
    await other.fetch(f"CREATE TABLE migration ({columns})")
    await backup(other, path)
    await other.engine.stop()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_another_program_s_sqlite_file_is_refused_by_its_application_id(
    database: Database, tmp_path: Path
) -> None:
    await backup(database, tmp_path / "backup")
    digest_file(tmp_path / "backup").unlink()
    with sqlite3.connect(tmp_path / "backup") as file:
        stamped = file.execute("PRAGMA application_id").fetchone()[0]
        file.execute("PRAGMA application_id = 1234")
    file.close()

    with pytest.raises(DatabaseProblem, match="is not a backup of Plenaria"):
        await bring_back(database, tmp_path / "backup")

    assert stamped.to_bytes(4, "big") == b"PLEN"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_early_release_s_file_is_stamped_by_migrating(database: Database) -> None:
    await database.fetch("PRAGMA application_id = 0")
    await database.fetch("PRAGMA user_version = 0")

    await migrate(database, installed_apps())

    (core,) = [app for app in installed_apps() if app.app_name == "core"]
    assert await database.fetch("PRAGMA application_id") == [{"application_id": int.from_bytes(b"PLEN", "big")}]
    assert await database.fetch("PRAGMA user_version") == [{"user_version": len(migrations_of(core))}]


async def test_a_newer_release_s_backup_is_refused(database: Database, tmp_path: Path) -> None:
    newer = "INSERT INTO migration (name, app_name) VALUES ('registration_9999', 'registration')"
    await database.fetch(newer)
    await backup(database, tmp_path / "backup")
    await database.fetch("DELETE FROM migration WHERE name = 'registration_9999'")
    await note(database, "kept")

    with pytest.raises(
        DatabaseProblem, match="newer release: it holds the migration registration_9999 of registration"
    ):
        await bring_back(database, tmp_path / "backup")

    assert await noted(database) == ["kept"]


async def test_a_backup_with_an_uninstalled_plugin_s_data_is_refused_until_it_is_named(
    database: Database, tmp_path: Path
) -> None:
    await note(database, "of the plugin trial")
    await backup(database, tmp_path / "backup")
    await database.fetch("DELETE FROM migration WHERE app_name = 'trial'")

    with pytest.raises(DatabaseProblem, match=r"plugins that are not installed here: trial\."):
        await bring_back(database, tmp_path / "backup")
    untouched = await noted(database)
    await bring_back(database, tmp_path / "backup", without_plugins=["trial"])

    assert untouched == []
    assert await noted(database) == ["of the plugin trial"]


async def test_a_backup_that_lacks_a_table_is_refused(database: Database, tmp_path: Path) -> None:
    await database.fetch("ALTER TABLE core_mail_override RENAME TO somewhere_else")
    await backup(database, tmp_path / "backup")
    await database.fetch("ALTER TABLE somewhere_else RENAME TO core_mail_override")

    with pytest.raises(DatabaseProblem, match="is not whole: the table core_mail_override of core is missing"):
        await bring_back(database, tmp_path / "backup")


async def test_the_database_of_before_is_kept_and_brings_everything_back(database: Database, tmp_path: Path) -> None:
    await note(database, "before")
    await backup(database, tmp_path / "backup")
    await note(database, "after")

    kept = await bring_back(database, tmp_path / "backup", keep_in=tmp_path)

    assert await noted(database) == ["before"]
    assert kept is not None
    assert kept.name.endswith(".before-restore-20261128T120000Z")
    await bring_back(database, kept)
    assert await noted(database) == ["before", "after"]


async def test_an_empty_database_takes_a_backup_and_nothing_is_kept(
    database: Database, empty_engine_url: str, tmp_path: Path
) -> None:
    await note(database, "moved to a new host")
    await backup(database, tmp_path / "backup")
    fresh = Database(empty_engine_url)
    await fresh.engine.start()

    kept = await bring_back(fresh, tmp_path / "backup", without_plugins=["trial"])

    assert kept is None
    assert await noted(fresh) == ["moved to a new host"]
    await fresh.engine.stop()


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_dump_in_a_directory_is_restored_too(database: Database, tmp_path: Path) -> None:
    await note(database, "before")
    program, address = shutil.which("pg_dump"), database.engine.config["dsn"]
    assert program is not None
    await asyncio.to_thread(
        subprocess.run,
        [program, "--format=directory", f"--file={tmp_path / 'folder'}", f"--dbname={address}"],
        check=True,
    )
    await note(database, "after")

    await bring_back(database, tmp_path / "folder", keep_in=tmp_path)

    assert await noted(database) == ["before"]


async def test_a_database_in_use_cannot_be_had_alone_nor_the_other_way_round(database: Database) -> None:
    async with in_use(database), in_use(database):
        with pytest.raises(InUse, match="stop every `plenaria serve`"):
            async with alone(database):
                pytest.fail("two at once")
    async with alone(database):
        with pytest.raises(InUse, match="A restore is running"):
            async with in_use(database):
                pytest.fail("two at once")
    async with in_use(database):
        pass


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_lost_connection_s_lock_is_taken_again(database: Database) -> None:
    holders = (
        "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
    )

    async with in_use(database, look_again_s=0.02):
        (first,) = await database.fetch(holders)
        await database.fetch("SELECT pg_terminate_backend($1)", first["pid"])
        async with asyncio.timeout(20):
            while first in (now := await database.fetch(holders)) or not now:  # noqa: ASYNC110 - the server's, not ours
                await asyncio.sleep(0.02)

        with pytest.raises(InUse):
            async with alone(database):
                pytest.fail("nobody held the lock")


async def test_a_missing_program_is_named(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.dialect == "sqlite":
        await backup(database, tmp_path / "needs no program")
        return
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DatabaseProblem, match="pg_dump is missing"):
        await backup(database, tmp_path / "backup")


async def test_a_backup_inside_a_transaction_is_refused(database: Database, tmp_path: Path) -> None:
    async with transaction():
        with pytest.raises(DatabaseProblem, match="inside a transaction"):
            await backup(database, tmp_path / "backup")


async def test_what_is_run_afterwards_comes_with_the_copy_or_not_at_all(database: Database, tmp_path: Path) -> None:
    """Once old mail was due and old sessions worked between the copy and what came after it."""
    await note(database, "old")
    await backup(database, tmp_path / "backup")
    await note(database, "now")
    delete = "DELETE FROM migration WHERE app_name = 'trial'"

    for number, wrong in enumerate(["DELETE FROM no_such_table", delete.replace("app_name", "no_such_column")]):
        with pytest.raises(Exception, match="no_such"):
            await bring_back(
                database, tmp_path / "backup", afterwards={"migration": delete, "core_person": wrong}, keep_in=tmp_path
            )
        assert await noted(database) == ["old", "now"], number
    await bring_back(database, tmp_path / "backup", afterwards={"migration": delete, "of_a_later_release": "nonsense"})

    assert await noted(database) == []
