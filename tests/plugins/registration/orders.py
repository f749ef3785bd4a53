"""What the tests of registration order."""

import re
from typing import Any

from plenaria.core.kernel.values import EventView
from plenaria.plugins.registration import services
from plenaria.plugins.registration.forms import AttendeeRequest, OrderRequest
from plenaria.plugins.registration.services import PlacedOrder
from plenaria.plugins.registration.settings import TicketTypeDetails
from tests.site import NOW, Site

MEMBER = TicketTypeDetails(
    code="member", name={"es": "Socio", "en": "Member"}, price_minor=870_000, size=10, most_per_order=10
)
PRESS = TicketTypeDetails(code="press", name={"es": "Prensa", "en": "Press"}, size=None)


async def sell(event: EventView, *kinds: TicketTypeDetails) -> None:
    """Put ticket types on sale."""
    for kind in kinds or (MEMBER, PRESS):
        await services.create_ticket_type(event, kind, by="test", now=NOW)


def attendee(kind: str = "member", *, name: str = "María Elena", email: str = "maria@example.mx") -> AttendeeRequest:
    return AttendeeRequest(
        ticket_type=kind,
        given_names=name,
        first_surname="Ríos",
        second_surname="Castañeda",
        email=email,
        employer="Componentes del Norte",
        job_title="Directora",
    )


def request(*attendees: AttendeeRequest, **more: Any) -> OrderRequest:
    told: dict[str, Any] = {"buyer_name": "María Elena Ríos", "buyer_email": "maria@example.mx", "accepts_notice": True}
    return OrderRequest(attendees=attendees or (attendee(),), **{**told, **more})


async def place(
    event: EventView,
    *attendees: AttendeeRequest,
    submission: str = "one",
    is_verified: bool = True,
    now: Any = NOW,
    **more: Any,
) -> PlacedOrder:
    return await services.place_order(
        event,
        request(*attendees, **more),
        submission=submission,
        language="es",
        is_verified=is_verified,
        by="visitor",
        now=now,
    )


async def mailed_link(site: Site) -> str:
    """The path of the newest link that confirms a buyer's address, as the buyer reads it."""
    asking = [mail["text"] for mail in await site.mails() if "irm" in mail["subject"]]
    found = re.findall(r"/congress/orders/[A-Z0-9]+/[\w-]+", asking[-1])
    return str(found[0])


async def confirm(site: Site) -> None:
    """Press the button behind that link."""
    answer = await site.visitor().post(f"{await mailed_link(site)}/confirm")
    assert answer.status_code == 303, answer.text
