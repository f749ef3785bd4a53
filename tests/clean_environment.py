"""Clean environments: virtual environments with nothing of this checkout in them, in which wheels are installed.

So that it is fast and needs no network, the libraries that Plenaria depends on are not installed again: one .pth line lets the
new environment see those of the running one, where this checkout is only an editable install (a .pth line that is not followed
from there). Wheels are built here and installed by pip, offline.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def environment_of_a_stranger() -> dict[str, str]:
    """This process's variables without those that lead back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PLENARIA_", "PIP_"))}


def run(*command: object, cwd: Path, **environment: str) -> str:
    """The command's output; its errors in the failure."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment_of_a_stranger() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


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


def clean_environment(folder: Path, *wheels: Path) -> Path:
    """The folder `bin` of a new virtual environment `folder/env` in which the wheels are installed."""
    run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (own / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    # Named by path and forced: pip sees the editable install of the checkout through the .pth line and would call it done.
    run(python, "-m", "pip", "install", *offline, "--ignore-installed", *wheels, cwd=folder)
    return python.parent


@pytest.fixture(scope="session")
def plenaria_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once per run (per worker with pytest-xdist)."""
    return wheel_of(ROOT, tmp_path_factory.mktemp("wheel") / "plenaria")
