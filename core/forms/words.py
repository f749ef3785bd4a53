"""The sentence for each problem: what is wrong, and what is allowed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from plenaria.core.forms.problems import Problem
from plenaria.core.kernel.i18n import fill, gettext, ngettext, using
from plenaria.core.kernel.money import typed_amount
from plenaria.core.kernel.values import N_

_WORDS: Final[Mapping[str, str]] = {
    "missing": N_("Must be filled in."),
    "null_refused": N_("Cannot be null; leave it out for its default."),
    "unknown_field": N_("There is no setting “{name}” here."),
    "too_small": N_("Must be at least {allowed}; it is {actual}."),
    "too_large": N_("Must be at most {allowed}; it is {actual}."),
    "not_a_multiple": N_("Must be a multiple of {allowed}; it is {actual}."),
    "bad_pattern": N_("Is not written in the form that is asked for."),
    "not_a_choice": N_("Must be one of: {allowed}."),
    "naive_datetime": N_("Must include its offset from UTC, as in {actual}-06:00."),
    "nonexistent_time": N_("On that day the clocks skip {actual} in {zone}; choose another time."),
    "bad_zone": N_("“{actual}” is not a time zone; write it as in America/Mexico_City."),
    "bad_slug": N_("Must be lower-case letters, digits and single hyphens, as in annual-congress; it is “{actual}”."),
    "control_characters": N_("Contains a character that cannot be shown ({character}, at position {position})."),
    "not_unique": N_("“{value}” is already used by item {first}; each must be different."),
    "invalid": N_("Is not allowed: {reason}."),
}

_WORDS_IN_CASE: Final[Mapping[str, str]] = {
    "unknown_field meant": N_("There is no setting “{name}” here; did you mean “{meant}”?"),
    "too_small exclusive": N_("Must be more than {allowed}; it is {actual}."),
    "too_large exclusive": N_("Must be less than {allowed}; it is {actual}."),
    "bad_pattern example": N_("Must be written as in {example}."),
}
"""Better words for when the facts hold that one (and it is not empty)."""

_EXPECTED: Final[Mapping[str, str]] = {
    "text": N_("Must be text."),
    "whole_number": N_("Must be a whole number, as in 25."),
    "number": N_("Must be a number, as in 2.5."),
    "yes_or_no": N_("Must be yes or no (true or false)."),
    "amount": N_("Must be an amount, as in 1,234.50."),
    "instant": N_("Must be a date and time, as in 2025-10-01T09:00:00-06:00."),
    "local_time": N_("Must be a date and time without an offset, as in 2025-10-01T09:00."),
    "date": N_("Must be a date, as in 2025-10-01."),
    "time": N_("Must be a time of day, as in 09:30."),
    "list": N_("Must be a list."),
    "table": N_("Must be a table of settings."),
    "languages": N_('Must be a text for each language, as in { es = "…", en = "…" }.'),
    "uuid": N_("Must be an identifier (UUID)."),
    "json": N_("Must be valid JSON."),
}

_COUNTED: Final[Mapping[tuple[str, str], Callable[[int], str]]] = {
    ("too_long", "characters"): lambda count: ngettext(
        "Must be at most {allowed} character; it has {actual}.",
        "Must be at most {allowed} characters; it has {actual}.",
        count,
    ),
    ("too_short", "characters"): lambda count: ngettext(
        "Must be at least {allowed} character; it has {actual}.",
        "Must be at least {allowed} characters; it has {actual}.",
        count,
    ),
    ("too_long", "items"): lambda count: ngettext(
        "Must be at most {allowed} item; there are {actual}.",
        "Must be at most {allowed} items; there are {actual}.",
        count,
    ),
    ("too_short", "items"): lambda count: ngettext(
        "Must be at least {allowed} item; there are {actual}.",
        "Must be at least {allowed} items; there are {actual}.",
        count,
    ),
    ("too_long", "levels"): lambda count: ngettext(
        "Must be at most {allowed} level deep.", "Must be at most {allowed} levels deep.", count
    ),
}

ALL_WORDS: Final[Mapping[str, str]] = {
    **_WORDS,
    "wrong_type": N_("Is not of the type that is asked for."),
    "too_long": N_("Is too long, or has too many items."),
    "too_short": N_("Is too short, or has too few items."),
}
"""The msgid of every code that a check gives, in its most general words."""

_MOST_CHOICES: Final = 12


def words(problem: Problem, language: str) -> str:
    """The sentence in that language; a code without words of its own is named."""
    with using(language):
        return fill(_sentence(problem), _shown_facts(problem))


def _sentence(problem: Problem) -> str:
    code, facts = problem.code, problem.facts
    if problem.sentence:
        return gettext(problem.sentence)
    if counted := _COUNTED.get((code, str(facts.get("of")))):
        return counted(int(facts["allowed"]))
    if code == "wrong_type":
        return gettext(_EXPECTED.get(str(facts.get("expected")), N_("Is not of the type that is asked for.")))
    for name, value in facts.items():
        if value and (special := _WORDS_IN_CASE.get(f"{code} {name}")):
            return gettext(special)
    return gettext(_WORDS[code]) if code in _WORDS else fill(gettext("Is not allowed ({code})."), {"code": code})


def _shown_facts(problem: Problem) -> dict[str, Any]:
    facts = dict(problem.facts)
    if facts.get("as") == "money":
        facts |= {name: _amount(facts[name], facts["currency"]) for name in ("allowed", "actual") if name in facts}
    elif isinstance(allowed := facts.get("allowed"), (list, tuple)):
        facts["allowed"] = _enumerated(allowed)
    if problem.code == "not_unique" and isinstance(facts.get("first"), int):
        facts["first"] += 1
    return facts


def _amount(value: Any, currency: str) -> str:
    return f"{typed_amount(value, currency)} {currency}" if isinstance(value, int) else str(value)


def _enumerated(choices: list[Any] | tuple[Any, ...]) -> str:
    shown = ", ".join(str(choice) for choice in choices[:_MOST_CHOICES])
    return shown + ", …" if len(choices) > _MOST_CHOICES else shown
