"""What is on sale, and how: ticket types, the declared section, the settings."""

from typing import Any

from plenaria.core.events.queries import settings_of
from plenaria.core.kernel.values import EventView, Window
from plenaria.core.storage.database import statement
from plenaria.plugins.registration.queries.rows import Row, decoded
from plenaria.plugins.registration.queries.views import TicketTypeView
from plenaria.plugins.registration.settings import RegistrationSection, RegistrationSettings, TicketTypeDetails
from plenaria.plugins.registration.tables import TicketTypeRow


async def ticket_types(event_id: int) -> dict[str, TicketTypeView]:
    """The event's ticket types by code, in their order."""
    return {row["code"]: _ticket_type(row) for row in await _types_of(event_id)}


@statement
def _types_of(event: int) -> Any:
    return (
        TicketTypeRow.select().where(TicketTypeRow.event == event).order_by(TicketTypeRow.sort_order, TicketTypeRow.id)
    )


def _ticket_type(row: Row) -> TicketTypeView:
    return TicketTypeView(
        id=row["id"],
        code=row["code"],
        name=decoded(row["name"]),
        description=decoded(row["description"]),
        price_minor=row["price_minor"],
        size=row["size"],
        taken=row["taken"],
        sales=Window(row["opens_at"], row["closes_at"], row["grace_s"]),
        most_per_order=row["most_per_order"],
        is_visible=bool(row["is_visible"]),
        sort_order=row["sort_order"],
    )


def details_of(kind: TicketTypeDetails) -> TicketTypeDetails:
    """The ticket type as its form, its TOML and its JSON show it."""
    return TicketTypeDetails(**{name: getattr(kind, name) for name in TicketTypeDetails.__struct_fields__})


async def section_of(event: EventView) -> RegistrationSection:
    """What an event's file would declare."""
    return RegistrationSection(ticket_types=tuple(map(details_of, (await ticket_types(event.id)).values())))


async def settings(event: EventView) -> RegistrationSettings:
    return await settings_of(event, "registration", RegistrationSettings)
