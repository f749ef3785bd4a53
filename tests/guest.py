"""A plugin of a test's own in a running site, switched on for its first event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from plenaria.core.events import services as events
from plenaria.core.host import plugins
from tests.site import Site


@asynccontextmanager
async def guest(site: Site, implementations: Any, *, name: str = "guest", **contributed: Any) -> AsyncIterator[None]:
    """`implementations` has `@hookimpl` methods; `contributed` is what `register_*` hooks gave, by hook."""
    host = plugins.host()
    host._manager.register(implementations, name=name)
    host.plugins[name] = host.plugins["registration"]
    for hook, value in contributed.items():
        host._contributed.setdefault(hook, {})[name] = value
    site.event = await events.switch_plugin(site.event, name, on=True, by="test", now=site.now)
    try:
        yield
    finally:
        host._manager.unregister(name=name)
        del host.plugins[name]
        for values in host._contributed.values():
            values.pop(name, None)
