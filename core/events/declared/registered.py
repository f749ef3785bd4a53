"""The Structs that a plugin registered for its settings and for its part of a file."""

from msgspec import Struct

from plenaria.core.host import plugins
from plenaria.core.host.contributions import Declared


def settings_type(plugin: str) -> type[Struct] | None:
    found: type[Struct] | None = plugins.host().contributed(plugin, "register_settings")
    return found


def declared_of(plugin: str) -> Declared | None:
    found: Declared | None = plugins.host().contributed(plugin, "register_declared")
    return found


def section_type(plugin: str) -> type[Struct] | None:
    declared = declared_of(plugin)
    return declared.struct if declared else None
