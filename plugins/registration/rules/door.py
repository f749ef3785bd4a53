"""The door: what a scanned code means."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

DoorAnswer = Literal["in", "already_in", "not_paid", "cancelled", "unknown"]


class DoorTicket(Struct, frozen=True):
    """A ticket as the door needs it."""

    order_state: str
    checked_in_at: datetime | None = None


def door_answer(ticket: DoorTicket | None) -> DoorAnswer:
    """What happens to whoever shows this ticket. Expired orders count as cancelled: their seats are gone."""
    if ticket is None:
        return "unknown"
    if ticket.order_state in ("cancelled", "expired"):
        return "cancelled"
    if ticket.order_state != "confirmed":
        return "not_paid"
    return "already_in" if ticket.checked_in_at is not None else "in"
