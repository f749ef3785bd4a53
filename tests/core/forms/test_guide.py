"""The developers' page about forms tells the truth."""

import re
from pathlib import Path
from typing import Any

from plenaria.core.forms import check
from plenaria.core.forms.words import _WORDS

GUIDE = (Path(__file__).parents[3] / "docs" / "developer" / "forms.md").read_text(encoding="utf-8")


def test_the_example_works_as_it_is_pasted():
    (example, *_) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "forms.md", "exec"), names)  # noqa: S102 - our own page

    ticket = {"code": "early", "name": {"es": "Anticipado"}, "price": {"minor": 100}, "size": 301}
    (problem,) = check(names["TicketSettings"], {"ticket_types": [ticket]}).problems

    assert (problem.pointer, problem.code) == ("/most_seats", "too_few_seats")


def test_every_code_is_on_the_page():
    codes = set(re.findall(r"`(\w+)`", GUIDE.partition("## Codes")[2]))

    assert set(_WORDS) <= codes
