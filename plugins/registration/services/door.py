"""At the door: checking in, once for every scan, and taking it back."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from plenaria.core.forms import changed_value
from plenaria.core.kernel.secrets import new_secret
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import UniqueViolated, lock_row, repeatable, transaction
from plenaria.plugins.registration import queries, rules
from plenaria.plugins.registration.forms import Scan
from plenaria.plugins.registration.queries import TicketView
from plenaria.plugins.registration.rules import DoorAnswer
from plenaria.plugins.registration.services.facts import ticket_facts
from plenaria.plugins.registration.tables import OrderRow, ScanRow, TicketRow


class DoorResult(Struct, frozen=True, kw_only=True):
    """What the door staff read: `in`, `already_in` (since `at`), `not_paid`, `cancelled`, `unknown` or `mistyped`."""

    answer: DoorAnswer
    code: str
    at: datetime | None = None
    ticket: TicketView | None = None


async def check_in(event: EventView, scans: Sequence[Scan], *, by: str, now: datetime) -> list[DoorResult]:
    """Answer each scan, in their order; each in a transaction of its own, so that one that fails leaves the others alone."""
    return [await _check_in_one(event, scan, by=by, now=now) for scan in scans]


@repeatable
async def _check_in_one(event: EventView, scan: Scan, *, by: str, now: datetime) -> DoorResult:
    key = f"{event.id}/{scan.id or new_secret()}"
    try:
        async with transaction():
            if (known := await _answered(event, key)) is not None:
                return known
            return await _let_in(event, scan, key=key, by=by, now=now)
    except UniqueViolated:
        # The same scan arrived twice at the same moment.
        if (known := await _answered(event, key)) is not None:
            return known
        raise


async def _answered(event: EventView, key: str) -> DoorResult | None:
    row = (
        await ScanRow.select(ScanRow.ticket, ScanRow.code, ScanRow.answer, ScanRow.at).where(ScanRow.key == key).first()
    )
    if row is None:
        return None
    known = await queries.tickets_by_id([row["ticket"]]) if row["ticket"] else {}
    return DoorResult(answer=row["answer"], code=row["code"], at=row["at"], ticket=known.get(row["ticket"]))


async def _let_in(event: EventView, scan: Scan, *, key: str, by: str, now: datetime) -> DoorResult:
    at = min(scan.at, now) if scan.at else now
    code = rules.typed_code(scan.code)
    ticket = await queries.ticket(event.id, code)
    if ticket is not None:
        await lock_row(OrderRow, ticket.order_id)  # no cancellation meanwhile
        ticket = await queries.ticket(event.id, code)
    answer = rules.door_answer(_as_decided(ticket), code=code)
    if answer == "in" and ticket is not None and not await _enter(ticket.id, at=at, by=by):
        ticket = await queries.ticket(event.id, code)
        answer = rules.door_answer(_as_decided(ticket), code=code)
    since = ticket.checked_in_at if ticket is not None and answer == "already_in" else at
    await ScanRow(
        event=event.id,
        key=key,
        ticket=ticket.id if ticket else None,
        code=code[:64],
        answer=answer,
        at=since,
        by=by[:60],
    ).save()
    if answer == "in" and ticket is not None:
        await audit.record(
            "ticket.checked_in",
            by=by,
            subject=f"ticket:{ticket.id}",
            event=event.id,
            facts={"order": ticket.order_code},
            changes=changed_value(N_("Inside"), False, True, kind="bool"),
            now=now,
        )
        await outbox.tell("attendee_checked_in", event=event, now=now, ticket=ticket_facts(ticket), at=at)
    return DoorResult(answer=answer, code=code, at=since, ticket=ticket)


def _as_decided(ticket: TicketView | None) -> rules.DoorTicket | None:
    return rules.DoorTicket(ticket.state, ticket.checked_in_at) if ticket is not None else None


async def _enter(ticket_id: int, *, at: datetime, by: str) -> bool:
    """Mark the ticket as checked in; False when another scan or a cancellation was faster."""
    rows = await TicketRow.raw(
        "UPDATE registration_ticket SET checked_in_at = {}, checked_in_by = {} WHERE id = {} AND checked_in_at IS NULL "
        'AND EXISTS (SELECT 1 FROM registration_order o WHERE o.id = "order" AND o.state = {}) RETURNING id',
        at,
        by[:60],
        ticket_id,
        "confirmed",
    )
    return bool(rows)


@repeatable
async def undo_check_in(event: EventView, code: str, *, by: str, now: datetime) -> TicketView:
    """Take back a check-in that was a mistake."""
    async with transaction():
        ticket = await queries.ticket(event.id, code)
        if ticket is None:
            raise Refused(Refusal("not_found", {"ticket": code}))
        undone = await (
            TicketRow.update({TicketRow.checked_in_at: None, TicketRow.checked_in_by: ""})
            .where((TicketRow.id == ticket.id) & TicketRow.checked_in_at.is_not_null())
            .returning(TicketRow.id)
        )
        if not undone:
            raise Refused(Refusal("ticket_not_inside"))
        await audit.record(
            "ticket.check_in_undone",
            by=by,
            subject=f"ticket:{ticket.id}",
            event=event.id,
            facts={"order": ticket.order_code},
            changes=changed_value(N_("Inside"), True, False, kind="bool"),
            now=now,
        )
        return ticket
