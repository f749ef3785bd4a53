"""The waiting list."""

from plenaria.plugins.registration.queries.rows import decoded
from plenaria.plugins.registration.queries.views import WaitingView
from plenaria.plugins.registration.tables import WaitingRow


async def waiting(event_id: int, *, after: int = 0, limit: int = 500) -> list[WaitingView]:
    """The waiting list after this line of it, the first come first; one query."""
    rows = (
        await WaitingRow.select(
            WaitingRow.id,
            WaitingRow.ticket_type.code.as_alias("ticket_type"),
            WaitingRow.ticket_type.name.as_alias("ticket_type_name"),
            WaitingRow.name,
            WaitingRow.email,
            WaitingRow.seats,
            WaitingRow.note,
            WaitingRow.joined_at,
        )
        .where((WaitingRow.event == event_id) & (WaitingRow.id > after))
        .order_by(WaitingRow.id)
        .limit(limit)
    )
    return [WaitingView(**{**row, "ticket_type_name": decoded(row["ticket_type_name"])}) for row in rows]
