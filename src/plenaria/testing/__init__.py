"""A test kit for plugins: a running site with events, people, mail and a clock, on both databases.

The fixtures come with the extra `plenaria[testing]`, all under the prefix `plenaria_`; `plenaria_site` gives a `Site`.
Installed beside a project that does not use them they load nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plenaria.testing.site import NOW, Site

__all__ = ["NOW", "Site"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from plenaria.testing import site

    return getattr(site, name)
