"""Writes: load, decide, store, record, in one transaction each."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from plenaria.plugin import (
    N_,
    EventView,
    Refusal,
    Refused,
    UniqueViolated,
    format_instant,
    in_language,
    record_change,
    refuse,
    savepoint,
    send_mail,
    site_address,
    touch_event,
    transaction,
    using_language,
)
from plenaria_shuttle import queries, rules
from plenaria_shuttle.tables import Departure


class NewDeparture(Struct, frozen=True, kw_only=True):
    leaves_at: Annotated[datetime, Meta(tz=True, title=N_("Leaves at"))]
    leaves_from: Annotated[str, Meta(title=N_("Leaves from"), min_length=1, max_length=100)]


async def add_departure(event: EventView, new: NewDeparture, *, by: str, now: datetime) -> None:
    """Raises `Refused`: shuttle_departure_outside_event, shuttle_departure_exists."""
    refuse(rules.departure_refusals(new.leaves_at, event))
    departure = Departure(event=event.id, leaves_at=new.leaves_at, leaves_from=new.leaves_from, changed_at=now)
    async with transaction():
        try:
            async with savepoint():
                await departure.save()
        except UniqueViolated:
            raise Refused(
                Refusal("shuttle_departure_exists", {"leaves_from": new.leaves_from}, "/leaves_from")
            ) from None
        await touch_event(event, now=now)
        await record_change(
            "shuttle.departure_added",
            by=by,
            subject=f"departure:{departure.id}",
            event=event.id,
            facts={"leaves_at": new.leaves_at.isoformat()},
            now=now,
        )
        await _tell_contact(event, new, now=now)


async def _tell_contact(event: EventView, new: NewDeparture, *, now: datetime) -> None:
    if not event.contact_email or not (await queries.settings(event)).tell_contact:
        return
    with using_language(event.language):
        leaves_at = format_instant(new.leaves_at, event.zone)
    await send_mail(
        "shuttle.departure_added",
        to=event.contact_email,
        language=event.language,
        event=event,
        facts={
            "event": in_language(event.name, event.language),
            "leaves_from": new.leaves_from,
            "leaves_at": leaves_at,
            "link": f"{site_address()}/{event.slug}/shuttle",
        },
        now=now,
    )


async def remove_departure(event: EventView, departure_id: int, *, by: str, now: datetime) -> None:
    """Nothing happens when it is gone already."""
    async with transaction():
        mine = (Departure.event == event.id) & (Departure.id == departure_id)
        if not await Departure.delete().where(mine).returning(Departure.id):
            return
        await touch_event(event, now=now)
        subject = f"departure:{departure_id}"
        await record_change("shuttle.departure_removed", by=by, subject=subject, event=event.id, facts={}, now=now)
