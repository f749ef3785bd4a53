"""The served API against its own document: schemathesis asks every operation, with what fits the document and what does not.

The sample congress is served as by `plenaria demo`, over HTTP, and asked by a visitor and by the owner's token.
"""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from playwright.sync_api import sync_playwright
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from plenaria.core.app import create_app
from plenaria.core.cli import demo
from plenaria.core.events.queries import event_by_slug
from plenaria.core.host.permissions import OF_INSTALLATION, registered
from plenaria.core.host.visit import Visit
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Settings
from plenaria.core.people import queries, services

SLUG = "ciiam-2025"
EXAMPLES = 20
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Served:
    """A running sample congress."""

    address: str
    document: dict[str, Any]
    token: str
    statuses: dict[str, set[int]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    made = CliRunner().invoke(demo.command, ["--no-serve", "--folder", str(folder)])
    assert made.exit_code == 0, made.output
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = _Server(folder, listening)
    server.start()
    try:
        address = f"http://127.0.0.1:{port}"
        document = httpx.get(f"{address}/api/openapi.json").raise_for_status().json()
        yield Served(address, document, server.token)
    finally:
        server.stop()
        listening.close()


class _Server(threading.Thread):
    """The application in a loop of its own, with a token of the owner that has every scope."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        super().__init__(daemon=True)
        self.token = ""
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._listening = listening
        self._settings = Settings(
            database=f"sqlite:///{folder / 'demo.sqlite3'}?synchronous=OFF",
            key_file=str(folder / "signing-key.pem"),
            development=True,
        )
        self._uvicorn: uvicorn.Server | None = None

    def start(self) -> None:
        super().start()
        assert self._ready.wait(30)
        if self._failure is not None:
            raise self._failure

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        app = create_app(self._settings)
        async with app.lifespan():
            self.token = await _owners_token()
            self._uvicorn = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
            self._ready.set()
            await self._uvicorn.serve(sockets=[self._listening])

    def stop(self) -> None:
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        self.join(30)


async def _owners_token() -> str:
    person = await queries.person_by_email("olivia.duenas@owner.example")
    event = await event_by_slug(SLUG)
    assert person is not None
    assert event is not None
    now = clock.now()
    visit = Visit(now=now, confirmed_at=now, person=person, roles=await queries.roles(person.id))
    return await services.make_token(
        visit, event, name="schemathesis", scopes=sorted({*registered()} - {OF_INSTALLATION})
    )


# -- what is asked -------------------------------------------------------------------------------------------------


def _with_real_names(served: Served, client: httpx.Client) -> dict[str, Any]:
    """The document with path parameters that may be real: the event's slug, the codes that its lists show."""
    described: dict[str, Any] = {**served.document, "servers": [{"url": served.address}]}
    for path, item in described["paths"].items():
        for operation in (item[method] for method in METHODS if method in item):
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    real = _real_names(path, parameter["name"], described, client)
                    parameter["schema"] = {"enum": real} if real else parameter["schema"]
    return described


def _real_names(path: str, name: str, described: dict[str, Any], client: httpx.Client) -> list[Any]:
    if name == "event_slug":
        return [SLUG]
    of_list = path.partition(f"/{{{name}}}")[0]
    if "get" not in described["paths"].get(of_list, {}):
        return []
    answer = client.get(of_list.replace("{event_slug}", SLUG), params={"limit": 5})
    items = answer.json().get("items", []) if answer.is_success else []
    keys = (name, "code", "id", "slug")
    found = [next((item[key] for key in keys if key in item), None) for item in items if isinstance(item, dict)]
    return [each for each in found if each is not None] + (["nobody"] if found and isinstance(found[0], str) else [])


def _is_last(operation: Any) -> bool:
    """Whether it changes what the others ask about: the event itself, its plugins."""
    return operation.method == "put" and bool(re.search(r"/(declaration|plugins/[^/]+(/settings)?)$", operation.path))


def _asked(served: Served, headers: dict[str, str]) -> list[str]:
    """Ask every operation; what was found wrong."""
    with httpx.Client(base_url=served.address, headers={"Authorization": f"Bearer {served.token}"}) as client:
        schema = schemathesis.openapi.from_dict(_with_real_names(served, client))
    operations = sorted(
        (found.ok() for found in schema.get_all_operations()), key=lambda each: (_is_last(each), each.path)
    )
    found: list[str] = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            found += _ask(served, operation, mode, headers)
    return found


def _ask(served: Served, operation: Any, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    found: list[str] = []
    statuses = served.statuses.setdefault(operation.label, set())

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(base_url=served.address, headers=headers)
        statuses.add(answer.status_code)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            found.extend(f"{operation.label} [{mode.value}]: {each.title}: {each.message}" for each in group.exceptions)

    try:
        ask()
    except Unsatisfiable:  # nothing can be wrong in a request that takes nothing
        assert mode is GenerationMode.NEGATIVE, operation.label
    return sorted(set(found))


def test_a_visitor_gets_what_the_document_says(served: Served) -> None:
    assert _asked(served, {}) == []


def test_an_owners_token_gets_what_the_document_says(served: Served) -> None:
    assert _asked(served, {"Authorization": f"Bearer {served.token}"}) == []
    reached = {label for label, statuses in served.statuses.items() if min(statuses) < 300}
    assert {"GET /api/v1/events", "GET /api/v1/me", "GET /api/v1/events/{event_slug}/declaration"} <= reached


# -- the document --------------------------------------------------------------------------------------------------


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def test_only_the_api_is_described_and_every_operation_is_named_and_tagged(served: Served) -> None:
    operations = dict(_operations(served.document))
    tags = {tag["name"] for tag in served.document["tags"]}

    assert served.document["openapi"].startswith("3.1")
    assert all(label.split(" ")[1].startswith("/api/v1/") for label in operations)
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert [
        label for label, one in operations.items() if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", one["operationId"])
    ] == []
    assert [label for label, one in operations.items() if not one.get("summary") or not set(one["tags"]) <= tags] == []


def test_structs_have_plain_names_and_every_no_is_a_problem(served: Served) -> None:
    schemas = served.document["components"]["schemas"]

    assert [name for name in schemas if not re.fullmatch(r"([A-Z][A-Za-z0-9]*)", name)] == []
    for label, operation in _operations(served.document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer == {"$ref": f"#/components/responses/Problem{status}"}, label


def test_every_post_that_creates_takes_an_idempotency_key(served: Served) -> None:
    for label, operation in _operations(served.document):
        if label.startswith("POST") and "201" in operation["responses"]:
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            assert "Idempotency-Key" in names, label


# -- the page ------------------------------------------------------------------------------------------------------


def test_the_page_shows_every_operation_and_struct_in_both_languages_and_asks_nobody_else(served: Served) -> None:
    for language, word in (("es", "Parámetros"), ("en", "Parameters")):
        html = httpx.get(f"{served.address}/api/docs", headers={"Accept-Language": language}).text

        missing = [
            one["operationId"] for _, one in _operations(served.document) if f'id="{one["operationId"]}"' not in html
        ]
        assert missing == []
        linked, shown = set(re.findall(r'href="#([^"]+)"', html)), set(re.findall(r' id="([^"]+)"', html))
        assert linked - shown == set()
        assert word in html
        assert re.findall(r'(?:src|href)="https?://', html) == []


def test_the_page_is_accessible(served: Served, chromium_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{served.address}/api/docs")
        page.locator("summary", has_text="/api/v1/events/{event_slug}/declaration").first.click()

        found = Axe().run(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        browser.close()

    assert [violation["id"] for violation in found.response["violations"]] == []
    assert width == 390
