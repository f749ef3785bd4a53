"""The waiting list of what is sold out."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, in_language, refuse
from plenaria.core.people.queries import normal_email
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction
from plenaria.plugins.registration import queries, rules
from plenaria.plugins.registration.rules import TicketType
from plenaria.plugins.registration.tables import WaitingRow


class WaitingRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who waits for a ticket that is sold out."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50, extra={"known": "ticket_types"})]
    name: Annotated[str, Meta(title=N_("Your name"), min_length=1, max_length=200, extra={"autocomplete": "name"})]
    email: Annotated[
        str,
        Meta(
            title=N_("Your e-mail address"),
            max_length=254,
            pattern=rules.EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    seats: Annotated[int, Meta(ge=1, le=rules.MOST_ATTENDEES, title=N_("Seats"))] = 1
    note: Annotated[str, Meta(title=N_("Note to the organisers"), max_length=1000)] = ""


async def join_waiting_list(
    event: EventView, request: WaitingRequest, *, language: str, by: str, now: datetime
) -> None:
    """Put somebody on the waiting list; who is on it already keeps their place and changes what they asked for."""
    async with transaction():
        kind = (await queries.ticket_types(event.id)).get(request.ticket_type)
        if kind is None or not kind.is_visible:
            pointer = "/ticket_type"
            raise Refused(Refusal("unknown_ticket_type", {"ticket_type": request.ticket_type}, pointer))
        if kind.left is None or kind.left >= request.seats:
            left = "∞" if kind.left is None else kind.left
            refuse(
                kind.sales.refusals(now, subject="sales")
                or [Refusal("seats_are_free", {"name": kind.name, "left": left})]
            )
        key = f"{kind.id}/{normal_email(request.email)}"
        await lock(f"registration.waiting.{kind.id}")  # the same form twice at the same moment is one place
        values: dict[Any, Any] = {
            WaitingRow.name: request.name,
            WaitingRow.seats: request.seats,
            WaitingRow.note: request.note,
        }
        if await WaitingRow.update(values).where(WaitingRow.key == key).returning(WaitingRow.id):
            await _record("waiting_list.changed", event, kind, request, by=by, now=now)
            return
        await WaitingRow(
            event=event.id,
            ticket_type=kind.id,
            name=request.name,
            email=normal_email(request.email),
            seats=request.seats,
            note=request.note,
            language=language,
            joined_at=now,
            key=key,
        ).save()
        await _record("waiting_list.joined", event, kind, request, by=by, now=now)
        facts = {
            "name": request.name,
            "event": in_language(event.name, language),
            "ticket": in_language(kind.name, language),
        }
        await mail.send(
            "registration.waiting", to=normal_email(request.email), language=language, event=event, facts=facts, now=now
        )


async def _record(
    action: str, event: EventView, kind: TicketType, request: WaitingRequest, *, by: str, now: datetime
) -> None:
    subject, facts = f"ticket_type:{kind.code}", {"seats": request.seats}
    await audit.record(action, by=by, subject=subject, event=event.id, facts=facts, now=now)
