"""An event's registration in numbers."""

from plenaria.plugins.registration.queries.selling import ticket_types
from plenaria.plugins.registration.queries.views import Numbers, TicketTypeView, TypeNumbers
from plenaria.plugins.registration.tables import OrderRow, TicketRow


async def numbers(event_id: int) -> Numbers:
    """Seats and money; three queries however many orders there are."""
    types = await ticket_types(event_id)
    counted = await TicketRow.raw(
        "SELECT t.ticket_type AS kind, o.state AS state, COUNT(*) AS tickets, COUNT(t.checked_in_at) AS inside "
        'FROM registration_ticket t JOIN registration_order o ON o.id = t."order" '
        "WHERE t.event = {} GROUP BY t.ticket_type, o.state",
        event_id,
    )
    sums = await OrderRow.raw(
        "SELECT state, COUNT(*) AS orders, SUM(total_minor) AS total FROM registration_order WHERE event = {} GROUP BY state",
        event_id,
    )
    by_kind = {(row["kind"], row["state"]): row for row in counted}
    totals = {row["state"]: row for row in sums}

    def count(kind: TicketTypeView, state: str, what: str = "tickets") -> int:
        return int(by_kind.get((kind.id, state), {}).get(what, 0))

    each = tuple(
        TypeNumbers(
            code=kind.code,
            name=kind.name,
            size=kind.size,
            taken=kind.taken,
            sold=count(kind, "confirmed"),
            held=count(kind, "awaiting_payment") + count(kind, "unconfirmed"),
            inside=count(kind, "confirmed", "inside"),
        )
        for kind in types.values()
    )
    sizes = [kind.size for kind in types.values()]
    return Numbers(
        types=each,
        sold=sum(one.sold for one in each),
        held=sum(one.held for one in each),
        inside=sum(one.inside for one in each),
        seats=None if None in sizes else sum(size or 0 for size in sizes),
        revenue_minor=int(totals.get("confirmed", {}).get("total") or 0),
        outstanding_minor=int(totals.get("awaiting_payment", {}).get("total") or 0),
        orders={state: int(row["orders"]) for state, row in totals.items()},
    )
