"""Facts from the outbox, handed to the plugins that listen."""

from datetime import datetime
from typing import Final

import msgspec

from plenaria.core.events import queries
from plenaria.core.host import plugins
from plenaria.core.storage.outbox import Carrier, Line


async def deliver(line: Line, *, now: datetime) -> None:
    """Hand a fact to its plugin, with the event as it is now.

    A plugin that is off for the event now does not get it. One that is not loaded may come back: that is a failure.
    """
    event = await queries.event_by_id(line["event"])
    if line["plugin"] in plugins.host().plugins and line["plugin"] not in event.plugins:
        return
    facts = msgspec.json.decode(line["payload"])
    await plugins.host().tell(line["plugin"], line["name"], {**facts, "event": event, "now": now})


def _at_once(plugin: str) -> int:
    """One after another in their order, unless the plugin says that it may hear several at once."""
    known = plugins.host().plugins.get(plugin)
    return known.card.facts_at_once if known else 1


CARRIER: Final = Carrier(deliver, in_lane=_at_once)
"""How facts leave the outbox."""
