"""What people read when something is wrong."""

from pathlib import Path

import pytest

from plenaria.core.forms import Problem, check, words
from plenaria.core.forms.words import _EXPECTED, _WORDS, _WORDS_IN_CASE
from plenaria.core.kernel import i18n
from tests.core.forms.sample import Sample

ROOM = Path(i18n.__file__).parents[1]


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (
            Problem("", "too_long", {"allowed": 60, "actual": 75, "of": "characters"}),
            "Must be at most 60 characters; it has 75.",
        ),
        (
            Problem("", "too_long", {"allowed": 1, "actual": 2, "of": "characters"}),
            "Must be at most 1 character; it has 2.",
        ),
        (Problem("", "too_small", {"allowed": 1, "actual": 0}), "Must be at least 1; it is 0."),
        (Problem("", "too_small", {"allowed": 0, "actual": 0, "exclusive": True}), "Must be more than 0; it is 0."),
        (
            Problem("", "too_small", {"allowed": 10000, "actual": 5, "as": "money", "currency": "MXN"}),
            "Must be at least 100.00 MXN; it is 0.05 MXN.",
        ),
        (Problem("", "not_a_choice", {"allowed": ["hall", "online"]}), "Must be one of: hall, online."),
        (
            Problem("", "unknown_field", {"name": "tilte", "meant": "title"}),
            "There is no setting “tilte” here; did you mean “title”?",
        ),
        (
            Problem("", "not_unique", {"value": "early", "first": 0}),
            "“early” is already used by item 1; each must be different.",
        ),
        (Problem("", "sold_out", {"left": 0}, "Only {left} are left."), "Only 0 are left."),
        (Problem("", "of_a_plugin"), "Is not allowed (of_a_plugin)."),
        (Problem("", "wrong_type", {"expected": "date"}), "Must be a date, as in 2025-10-01."),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_is_allowed(problem, sentence):
    assert words(problem, "en") == sentence


def test_a_value_with_braces_is_shown_as_it_is():
    (problem,) = check(Sample, {"title": "t", "mode": "hall", "starts_at": "2025-10-01T09:00Z", "{x}": 1}).problems

    assert words(problem, "en") == "There is no setting “{x}” here."


def test_spanish_says_it_in_spanish():
    i18n.load([ROOM / "locale"])

    said = [
        words(Problem("", "too_long", {"allowed": 60, "actual": 75, "of": "characters"}), "es"),
        words(Problem("", "too_short", {"allowed": 1, "actual": 0, "of": "items"}), "es"),
        words(Problem("", "missing"), "es"),
    ]

    assert said == [
        "Debe tener a lo más 60 caracteres; tiene 75.",
        "Debe tener al menos 1 elemento; hay 0.",
        "Este dato es obligatorio.",
    ]


def test_every_code_has_words_in_both_languages():
    i18n.load([ROOM / "locale"])

    for code, sentence in {**_WORDS, **_WORDS_IN_CASE, **_EXPECTED}.items():
        with i18n.using("es"):
            assert i18n.gettext(sentence) != sentence, code
