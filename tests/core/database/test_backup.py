"""A backup brings everything back, on both engines, and a wrong file changes nothing."""

from pathlib import Path

import pytest

from plenaria.core.storage.database import Database, DatabaseProblem, schema_difference, transaction
from plenaria.core.storage.database.backup import backup, restore
from tests.storage import installed_apps


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

    await restore(database, tmp_path / "backup")

    assert await noted(database) == ["before"]
    await note(database, "goes on")
    assert await noted(database) == ["before", "goes on"]
    assert await schema_difference(database, installed_apps()) == []
    with pytest.raises(Exception, match="came_later"):
        await database.fetch("SELECT * FROM came_later")


def kept_beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.glob(f"{path.name}*"))


async def test_a_backup_is_private_complete_and_never_overwrites(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    await backup(database, path)

    with pytest.raises(DatabaseProblem, match="exists already"):
        await backup(database, path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_beside(path) == ["backup"]


@pytest.mark.parametrize("content", [b"", b"no backup at all", b"SQLite format 3\x00" + b"\x00" * 5000])
async def test_a_file_that_is_no_backup_is_refused_and_nothing_is_lost(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    await note(database, "kept")
    (tmp_path / "wrong").write_bytes(content)

    with pytest.raises(DatabaseProblem):
        await restore(database, tmp_path / "wrong")

    assert await noted(database) == ["kept"]


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
