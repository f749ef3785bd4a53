"""What a change was: stored with its form's labels, shown in the reader's words, without anybody's personal data."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from msgspec.structs import replace

from plenaria.core.events.details import EventDetails
from plenaria.core.forms import RecordedChange, in_words, recorded
from plenaria.core.kernel.i18n import using
from plenaria.core.kernel.values import Window
from plenaria.plugins.agenda.settings import AgendaSection, PersonItem, RoomItem
from plenaria.plugins.registration.settings import RegistrationSettings, TicketTypeDetails

TYPE = TicketTypeDetails(code="full", name={"es": "Completo", "en": "Full"})
CLOSES = datetime(2025, 9, 10, 5, 59, 59, tzinfo=UTC)


def shown(changes: list[RecordedChange]) -> list[tuple[str, str, str]]:
    stored = msgspec.json.decode(msgspec.json.encode(changes), type=list[RecordedChange])
    with using("en"):
        words = [in_words(change, zone="America/Mexico_City") for change in stored]
    return [(each.label, each.old, "—" if each.is_hidden else each.new) for each in words]


def test_money_texts_instants_switches_and_what_was_empty_are_in_words() -> None:
    after = replace(
        TYPE,
        name={"es": "Completo", "en": "Whole"},
        price_minor=125_000,
        size=300,
        sales=Window(closes_at=CLOSES),
        is_visible=False,
    )

    assert shown(recorded(TYPE, after)) == [
        ("Name: English", "Full", "Whole"),
        ("Price", "$0.00 MXN", "$1,250.00 MXN"),
        ("Seats", "", "300 seats"),
        ("Sales: Closes", "", "Sep 9, 2025, 23:59 UTC−6"),
        ("On sale", "yes", "no"),
    ]


def test_a_choice_is_shown_by_its_words() -> None:
    before = RegistrationSettings()

    (change,) = shown(recorded(before, replace(before, attendees_may_cancel="no")))

    assert change == ("Buyers may cancel", "Orders that are not paid yet", "No: only the organisers")


def test_what_is_made_leaves_out_its_defaults_and_what_is_removed_is_named_whole() -> None:
    made, removed = shown(recorded(None, TYPE)), shown(recorded(TYPE, None))

    assert [each[0] for each in made] == ["Short name", "Name: English", "Name: Español"]
    assert ("Name: English", "Full", "") in removed
    assert recorded(None, None) == recorded(TYPE, TYPE) == []


def test_items_of_a_list_are_matched_by_their_code() -> None:
    hall, patio = (RoomItem(code=code, name={"es": code.title()}) for code in ("hall", "patio"))
    garden = RoomItem(code="garden", name={"es": "Jardín"})

    changes = shown(
        recorded(AgendaSection(rooms=(hall, patio)), AgendaSection(rooms=(garden, replace(hall, capacity=80))))
    )

    assert changes == [("Rooms", "", "Jardín"), ("Rooms: Hall: Seats", "0 seats", "80 seats"), ("Rooms", "Patio", "")]


def test_personal_data_and_long_texts_are_recorded_as_changed_alone() -> None:
    person = PersonItem(code="ana-perez", given_names="Ana", email="ana@example.mx", bio={"es": "Ingeniera"})
    event = EventDetails(name={"es": "C"}, starts_on=CLOSES.date(), ends_on=CLOSES.date())

    of_person = recorded(person, replace(person, given_names="Anabel", email="x@example.mx", is_public=False))
    of_list = recorded(AgendaSection(), AgendaSection(people=(person,)))
    long = recorded(event, replace(event, description={"es": "ñ" * 1200}, contact_email="x@example.mx"))

    assert shown(of_person) == [("Given names", "", "—"), ("E-mail", "", "—"), ("Shown in public", "yes", "no")]
    assert "Ana" not in str([of_person, of_list, recorded(None, person), recorded(person, None)])
    assert shown(long) == [("Description: Español", "0 characters", "1,200 characters"), ("Contact address", "", "—")]


def test_more_changes_than_a_line_holds_are_counted() -> None:
    rooms = tuple(RoomItem(code=f"r{number}", name={"es": "Sala"}) for number in range(250))

    changes = recorded(AgendaSection(), AgendaSection(rooms=rooms))

    assert len(changes) == 201
    assert shown(changes)[-1] == ("Further changes", "", "50")


@pytest.mark.parametrize("kind", ["money", "instant", "date", "choice", "list"])
def test_a_tampered_value_is_shown_as_it_is(kind: str) -> None:
    assert shown([RecordedChange(field="/x", label=("X",), kind=kind, new="%%")])[0][2].replace(", ", "") == "%%"


def test_who_is_paid_and_who_organises_is_recorded_as_changed_only() -> None:
    """The record is kept for ever: once it kept the account holder's name and the account's number."""
    settings = RegistrationSettings()
    paid = {
        "account_holder": "Ana Ruiz",
        "bank": "Bank of Ana",
        "clabe": "002010077777777771",
        "payment_note": {"en": "To Ana"},
    }
    details = EventDetails(name={"en": "X"}, starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 2))
    organised = replace(details, organiser="Ana Ruiz", contact_email="ana@example.mx")

    changes = [*recorded(settings, replace(settings, **paid)), *recorded(details, organised)]

    assert {(each.field, each.kind) for each in changes} == {
        (f"/{name}", "hidden") for name in (*paid, "organiser", "contact_email")
    }
    assert "ana" not in msgspec.json.encode(changes).decode().lower()
