"""What is kept of public pages for a while without a database is bounded by all that it holds."""

from types import SimpleNamespace
from typing import Any

import pytest

from plenaria.core.host.visit import Visit
from plenaria.core.web import kept_answers
from plenaria.core.web.kept_answers import LONGEST_QUERY, KeptAnswers
from tests.site import NOW


def scope(query: str) -> Any:
    handler = SimpleNamespace(opt={"kept_while_away": ("track",)})
    return {
        "method": "GET",
        "path": "/congress/agenda",
        "query_string": query.encode(),
        "route_handler": handler,
        "headers": [],
        "path_params": {},
        "state": {"visit": Visit(now=NOW)},
    }


async def answered(kept: KeptAnswers, query: str) -> None:
    asked = scope(query)
    await kept.note({"type": "http.response.start", "status": 200, "headers": []}, asked)
    await kept.note({"type": "http.response.body", "body": b"page", "more_body": False}, asked)


async def test_addresses_count_as_much_as_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 2_000)
    kept = KeptAnswers()

    for number in range(50):
        await answered(kept, f"track={number:0200}")

    assert 0 < len(kept._kept) < 10
    assert kept._bytes <= 2_000


@pytest.mark.parametrize("query", ["lang=en", "lang=en&lang=xx"])
async def test_the_language_of_an_address_makes_no_page_of_its_own(query: str) -> None:
    kept = KeptAnswers()

    await answered(kept, "")
    await answered(kept, query)

    assert len(kept._kept) == 1


async def test_a_long_address_is_not_kept() -> None:
    kept = KeptAnswers()

    await answered(kept, "track=" + "x" * LONGEST_QUERY)

    assert not kept._kept
