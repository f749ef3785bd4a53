"""The served congress of a module; after every test nothing may have gone wrong unseen in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.congress import SAMPLE, WAIT_LIMIT_MS, Congress, congress

expect.set_options(timeout=WAIT_LIMIT_MS)


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Congress]:
    """The sample congress, or the event that the module declares in `EVENT`."""
    declared = getattr(request.module, "EVENT", SAMPLE)
    with congress(chromium_path, tmp_path_factory.mktemp("demo"), declared) as running:
        yield running


@pytest.fixture
def site(served: Congress) -> Iterator[Congress]:
    """The congress with no visitor yet. Faults that pages showed fail the test at its end."""
    served.faults.clear()
    yield served
    served.close_visitors()
    assert served.faults == []
