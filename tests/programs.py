"""Programs and data that a test needs and a fresh machine may lack: never a silent skip.

Without the program the test is skipped, and the last lines of the run say what was not run. With `CI=true` or
`PLENARIA_REQUIRE_ALL=1` it fails instead. Data of third parties is not in the repository, so a stranger's CI cannot have it:
without the folder those tests are skipped there too, and named; only `PLENARIA_REQUIRE_ALL=1` makes them fail.
"""

import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

_PREFIX = "NOT RUN: "
_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


def require_program(name: str, *candidates: str) -> str:
    """The first of the candidates (paths or commands) that exists; otherwise the test does not go on."""
    for candidate in candidates:
        found = shutil.which(candidate)
        if found is not None:
            return found
    return not_run(name, f"none of {', '.join(candidates)} is installed")


def not_run(name: str, why: str) -> NoReturn:
    """Skips the test so that the closing lines name it, or fails it where everything must run."""
    _stop(name, why, fails=must_run_everything())


def must_run_everything() -> bool:
    return os.environ.get("CI") == "true" or _is_all_required()


def third_party_file(name: str) -> Path:
    """A file of others that is not ours to pass on, `name` being its path in the folder of such data.

    The folder is `PLENARIA_SHARED_DATA`, else `shared/data` beside the checkout. Without the latter the test does not go on;
    a folder that was named and is not there, or one without the file, is a failure everywhere.
    """
    named = os.environ.get("PLENARIA_SHARED_DATA")
    folder = Path(named) if named else _BESIDE_THE_CHECKOUT
    if not named and not folder.is_dir():
        third_party_not_run(name, "there is no folder shared/data beside the checkout; PLENARIA_SHARED_DATA names one")
    path = folder / name
    if not path.is_file():
        pytest.fail(f"third-party data: {name} is missing in {folder}", pytrace=False)
    return path


def third_party_not_run(name: str, why: str) -> NoReturn:
    """As `not_run`, for data that CI cannot fetch."""
    _stop(f"third-party data {name}", why, fails=_is_all_required())


def _is_all_required() -> bool:
    return os.environ.get("PLENARIA_REQUIRE_ALL") == "1"


def _stop(name: str, why: str, *, fails: bool) -> NoReturn:
    reason = f"{_PREFIX}{name} ({why})"
    if fails:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The executable of Debian's Chromium, for Playwright (`executable_path=`)."""
    return require_program("Chromium", "/usr/bin/chromium", "chromium", "chromium-browser")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    # From the reports, not from a list: with pytest-xdist the skipping happened in another process.
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if _PREFIX in reason:
            line = _PREFIX + reason.partition(_PREFIX)[2]
            reasons[line] = reasons.get(line, 0) + 1
    for line, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"{line}: {tests} tests skipped", red=True, bold=True)
