"""A plugin that is a distribution of its own (examples/plenaria-shuttle), installed into a clean environment.

Clean means: a fresh virtual environment with nothing of this checkout in it. So that the test is fast and needs no network, the
libraries that Plenaria depends on are not installed again: one .pth line lets the new environment see those of the running one,
where this checkout is only an editable install (a .pth line that is not followed from there). The wheels of Plenaria and of the
plugin are built here and installed by pip, offline.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "plenaria-shuttle"


def run(*command: object, cwd: Path, **environment: str) -> str:
    """The command's output; its errors in the failure."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PLENARIA_", "PIP_"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment `env` in which both wheels are installed."""
    folder = tmp_path_factory.mktemp("outside")
    wheels = [wheel_of(ROOT, folder / "plenaria"), wheel_of(EXAMPLE, folder / "shuttle")]
    run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (own / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    # Named by path and forced: pip sees the editable install of the checkout through the .pth line and would call it done.
    run(python, "-m", "pip", "install", *offline, "--ignore-installed", *wheels, cwd=folder)
    return folder


def wheel_of(project: Path, folder: Path) -> Path:
    """Built from a copy: building leaves files in its source."""
    unwanted = shutil.ignore_patterns(
        ".*", "__pycache__", "build", "dist", "var", "*.egg-info", "node_modules", "tests"
    )
    shutil.copytree(project, folder, ignore=unwanted)
    run(
        sys.executable,
        *(
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--quiet",
            "--wheel-dir",
            folder / "dist",
        ),
        folder,
        cwd=folder,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


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
