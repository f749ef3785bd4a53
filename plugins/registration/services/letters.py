"""What an order's people are sent: how to pay, tickets as PDF, the days as a calendar file."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plenaria.core import mail
from plenaria.core.kernel import shown
from plenaria.core.kernel.i18n import gettext, using
from plenaria.core.kernel.values import EventView, in_language
from plenaria.core.mail import Attachment
from plenaria.core.storage.database import transaction
from plenaria.plugins.registration import queries
from plenaria.plugins.registration.ics import EventDays, calendar
from plenaria.plugins.registration.queries import OrderView, TicketView
from plenaria.plugins.registration.services.attempts import may_be_written_to
from plenaria.plugins.registration.services.facts import mail_facts, place_of
from plenaria.plugins.registration.services.order_access import new_order_link
from plenaria.plugins.registration.settings import RegistrationSettings
from plenaria.plugins.registration.tables import OrderRow
from plenaria.plugins.registration.tickets import PrintedTicket, TicketSheet, ticket_file


async def send_confirm_link(event: EventView, order: OrderView, *, now: datetime) -> None:
    """Mail the buyer the link that confirms the address, in the caller's transaction."""
    with using(order.language):
        facts = {
            **mail_facts(event, order),
            "due": shown.instant(order.due_at, event.zone) if order.due_at else "",
            "link": await _order_address(event, order, now=now),
        }
    await mail.send(
        "registration.confirm",
        to=order.buyer_email,
        language=order.language,
        event=event,
        facts=facts,
        now=now,
        not_after=order.due_at,
        about=f"order:{order.code}",
    )


async def send_payment_details(event: EventView, code: str, *, now: datetime) -> None:
    """Mail the buyer how to pay, once however often this is called."""
    order = await queries.order(event.id, code)
    if order is None or order.state != "awaiting_payment" or order.placed_mail_at is not None:
        return
    settings = await queries.settings(event)
    async with transaction():
        if not await _claim(OrderRow.placed_mail_at, order.id, now):
            return
        with using(order.language):
            facts = {
                **mail_facts(event, order),
                "seats": str(order.seats),
                "total": shown.money(order.total),
                "due": shown.instant(order.due_at, event.zone) if order.due_at else "",
                "payment": mail.Markdown(_payment_lines(order, settings)),
                "link": await _order_address(event, order, now=now),
            }
        await mail.send(
            "registration.placed",
            to=order.buyer_email,
            language=order.language,
            event=event,
            facts=facts,
            now=now,
            not_after=order.due_at,
            about=f"order:{order.code}",
        )


def _payment_lines(order: OrderView, settings: RegistrationSettings) -> str:
    """The transfer as a Markdown list, in the current language."""
    fields = [
        (gettext("Account holder"), settings.account_holder),
        (gettext("Bank"), settings.bank),
        (gettext("CLABE"), settings.clabe),
        (gettext("Amount"), shown.money(order.total)),
        (gettext("Reference"), order.reference),
        (gettext("Concept"), order.code),
    ]
    lines = "\n".join(f"- {label}: **{value}**" for label, value in fields if value)
    note = shown.localized(settings.payment_note)
    return f"{lines}\n\n{note}" if note else lines


async def send_confirmation(event: EventView, code: str, *, now: datetime) -> None:
    """Mail the tickets, to the buyer and to each attendee with an address of their own, once however often this is called.

    The PDFs are made before the transaction: it stays short.
    """
    order = await queries.order(event.id, code)
    if order is None or order.state != "confirmed" or order.confirmation_mail_at is not None:
        return
    files = await _ticket_mails(event, order, now=now)
    async with transaction():
        if not await _claim(OrderRow.confirmation_mail_at, order.id, now):
            return
        with using(order.language):
            facts = {
                **mail_facts(event, order),
                "tickets": "\n".join(_ticket_line(ticket) for ticket in order.tickets),
                "link": await _order_address(event, order, now=now),
            }
        for address, attachments in files.items():
            if address == order.buyer_email:
                await _send("registration.confirmed", address, event, order, facts, attachments, now=now)
            else:
                name = next(ticket.name for ticket in order.tickets if ticket.email == address)
                own = {**facts, "name": name, "buyer": order.buyer_name}
                await _send("registration.ticket", address, event, order, own, attachments, now=now)


async def _send(
    key: str,
    to: str,
    event: EventView,
    order: OrderView,
    facts: Mapping[str, str],
    attachments: Sequence[Attachment],
    *,
    now: datetime,
) -> None:
    await mail.send(
        key,
        to=to,
        language=order.language,
        event=event,
        facts=facts,
        attachments=attachments,
        now=now,
        about=f"order:{order.code}",
    )


def _ticket_line(ticket: TicketView) -> str:
    return f"- {ticket.name}: {shown.localized(ticket.ticket_type_name)}"


async def _ticket_mails(event: EventView, order: OrderView, *, now: datetime) -> dict[str, list[Attachment]]:
    """Attachments by address: the buyer's with every ticket, each other attendee's with their own and no other.

    An address that was written to too often within the hour is left out: anybody may have typed it.
    """
    by_address: dict[str, list[TicketView]] = {order.buyer_email: list(order.tickets)}
    for ticket in order.tickets:
        if ticket.email != order.buyer_email:
            by_address.setdefault(ticket.email, []).append(ticket)
    return {
        address: [
            Attachment(
                f"{event.slug}-{order.code}.pdf",
                "application/pdf",
                await asyncio.to_thread(tickets_file, event, order, tickets, order.language),
            ),
            Attachment(
                f"{event.slug}.ics",
                "text/calendar",
                calendar_file(event, order.with_tickets(tuple(tickets)), order.language),
            ),
        ]
        for address, tickets in by_address.items()
        if address == order.buyer_email or await may_be_written_to(address, now=now)
    }


def tickets_file(event: EventView, order: OrderView, tickets: Sequence[TicketView], language: str) -> bytes:
    """The tickets as a PDF in that language. Takes some 50 ms of computing: call it in a thread."""
    with using(language):
        sheet = TicketSheet(
            language=language,
            event=shown.localized(event.name),
            dates=shown.days(event.starts_on, event.ends_on),
            place=place_of(event),
            address=event.address,
            organiser=event.organiser,
            accent=event.accent,
            labels={
                "ticket": gettext("Ticket"),
                "when": gettext("When"),
                "where": gettext("Where"),
                "order": gettext("Order"),
                "show": gettext("Show this code at the door, on paper or on your phone."),
            },
            tickets=[
                PrintedTicket(
                    name=ticket.name,
                    kind=shown.localized(ticket.ticket_type_name),
                    code=ticket.shown_code,
                    order=order.shown_code,
                    employer=ticket.employer,
                    job_title=ticket.job_title,
                )
                for ticket in tickets
            ],
        )
    return ticket_file(sheet, made_at=order.confirmed_at or order.placed_at)


def calendar_file(event: EventView, order: OrderView, language: str) -> bytes:
    """The event's days as an .ics file; the same order always has the same entry."""
    changed_at = order.cancelled_at or order.confirmed_at or order.placed_at
    return calendar(
        EventDays(
            uid=f"order-{order.code.lower()}@{event.slug}.plenaria",
            title=in_language(event.name, language),
            starts_on=event.starts_on,
            ends_on=event.ends_on,
            changed_at=changed_at,
            location=", ".join(part for part in (event.venue, event.address, event.city) if part),
            description="\n".join(f"{ticket.name}: {ticket.shown_code}" for ticket in order.tickets),
            url=f"{mail.address()}/{event.slug}",
            cancelled=order.state in ("cancelled", "expired"),
            revision=1 if order.cancelled_at else 0,
        )
    )


async def _order_address(event: EventView, order: OrderView, *, now: datetime) -> str:
    secret = await new_order_link(order.id, now=now, is_mailed=True)
    return f"{mail.address()}/{event.slug}/orders/{order.code}/{secret}"


async def _claim(column: Any, order_id: int, now: datetime) -> bool:
    """Whether this call is the one that sends: a fact may be delivered twice, a mail is sent once."""
    claimed = (
        await OrderRow.update({column: now}).where((OrderRow.id == order_id) & column.is_null()).returning(OrderRow.id)
    )
    return bool(claimed)
