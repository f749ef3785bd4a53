"""What a browser or a cache in between may keep: public pages that were read, and nothing about a person."""

import re

import pytest

from plenaria.core.web.security.headers import may_be_kept
from tests.core.security.test_scopes import _address, _routes
from tests.site import Site


@pytest.mark.parametrize(
    ("method", "permission", "parameters", "is_known", "kept"),
    [
        ("GET", "public", {"event_slug": "x"}, False, True),
        ("GET", "public", {}, True, True),
        ("HEAD", "public", {}, True, True),
        ("GET", "public", {"secret": "s"}, False, False),
        ("GET", "public", {"code": "c", "token": "t"}, False, False),
        ("POST", "public", {}, False, False),
        ("GET", "signed_in", {}, True, False),
        ("GET", "event.view", {}, True, False),
        ("GET", "event.view", {}, False, False),  # refused: the answer may name what was asked for
        ("GET", "", {}, False, True),  # no such page
        ("GET", "", {}, True, False),  # the same, with the reader's name around it
    ],
)
def test_what_may_be_kept(method: str, permission: str, parameters: dict[str, str], is_known: bool, kept: bool) -> None:
    assert may_be_kept(method, permission, parameters, is_known=is_known) is kept


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_nothing_that_needs_a_permission_is_kept_anywhere(site: Site) -> None:
    owner = await site.signed_in("owner")
    walked = 0

    for method, path, permission in _routes(site.app):
        if method == "GET" and (permission != "public" or re.search(r"\{(secret|token):", path)):
            answer = await owner.get(_address(path, site.event.slug))
            walked += 1
            assert answer.headers["cache-control"] == "private, no-store", (path, answer.status_code)

    assert walked > 50


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_page_that_shows_a_new_token_is_not_kept(site: Site) -> None:
    owner = await site.signed_in("owner")

    made = await owner.post(f"/{site.event.slug}/organise/tokens", data={"name": "x", "scopes": "event.view"})
    typed = await site.visitor().post("/sign-in", data={"email": "no address"})

    assert "Bearer" in made.text or 'class="hash"' in made.text
    assert (made.headers["cache-control"], typed.headers["cache-control"]) == ("private, no-store",) * 2


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_public_pages_keep_their_304_for_everybody(site: Site) -> None:
    asked = 0
    for reader in (site.visitor(), await site.signed_in("owner")):
        for method, path, permission in _routes(site.app):
            if method != "GET" or permission != "public" or "{" in path.replace("{event_slug:str}", ""):
                continue
            address = path.replace("{event_slug:str}", site.event.slug)
            first = await reader.get(address)
            if etag := first.headers.get("etag"):
                again = await reader.get(address, headers={"If-None-Match": etag})
                asked += 1
                assert again.status_code == 304, address
                assert "no-store" not in first.headers["cache-control"], address

    assert asked >= 4
