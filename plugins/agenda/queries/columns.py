"""How columns are read: JSON comes back as text from SQLite."""

from typing import Any

import msgspec

from plenaria.core.kernel.values import LocalizedText

Row = dict[str, Any]


def text(stored: Any) -> LocalizedText:
    """A stored localised text."""
    found: LocalizedText = decoded(stored)
    return found


def decoded(stored: Any) -> Any:
    return msgspec.json.decode(stored) if isinstance(stored, (str, bytes)) else stored
