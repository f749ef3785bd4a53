"""What is published: wheel and sdist hold one import name and every file, and the wheel alone serves the demo."""

import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.clean_environment import ROOT, clean_environment, environment_of_a_stranger, run

BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
PARTS = {"core": "core", "plugins": "plugins", "config": "config", "src/plenaria": ""}
"""Folders of the checkout, and where they are below `plenaria`."""


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built by the backend itself from a copy of what is tracked, with its links: building leaves files in its source."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name, follow_symlinks=False)
    for part in (".venv/lib/evil.py", "var/demo-8000/evil.py"):  # what lies about in a checkout that is worked in
        (source / part).parent.mkdir(parents=True, exist_ok=True)
        (source / part).touch()
    sdist = build("build_sdist", source, folder)
    wheel = build("build_wheel", source, folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Built(wheel, sdist, build("build_wheel", unpacked, folder / "again"))


def tracked() -> list[str]:
    """Files of git, new ones included; without git every file that is no product."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).exists()]


def build(kind: str, source: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder / run(sys.executable, "-c", BUILD, kind, folder, cwd=source).split()[-1]


def in_wheel(wheel: Path) -> set[str]:
    """Its files, without those about the distribution."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def in_sdist(sdist: Path) -> set[str]:
    """Its files, seen from its top folder."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def expected() -> set[str]:
    """Every tracked file of the package as it is called there."""
    found = set()
    for name in tracked():
        for part, inside in PARTS.items():
            if name.startswith(f"{part}/") and not (ROOT / name).is_symlink():
                found.add("/".join(each for each in ("plenaria", inside, name.removeprefix(f"{part}/")) if each))
    return found


def test_the_wheel_has_one_import_name(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}

    assert top == {"plenaria", "plenaria-0.1.0.dist-info"}


def test_every_file_of_the_checkout_is_in_the_wheel_and_nothing_else(built: Built) -> None:
    assert in_wheel(built.wheel) == expected()
    for kind in ("templates/_frame.html", "static/plenaria.css", "locale/es/LC_MESSAGES/messages.po"):
        assert f"plenaria/core/{kind}" in in_wheel(built.wheel)
    assert "plenaria/core/cli/scaffold/pyproject.toml.txt" in in_wheel(built.wheel)


def test_every_file_of_the_checkout_is_in_the_sdist_and_no_test(built: Built) -> None:
    inside = in_sdist(built.sdist)

    assert {name for name in inside if name.startswith("src/plenaria/")} == {f"src/{name}" for name in expected()}
    outside = {name.partition("/")[0] for name in inside if not name.startswith("src/plenaria/")}
    assert outside <= {"src", "PKG-INFO", "README.md", "LICENSE", "MANIFEST.in", "pyproject.toml", "setup.cfg"}
    assert all(name.startswith("src/plenaria.egg-info/") for name in inside if name.startswith("src/plenaria."))


def test_the_sdist_builds_the_same_wheel(built: Built) -> None:
    assert in_wheel(built.wheel_of_sdist) == in_wheel(built.wheel)


def test_the_wheel_serves_the_demo_where_other_modules_lie_about(built: Built, tmp_path: Path) -> None:
    """A `core.py` in the working directory is somebody else's."""
    programs = clean_environment(tmp_path, built.wheel)
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("core", "plugins", "config"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the working directory was run')\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log"

    with log.open("wb") as output:
        demo = subprocess.Popen(
            [programs / "plenaria", "demo", "--port", str(port)],
            cwd=folder,
            env=environment_of_a_stranger() | {"PYTHONPATH": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            page = answer_of(f"http://127.0.0.1:{port}/ciiam-2025/agenda", demo, log)
        finally:
            demo.send_signal(signal.SIGINT)  # Ctrl-C
            code = demo.wait(timeout=60)

    assert page.status_code == 200
    assert "/ciiam-2025/register" in page.text
    assert code == 0, log.read_text(encoding="utf-8")
    assert "/sign-in/" in log.read_text(encoding="utf-8")


def answer_of(address: str, process: subprocess.Popen[bytes], log: Path) -> httpx.Response:
    """The first answer there. Fails when the process ends before, or after two minutes."""
    deadline_s = time.monotonic() + 120
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            return httpx.get(address, timeout=30)
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"no answer:\n{log.read_text(encoding='utf-8')}")


def test_the_readme_says_how_it_is_installed() -> None:
    assert "`pip install plenaria` gives the command `plenaria`" in (ROOT / "README.md").read_text(encoding="utf-8")
