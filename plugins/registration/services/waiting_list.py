"""The waiting list of what is sold out."""

from datetime import datetime
from typing import Any

from plenaria.core import mail
from plenaria.core.forms import changed_value
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, in_language, refuse
from plenaria.core.people.queries import normal_email
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, repeatable, transaction
from plenaria.plugins.registration import queries, rules
from plenaria.plugins.registration.forms import WaitingRequest
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.services.attempts import count_mail
from plenaria.plugins.registration.tables import WaitingRow


@repeatable
async def join_waiting_list(
    event: EventView, request: WaitingRequest, *, language: str, by: str, now: datetime
) -> None:
    """Put somebody on the waiting list; who is on it already keeps their place and changes what they asked for."""
    refuse(rules.name_refusals(request.name, "/name"))
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
        was = await WaitingRow.select(WaitingRow.seats).where(WaitingRow.key == key).first()
        if await WaitingRow.update(values).where(WaitingRow.key == key).returning(WaitingRow.id):
            await _record(
                "waiting_list.changed", event, kind, request, was=was["seats"] if was else None, by=by, now=now
            )
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
        await _record("waiting_list.joined", event, kind, request, was=None, by=by, now=now)
        facts = {
            "name": request.name,
            "event": in_language(event.name, language),
            "ticket": in_language(kind.name, language),
        }
        await count_mail(normal_email(request.email), now=now)
        await mail.send(
            "registration.waiting", to=normal_email(request.email), language=language, event=event, facts=facts, now=now
        )


async def _record(
    action: str,
    event: EventView,
    kind: TicketTypeView,
    request: WaitingRequest,
    *,
    was: int | None,
    by: str,
    now: datetime,
) -> None:
    subject, facts = f"ticket_type:{kind.code}", {"seats": request.seats}
    changes = changed_value(N_("Seats"), was, request.seats, kind="int")
    await audit.record(action, by=by, subject=subject, event=event.id, facts=facts, changes=changes, now=now)
