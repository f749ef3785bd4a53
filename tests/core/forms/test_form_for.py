"""The tree of fields that templates draw."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from plenaria.core.forms import Form, Problem, form_for, parse
from plenaria.core.forms.fields import Field
from plenaria.core.kernel.values import N_, Money
from tests.core.forms.sample import Sample, TicketType


class Setting(Struct, kw_only=True):
    wait: Annotated[
        int,
        Meta(ge=1, le=60, title=N_("Wait"), description=N_("How long."), extra={"unit": N_("minutes")}),
    ] = 15
    mail: Annotated[str, Meta(max_length=80, extra={"kind": "email", "autocomplete": "email"})]
    room: Annotated[str, Meta(extra={"known": "rooms"})] = ""


def draw(**options) -> Form:
    return form_for(Setting, language="en", zone="UTC", **options)


def test_a_field_says_everything_that_its_struct_says():
    field = draw().field("wait")

    assert field == Field(
        name="wait",
        id="field-wait",
        label="Wait",
        help="How long.",
        unit="minutes",
        kind="number",
        pointer="/wait",
        value="15",
        attrs={"inputmode": "numeric", "min": 1, "max": 60, "step": 1},
    )


def test_labels_are_translated_by_the_given_function():
    form = draw(translate=str.upper)

    assert (form.field("wait").label, form.field("wait").help, form.field("wait").unit) == (
        "WAIT",
        "HOW LONG.",
        "MINUTES",
    )


def test_a_reference_is_a_choice_of_what_is_known():
    field = draw(known={"rooms": {"hall": "Gran salón"}}).field("room")

    assert (field.kind, field.choices) == ("select", [("", "—"), ("hall", "Gran salón")])


def test_a_choice_that_is_gone_is_still_shown_when_it_was_typed():
    field = draw(known={"rooms": {"hall": "Gran salón"}}, raw={"room": "attic"}).field("room")

    assert (field.value, field.choices[-1]) == ("attic", ("attic", "attic"))


def test_everything_typed_is_shown_again_with_the_errors_at_their_fields():
    raw = {
        "title": "  x\u0000 ",
        "starts_at": "soon",
        "seats": "7",
        "deposit": "12,50",
        "ticket_types-4-code": "No Good",
        "ticket_types-4-price": "abc",
        "ticket_types-4-price-currency": "USD",
        "summary.fr": "Bonjour",
        "topics": ["a", "zz"],
        "keywords": "ok\n" + "k" * 21,
    }
    checked = parse(Sample, raw, zone="UTC")

    form = form_for(Sample, raw=raw, problems=checked.problems, language="en", zone="UTC")

    shown = {field.name: field.value for field in form.walk() if field.value}
    assert shown == {
        "title": "  x\u0000 ",
        "starts_at": "soon",
        "seats": "7",
        "deposit": "12,50",
        "fee-currency": "MXN",
        "ticket_types-0-code": "No Good",
        "ticket_types-0-price": "abc",
        "ticket_types-0-price-currency": "USD",
        "summary.fr": "Bonjour",
        "topics": ["a", "zz"],
        "keywords": "ok\n" + "k" * 21,
    }
    assert {field.name for field in form.walk() if field.errors} == {
        "title",
        "mode",
        "starts_at",
        "seats",
        "deposit",
        "ticket_types-0-code",
        "ticket_types-0-name",
        "ticket_types-0-price",
        "topics",
        "keywords",
    }
    assert form.field("keywords").errors == ["2: Must be at most 20 characters; it has 21."]


def test_a_password_is_never_shown_again():
    class Login(Struct):
        password: Annotated[str, Meta(extra={"kind": "password"})]

    form = form_for(Login, raw={"password": "secret"}, language="en", zone="UTC")

    assert form.field("password").value == ""


def test_a_problem_of_no_field_stands_above_the_form():
    form = draw(problems=[Problem("", "full", {}, "All is taken."), Problem("/elsewhere/1", "missing")])

    assert form.problems == ["All is taken.", "elsewhere – 1: Must be filled in."]


def test_a_form_may_have_some_of_the_fields():
    form = draw(only={"mail"}, problems=[Problem("/wait", "missing")])

    assert [field.name for field in form.fields] == ["mail"]
    assert form.problems == ["wait: Must be filled in."]


def test_a_localized_text_has_a_field_for_each_language():
    value = TicketType(code="early", name={"es": "Anticipado", "fr": "Tôt"}, price=Money(150_000, "USD"))

    form = form_for(TicketType, value=value, language="en", zone="UTC")

    assert [(one.name, one.label, one.value) for one in form.field("name").children] == [
        ("name.es", "Spanish", "Anticipado"),
        ("name.en", "English", ""),
        ("name.fr", "French", "Tôt"),
    ]
    price = form.field("price")
    assert (price.value, price.unit, [(one.name, one.value) for one in price.children]) == (
        "1500.00",
        "USD",
        [("price-currency", "USD")],
    )


@pytest.mark.parametrize("items", [1, 3])
def test_ids_are_unique(items):
    tickets = [TicketType(code=f"t{i}", name={"es": "T"}, price=Money(1)) for i in range(items)]
    form = form_for(
        Sample, raw={f"ticket_types-{i}-code": one.code for i, one in enumerate(tickets)}, language="es", zone="UTC"
    )

    ids = [field.id for field in form.walk()]
    assert len(ids) == len(set(ids))


def test_an_unknown_name_of_a_field_is_an_error_of_the_caller():
    with pytest.raises(KeyError):
        draw().field("nothing")
