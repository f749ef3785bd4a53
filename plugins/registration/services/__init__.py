"""Writes of registration: each is one transaction with its audit line and its facts."""

from plenaria.plugins.registration.services.attempts import count_attempt, count_quote
from plenaria.plugins.registration.services.checking import check_records
from plenaria.plugins.registration.services.door import DoorResult, check_in, undo_check_in
from plenaria.plugins.registration.services.exporting import attendee_sheet, order_sheet
from plenaria.plugins.registration.services.facts import facts_of
from plenaria.plugins.registration.services.forgetting import RETENTION, erase, preview
from plenaria.plugins.registration.services.letters import (
    calendar_file,
    send_confirmation,
    send_payment_details,
    tickets_file,
)
from plenaria.plugins.registration.services.order_access import buyer_is_known, required_order
from plenaria.plugins.registration.services.orders import (
    PlacedOrder,
    cancel_order,
    confirm_address,
    expire_unpaid,
    mail_confirm_link_again,
    mark_paid,
    place_order,
)
from plenaria.plugins.registration.services.placeholders import registration_link
from plenaria.plugins.registration.services.pricing import price_of
from plenaria.plugins.registration.services.sample import add_sample
from plenaria.plugins.registration.services.ticket_types import (
    apply_section,
    change_ticket_type,
    create_ticket_type,
    remove_ticket_type,
)
from plenaria.plugins.registration.services.waiting_list import join_waiting_list

__all__ = [
    "RETENTION",
    "DoorResult",
    "PlacedOrder",
    "add_sample",
    "apply_section",
    "attendee_sheet",
    "buyer_is_known",
    "calendar_file",
    "cancel_order",
    "change_ticket_type",
    "check_in",
    "check_records",
    "confirm_address",
    "count_attempt",
    "count_quote",
    "create_ticket_type",
    "erase",
    "expire_unpaid",
    "facts_of",
    "join_waiting_list",
    "mail_confirm_link_again",
    "mark_paid",
    "order_sheet",
    "place_order",
    "preview",
    "price_of",
    "registration_link",
    "remove_ticket_type",
    "required_order",
    "send_confirmation",
    "send_payment_details",
    "tickets_file",
    "undo_check_in",
]
