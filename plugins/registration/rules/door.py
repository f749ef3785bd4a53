"""At the door: what a scanned code means."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plenaria.plugins.registration.rules.codes import TICKET_LENGTH, is_code

DoorAnswer = Literal["in", "already_in", "not_paid", "cancelled", "unknown", "mistyped"]


class DoorTicket(Struct, frozen=True):
    """A ticket as the door staff's answer needs it."""

    order_state: str
    checked_in_at: datetime | None = None


def door_answer(ticket: DoorTicket | None, *, code: str) -> DoorAnswer:
    """What happens to the person who shows this code; `ticket` is the event's ticket with it, None if there is none.

    Expired orders count as cancelled: their seats are gone. A code whose check character does not agree is mistyped.
    """
    if ticket is None:
        return "unknown" if is_code(code, TICKET_LENGTH) else "mistyped"
    if ticket.order_state in ("cancelled", "expired"):
        return "cancelled"
    if ticket.order_state != "confirmed":
        return "not_paid"
    return "already_in" if ticket.checked_in_at is not None else "in"
