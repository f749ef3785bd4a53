"""Every door of the house: a declared permission, safety headers, no leak between events."""

import pytest
from litestar import Litestar, get

from plenaria.core.app import create_app
from plenaria.core.host.permissions import OPEN, registered
from plenaria.core.kernel.ledger.receipts import key_id, read_public_key
from plenaria.core.web.security.guard import undeclared
from tests.site import Site


def _handlers(app: Litestar):  # type: ignore[no-untyped-def]  # Litestar's route classes share no base with handlers
    for route in app.routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            if handler is not None and getattr(handler, "http_methods", None) != {"OPTIONS"}:
                yield route.path, handler


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_every_route_declares_a_permission_that_somebody_registered(site: Site) -> None:
    declared = {handler.opt.get("permission") for _, handler in _handlers(site.app)}

    assert undeclared(site.app) == []
    assert declared - set(OPEN) <= set(registered())


def test_a_route_without_a_permission_is_found() -> None:
    @get("/open-by-mistake")
    async def careless() -> str:
        return "hello"

    assert undeclared(Litestar([careless], openapi_config=None)) == ["/open-by-mistake"]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_no_console_page_opens_for_strangers_or_for_another_events_organiser(site: Site) -> None:
    stranger, foreign = site.visitor(), await site.signed_in("owner", event=site.other_event)
    paths = {
        path.replace("{event_slug:str}", site.event.slug)
        for path, handler in _handlers(site.app)
        if "GET" in handler.http_methods and "/organise" in path and path.count("{") == 1
    }
    assert len(paths) > 5

    for path in sorted(paths):
        assert (await stranger.get(path)).status_code == 401, path
        assert (await foreign.get(path)).status_code == 403, path


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_every_answer_carries_the_safety_headers(site: Site) -> None:
    for path in ("/", "/nothing-here", "/healthz", f"/{site.event.slug}"):
        headers = (await site.visitor().get(path)).headers

        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_anonymous_page_sets_no_cookie(site: Site) -> None:
    assert "set-cookie" not in (await site.visitor().get("/")).headers


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_switched_off_plugin_answers_404_and_comes_back(site: Site) -> None:
    from plenaria.core.host.plugins import host

    owner = await site.signed_in("owner")
    pages = {"registration": "register", "agenda": "agenda", "awards": "awards"}
    for plugin in host().plugins:
        page = f"/{site.event.slug}/{pages.get(plugin, plugin)}"
        switch = f"/{site.event.slug}/organise/plugins/{plugin}/switch"

        before = await owner.get(page)
        await owner.post(switch, data={"on": "0"})
        off = await owner.get(page)
        elsewhere = await owner.get(page.replace(site.event.slug, site.other_event.slug))
        await owner.post(switch, data={"on": "1"})
        again = await owner.get(page)

        statuses = [answer.status_code for answer in (before, off, elsewhere, again)]
        assert statuses == [200, 404, 200, 200], plugin


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_hidden_event_does_not_exist_for_strangers(site: Site) -> None:
    owner = await site.signed_in("owner")
    form = {
        "name.es": "Oculto",
        "starts_on": "2025-10-01",
        "ends_on": "2025-10-02",
        "zone": "America/Mexico_City",
        "language": "es",
        "currency": "MXN",
    }

    answer = await owner.post(f"/{site.event.slug}/organise/event", data=form)

    assert answer.status_code == 303
    assert (await site.visitor().get(f"/{site.event.slug}")).status_code == 404
    assert (await owner.get(f"/{site.event.slug}")).status_code == 200
    assert "Oculto" not in (await site.visitor().get("/")).text


def test_an_application_with_an_undeclared_route_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from plenaria.core.app import routes as app_routes
    from plenaria.core.kernel.settings import Misconfigured, Settings

    @get("/open-by-mistake")
    async def careless() -> str:
        return "hello"

    everybody = app_routes.of_everybody
    monkeypatch.setattr(app_routes, "of_everybody", lambda host: [*everybody(host), careless])

    with pytest.raises(Misconfigured, match="/open-by-mistake"):
        create_app(Settings(key_file=str(tmp_path / "key.pem")))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_without_a_database_a_signed_in_reader_gets_a_page_that_says_so(site: Site) -> None:
    ana = await site.signed_in(email="ana@example.mx")
    await site.database.close()

    answers = {
        path: await ana.get(path) for path in ("/me", "/healthz", "/readyz", f"/{site.event.slug}", "/api/v1/me")
    }

    assert {path: answer.status_code for path, answer in answers.items()} == {
        "/me": 503,
        "/healthz": 200,
        "/readyz": 503,
        f"/{site.event.slug}": 500,
        "/api/v1/me": 503,
    }
    assert answers["/me"].headers["content-type"].startswith("text/html")
    assert answers["/api/v1/me"].headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_key_that_receipts_are_checked_with_is_public(site: Site) -> None:
    answer = await site.visitor().get("/receipt-key.pem")

    assert "PRIVATE" not in answer.text
    assert key_id(read_public_key(answer.content)) == key_id(site.app.state.signing_key.public_key())
