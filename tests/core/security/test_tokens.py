"""An access token ends, and its owner sees when it was last used."""

from datetime import timedelta

import pytest

from plenaria.core.people.tables import ApiToken
from tests.site import NOW, Site


async def test_a_token_is_dead_at_the_instant_that_was_chosen(site: Site) -> None:
    program = await site.bearer("organiser", "event.view")
    exports = f"/api/v1/events/{site.event.slug}/exports"

    site.now = NOW + timedelta(days=365, seconds=-1)
    last = await program.get(exports)
    site.now = NOW + timedelta(days=365)
    late = await program.get(exports)

    assert (last.status_code, late.status_code) == (200, 401)
    assert late.json()["errors"][0]["code"] == "bad_token"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_form_gives_the_life_that_was_chosen_and_no_other(site: Site) -> None:
    organiser = await site.signed_in("organiser")
    tokens = f"/{site.event.slug}/organise/tokens"

    chosen = await organiser.post(tokens, data={"name": "a", "scopes": "event.view", "days": "30"})
    for_ever = await organiser.post(tokens, data={"name": "b", "scopes": "event.view", "days": "99999"})

    assert (chosen.status_code, for_ever.status_code) == (200, 422)
    assert [row["expires_at"] for row in await ApiToken.select()] == [NOW + timedelta(days=30)]


async def test_the_last_use_is_shown_and_written_once_an_hour(site: Site) -> None:
    program = await site.bearer("organiser", "event.view")
    exports, written = f"/api/v1/events/{site.event.slug}/exports", []
    organiser = await site.signed_in("organiser")
    page = f"/{site.event.slug}/organise/tokens?lang=en"
    before = (await organiser.get(page)).text

    for minutes in (0, 59, 60, 61):
        site.now = NOW + timedelta(minutes=minutes)
        await program.get(exports)
        written.append((await ApiToken.select().first())["used_at"] - NOW)

    assert written == [timedelta(minutes=minutes) for minutes in (0, 0, 60, 60)]
    assert "never" in before
    assert "never" not in (await organiser.get(page)).text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_token_works_where_its_use_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    program = await site.bearer("organiser", "event.view")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(ApiToken, "update", full)

    assert (await program.get(f"/api/v1/events/{site.event.slug}/exports")).status_code == 200


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_token_from_before_tokens_ended_is_marked(site: Site) -> None:
    await site.bearer("organiser", "event.view")
    await ApiToken.update({ApiToken.expires_at: None}).where(ApiToken.id.is_not_null())
    organiser = await site.signed_in("organiser")

    assert "no end" in (await organiser.get(f"/{site.event.slug}/organise/tokens?lang=en")).text
