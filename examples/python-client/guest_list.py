"""Orders for a sponsor's guests: python guest_list.py ADDRESS EVENT TICKET_TYPE NOTICE_VERSION GUESTS.csv"""

import csv
import hashlib
import os
import sys
from typing import Any

from plenaria_client import AuthenticatedClient
from plenaria_client.api.registration import list_attendees, list_ticket_types, place_order
from plenaria_client.models import AttendeeRequest, OrderRequest, Problem

Guest = dict[str, str]


def main(address: str, event: str, ticket_type: str, notice_version: str, path: str) -> None:
    client = AuthenticatedClient(address, token=os.environ["PLENARIA_TOKEN"])
    known = list_ticket_types.sync(event, client=client)
    if isinstance(known, Problem) or known is None or ticket_type not in [each.code for each in known.items]:
        sys.exit(f"{event} has no ticket type {ticket_type}.")
    with open(path, encoding="utf-8", newline="") as file:
        for guest in csv.DictReader(file):
            print(guest["email"], ordered(client, event, order_of(guest, ticket_type, notice_version)))
    print(f"{len(attendees(client, event))} attendees in all")


def order_of(guest: Guest, ticket_type: str, notice_version: str) -> OrderRequest:
    attendee = AttendeeRequest(
        ticket_type=ticket_type,
        given_names=guest["given_names"],
        first_surname=guest["first_surname"],
        email=guest["email"],
        employer=guest["employer"],
    )
    return OrderRequest(
        buyer_name=f"{guest['given_names']} {guest['first_surname']}",
        buyer_email=guest["email"],
        attendees=[attendee],
        accepts_notice=True,
        notice_version=notice_version,
    )


def ordered(client: AuthenticatedClient, event: str, order: OrderRequest) -> str:
    """The order's code, or why there is none. The same order again is the same request: it has its effect once."""
    key = hashlib.sha256(f"{event} {order.to_dict()}".encode()).hexdigest()
    answer = place_order.sync(event, client=client, body=order, idempotency_key=key)
    if isinstance(answer, Problem) or answer is None:
        return "refused: " + " ".join(each.detail for each in answer.errors) if answer else "no answer"
    return answer.code


def attendees(client: AuthenticatedClient, event: str) -> list[Any]:
    """All of them, page by page."""
    found: list[Any] = []
    after = ""
    while True:
        page = list_attendees.sync(event, client=client, after=after, limit=200)
        if isinstance(page, Problem) or page is None:
            sys.exit("The attendees may not be read with this token.")
        found += page.items
        if page.next_ is None:
            return found
        after = page.next_


if __name__ == "__main__":
    main(*sys.argv[1:])
