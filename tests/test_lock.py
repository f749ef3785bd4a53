"""What is installed is what the locks say, with every pip since 22.3 and after newer releases (docs/decisions/0009)."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.programs import not_run, require_program

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OLDEST_PIP = "22.3"
NEWER = 99999
GROUPS: dict[str, list[str]] = PYPROJECT["dependency-groups"]
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
RUNS = [*PYPROJECT["project"]["dependencies"], *GROUPS["build"], *EXTRAS["jury"], *EXTRAS["timetable"]]
ASKED = {
    "requirements-pip.lock": GROUPS["installer"],
    "requirements.lock": RUNS,
    "requirements-dev.lock": [*RUNS, *EXTRAS["test"], *EXTRAS["docs"]],
}
"""What each lock was made from."""
LOCKS = pytest.mark.parametrize("name", ASKED)
HASHES = re.compile(r"( --hash=sha256:[0-9a-f]{64})+")


def lines(name: str) -> list[str]:
    """The requirements of a lock, each in one line with its hashes."""
    text = re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / name).read_text("utf-8"))
    return [re.sub(r"\s+", " ", line).strip() for line in text.replace("\\\n", " ").splitlines()]


def pins(name: str) -> dict[str, Requirement]:
    """What a lock says for this Python and machine, by normal name."""
    found = holding((line.partition(" --hash")[0] for line in lines(name)), extra="")
    return {canonicalize_name(pin.name): pin for pin in found}


def version_of(pin: Requirement) -> str:
    (only,) = pin.specifier
    return only.version


# ------------------------------------------------------------------------------------------ the locks' text


@LOCKS
def test_a_lock_holds_only_pinned_versions_with_hashes(name: str) -> None:
    pin = re.compile(rf"[a-z0-9-]+(\[[a-z0-9, -]+\])?==[^\s;]+( ; .+?)?{HASHES.pattern}")

    assert [line for line in lines(name) if not pin.fullmatch(line)] == []


@LOCKS
def test_a_lock_names_no_host(name: str) -> None:
    assert re.findall(r"\w+://\S*", (ROOT / name).read_text("utf-8")) == []


def asked_for(roots: Iterable[str]) -> Iterator[tuple[str, Requirement]]:
    """`(by whom, what)`: all that holds here, from `roots` through what is installed, also behind the extras asked for."""
    waiting = [("pyproject.toml", wanted) for wanted in holding(roots, extra="")]
    seen = set()
    while waiting:
        by, wanted = waiting.pop()
        yield by, wanted
        for extra in {"", *wanted.extras}:
            if (wanted.name, extra) not in seen:
                seen.add((wanted.name, extra))
                waiting += [(wanted.name, further) for further in holding(requires(wanted.name) or (), extra=extra)]


def holding(requirements: Iterable[str], *, extra: str) -> list[Requirement]:
    """Those whose markers hold for this Python, this machine and this extra."""
    every = map(Requirement, requirements)
    return [wanted for wanted in every if wanted.marker is None or wanted.marker.evaluate({"extra": extra})]


@LOCKS
def test_a_lock_answers_all_that_is_asked_for_with_its_extras(name: str) -> None:
    """Fails when somebody adds a dependency and forgets `make lock`, and when a line lacks an extra that is asked for."""
    locked = pins(name)

    def is_answered(wanted: Requirement) -> bool:
        pin = locked.get(canonicalize_name(wanted.name))
        return (
            pin is not None
            and wanted.extras <= pin.extras
            and wanted.specifier.contains(version_of(pin), prereleases=True)
        )

    asked = list(asked_for(ASKED[name]))

    assert len({wanted.name for _, wanted in asked}) >= len(locked) * 0.9  # the walk went all the way
    assert [f"{by}: {wanted}" for by, wanted in asked if not is_answered(wanted)] == []


@LOCKS
def test_what_is_installed_is_what_the_lock_says(name: str) -> None:
    locked = {distribution: version_of(pin) for distribution, pin in pins(name).items()}

    assert {distribution: version(distribution) for distribution in locked} == locked


def test_the_tests_run_on_the_versions_that_are_served() -> None:
    assert [line for line in lines("requirements.lock") if line not in lines("requirements-dev.lock")] == []


def test_the_makefile_and_the_builder_want_the_same_setuptools() -> None:
    assert PYPROJECT["build-system"]["requires"] == GROUPS["build"]


# ------------------------------------------------------------------------- a fresh machine with the oldest pip


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a made-up newer release of everything that is locked."""
    folder = tmp_path_factory.mktemp("newer")
    for distribution, pin in pins("requirements-dev.lock").items():
        write_wheel(folder, distribution, f"{Version(version_of(pin)).major}.{NEWER}")
    return folder


def write_wheel(folder: Path, distribution: str, number: str) -> None:
    stem = f"{distribution.replace('-', '_')}-{number}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        about = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {number}\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", about)
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A new environment with the oldest pip that we promise, or the oldest that this Python can run: 3.12 and later bring it."""
    python = tmp_path / "env" / "bin" / "python"
    run(sys.executable, "-m", "venv", str(tmp_path / "env"))
    # Fetched in any case: so it is known that the index answers.
    fetching = ["download", "--quiet", "--no-deps", "--retries=1", "--timeout=20", f"--dest={tmp_path}"]
    done = run(str(python), "-m", "pip", *fetching, f"pip=={OLDEST_PIP}", is_checked=False)
    if done.returncode:
        not_run(f"installing with pip {OLDEST_PIP}", "the package index did not answer")
    if sys.version_info < (3, 12):
        run(str(python), "-m", "pip", "install", "--quiet", *map(str, tmp_path.glob("pip-*.whl")))
        assert f"pip {OLDEST_PIP} " in run(str(python), "-m", "pip", "--version").stdout
    return python


def run(*command: str, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    # Not this run's own make: its flags and variables would be taken over.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert not is_checked or done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done


def steps_of_make(stamp: Path) -> list[list[str]]:
    """The installing commands that `make` would run for a stamp, in order."""
    make = require_program("make", "make")
    printed = run(make, "--dry-run", "--no-print-directory", f"VENV={stamp.parent}", str(stamp)).stdout
    return [shlex.split(line) for line in printed.splitlines() if " -m pip install " in line]


def would_install(command: list[str], report: Path) -> dict[str, str]:
    """Version by normal name, as pip reports it; everything is fetched and its hash compared, nothing is unpacked."""
    run(*command, "--dry-run", "--ignore-installed", f"--report={report}")
    installs = json.loads(report.read_text("utf-8"))["install"]
    return {canonicalize_name(each["metadata"]["name"]): each["metadata"]["version"] for each in installs}


def test_make_installs_what_the_lock_says_with_the_oldest_pip_when_all_has_newer_releases(
    fresh: Path, newer: Path, tmp_path: Path
) -> None:
    available = f"--find-links={newer}"
    installer, runtime, checkout = steps_of_make(fresh.parents[1] / ".installed")
    assert checkout[-2:] == ["-e", "."]

    run(*installer, available)
    installed = would_install([*runtime, available], tmp_path / "runtime.json")

    assert installed == {name: version_of(pin) for name, pin in pins("requirements.lock").items()}
    plain = [str(fresh), "-m", "pip", "install", "--quiet", "--no-deps", available, "pydantic[email]==2.*"]
    assert would_install(plain, tmp_path / "plain.json")["pydantic"] == f"2.{NEWER}"
