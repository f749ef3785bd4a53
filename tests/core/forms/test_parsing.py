"""What people type, and what it becomes."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, defstruct

from plenaria.core.forms import Checked, edited_lists, form_for, parse
from plenaria.core.kernel.values import Money
from tests.core.forms.sample import Sample

GOOD = [("title", "CIIAM"), ("mode", "hall"), ("starts_at", "2025-10-01T09:00")]


def parse_one(hint: Any, text: str, zone: str = "America/Mexico_City", **options: Any) -> Checked[Any]:
    return parse(defstruct("One", [("x", hint)]), [("x", text)], zone=zone, **options)


def read(hint: Any, text: str, **options: Any) -> Any:
    checked = parse_one(hint, text, **options)
    assert checked.problems == ()
    return checked.value.x


def code(hint: Any, text: str, **options: Any) -> str:
    (problem,) = parse_one(hint, text, **options).problems
    assert problem.pointer == "/x"
    return problem.code


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1,234.50", 123450),
        ("1234.5", 123450),
        ("$ 1,234.50", 123450),
        ("12", 1200),
        (".5", 50),
        ("1.500", 150),
        ("1234.50 MXN", 123450),
    ],
)
def test_an_amount_is_read_as_minor_units(text, minor):
    assert read(Money, text) == Money(minor, "MXN")


@pytest.mark.parametrize("text", ["12,50", "1.234,50", "1,23,456", "abc", "-", ".", "1e3", "١٢"])
def test_what_is_no_amount_is_refused_not_guessed(text):
    assert code(Money, text) == "wrong_type"


def test_an_amount_finer_than_the_currency_is_refused():
    assert code(Money, "1.234") == "not_a_multiple"
    assert read(Money, "1.234", currency="KWD") == Money(1234, "KWD")
    assert code(Money, "1.5", currency="JPY") == "not_a_multiple"


def test_a_whole_number_may_be_kept_in_minor_units():
    assert read(Annotated[int, Meta(extra={"kind": "money"})], "10.05") == 1005


def test_a_local_time_holds_in_the_forms_zone():
    assert read(datetime, "2025-07-01T12:00") == datetime(2025, 7, 1, 18, tzinfo=UTC)
    assert read(datetime, "2025-07-01T12:00", zone="America/Tijuana") == datetime(2025, 7, 1, 19, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused():
    assert code(datetime, "2025-03-09T02:30", zone="America/Tijuana") == "nonexistent_time"


def test_of_a_time_that_comes_twice_the_first_is_taken():
    first = read(datetime, "2025-11-02T01:30", zone="America/Tijuana")

    assert first == datetime(2025, 11, 2, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hint", "text"), [(int, "12.5"), (int, "٣"), (int, "9" * 5000), (float, "x"), (datetime, "soon")]
)
def test_text_that_cannot_be_read_is_refused(hint, text):
    assert code(hint, text) == "wrong_type"


def test_an_absent_checkbox_is_no():
    assert parse(Sample, GOOD, zone="UTC").or_refuse().is_public is False
    assert parse(Sample, [*GOOD, ("is_public", "on")], zone="UTC").or_refuse().is_public is True


def test_an_optional_group_in_which_nothing_stands_is_none():
    blank = [("place-street", " "), ("place-floor", "")]

    assert parse(Sample, [*GOOD, *blank], zone="UTC").or_refuse().place is None


def test_one_filled_field_makes_the_rest_of_its_group_needed():
    (problem,) = parse(Sample, [*GOOD, ("place-floor", "3")], zone="UTC").problems

    assert (problem.pointer, problem.code) == ("/place/street", "missing")


def test_a_blank_number_is_its_default():
    assert parse(Sample, [*GOOD, ("share", ""), ("seats", "")], zone="UTC").or_refuse().share == 0.5


def test_a_form_with_some_of_the_fields_keeps_the_others():
    whole = parse(Sample, [*GOOD, ("is_public", "on"), ("seats", "10")], zone="UTC").or_refuse()

    part = parse(Sample, [("title", "Other")], zone="UTC", only={"title"}, base=whole).or_refuse()

    assert (part.title, part.is_public, part.seats, part.starts_at) == ("Other", True, 10, whole.starts_at)


def test_an_upload_where_text_belongs_is_refused():
    (problem,) = parse(Sample, [*GOOD[1:], ("title", object())], zone="UTC").problems

    assert (problem.pointer, problem.code) == ("/title", "wrong_type")


def test_a_pressed_add_button_adds_an_item_with_its_defaults():
    raw = [("title", "Half"), ("ticket_types-3-code", "early"), ("_add", "ticket_types")]

    data, was_edited = edited_lists(raw)
    form = form_for(Sample, raw=data, language="en", zone="UTC")

    assert was_edited
    assert form.field("title").value == "Half"
    assert form.field("ticket_types-0-code").value == "early"
    assert (form.field("ticket_types-1-code").value, form.field("ticket_types-1-size").value) == ("", "50")
    assert not form.has_errors


def test_a_pressed_remove_button_takes_that_item_out():
    raw = [(f"ticket_types-{i}-code", f"c{i}") for i in (0, 1, 10)] + [("_remove", "ticket_types-1")]

    data, was_edited = edited_lists(raw)

    assert was_edited
    assert data == {"ticket_types-0-code": ["c0"], "ticket_types-10-code": ["c10"]}


def test_without_a_pressed_button_nothing_is_edited():
    assert edited_lists(GOOD) == ({name: [text] for name, text in GOOD}, False)


names = st.one_of(
    st.sampled_from([*Sample.__struct_fields__, "_add", "_remove"]),
    st.from_regex(r"(ticket_types|days|place|weights|summary)([-.][a-z0-9_]{0,9}){1,4}", fullmatch=True),
    st.text(max_size=10),
)
texts = st.one_of(st.text(max_size=12), st.sampled_from(["1", "true", "2025-10-01T09:00", "ticket_types", "[[{", "-"]))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(names, texts), max_size=12))
def test_no_form_data_makes_a_door_raise(pairs):
    data, _ = edited_lists(pairs)

    checked = parse(Sample, data, zone="America/Mexico_City")

    form = form_for(Sample, raw=data, problems=checked.problems, language="es", zone="America/Mexico_City")
    assert form.has_errors == bool(checked.problems)


def test_a_list_longer_than_its_limit_is_refused_without_being_read_and_drawn_up_to_it():
    inside = defstruct("Inside", [("x", Annotated[int, Meta(ge=5)])])
    outer = defstruct("Outer", [("items", Annotated[tuple[inside, ...], Meta(max_length=3)], ())])
    raw = [(f"items-{place}-x", "1") for place in range(7)]

    checked = parse(outer, raw, zone="UTC")
    form = form_for(outer, raw=raw, problems=checked.problems, language="en", zone="UTC")

    assert [(each.pointer, each.code, each.facts["actual"]) for each in checked.problems] == [("/items", "too_long", 7)]
    assert len(form.field("items").children) == 3


@pytest.mark.parametrize(("length", "given_back"), [(8, 8), (9, 0)])
def test_a_text_of_more_than_twice_its_limit_is_not_given_back(length, given_back):
    short = defstruct("Short", [("x", Annotated[str, Meta(max_length=4)])])

    form = form_for(short, raw=[("x", "a" * length)], language="en", zone="UTC")

    assert len(form.field("x").value) == given_back


def test_problems_end_where_nobody_reads_on():
    many = defstruct("Many", [("items", tuple[Annotated[int, Meta(ge=5)], ...], ())])

    checked = parse(many, [(f"items-{place}", "1") for place in range(400)], zone="UTC")

    assert not checked.ok
    assert len(checked.problems) == 100
