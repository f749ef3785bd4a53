"""What every test may ask for; each plugin file says what it gives."""

import os

import pytest
from hypothesis import settings

pytest_plugins = [
    "pytester",
    "tests.programs",
    "tests.storage",
    "tests.site",
    "tests.served",
    "tests.clean_environment",
]

# A shared machine is slow at times: no test asserts wall time. CI tries the same examples every time.
settings.register_profile("plenaria", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("plenaria")


@pytest.fixture
def plenaria_dialect(dialect: str) -> str:
    """Our tests choose the engine as `dialect`."""
    return dialect
