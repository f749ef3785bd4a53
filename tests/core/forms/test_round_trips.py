"""The three doors lead to the same value, and what is typed comes back."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime

import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from plenaria.core.forms import Field, as_toml, check, form_for, parse
from tests.core.forms.sample import Mode, Sample, samples

ZONES = st.sampled_from(["America/Mexico_City", "America/Tijuana", "UTC", "Europe/Berlin", "Asia/Kathmandu"])
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def sent(field: Field) -> Iterator[tuple[str, str]]:
    """What a browser sends for a field that nobody touched."""
    for child in field.children:
        yield from sent(child)
    if field.kind == "checkbox":
        yield from [(field.name, "true")] if field.value else []
    elif field.kind == "multiselect":
        yield from ((field.name, value) for value in field.value)
    elif field.kind not in ("group", "list", "localized_text", "localized_textarea"):
        yield field.name, field.value.replace("\n", "\r\n")


def submitted(form) -> list[tuple[str, str]]:
    return [pair for field in form.fields for pair in sent(field)]


@SLOW
@given(samples, ZONES)
def test_a_form_that_nobody_touched_gives_the_same_value(value, zone):
    form = form_for(Sample, value=value, language="es", zone=zone)

    checked = parse(Sample, submitted(form), zone=zone)

    assert (checked.problems, checked.value) == ((), value)


@SLOW
@given(samples, ZONES)
def test_a_form_drawn_again_from_what_was_typed_is_the_same_form(value, zone):
    form = form_for(Sample, value=value, language="en", zone=zone)

    again = form_for(Sample, raw=submitted(form), language="en", zone=zone)

    assert again == form


@SLOW
@given(samples)
def test_toml_gives_the_same_value(value):
    document = tomli_w.dumps(as_toml(value))

    checked = check(Sample, tomllib.loads(document))

    assert (checked.problems, checked.value) == ((), value)


@SLOW
@given(samples)
def test_json_gives_the_same_value(value):
    checked = check(Sample, to_builtins(value))

    assert (checked.problems, checked.value) == ((), value)


def test_the_second_of_a_time_that_comes_twice_stays_the_second():
    second = datetime(2025, 11, 2, 9, 30, tzinfo=UTC)
    value = Sample(title="T", mode=Mode.HALL, starts_at=second)
    form = form_for(Sample, value=value, language="en", zone="America/Tijuana")

    checked = parse(Sample, submitted(form), zone="America/Tijuana")

    assert form.field("starts_at").value == "2025-11-02T01:30"
    assert checked.or_refuse().starts_at == second
