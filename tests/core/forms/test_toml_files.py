"""The line on which a wrong setting stands."""

import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from plenaria.core.forms import Problem, complaint, line_of, lines_of
from plenaria.core.forms.problems import step

DOCUMENT = '''\
# [not.a.table]
title = "a # [b] = {c"     # 2

[event]                    # 4
"the name".es = 'x = [1]'  # 5
text = """
[inside]
key = 1 \\"""
"""
after = { a = 1, b.c = [2,
  3] }                     # 11
days = [ # [
  2025-10-01,              # 13
  ["]", '['],              # 14
  { d = "}" },             # 15
]

[[ticket_types]]           # 18
code = "early"
[ticket_types.price]       # 20
minor = 1
[[ticket_types]]           # 22
code = \'\'\'
late\'\'\'
[[ticket_types.sales]]     # 25
opens = 2025-10-01 09:00:00
[a.b.c]                    # 27
d = 1
[a]                        # 29
e = 1
'''


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/title", 2),
        ("/event", 4),
        ("/event/the name/es", 5),
        ("/event/text", 6),
        ("/inside", 1),
        ("/event/after", 10),
        ("/event/after/b/c/0", 10),
        ("/event/after/b/c/1", 11),
        ("/event/days", 12),
        ("/event/days/0", 13),
        ("/event/days/1/1", 14),
        ("/event/days/2/d", 15),
        ("/ticket_types", 18),
        ("/ticket_types/0", 18),
        ("/ticket_types/0/name/es", 18),
        ("/ticket_types/0/price/minor", 21),
        ("/ticket_types/1", 22),
        ("/ticket_types/1/code", 23),
        ("/ticket_types/1/sales/0/opens", 26),
        ("/a/b", 27),
        ("/a/b/c/d", 28),
        ("/a", 29),
        ("/a/e", 30),
    ],
)
def test_the_line_of_a_pointer(pointer, line):
    tomllib.loads(DOCUMENT)

    assert line_of(DOCUMENT, pointer) == line


def test_a_complaint_names_file_line_field_and_what_is_allowed():
    problem = Problem("/ticket_types/1/code", "too_long", {"allowed": 3, "actual": 4, "of": "characters"})

    said = complaint(problem, file="ciiam.toml", toml_text=DOCUMENT, language="en")

    assert said == "ciiam.toml:23: ticket_types.1.code: Must be at most 3 characters; it has 4."


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["[a]", "a = 1", "#", '"""', "'''", "\\", "}", "]\n[b]", "a.b"]
)
values = st.recursive(
    st.one_of(words, st.integers(-9, 9), st.booleans(), st.dates()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def pointers(value: Any, pointer: str = "") -> set[str]:
    found = {pointer} if pointer else set()
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        found |= pointers(one, step(pointer, key))
    return found


@settings(deadline=None)
@given(st.dictionaries(words, values, max_size=5), st.booleans())
def test_every_pointer_of_a_written_document_has_a_line(document, multiline):
    text = tomli_w.dumps(document, multiline_strings=multiline)

    assert lines_of(text).keys() == pointers(tomllib.loads(text))


@settings(deadline=None)
@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,5}", fullmatch=True), values), unique_by=lambda pair: pair[0]))
def test_a_top_level_key_stands_where_it_was_written(pairs):
    text, expected = "", {}
    for key, value in pairs:
        written = tomli_w.dumps({"k": [value]}).removeprefix("k = ")
        expected[step("", key)] = text.count("\n") + 2
        text += f"# a comment = [\n{key} = {written}" if not written.startswith("[[") else f"\n{key} = []\n"

    assert {pointer: line_of(text, pointer) for pointer in expected} == expected


@given(st.text(st.sampled_from("[]{}=.,#\"'\\\n a1"), max_size=40))
def test_what_is_no_toml_neither_raises_nor_hangs(text):
    assert line_of(text, "/a/0") >= 1
