"""Programs that a test needs and a fresh machine may lack; what is behind it ships as `plenaria.testing.programs`."""

import pytest

from plenaria.testing.programs import must_run_everything, not_run, require_program

__all__ = ["chromium_path", "must_run_everything", "not_run", "require_program"]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The executable of Debian's Chromium, for Playwright (`executable_path=`)."""
    return require_program("Chromium", "/usr/bin/chromium", "chromium", "chromium-browser")
