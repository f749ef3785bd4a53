"""Reads: each returns structs."""

from datetime import datetime, timedelta

from msgspec import Struct, convert

from plenaria.plugin import CalendarEntry, EventView, settings_of
from plenaria_shuttle.settings import ShuttleSettings
from plenaria_shuttle.tables import Departure


class DepartureView(Struct, frozen=True):
    id: int
    leaves_at: datetime
    leaves_from: str
    changed_at: datetime


async def settings(event: EventView) -> ShuttleSettings:
    return await settings_of(event, "shuttle", ShuttleSettings)


async def departures(event: EventView) -> list[DepartureView]:
    """The next first; one query."""
    rows = await Departure.select().where(Departure.event == event.id).order_by(Departure.leaves_at, Departure.id)
    return [convert(row, DepartureView) for row in rows]


async def calendar_entries(event: EventView) -> list[CalendarEntry]:
    """An entry for each departure, as long as the ride takes."""
    ride = timedelta(minutes=(await settings(event)).ride_minutes)
    return [
        CalendarEntry(
            uid=f"shuttle-{departure.id}",
            starts_at=departure.leaves_at,
            ends_at=departure.leaves_at + ride,
            title={"es": f"Autobús desde {departure.leaves_from}", "en": f"Bus from {departure.leaves_from}"},
            changed_at=departure.changed_at,
            location=departure.leaves_from,
        )
        for departure in await departures(event)
    ]
