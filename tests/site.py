"""The running site of `plenaria.testing` under the short name that our own tests use."""

import pytest

from plenaria.testing.site import NOW, Site, make_event, running

__all__ = ["NOW", "Site", "make_event", "running"]


@pytest.fixture
def site(plenaria_site: Site) -> Site:
    return plenaria_site
