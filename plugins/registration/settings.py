"""What an organiser decides about registration: the form in the console, `[plugins.registration]` in TOML, and JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from plenaria.core.forms.problems import Problem
from plenaria.core.kernel.values import N_, LocalizedText, Slug, Window
from plenaria.plugins.registration.rules import MOST_ATTENDEES, OrderRules, is_clabe

_PERSONAL: Final = {"personal": True}
"""The record of changes keeps that it changed, not what it was: it names a person or an account."""


class Purpose(Struct, frozen=True, forbid_unknown_fields=True):
    """Something voluntary that a person's data may be used for."""

    code: Annotated[
        Slug, Meta(title=N_("Short name"), description=N_("Stored with each consent; do not change it later."))
    ]
    text: Annotated[
        LocalizedText, Meta(title=N_("What the person agrees to"), extra={"max_length": 400, "kind": "textarea"})
    ]


class RegistrationSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How tickets to one event are sold."""

    introduction: Annotated[
        LocalizedText,
        Meta(
            title=N_("Introduction"),
            description=N_("Shown above the tickets. Markdown."),
            extra={"max_length": 4000, "kind": "textarea"},
        ),
    ] = {}
    tax_percent: Annotated[
        int,
        Meta(
            ge=0,
            le=50,
            title=N_("Value-added tax (IVA)"),
            description=N_("16 in most of Mexico, 8 in the border region."),
            extra={"unit": N_("percent")},
        ),
    ] = 16
    tax_included: Annotated[
        bool,
        Meta(title=N_("Prices include the tax"), description=N_("When off, the tax is added to the order's total.")),
    ] = True
    payment_days: Annotated[
        int,
        Meta(
            ge=1,
            le=120,
            title=N_("Time to pay"),
            description=N_("How long an unpaid order holds its seats; then it expires and the seats are free again."),
            extra={"unit": N_("days")},
        ),
    ] = 7
    confirm_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=1440,
            title=N_("Time to confirm the address"),
            description=N_(
                "How long an order holds its seats until its buyer, who is not signed in, confirms the address from the mail. "
                "0: orders count at once."
            ),
            extra={"unit": N_("minutes")},
        ),
    ] = 30
    account_holder: Annotated[
        str,
        Meta(
            title=N_("Account holder"), description=N_("Who receives the transfers."), max_length=200, extra=_PERSONAL
        ),
    ] = ""
    bank: Annotated[str, Meta(title=N_("Bank"), max_length=100, extra=_PERSONAL)] = ""
    clabe: Annotated[
        str,
        Meta(
            title=N_("CLABE"),
            description=N_("The account's 18 digits; the check digit is verified."),
            max_length=18,
            extra={"inputmode": "numeric", **_PERSONAL},
        ),
    ] = ""
    payment_note: Annotated[
        LocalizedText,
        Meta(
            title=N_("Note on paying"),
            description=N_("Shown beside the bank data, for example where to send the proof of payment."),
            extra={"max_length": 1000, "kind": "textarea", **_PERSONAL},
        ),
    ] = {}
    offers_invoice: Annotated[
        bool,
        Meta(
            title=N_("Ask for invoice data"),
            description=N_("Buyers can enter the data for a CFDI 4.0 invoice; it stays optional."),
        ),
    ] = True
    rfc_check_digit: Annotated[
        bool,
        Meta(
            title=N_("Check the last digit of an RFC"),
            description=N_(
                "A few valid RFCs have a check digit that does not match; turn this off if one of them is refused."
            ),
        ),
    ] = True
    attendees_may_cancel: Annotated[
        Literal["no", "unpaid", "always"],
        Meta(
            title=N_("Buyers may cancel"),
            extra={
                "choices": {
                    "no": N_("No: only the organisers"),
                    "unpaid": N_("Orders that are not paid yet"),
                    "always": N_("Every order; the refund is arranged with the organisers"),
                }
            },
        ),
    ] = "unpaid"
    cancel_until: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(title=N_("Cancelling closes"), description=N_("From this instant on, buyers can no longer cancel.")),
    ] = None
    notice_version: Annotated[
        str,
        Meta(
            title=N_("Version of the privacy notice"),
            description=N_("Stored with every consent. Change it when the notice changes."),
            max_length=30,
        ),
    ] = ""
    notice: Annotated[
        LocalizedText,
        Meta(
            title=N_("Privacy notice"),
            description=N_(
                "Who is responsible for the data, and the necessary purposes. Markdown. If empty, no consent is requested."
            ),
            extra={"max_length": 10000, "kind": "textarea"},
        ),
    ] = {}
    purposes: Annotated[
        tuple[Purpose, ...],
        Meta(
            title=N_("Voluntary purposes"),
            description=N_("Requested separately from the necessary ones; a ticket never depends on them."),
            max_length=20,
            extra={"unique": "code"},
        ),
    ] = ()

    def problems(self) -> Iterable[Problem]:
        if self.clabe and not is_clabe(self.clabe):
            yield Problem(
                "/clabe", "clabe_invalid", {}, N_("Must be a valid CLABE: 18 digits, the last one a check digit.")
            )
        if any(self.notice.values()) and not self.notice_version:
            yield Problem("/notice_version", "missing")

    @property
    def asks_for_consent(self) -> bool:
        return any(self.notice.values())

    def order_rules(self) -> OrderRules:
        return OrderRules(
            notice_version=self.notice_version,
            purposes=tuple(purpose.code for purpose in self.purposes),
            rfc_check_digit=self.rfc_check_digit,
            needs_consent=self.asks_for_consent,
        )


class TicketTypeDetails(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of ticket as organisers describe it."""

    code: Annotated[
        Slug,
        Meta(title=N_("Short name"), description=N_("Used in web addresses and files; it cannot be changed later.")),
    ]
    name: Annotated[LocalizedText, Meta(title=N_("Name"), extra={"max_length": 120})]
    description: Annotated[
        LocalizedText,
        Meta(
            title=N_("Description"),
            description=N_("What it includes, and who may buy it."),
            extra={"max_length": 1000, "kind": "textarea"},
        ),
    ] = {}
    price_minor: Annotated[
        int,
        Meta(
            ge=0,
            le=10**12,
            title=N_("Price"),
            description=N_("0 means free. In files and the API: in centavos."),
            extra={"kind": "money"},
        ),
    ] = 0
    size: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000)] | None,
        Meta(title=N_("Seats"), description=N_("If empty, there is no limit."), extra={"unit": N_("seats")}),
    ] = None
    sales: Annotated[Window, Meta(title=N_("Sales"), description=N_("When it can be ordered."))] = Window()
    most_per_order: Annotated[
        int, Meta(ge=1, le=MOST_ATTENDEES, title=N_("Most per order"), extra={"unit": N_("tickets")})
    ] = 10
    is_visible: Annotated[
        bool, Meta(title=N_("On sale"), description=N_("When off, it is hidden and cannot be ordered."))
    ] = True
    sort_order: Annotated[
        int, Meta(ge=0, le=1000, title=N_("Position in the list"), description=N_("Lower numbers come first."))
    ] = 50

    def problems(self) -> Iterable[Problem]:
        opens_at, closes_at = self.sales.opens_at, self.sales.closes_at
        if opens_at and closes_at and closes_at <= opens_at:
            yield Problem("/sales/closes_at", "closes_before_it_opens", {}, N_("Must be after the opening."))
        if not any(self.name.values()):
            yield Problem("/name", "missing")


class RegistrationSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an event's file declares beside the settings."""

    ticket_types: Annotated[
        tuple[TicketTypeDetails, ...],
        Meta(title=N_("Ticket types"), max_length=100, extra={"unique": "code", "unordered": True}),
    ] = ()
