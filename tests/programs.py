"""Programs and data that a test needs and a fresh machine may lack; for programs see `plenaria.testing.programs`.

Data of third parties is not in the repository, so a stranger's CI cannot have it: without the folder those tests are skipped
there too, and named; only `PLENARIA_REQUIRE_ALL=1` makes them fail.
"""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from plenaria.testing.programs import is_all_required, must_run_everything, not_run, require_program, stop

__all__ = ["chromium_path", "must_run_everything", "not_run", "require_program", "third_party_file"]

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


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
    stop(f"third-party data {name}", why, fails=is_all_required())


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The executable of Debian's Chromium, for Playwright (`executable_path=`)."""
    return require_program("Chromium", "/usr/bin/chromium", "chromium", "chromium-browser")
