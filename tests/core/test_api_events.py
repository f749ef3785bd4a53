"""The JSON doors of events and people, and who may pass them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from plenaria.core.host.plugins import host
from plenaria.core.people.tables import ApiToken
from tests.site import Site

EVENTS = "/api/v1/events"


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


async def test_events_are_listed_and_a_hidden_one_only_for_its_team(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure")
    declaration = (await owner.get(f"{EVENTS}/congress/declaration")).json()
    declaration["event"]["is_public"] = False
    hidden = await owner.put(f"{EVENTS}/congress/declaration", json=declaration)

    def slugs(answer: httpx.Response) -> list[str]:
        return sorted(event["slug"] for event in answer.json()["items"])

    assert hidden.status_code == 200
    assert slugs(await site.visitor().get(EVENTS)) == ["other"]
    assert slugs(await (await site.signed_in("finance", event=site.other_event)).get(EVENTS)) == ["other"]
    assert slugs(await owner.get(EVENTS)) == ["congress", "other"]
    assert (await site.visitor().get(f"{EVENTS}/congress")).status_code == 404
    assert (await owner.get(f"{EVENTS}/congress")).json()["name"] == {
        "es": "Congreso congress",
        "en": "Congress congress",
    }


async def test_a_token_of_another_event_does_not_see_a_hidden_one(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure")
    await site.signed_in("owner", event=site.other_event)
    foreign = await site.bearer("owner", "event.configure", event=site.other_event)
    declaration = (await owner.get(f"{EVENTS}/congress/declaration")).json()
    declaration["event"]["is_public"] = False
    await owner.put(f"{EVENTS}/congress/declaration", json=declaration)

    assert (await foreign.get(f"{EVENTS}/congress")).status_code == 404
    assert [event["slug"] for event in (await foreign.get(EVENTS)).json()["items"]] == ["other"]


async def test_me_says_whose_token_it_is_and_what_it_is_limited_to(site: Site) -> None:
    program = await site.bearer("organiser", "event.configure", "me.read")

    me = (await program.get("/api/v1/me")).json()

    assert me["email"] == "organiser@example.mx"
    assert me["roles"] == [{"event": "congress", "role": "organiser"}]
    assert me["token"] == {"event": "congress", "scopes": ["event.configure", "me.read"]}


async def test_a_session_may_use_the_api_too(site: Site) -> None:
    me = (await (await site.signed_in("juror")).get("/api/v1/me")).json()

    assert (me["roles"], me["token"]) == ([{"event": "congress", "role": "juror"}], None)


@pytest.mark.parametrize("how", ["unknown", "revoked", "expired"])
async def test_a_token_that_is_no_good_is_not_taken_for_a_visitor(site: Site, how: str) -> None:
    program = await site.bearer("owner", "event.configure")
    if how == "unknown":
        program.headers["Authorization"] += "x"
    elif how == "revoked":
        await ApiToken.update({ApiToken.revoked_at: site.now}, force=True)
    else:
        await ApiToken.update({ApiToken.expires_at: site.now + timedelta(hours=1)}, force=True)
        assert (await program.get(EVENTS)).status_code == 200
        site.now += timedelta(hours=1)

    for path in (EVENTS, f"{EVENTS}/congress", "/api/v1/me"):
        answer = await program.get(path)

        assert _code(answer) == (401, "bad_token")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_scheme_of_a_token_is_read_in_any_case(site: Site) -> None:
    program = await site.bearer("owner", "me.read")
    program.headers["Authorization"] = program.headers["Authorization"].replace("Bearer", "bearer")

    assert (await program.get("/api/v1/me")).status_code == 200


async def test_a_declaration_read_and_written_back_changes_nothing(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure", "event.team")
    before = (await owner.get(f"{EVENTS}/congress/declaration?team=true")).json()
    revision = (await owner.get(f"{EVENTS}/congress")).json()["revision"]

    answer = await owner.put(f"{EVENTS}/congress/declaration", json=before)

    assert (answer.status_code, answer.json()) == (200, before)
    assert before["team"] == [{"email": "owner@example.mx", "role": "owner"}]
    assert set(before["plugins"]) == set(host().plugins)
    assert (await owner.get(f"{EVENTS}/congress")).json()["revision"] == revision


async def test_every_problem_of_a_declaration_is_told_and_nothing_is_applied(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure")
    before = (await owner.get(f"{EVENTS}/congress/declaration")).json()
    wrong: dict[str, Any] = {**before, "event": {**before["event"], "zone": "Mars/Olympus", "city": "Puebla"}}
    wrong["plugins"] = {"nonsense": {}}

    answer = await owner.put(f"{EVENTS}/congress/declaration", json=wrong)

    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/event/zone", "/plugins/nonsense"}
    assert (await owner.get(f"{EVENTS}/congress/declaration")).json() == before


async def test_a_declaration_of_another_event_is_refused(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure")
    other = (await owner.get(f"{EVENTS}/congress/declaration")).json()
    other["event"]["slug"] = "other"

    assert _code(await owner.put(f"{EVENTS}/congress/declaration", json=other)) == (422, "other_event")


async def test_an_organiser_cannot_make_themselves_owner_by_declaration(site: Site) -> None:
    organiser = await site.bearer("organiser", "event.configure", "event.team", "me.read")
    declaration = (await organiser.get(f"{EVENTS}/congress/declaration?team=true")).json()
    declaration["team"].append({"email": "organiser@example.mx", "role": "owner"})

    answer = await organiser.put(f"{EVENTS}/congress/declaration", json=declaration)

    assert _code(answer) == (403, "only_owners_set_team")
    assert (await organiser.get("/api/v1/me")).json()["roles"] == [{"event": "congress", "role": "organiser"}]


async def test_the_team_is_not_shown_to_a_token_without_that_scope(site: Site) -> None:
    owner = await site.bearer("owner", "event.configure")

    assert _code(await owner.get(f"{EVENTS}/congress/declaration?team=true")) == (403, "not_permitted")


async def test_plugins_are_switched_and_set(site: Site) -> None:
    assert host().plugins
    owner = await site.bearer("owner", "event.configure")
    for name in host().plugins:
        path = f"{EVENTS}/congress/plugins/{name}"
        settings = await owner.get(f"{path}/settings")
        wrong = await owner.put(f"{path}/settings", json={**settings.json(), "no_such_setting": 1})
        kept = await owner.put(f"{path}/settings", json=settings.json())
        off = await owner.put(path, json={"enabled": False})
        listed = {
            each["plugin"]: each["enabled"] for each in (await owner.get(f"{EVENTS}/congress/plugins")).json()["items"]
        }
        on = await owner.put(path, json={"enabled": True})

        assert _code(wrong) == (422, "unknown_field")
        assert (kept.status_code, kept.json()) == (200, settings.json())
        assert (off.json()["enabled"], listed[name], on.json()["enabled"]) == (False, False, True)


async def test_what_is_set_needs_the_permission(site: Site) -> None:
    for client, status in ((site.visitor(), 401), (await site.signed_in("door"), 403)):
        for path in ("plugins", "declaration"):
            assert (await client.get(f"{EVENTS}/congress/{path}")).status_code == status
