"""What pytest loads at its start: nothing but this, until it is known that the fixtures can run."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """The fixtures, where pytest-asyncio is there to run them (extra `plenaria[testing]`)."""
    if config.pluginmanager.hasplugin("asyncio"):
        from plenaria.testing import fixtures

        config.pluginmanager.register(fixtures, "plenaria.testing.fixtures")
