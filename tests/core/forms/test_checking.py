"""Every problem at once, each at its field, with a stable code."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct, defstruct, to_builtins

from plenaria.core.forms import Checked, Problem, check, words
from plenaria.core.forms.problems import steps
from plenaria.core.kernel.values import LocalizedText, Money, Refused, Slug, Window
from tests.core.forms.sample import Sample, samples

GOOD: dict[str, Any] = {"title": "CIIAM", "mode": "hall", "starts_at": "2025-10-01T09:00:00-06:00"}
TICKET: dict[str, Any] = {"code": "early", "name": {"es": "Anticipado"}, "price": {"minor": 100}}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Lu"])),
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.binary(max_size=5),
)
names = st.sampled_from([*Sample.__struct_fields__, "minor", "currency", "opens_at", "grace_s", "code", "es"])
keys = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=5))
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(names, keys), inner)),
    max_leaves=12,
)


def check_one(hint: Any, value: Any, **options: Any) -> Checked[Any]:
    return check(defstruct("One", [("x", hint)]), {"x": value}, **options)


def problem_of(hint: Any, value: Any, **options: Any) -> tuple[str, str, dict[str, Any]]:
    (problem,) = check_one(hint, value, **options).problems
    return problem.pointer, problem.code, problem.facts


def value_of(hint: Any, value: Any, **options: Any) -> Any:
    checked = check_one(hint, value, **options)
    assert checked.problems == ()
    return checked.value.x


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything)
def test_no_builtins_make_a_check_raise(builtins):
    checked = check(Sample, builtins)

    assert (checked.value is None) == bool(checked.problems)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(samples, st.sampled_from(Sample.__struct_fields__), anything)
def test_one_spoilt_field_never_makes_a_check_or_its_words_raise(value, name, junk):
    checked = check(Sample, {**to_builtins(value), name: junk})

    assert all(words(problem, language) for problem in checked.problems for language in ("es", "en"))


def test_all_problems_are_told_at_once():
    ticket = {**TICKET, "code": "No good", "size": 0, "sise": 3}

    checked = check(Sample, {"title": "x" * 61, "mode": "tent", "ticket_types": [TICKET, ticket]})

    assert [(problem.pointer, problem.code) for problem in checked.problems] == [
        ("/title", "too_long"),
        ("/mode", "not_a_choice"),
        ("/starts_at", "missing"),
        ("/ticket_types/1/sise", "unknown_field"),
        ("/ticket_types/1/code", "bad_slug"),
        ("/ticket_types/1/size", "too_small"),
    ]


@pytest.mark.parametrize(
    ("hint", "value", "code", "facts"),
    [
        (str, 3, "wrong_type", {"expected": "text", "actual": "whole_number"}),
        (str, "  ", "missing", {}),
        (str, None, "missing", {}),
        (str, "x" * 10_001, "too_long", {"allowed": 10_000, "actual": 10_001, "of": "characters"}),
        (str, "a\x00b", "control_characters", {"position": 2, "character": "U+0000"}),
        (str, "a\nb", "control_characters", {"position": 2, "character": "U+000A"}),
        (str, "a\ud800", "control_characters", {"position": 2, "character": "U+D800"}),
        (Annotated[str, Meta(min_length=3)], "ab", "too_short", {"allowed": 3, "actual": 2, "of": "characters"}),
        (Annotated[str, Meta(pattern="^[A-Z]+$")], "a", "bad_pattern", {"pattern": "^[A-Z]+$"}),
        (Annotated[str, Meta(extra={"kind": "email"})], "ana", "bad_pattern", {"example": "name@example.org"}),
        (Annotated[str, Meta(extra={"zone": True})], "Mars/X", "bad_zone", {"actual": "Mars/X"}),
        (Annotated[str, Meta(extra={"zone": True})], "../etc/passwd", "bad_zone", {"actual": "../etc/passwd"}),
        (Annotated[str, Meta(extra={"choices": ["a"]})], "b", "not_a_choice", {"allowed": ["a"], "actual": "b"}),
        (Slug, "Two words", "bad_slug", {"actual": "Two words"}),
        (int, True, "wrong_type", {"expected": "whole_number", "actual": "yes_or_no"}),
        (int, 1.5, "wrong_type", {"expected": "whole_number", "actual": "number"}),
        (int, 2**63, "too_large", {"allowed": 2**63 - 1, "actual": 2**63}),
        (Annotated[int, Meta(ge=1)], 0, "too_small", {"allowed": 1, "actual": 0}),
        (Annotated[int, Meta(lt=5)], 5, "too_large", {"allowed": 5, "actual": 5, "exclusive": True}),
        (Annotated[int, Meta(multiple_of=5)], 7, "not_a_multiple", {"allowed": 5, "actual": 7}),
        (float, float("nan"), "wrong_type", {"expected": "number", "actual": "number"}),
        (bool, 1, "wrong_type", {"expected": "yes_or_no", "actual": "whole_number"}),
        (Literal[1, 2], True, "not_a_choice", {"allowed": [1, 2], "actual": True}),
        (datetime, datetime(2025, 1, 1), "naive_datetime", {"actual": "2025-01-01T00:00:00"}),  # noqa: DTZ001
        (datetime, "0001-01-01T00:00:00+14:00", "wrong_type", {"expected": "instant", "actual": "text"}),
        (list[int], {"a": 1}, "wrong_type", {"expected": "list", "actual": "table"}),
        (Annotated[list[int], Meta(max_length=1)], [1, 2], "too_long", {"allowed": 1, "actual": 2, "of": "items"}),
        (LocalizedText, {"es": " "}, "missing", {}),
        (Money, {"minor": -1}, "too_small", {"allowed": 0, "actual": -1, "as": "money", "currency": "MXN"}),
    ],
)
def test_a_wrong_value_is_refused_with_its_code_and_facts(hint, value, code, facts):
    problem = problem_of(hint, value)

    assert problem == ("/x", code, facts)


def test_null_is_no_value_where_the_field_has_a_default():
    class WithDefault(Struct):
        seats: int = 5
        note: str | None = "kept"

    refused = check(WithDefault, {"seats": None, "note": None})

    assert refused.problems == (Problem("/seats", "null_refused"),)
    assert check(WithDefault, {"note": None}).or_refuse() == WithDefault(5, None)


def test_items_of_a_list_may_not_share_their_unique_key():
    checked = check(Sample, {**GOOD, "ticket_types": [TICKET, {**TICKET, "code": " early "}]})

    assert checked.problems == (Problem("/ticket_types/1/code", "not_unique", {"value": "early", "first": 0}),)


def test_a_misspelt_setting_is_refused_with_the_one_that_was_meant():
    (problem,) = check(Sample, {**GOOD, "tilte": "x"} | {"note": "n"}).problems

    assert (problem.pointer, problem.code, problem.facts["meant"]) == ("/tilte", "unknown_field", "title")


def test_text_is_normalised_and_stripped_and_instants_become_utc():
    checked = check(Sample, {**GOOD, "title": "  Me\u0301xico "})

    value = checked.or_refuse()
    assert (value.title, value.starts_at) == ("M\u00e9xico", datetime(2025, 10, 1, 15, tzinfo=UTC))
    assert value.starts_at.tzinfo is UTC


def test_a_blank_optional_text_is_none():
    assert value_of(str | None, "  ") is None


def test_long_text_may_have_line_breaks_and_they_are_newlines():
    assert value_of(Annotated[str, Meta(max_length=2000)], "one\r\n\ttwo") == "one\n\ttwo"


def test_a_password_keeps_its_spaces():
    assert value_of(Annotated[str, Meta(extra={"kind": "password"})], " secret ") == " secret "


def test_a_limit_of_a_localized_text_holds_for_each_language():
    hint = Annotated[LocalizedText, Meta(extra={"max_length": 3})]

    assert problem_of(hint, {"es": "abc", "en": "abcd"})[:2] == ("/x/en", "too_long")


def test_a_reference_must_be_known():
    hint = Annotated[str, Meta(extra={"known": "rooms"})]

    problem = problem_of(hint, "attic", known={"rooms": {"hall": "Gran salón"}})

    assert problem == ("/x", "not_a_choice", {"allowed": ["hall"], "actual": "attic"})
    assert value_of(hint, "hall", known={"rooms": ["hall"]}) == "hall"


def test_references_of_a_list_must_be_known():
    hint = Annotated[list[str], Meta(extra={"known": "rooms"})]

    assert problem_of(hint, ["hall", "attic"], known={"rooms": ["hall"]})[:2] == ("/x/1", "not_a_choice")


def test_a_structs_own_rule_speaks_when_its_fields_are_right():
    checked = check(Sample, {**GOOD, "ends_at": "2025-10-01T08:00:00-06:00"})

    (problem,) = checked.problems
    assert (problem.pointer, problem.code) == ("/ends_at", "ends_before_it_starts")
    assert words(problem, "en") == "Must be after the start."


def test_a_structs_own_rule_is_silent_while_a_field_is_wrong():
    checked = check(Sample, {**GOOD, "title": "", "ends_at": "2025-10-01T08:00:00-06:00"})

    assert [problem.pointer for problem in checked.problems] == ["/title"]


def test_a_window_that_closes_when_it_opens_is_refused():
    instant = "2025-09-10T23:59:59-06:00"

    pointer, code, _ = problem_of(Window, {"opens_at": instant, "closes_at": instant})

    assert (pointer, code) == ("/x/closes_at", "closes_before_it_opens")


class Talk(Struct, tag="talk"):
    title: str


class Break(Struct, tag="break"):
    minutes: Annotated[int, Meta(ge=5)]


def test_a_union_is_told_by_its_tag():
    assert value_of(list[Talk | Break], [{"type": "break", "minutes": 15}]) == [Break(15)]
    assert problem_of(Talk | Break, {"type": "talk"})[:2] == ("/x/title", "missing")


def test_a_constructor_that_raises_is_a_problem():
    class Even(Struct):
        number: int

        def __post_init__(self) -> None:
            if self.number % 2:
                raise ValueError("odd")

    assert problem_of(Even, {"number": 3}) == ("/x", "invalid", {"reason": "odd"})


def test_problems_become_refusals_all_at_once():
    with pytest.raises(Refused) as caught:
        check(Sample, {}).or_refuse()

    assert [(refusal.pointer, refusal.code) for refusal in caught.value.refusals] == [
        ("/title", "missing"),
        ("/mode", "missing"),
        ("/starts_at", "missing"),
    ]


@given(st.text("ab~/01", max_size=8))
def test_pointers_are_escaped(name):
    (problem,) = check(defstruct("Empty", []), {name: 1}).problems

    assert steps(problem.pointer) == (name,)


@pytest.mark.parametrize("hint", [int, float, Decimal, str, bool, Literal[1], list[int], datetime, Money, Slug])
def test_a_number_too_long_to_print_is_refused_in_words(hint):
    (problem,) = check_one(hint, 10**5000).problems

    assert words(problem, "en")


@pytest.mark.parametrize("address", ['"x"<evil@x.y>', "a@b..c", "a@b.c>", "a@b", "a,b@c.mx", "a@b.mx\nBcc: c@d.mx"])
def test_an_address_is_one_whole_address(address: str) -> None:
    assert not check_one(Annotated[str, Meta(extra={"kind": "email"})], address).ok


@pytest.mark.parametrize("turned", ["\u202e", "\u2066", "\u2069", "\u202a"])
def test_a_text_is_kept_without_what_turns_the_writing_around(turned: str) -> None:
    checked = check_one(Annotated[str, Meta(max_length=100)], f"Ana{turned}oguL")

    assert checked.value is not None
    assert checked.value.x == "AnaoguL"
