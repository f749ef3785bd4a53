"""A plugin that is a distribution of its own (examples/plenaria-shuttle), installed into a clean environment."""

import shutil
import sysconfig
from pathlib import Path

import pytest

from tests.clean_environment import ROOT, clean_environment, run, wheel_of

EXAMPLE = ROOT / "examples" / "plenaria-shuttle"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, plenaria_wheel: Path) -> Path:
    """A folder with a virtual environment `env` in which both wheels are installed."""
    folder = tmp_path_factory.mktemp("outside")
    clean_environment(folder, plenaria_wheel, wheel_of(EXAMPLE, folder / "shuttle"))
    return folder


def test_nothing_of_the_checkout_is_in_the_clean_environment(environment: Path) -> None:
    python = environment / "env" / "bin" / "python"

    where = run(
        python,
        "-c",
        "import plenaria, plenaria_shuttle as one, sys; print(plenaria.__file__, one.__file__, *sys.path)",
        cwd=environment,
    )

    assert str(ROOT / "core") not in where
    assert str(EXAMPLE) not in where
    assert str(ROOT) not in where.replace(sysconfig.get_path("purelib"), "").split()
    assert where.split()[0].startswith(str(environment / "env"))


def test_the_command_line_lists_and_migrates_it(environment: Path, tmp_path: Path) -> None:
    plenaria = environment / "env" / "bin" / "plenaria"
    database = f"sqlite:///{tmp_path / 'cli.sqlite3'}"

    listed = run(plenaria, "plugins", cwd=tmp_path, COLUMNS="200")
    migrated = run(plenaria, "migrate", cwd=tmp_path, PLENARIA_DATABASE=database)

    (line,) = [line for line in listed.splitlines() if line.startswith("shuttle ")]
    assert line.split()[:4] == ["shuttle", "0.1.0", "plenaria-shuttle", "loaded"]
    assert [line.split(":")[0] for line in migrated.splitlines()].count("shuttle") == 1


def test_it_adds_everything_without_a_change_elsewhere(
    environment: Path, empty_engine_url: str, tmp_path: Path
) -> None:
    python = environment / "env" / "bin" / "python"
    walk = shutil.copy(ROOT / "tests" / "outside_plugin_walk.py", tmp_path / "walk.py")

    said = run(python, walk, empty_engine_url, cwd=tmp_path)

    assert said.splitlines()[-1] == "walked"
