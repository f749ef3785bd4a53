"""What people fill in: the order with its attendees and invoice data, a quote, the waiting list, payment, cancellation, scans.

One Struct each for the page and the JSON API; what is decided about them stands in `rules`.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct, structs

from plenaria.core.kernel.values import EMAIL, N_
from plenaria.plugins.registration.rules import MOST_ATTENDEES, REGIMES, USES, clean_rfc


class InvoiceRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an invoice must say about its recipient."""

    rfc: Annotated[
        str,
        Meta(
            title=N_("RFC"),
            description=N_("Tax number. Buyers from abroad: XEXX010101000."),
            min_length=1,
            max_length=20,
            extra={"example": "IAU610101AB1", "autocomplete": "off", "spellcheck": "false"},
        ),
    ]
    legal_name: Annotated[
        str,
        Meta(
            title=N_("Legal name"),
            description=N_("As on the tax certificate (constancia de situación fiscal), without “SA de CV”."),
            min_length=1,
            max_length=250,
            extra={"kind": "text"},
        ),
    ]
    regime: Annotated[str, Meta(title=N_("Tax regime"), extra={"choices": REGIMES})]
    postal_code: Annotated[
        str,
        Meta(
            title=N_("Postal code of the tax domicile"),
            pattern=r"^[0-9]{5}$",
            extra={"inputmode": "numeric", "example": "11590"},
        ),
    ]
    use: Annotated[str, Meta(title=N_("Use of the invoice (uso CFDI)"), extra={"choices": USES})]

    def cleaned(self) -> "InvoiceRequest":
        """As it is stored and later stamped: RFC without separators, the name in capitals, as the tax office keeps it."""
        return structs.replace(self, rfc=clean_rfc(self.rfc), legal_name=" ".join(self.legal_name.upper().split()))


class AttendeeRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person who is to come."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50, extra={"known": "ticket_types"})]
    given_names: Annotated[
        str, Meta(title=N_("Given name(s)"), min_length=1, max_length=60, extra={"autocomplete": "given-name"})
    ]
    first_surname: Annotated[
        str, Meta(title=N_("First surname"), min_length=1, max_length=60, extra={"autocomplete": "family-name"})
    ]
    second_surname: Annotated[str, Meta(title=N_("Second surname"), max_length=60)] = ""
    email: Annotated[
        str,
        Meta(
            title=N_("E-mail address"),
            max_length=254,
            pattern=EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    employer: Annotated[
        str, Meta(title=N_("Company or institution"), max_length=200, extra={"autocomplete": "organization"})
    ] = ""
    job_title: Annotated[
        str, Meta(title=N_("Job title"), max_length=120, extra={"autocomplete": "organization-title"})
    ] = ""


class OrderRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for: attendees, who buys, invoice data, consent."""

    attendees: Annotated[tuple[AttendeeRequest, ...], Meta(title=N_("Attendee"), max_length=MOST_ATTENDEES)] = ()
    buyer_name: Annotated[
        str, Meta(title=N_("Your name"), min_length=1, max_length=120, extra={"autocomplete": "name"})
    ]
    buyer_email: Annotated[
        str,
        Meta(
            title=N_("Your e-mail address"),
            description=N_("The confirmation and the tickets go here."),
            max_length=254,
            pattern=EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    invoice: Annotated[InvoiceRequest | None, Meta(title=N_("Invoice data"))] = None
    accepts_notice: Annotated[bool, Meta(title=N_("I have read the privacy notice and accept it."))] = False
    notice_version: Annotated[str, Meta(title=N_("Version of the notice"), max_length=30)] = ""
    purposes: Annotated[
        tuple[str, ...], Meta(title=N_("Voluntary purposes"), max_length=20, extra={"known": "purposes"})
    ] = ()
    expected_total_minor: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            title=N_("Total that was shown"),
            description=N_("In minor units; refused with price_changed when the order costs something else."),
        ),
    ] = None


class AddressProof(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """That the buyer reads the order's address: the last part of the link in the mail."""

    secret: Annotated[str, Meta(min_length=1, max_length=200)]


class QuotedAttendee(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who might come; the address may change what it costs."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50)]
    email: Annotated[str, Meta(title=N_("E-mail address"), max_length=254)] = ""


class QuoteRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose tickets are to be priced."""

    attendees: Annotated[
        tuple[QuotedAttendee, ...], Meta(title=N_("Attendee"), min_length=1, max_length=MOST_ATTENDEES)
    ]


class PaymentRecord(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transfer that arrived."""

    paid_on: Annotated[date, Meta(title=N_("Day of the payment"))]
    tracking_key: Annotated[
        str,
        Meta(
            title=N_("Tracking key (clave de rastreo)"),
            description=N_("From the bank statement; the bank traces the transfer by it."),
            max_length=40,
            extra={"autocomplete": "off", "spellcheck": "false"},
        ),
    ] = ""


class CancellationReason(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an order is cancelled; the buyer reads it."""

    reason: Annotated[
        str, Meta(title=N_("Reason"), description=N_("It is sent to the buyer by e-mail."), max_length=500)
    ] = ""


class WaitingRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who waits for a ticket that is sold out."""

    ticket_type: Annotated[str, Meta(title=N_("Ticket"), min_length=1, max_length=50, extra={"known": "ticket_types"})]
    name: Annotated[str, Meta(title=N_("Your name"), min_length=1, max_length=120, extra={"autocomplete": "name"})]
    email: Annotated[
        str,
        Meta(
            title=N_("Your e-mail address"),
            max_length=254,
            pattern=EMAIL,
            extra={"kind": "email", "autocomplete": "email", "example": "nombre@empresa.mx"},
        ),
    ]
    seats: Annotated[int, Meta(ge=1, le=MOST_ATTENDEES, title=N_("Seats"))] = 1
    note: Annotated[str, Meta(title=N_("Note to the organisers"), max_length=1000)] = ""


class Scan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One code that was typed or scanned. `id` is the scanner's own: the same one again changes nothing."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    id: Annotated[str, Meta(max_length=80)] = ""
    at: Annotated[datetime, Meta(tz=True)] | None = None
