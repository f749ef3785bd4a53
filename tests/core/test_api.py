"""What every JSON door has in common: bodies, lists, effects that happen once, problems; on both engines."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Generic, TypeVar

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar, Request, Response, get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from plenaria.core.app import create_app
from plenaria.core.host import plugins
from plenaria.core.host.plugins import PluginHost
from plenaria.core.host.visit import Visit
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import Refusal, Refused
from plenaria.core.people.services import ensure_person
from plenaria.core.people.tables import Person
from plenaria.core.storage.requests.tables import IdempotentAnswer
from plenaria.core.web.api import After, Limit, Page, id_after, once, openapi, paged, paged_whole
from tests.site import NOW, running

Anything = Request[Any, Any, Any]


class NewGuest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is coming."""

    email: Annotated[str, Meta(max_length=40, extra={"kind": "email"})]
    seats: Annotated[int, Meta(ge=1, le=5)] = 1


class Guest(Struct, frozen=True):
    """Who came."""

    id: int
    email: str


@get("/api/v1/guests", permission="public", operation_id="listGuests")
async def list_guests(request: Anything, after: After = "", limit: Limit = 50) -> Response[Page[Guest]]:
    """Guests."""
    rows = await Person.select().where(Person.id > id_after(after)).order_by(Person.id).limit(limit + 1)
    return paged(request, [Guest(row["id"], row["email"]) for row in rows], key=lambda guest: guest.id, limit=limit)


@get("/api/v1/letters", permission="public", operation_id="listLetters")
async def list_letters(request: Anything, after: After = "", limit: Limit = 50) -> Response[Page[str]]:
    """Letters."""
    return paged_whole(request, list("abcde"), key=str, after=after, limit=limit)


@post("/api/v1/guests", permission="public", operation_id="addGuest", idempotent=True)
async def add_guest(request: Anything, data: JSONBody[NewGuest], visit: Visit) -> Response[Guest]:
    """Add a guest."""

    async def add() -> Guest:
        before = await Person.count()
        person = await ensure_person(f"{before}.{data.email}", now=visit.now)
        if data.seats == 5:
            raise Refused(Refusal("not_found", {}, "/seats"))
        return Guest(person.id, person.email)

    return await once(request, data, add)


@get("/api/v1/fault", permission="public", operation_id="getFault")
async def fault() -> Guest:
    """Fails."""
    raise ZeroDivisionError("a secret detail")


@pytest_asyncio.fixture
async def client(engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A program that speaks English to an application with the doors above."""
    from plenaria.core.web import service

    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(service, "ROUTES", [*service.ROUTES, list_guests, list_letters, add_guest, fault])
    settings = Settings(database=engine_url, key_file=str(tmp_path / "key.pem"))
    monkeypatch.setattr("plenaria.core.app.application.schema_difference", _same_schema)
    app = create_app(settings, host=PluginHost.discover(only=[]))
    async with running(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = {"Accept-Language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
            yield client


async def _same_schema(*_: Any) -> list[str]:
    """The copied database has the plugins' tables too; this host has no plugins."""
    return []


def _problem(answer: httpx.Response) -> SimpleNamespace:
    """The problem document, after checking that it is one."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) == {"type", "title", "status", "detail", "instance", "errors"}
    assert document["status"] == answer.status_code
    assert document["instance"] == answer.request.url.path
    codes = [each["code"] for each in document["errors"]]
    return SimpleNamespace(status=answer.status_code, codes=codes, errors=document["errors"])


# -- bodies


async def test_all_problems_of_a_body_come_at_once_with_pointers_in_the_callers_language(
    client: httpx.AsyncClient,
) -> None:
    body = {"email": "nobody", "seats": 9, "colour": "red"}

    english = _problem(await client.post("/api/v1/guests", json=body))
    spanish = _problem(await client.post("/api/v1/guests", json=body, headers={"Accept-Language": "es"}))

    found = {(each["pointer"], each["code"]) for each in english.errors}
    assert found == {("/email", "bad_pattern"), ("/seats", "too_large"), ("/colour", "unknown_field")}
    assert english.status == spanish.status == 422
    assert "Must be at most 5; it is 9." in [each["detail"] for each in english.errors]
    assert "Must be at most 5; it is 9." not in [each["detail"] for each in spanish.errors]


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
        (b'{"email": "\\ud800"}', "application/json", 400, "malformed_json"),
        (b"", "application/json", 400, "body_missing"),
        (b"[]", "application/json", 422, "wrong_type"),
        (b'{"email": "a@b.mx", "seats": 1, "seats": 2}', "application/json", 400, "repeated_key"),
        (b'{"email": "a@b.mx", "x": [{"y": 1, "z": 2, "y": 1}]}', "application/json", 400, "repeated_key"),
        (b'{"email": "a\\u0000@b.mx"}', "application/json", 422, "control_characters"),
        (b'{"email": "a@b.mx"}', "text/plain", 415, "not_json"),
        (b'{"email": "a@b.mx"}', "", 415, "not_json"),
        (b'"' + b"x" * 2_000_001 + b'"', "application/json", 413, "body_too_large"),
    ],
    ids=[
        "cut off",
        "not UTF-8",
        "too deep",
        "half a surrogate",
        "empty",
        "a list",
        "a key twice",
        "a key twice within",
        "NUL",
        "as text",
        "as nothing",
        "big",
    ],
)
async def test_a_body_that_is_none_is_refused(
    client: httpx.AsyncClient, body: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {"Idempotency-Key": "k", **({"Content-Type": media_type} if media_type else {})}

    problem = _problem(await client.post("/api/v1/guests", content=body, headers=headers))

    assert (problem.status, problem.codes) == (status, [code])
    assert await Person.count() == 0


# -- lists


async def test_pages_follow_each_other_to_the_end(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await ensure_person(f"guest-{number}@example.mx", now=NOW)
    seen: list[str] = []
    address: str | None = "/api/v1/guests?limit=2"

    while address:
        answer = await client.get(address)
        seen += [guest["email"] for guest in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url")

    assert seen == [f"guest-{number}@example.mx" for number in range(5)]
    assert answer.json()["next"] is None


async def test_a_list_in_memory_is_paged_by_its_keys(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/letters?after=b&limit=2")

    assert answer.json() == {"items": ["c", "d"], "next": "d"}
    assert answer.headers["link"] == '</api/v1/letters?limit=2&after=d>; rel="next"'


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "bad_parameter"),
        ("limit=201", 400, "bad_parameter"),
        ("limit=many", 400, "bad_parameter"),
        ("after=" + "9" * 201, 400, "bad_parameter"),
        ("after=99999999999", 422, "bad_cursor"),
        ("after=-1", 422, "bad_cursor"),
        ("after=%C2%B2", 422, "bad_cursor"),
        ("after=%00", 422, "control_characters"),
    ],
)
async def test_a_wrong_cursor_or_limit_is_refused(
    client: httpx.AsyncClient, query: str, status: int, code: str
) -> None:
    problem = _problem(await client.get(f"/api/v1/guests?{query}"))

    assert (problem.status, problem.codes) == (status, [code])


# -- effects that happen once


async def _add(client: httpx.AsyncClient, key: str, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("/api/v1/guests", json={"email": "ana@example.mx", **body}, headers=headers)


async def test_a_parameter_that_the_operation_does_not_have_is_refused_by_name(client: httpx.AsyncClient) -> None:
    refused = _problem(await client.get("/api/v1/guests?limits=5&colour=red&lang=en"))

    found = [(each["parameter"], each["code"], each["detail"]) for each in refused.errors]
    assert refused.status == 400
    assert found == [
        ("limits", "unknown_parameter", "There is no parameter called “limits” here. Did you mean “limit”?"),
        ("colour", "unknown_parameter", "There is no parameter called “colour” here."),
    ]


async def test_a_parameter_that_stands_twice_is_refused(client: httpx.AsyncClient) -> None:
    refused = _problem(await client.get("/api/v1/guests?limit=5&limit=6"))

    assert (refused.status, refused.codes) == (400, ["repeated_parameter"])


async def test_many_unknown_parameters_are_answered_shortly(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/v1/guests?" + "&".join(f"{'x' * 40}{n}" for n in range(1000)))

    assert refused.status_code == 400
    assert len(refused.content) < 5_000


async def test_the_same_request_with_the_same_key_has_its_effect_once(client: httpx.AsyncClient) -> None:
    first, again = await _add(client, "k1"), await _add(client, "k1")
    other = await _add(client, "k2")

    assert first.status_code == again.status_code == other.status_code == 201
    assert first.content == again.content != other.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await Person.count() == 2


async def test_ten_at_once_with_one_key_have_one_effect(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_add(client, "k") for _ in range(10)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await Person.count() == 1


async def test_a_key_is_good_for_one_request_only(client: httpx.AsyncClient) -> None:
    await _add(client, "k")

    problem = _problem(await _add(client, "k", seats=2))

    assert (problem.status, problem.codes) == (422, ["idempotency_key_reused"])
    assert await Person.count() == 1


@pytest.mark.parametrize(("key", "code"), [("", "idempotency_key_missing"), ("k" * 256, "idempotency_key_malformed")])
async def test_without_a_usable_key_nothing_is_made(client: httpx.AsyncClient, key: str, code: str) -> None:
    problem = _problem(await _add(client, key))

    assert (problem.status, problem.codes) == (400, [code])
    assert await Person.count() == 0


async def test_a_refused_effect_leaves_nothing_and_frees_its_key(client: httpx.AsyncClient) -> None:
    refused = _problem(await _add(client, "k", seats=5))
    made = await _add(client, "k", seats=4)

    assert refused.errors[0]["pointer"] == "/seats"
    assert made.status_code == 201
    assert await Person.count() == 1


async def test_another_caller_may_use_the_same_key(client: httpx.AsyncClient) -> None:
    app = client._transport.app  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 1))
    await _add(client, "k")

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as elsewhere:
        other = await _add(elsewhere, "k", seats=3)

    assert other.status_code == 201
    assert await Person.count() == 2


async def test_nothing_of_caller_or_key_is_stored_in_the_clear(client: httpx.AsyncClient) -> None:
    await _add(client, "spoken-secret")

    rows = await IdempotentAnswer.select()

    assert len(rows) == 1
    assert len(rows[0]["key"]) == len(rows[0]["request_hash"]) == 64


# -- problems


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "nothing_here"),
        ("GET", "/api/nothing", 404, "nothing_here"),
        ("DELETE", "/api/v1/guests", 405, "method_not_allowed"),
        ("GET", "/api/v1/me", 401, "not_signed_in"),
        ("GET", "/api/v1/events/none", 404, "nothing_here"),
        ("GET", "/api/v1/events/a%00b", 404, "nothing_here"),
        ("GET", "/api/v1/fault", 500, "internal_error"),
    ],
)
async def test_every_no_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, _problem(answer).codes) == (status, [code])
    assert "secret detail" not in answer.text
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "OPTIONS"}


async def test_only_what_every_visitor_gets_is_kept_by_caches(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/nothing", "/api/v1/me", "/api/v1/guests?limit=0"):
        assert (await client.get(path)).headers["cache-control"] == "private, no-store"

    answer = await client.get("/api/v1/guests")

    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["vary"] == "Authorization, Cookie, Accept-Language"


async def test_a_public_read_has_a_tag_and_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/v1/letters")

    again = await client.get("/api/v1/letters", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    other = await client.get("/api/v1/letters?limit=1", headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (other.status_code, other.json()["items"]) == (200, ["a"])


async def test_other_sites_scripts_read_what_is_public_and_nothing_else(client: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://association.example"}
    asking = {**foreign, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}

    public = await client.get("/api/v1/letters", headers=foreign)
    private = await client.get("/api/v1/me", headers=foreign)
    with_token = await client.get("/api/v1/letters", headers={**foreign, "Authorization": "Bearer none"})
    preflight = await client.options("/api/v1/letters", headers=asking)

    assert public.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in {*public.headers, *preflight.headers}
    assert "access-control-allow-origin" not in {*private.headers, *with_token.headers}
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "authorization" not in preflight.headers["access-control-allow-headers"]


async def test_a_language_asked_of_the_api_sets_no_cookie(client: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await client.get("/api/v1/letters?lang=en")).headers


async def test_a_post_from_another_sites_page_is_not_carried_out(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "Sec-Fetch-Site": "cross-site"}

    problem = _problem(await client.post("/api/v1/guests", json={"email": "a@example.mx"}, headers=headers))

    assert (problem.status, problem.codes) == (403, ["cross_site_request"])
    assert await Person.count() == 0


class Level(Struct, frozen=True):
    name: dict[str, str]


class Sponsors(Struct, frozen=True):
    levels: tuple[Level, ...] = (Level({"es": "Oro"}),)


T = TypeVar("T")


class Several(Struct, Generic[T], frozen=True):
    items: list[T]


def test_a_struct_that_the_framework_cannot_describe_does_not_break_the_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own plugin hashes every default; a dict within one cannot be hashed."""

    @get("/sponsors", permission="public")
    async def sponsors() -> Sponsors:
        return Sponsors()

    @get("/several", permission="public")
    async def several() -> Several[Sponsors]:
        return Several([Sponsors()])

    app = Litestar(
        [sponsors, several],
        openapi_config=openapi.config(Settings()),
        plugins=[openapi.OwnSchemas()],
        logging_config=None,
    )
    app.state.settings = Settings()
    monkeypatch.setattr(plugins, "_host", PluginHost([]))

    schemas = openapi.document(app)["components"]["schemas"]

    assert schemas["Sponsors"]["properties"]["levels"]["default"] == ({"name": {"es": "Oro"}},)
    assert "SeveralOfSponsors" in schemas
