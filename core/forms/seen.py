"""What a form carries along so that a second tab cannot undo unseen what a first one saved."""

from typing import Any

import msgspec

from plenaria.core.kernel.ledger import digest
from plenaria.core.kernel.values import Refusal, Refused


def fingerprint(shown: Any) -> str:
    """SHA-256 of the value that a form was made from; goes into its hidden field `_seen`."""
    return digest(msgspec.to_builtins(shown))


def refuse_unseen(seen: str | None, stored: Any) -> None:
    """Raise `Refused(changed_meanwhile)` when what is stored is not what was seen (None: nobody asked)."""
    if seen is not None and seen != fingerprint(stored):
        raise Refused(Refusal("changed_meanwhile"))
