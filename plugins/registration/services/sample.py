"""The demo's orders: free and paid ones, one that waits for its transfer, one that was cancelled."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plenaria.core.host.contributions import SamplePeople
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.values import EventView, Refused
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.forms import AttendeeRequest, InvoiceRequest, OrderRequest, Scan
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.services.door import check_in
from plenaria.plugins.registration.services.orders import PlacedOrder, cancel_order, mark_paid, place_order
from plenaria.plugins.registration.settings import RegistrationSettings

BY = "demo"
EMPLOYERS = (
    ("Componentes del Norte", "Directora de Operaciones"),
    ("Forja Industrial del Bajío", "Gerente de Compras"),
    ("Autopartes Lerma", "Directora General"),
    ("Baterías Querétaro", "Ingeniero de Procesos"),
)
INVOICE = InvoiceRequest(
    rfc="XAXX010101000", legal_name="PUBLICO EN GENERAL", regime="616", postal_code="11510", use="S01"
)


async def add_sample(event: EventView, people: SamplePeople, now: datetime, /) -> None:
    """Order as the sample people would; what the event does not sell at this moment is left out."""
    attendees = people.get("attendee", ())
    settings = await queries.settings(event)
    kinds = [
        kind
        for kind in (await queries.ticket_types(event.id)).values()
        if kind.is_visible and kind.sales.contains(now) and not kind.is_sold_out
    ]
    for place, group in enumerate(_groups(attendees)):
        if kinds:
            kind = kinds[place % len(kinds)]
            await _order(event, kind, group, settings, place, now=now)


def _groups(attendees: Sequence[PersonView]) -> list[Sequence[PersonView]]:
    """Two who come together, then one by one."""
    return [attendees[:2], *([person] for person in attendees[2:])] if attendees else []


async def _order(
    event: EventView,
    kind: TicketTypeView,
    people: Sequence[PersonView],
    settings: RegistrationSettings,
    place: int,
    *,
    now: datetime,
) -> None:
    placed_at = now - timedelta(days=3 - place % 3, hours=place)
    request = _request(kind, people, settings, place)
    try:
        placed = await place_order(
            event, request, submission=f"demo:{people[0].email}", language="es", is_verified=True, by=BY, now=placed_at
        )
    except Refused:
        return  # sales had not opened yet on that day, or the seats are gone
    await _go_on(event, placed, place, now=now)


def _request(
    kind: TicketTypeView, people: Sequence[PersonView], settings: RegistrationSettings, place: int
) -> OrderRequest:
    return OrderRequest(
        attendees=tuple(_attendee(kind, person, place + more) for more, person in enumerate(people)),
        buyer_name=people[0].name,
        buyer_email=people[0].email,
        invoice=INVOICE if place == 0 and kind.price_minor else None,
        accepts_notice=True,
        notice_version=settings.notice_version,
        purposes=tuple(purpose.code for purpose in settings.purposes[:1]) if place % 2 else (),
    )


def _attendee(kind: TicketTypeView, person: PersonView, place: int) -> AttendeeRequest:
    employer, job_title = EMPLOYERS[place % len(EMPLOYERS)]
    return AttendeeRequest(
        ticket_type=kind.code,
        given_names=person.given_names,
        first_surname=person.first_surname,
        second_surname=person.second_surname,
        email=person.email,
        employer=employer,
        job_title=job_title,
    )


async def _go_on(event: EventView, placed: PlacedOrder, place: int, *, now: datetime) -> None:
    """Most are paid, the fourth still waits, the sixth was cancelled; the first is let in."""
    if placed.state == "awaiting_payment" and place not in (3, 5):
        await mark_paid(event, placed.code, paid_on=now.date() - timedelta(days=1), tracking_key="", by=BY, now=now)
    if place == 5:
        await cancel_order(event, placed.code, reason="A petición del comprador.", by_attendee=False, by=BY, now=now)
    order = await queries.order(event.id, placed.code)
    if place == 0 and order is not None and order.state == "confirmed":
        await check_in(event, [Scan(code=order.tickets[0].code, id=f"demo-{order.code}")], by=BY, now=now)
