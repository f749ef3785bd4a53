"""Decisions have one form, so that they can be found by number."""

import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "decisions"
DECISIONS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_says_its_number_what_was_decided_and_why(path: Path) -> None:
    heading, _, text = path.read_text(encoding="utf-8").partition("\n")

    named = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", path.name)
    assert named is not None
    assert re.fullmatch(rf"# {named[1]} · \S.*[^.]", heading)
    assert "**Decision.**" in text
    assert re.search(r"\*\*Why\b", text)


def test_no_number_is_given_twice() -> None:
    numbers = Counter(path.name[:4] for path in DECISIONS)

    assert [number for number, times in numbers.items() if times > 1] == []
