"""A token does what its scopes say, on every route of the installation, and nothing else."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from plenaria.core.host.permissions import OF_INSTALLATION, registered
from tests.site import Site

VALUES = {"int": "1", "str": "x1", "path": "x1", "uuid": "0d5a1f4e-4b8f-4f0e-9a4c-0d5a1f4e4b8f"}


def _routes(app: Litestar) -> list[tuple[str, str, str]]:
    """`(method, path template, permission)` of every handler."""
    return sorted(
        (method, route.path, handler.opt["permission"])
        for route in app.routes
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)])
        if handler is not None and getattr(handler, "http_methods", None) != {"OPTIONS"}
        for method in handler.http_methods
        if method != "OPTIONS"
    )


def _address(path: str, slug: str) -> str:
    named = path.replace("{event_slug:str}", slug)
    return re.sub(r"\{\w+:(\w+)\}", lambda match: VALUES[match[1]], named)


async def _ask(client: httpx.AsyncClient, method: str, address: str) -> httpx.Response:
    body: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": {}}
    return await client.request(method, address, headers={"Idempotency-Key": "a-key"}, **body)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_token_of_one_scope_comes_into_no_handler_of_another_one(site: Site) -> None:
    routes = [each for each in _routes(site.app) if each[1].startswith("/api/v1/") and each[2] != "public"]
    scopes = sorted(registered().keys() - {OF_INSTALLATION})
    assert {"me.read", "awards.nominate", "awards.judge", "registration.check_in"} <= set(scopes)
    came_in: dict[str, int] = dict.fromkeys(scopes, 0)

    for scope in scopes:
        program = await site.bearer("owner", scope)
        for method, path, permission in routes:
            answer = await _ask(program, method, _address(path, site.event.slug))
            if permission == scope:
                came_in[scope] += 1
                assert answer.status_code not in (401, 403), (scope, method, path, answer.text)
            else:
                assert answer.status_code == 403, (scope, method, path, answer.text)

    assert len(routes) > 30
    assert came_in["me.read"] == 2
    assert came_in["awards.nominate"] > 5


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_page_opens_to_a_token(site: Site) -> None:
    program = await site.bearer("owner", *sorted(registered().keys() - {OF_INSTALLATION}))

    for method, path, permission in _routes(site.app):
        if permission != "public" and not path.startswith("/api/"):
            answer = await program.request(method, _address(path, site.event.slug))

            assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_what_a_token_never_does_in_the_api_is_named_here(site: Site) -> None:
    no_scope = {
        (method, path)
        for method, path, permission in _routes(site.app)
        if path.startswith("/api/v1/") and permission in ("signed_in", OF_INSTALLATION)
    }

    assert no_scope == {
        ("POST", "/api/v1/me/erasure"),
        ("GET", "/api/v1/erasures"),
        ("POST", "/api/v1/events/{event_slug:str}/copies"),
    }


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_check_in_token_nominates_nobody_and_says_nothing_of_its_owner(site: Site) -> None:
    program = await site.bearer("owner", "registration.check_in")
    nominations = f"/api/v1/events/{site.event.slug}/nominations"

    nominated = await program.post(nominations, json={"category": "career"}, headers={"Idempotency-Key": "a"})
    asked = await program.get("/api/v1/me")

    assert (nominated.status_code, asked.status_code) == (403, 403)
    assert "example.mx" not in asked.text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_scope_that_is_none_is_not_given(site: Site) -> None:
    owner = await site.signed_in("owner")

    for scope in ("signed_in", "public", "nobody.registered"):
        answer = await owner.post(f"/{site.event.slug}/organise/tokens", data={"name": "x", "scopes": [scope]})

        assert answer.status_code == 409, scope


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_console_offers_each_scope_in_words(site: Site) -> None:
    organiser = await site.signed_in("organiser")

    english = (await organiser.get(f"/{site.event.slug}/organise/tokens?lang=en")).text
    spanish = (await organiser.get(f"/{site.event.slug}/organise/tokens?lang=es")).text

    assert "Read who you are and what you may do" in english
    assert "Nominate, and see and change your own nominations" in english
    assert "Consultar quién es usted y qué puede hacer" in spanish
    assert "Postular, y ver y cambiar sus propias postulaciones" in spanish
