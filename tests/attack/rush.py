"""Orders that are sent again until they are answered, and what must be true afterwards."""

import asyncio
from collections import Counter

import httpx
import msgspec

from plenaria.core.storage import audit
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.plugins.registration.settings import TicketTypeDetails
from plenaria.plugins.registration.tables import OrderRow, TicketRow, TicketTypeRow
from plenaria.testing.site import Site
from tests.plugins.registration.orders import attendee, request, sell

SEATS = 6


async def open_sale(site: Site) -> None:
    await sell(site.event, TicketTypeDetails(code="free", name={"es": "Entrada"}, size=SEATS))


async def order(site: Site, client: httpx.AsyncClient, number: int) -> httpx.Response:
    mail = f"b{number}@example.mx"
    body = msgspec.to_builtins(request(attendee("free", email=mail), buyer_email=mail))
    headers = {"Idempotency-Key": f"buyer-{number:04}"}
    return await client.post(f"/api/v1/events/{site.event.slug}/orders", json=body, headers=headers)


async def order_until_answered(site: Site, number: int, seen: Counter[int]) -> None:
    """Sent anew, with the same key, after every 503."""
    client = site.visitor()
    async with asyncio.timeout(60):
        while True:
            answer = await order(site, client, number)
            seen[answer.status_code] += 1
            if answer.status_code != 503:
                return
            await asyncio.sleep(0.2)


async def violations(site: Site) -> list[str]:
    """What the database does not hold as it must; [] when all is well."""
    orders, tickets = await OrderRow.count(), await TicketRow.count()
    taken = sum(row["taken"] for row in await TicketTypeRow.select(TicketTypeRow.taken))
    submissions = {row["submission"] for row in await OrderRow.select(OrderRow.submission)}
    recorded = await AuditLine.count().where(AuditLine.action == "order.placed")
    await audit.seal(now=site.now)
    found = {
        "orders and tickets differ": orders != tickets,
        "seats taken are not the tickets": taken != tickets,
        "more is sold than there is": tickets > SEATS,
        "a request was stored twice": len(submissions) != orders,
        "the record has other orders": recorded != orders,
        "the record is broken": (await audit.verify()).first_broken is not None,
    }
    return [what for what, is_so in found.items() if is_so]
