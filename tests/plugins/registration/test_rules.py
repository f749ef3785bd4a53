"""Every decision of registration, without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plenaria.core.kernel.values import Refusal, Window
from plenaria.plugins.registration import rules
from plenaria.plugins.registration.forms import InvoiceRequest
from plenaria.plugins.registration.queries import TicketTypeView
from plenaria.plugins.registration.rules import OrderRules
from tests.plugins.registration.orders import attendee, request

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
CODES = st.integers(0, rules.numbers_of(rules.TICKET_LENGTH) - 1).map(
    lambda number: rules.code_of(number, rules.TICKET_LENGTH)
)


def kind(code: str = "member", **more: Any) -> TicketTypeView:
    return TicketTypeView(id=1, code=code, name={"es": code}, price_minor=100, **more)


def reasons(*refusals: Refusal) -> list[str]:
    return [refusal.code for refusal in refusals]


# -- codes ---------------------------------------------------------------------------------------------------------


@given(CODES)
def test_a_code_that_was_made_is_a_code_however_it_is_typed(code: str | None) -> None:
    if code is not None:
        typed = rules.grouped(code).lower().replace("0", "o").replace("1", "l")

        assert rules.is_code(rules.typed_code(f" {typed} "), rules.TICKET_LENGTH)


@given(CODES, st.integers(0, 9), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_is_always_noticed(code: str | None, place: int, wrong: str) -> None:
    if code is not None and code[place] != wrong:
        assert not rules.is_code(code[:place] + wrong + code[place + 1 :], rules.TICKET_LENGTH)


@given(CODES, st.integers(0, 8))
def test_two_neighbours_swapped_are_always_noticed(code: str | None, place: int) -> None:
    if code is not None and code[place] != code[place + 1]:
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

        assert not rules.is_code(swapped, rules.TICKET_LENGTH)


@pytest.mark.parametrize("order_id", [1, 42, 999_999])
def test_a_reference_has_seven_digits_and_checks_itself(order_id: int) -> None:
    reference = rules.reference_of(order_id)

    assert len(reference) == 7
    assert rules.is_reference(reference)
    assert not rules.is_reference(str((int(reference[0]) + 1) % 10) + reference[1:])


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("002010077777777771", True),
        ("032180000118359719", True),
        ("002010077777777772", False),
        ("00201007777777777", False),
        ("\N{ARABIC-INDIC DIGIT ZERO}02010077777777771", False),
        ("", False),
    ],
)
def test_a_clabe_is_known_by_its_last_digit(text: str, is_one: bool) -> None:
    assert rules.is_clabe(text) is is_one


# -- prices --------------------------------------------------------------------------------------------------------


def test_tax_inside_and_on_top() -> None:
    inside = rules.totals([870_000, 870_000], tax_percent=16, tax_included=True)
    on_top = rules.totals([870_000, 870_000], tax_percent=16, tax_included=False)

    assert (inside.net, inside.tax, inside.total) == (1_500_000, 240_000, 1_740_000)
    assert (on_top.net, on_top.tax, on_top.total) == (1_740_000, 278_400, 2_018_400)


@given(st.lists(st.integers(0, 10**10), max_size=50), st.integers(0, 50), st.booleans())
def test_net_and_tax_always_make_the_total(prices: list[int], percent: int, included: bool) -> None:
    totals = rules.totals(prices, tax_percent=percent, tax_included=included)

    assert totals.net + totals.tax == totals.total
    assert totals.total == sum(prices) if included else totals.net == sum(prices)
    assert abs(totals.tax * 100 - totals.net * percent) <= 100


# -- orders --------------------------------------------------------------------------------------------------------


def test_all_reasons_are_given_at_once() -> None:
    closed = Window(closes_at=NOW)
    types = {"member": kind(size=3, taken=2, most_per_order=1, sales=closed)}
    asked = request(attendee(), attendee(), attendee("nothing"), accepts_notice=False)

    refusals = rules.order_refusals(asked, types, OrderRules(), now=NOW)

    assert reasons(*refusals) == [
        "unknown_ticket_type",
        "sales_closed",
        "too_many_tickets",
        "sold_out",
        "notice_not_accepted",
    ]
    assert refusals[0].pointer == "/attendees/2/ticket_type"


def test_sales_open_at_the_opening_instant_and_are_closed_at_the_closing_one() -> None:
    sales = Window(opens_at=NOW, closes_at=NOW + timedelta(hours=1))

    def answer(now: datetime) -> list[str]:
        return reasons(*rules.order_refusals(request(), {"member": kind(sales=sales)}, OrderRules(), now=now))

    tick = timedelta(microseconds=1)
    assert [
        answer(NOW - tick),
        answer(NOW),
        answer(NOW + timedelta(hours=1) - tick),
        answer(NOW + timedelta(hours=1)),
    ] == [
        ["sales_not_yet_open"],
        [],
        [],
        ["sales_closed"],
    ]


def test_a_hidden_ticket_type_is_as_good_as_unknown() -> None:
    hidden = {"member": kind(is_visible=False, size=0)}

    assert reasons(*rules.order_refusals(request(), hidden, OrderRules(), now=NOW)) == ["unknown_ticket_type"]


def test_consent_is_asked_for_only_where_there_is_a_notice_and_for_the_version_that_is_shown() -> None:
    types, notice = {"member": kind()}, OrderRules(notice_version="2", purposes=("news",))

    def answer(order_rules: OrderRules, **told: Any) -> list[str]:
        return reasons(*rules.order_refusals(request(**told), types, order_rules, now=NOW))

    assert answer(OrderRules(needs_consent=False), accepts_notice=False) == []
    assert answer(notice, notice_version="1") == ["notice_changed"]
    assert answer(notice, notice_version="2", purposes=("news",)) == []
    assert answer(notice, notice_version="2", purposes=("selling",)) == ["unknown_purpose"]


def test_an_order_without_attendees_is_none() -> None:
    asked = msgspec.structs.replace(request(), attendees=())

    assert reasons(*rules.order_refusals(asked, {}, OrderRules(), now=NOW)) == ["no_attendees"]


@pytest.mark.parametrize(
    ("state", "may", "until", "inside", "expected"),
    [
        ("awaiting_payment", "unpaid", None, 0, []),
        ("confirmed", "unpaid", None, 0, ["cancellation_by_organisers_only"]),
        ("confirmed", "always", None, 0, []),
        ("confirmed", "always", NOW, 1, ["cancellation_closed", "already_inside"]),
        ("awaiting_payment", "no", None, 0, ["cancellation_by_organisers_only"]),
        ("cancelled", "always", None, 0, ["already_cancelled"]),
        ("expired", "always", None, 0, ["order_expired"]),
    ],
)
def test_a_buyer_cancels_what_the_settings_allow(
    state: str, may: Any, until: datetime | None, inside: int, expected: list[str]
) -> None:
    told: dict[str, Any] = {"may": may, "until": until, "checked_in": inside, "now": NOW}

    assert reasons(*rules.cancellation_refusals(state, by_attendee=True, **told)) == expected


def test_an_organiser_cancels_whatever_still_holds_seats() -> None:
    told: dict[str, Any] = {"by_attendee": False, "may": "no", "until": NOW, "checked_in": 1, "now": NOW}

    assert reasons(*rules.cancellation_refusals("confirmed", **told)) == []
    assert reasons(*rules.cancellation_refusals("cancelled", **told)) == ["already_cancelled"]


def test_payments_are_recorded_for_what_waits_or_has_expired_and_never_for_tomorrow() -> None:
    today = date(2025, 9, 1)

    def answer(state: str, paid_on: date = today) -> list[str]:
        return reasons(*rules.payment_refusals(state, paid_on=paid_on, today=today))

    assert [answer(state) for state in ("awaiting_payment", "expired", "confirmed", "cancelled")] == [
        [],
        [],
        ["already_paid"],
        ["order_cancelled"],
    ]
    assert answer("awaiting_payment", today + timedelta(days=1)) == ["paid_in_the_future"]


# -- invoices ------------------------------------------------------------------------------------------------------

COMPANY = {
    "rfc": "MAB9307148T4",
    "legal_name": "Manufacturas del Bajío",
    "regime": "601",
    "postal_code": "36100",
    "use": "G03",
}


def invoice_reasons(check_digit: bool = True, **changed: str) -> list[str]:
    invoice = InvoiceRequest(**{**COMPANY, **changed})
    return reasons(*rules.invoice_refusals(invoice, check_digit=check_digit))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"rfc": "mab-930714-8t4"}, []),
        ({"rfc": "MAB9307148T5"}, ["rfc_invalid"]),
        ({"rfc": "no"}, ["rfc_invalid"]),
        ({"rfc": "GODE561231GR8", "regime": "612"}, []),
        ({"rfc": "GODE561231GR8"}, ["regime_not_for_rfc"]),
        ({"rfc": "GODE561231GR8", "regime": "605"}, ["use_not_for_regime"]),
        ({"rfc": "GODE561231GR8", "regime": "605", "use": "S01"}, []),
        ({"rfc": "GODE561231GR8", "regime": "616"}, ["use_not_for_regime"]),
        ({"rfc": "GODE561231GR8", "regime": "616", "use": "G02"}, []),
        ({"rfc": "GODE561231GR8", "regime": "616", "use": "CP01"}, []),
        ({"rfc": "GODE561231GR8", "regime": "616", "use": "G01"}, ["use_not_for_regime"]),
        ({"rfc": "XAXX010101000", "regime": "616", "use": "S01"}, []),
        ({"rfc": "XEXX010101000", "regime": "616", "use": "S01"}, []),
        ({"rfc": "XEXX010101000"}, ["generic_rfc_needs_616_s01"]),
        ({"legal_name": "Manufacturas del Bajío, S.A. de C.V."}, ["legal_name_with_company_form"]),
        ({"legal_name": "Manufacturas del Bajío SAPI DE CV"}, ["legal_name_with_company_form"]),
        ({"legal_name": "Forja S de RL de CV"}, ["legal_name_with_company_form"]),
        ({"legal_name": "Casa"}, []),
        ({"legal_name": "Rosa"}, []),
    ],
)
def test_invoice_data_is_what_the_tax_office_takes(changed: dict[str, str], expected: list[str]) -> None:
    assert invoice_reasons(**changed) == expected


def test_the_check_digit_of_an_rfc_can_be_let_pass() -> None:
    assert invoice_reasons(check_digit=False, rfc="VACE460910SX6", regime="612") == []
    assert invoice_reasons(check_digit=True, rfc="VACE460910SX6", regime="612") == ["rfc_invalid"]


def test_an_invoice_is_stored_as_the_tax_office_writes_it() -> None:
    invoice = InvoiceRequest(**{**COMPANY, "rfc": "mab 930714 8t4", "legal_name": " Peña  y Núñez "}).cleaned()

    assert (invoice.rfc, invoice.legal_name) == ("MAB9307148T4", "PEÑA Y NÚÑEZ")


# -- the door, searching -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "inside", "expected"),
    [
        ("confirmed", None, "in"),
        ("confirmed", NOW, "already_in"),
        ("awaiting_payment", None, "not_paid"),
        ("cancelled", NOW, "cancelled"),
        ("expired", None, "cancelled"),
    ],
)
def test_the_door_answers_by_the_orders_state(state: str, inside: datetime | None, expected: str) -> None:
    assert rules.door_answer(rules.DoorTicket(state, inside), code="0000000000") == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("0000000000", "unknown"), ("0000000010", "mistyped"), ("00000000", "mistyped"), ("", "mistyped")],
)
def test_the_door_tells_a_mistyped_code_from_one_of_another_event(code: str, expected: str) -> None:
    assert rules.door_answer(None, code=code) == expected


def test_searching_forgets_capitals_accents_and_wildcards() -> None:
    assert rules.folded("  PEÑA  Núñez ") == "pena nunez"
    assert rules.pattern("100%\\") == "%100%"


@pytest.mark.parametrize(
    "name",
    ["Ma. Elena", "Ma.Elena", "J.R.R. Tolkien", "O’Brien-Núñez", "Componentes, S.A. de C.V.", "Comex", "Ana Medina"],
)
def test_names_of_people_and_firms_are_none(name: str) -> None:
    assert list(rules.name_refusals(name, "")) == []
