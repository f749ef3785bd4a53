"""The running site of `plenaria.testing` under the short name that our own tests use."""

import pytest

from plenaria.testing.site import NOW, Site
from plenaria.testing.site import running as _running

__all__ = ["NOW", "Site", "_running"]


@pytest.fixture
def site(plenaria_site: Site) -> Site:
    return plenaria_site
