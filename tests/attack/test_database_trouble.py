"""What a visitor, a program, an operator and the worker get while the database cannot serve: 503, never 500."""

import asyncio
import logging
import signal
from datetime import datetime
from typing import Any

import pytest

from plenaria.core.app import jobs
from plenaria.core.cli.answers import answer_to
from plenaria.core.host.contributions import Job
from plenaria.core.host.gathering import Failures, gather
from plenaria.core.kernel.logs import JsonLines
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.storage.database import Database, transaction
from plenaria.core.web import kept_answers
from plenaria.testing.site import Site
from tests.servers import PostgresServer

BUYER = "guadalupe.secreta@example.mx"
ORDER = {
    "buyer_name": "Guadalupe",
    "buyer_email": BUYER,
    "attendees": [{"ticket_type": "none", "given_names": "G", "first_surname": "S", "email": BUYER}],
}


async def test_a_database_that_is_away_is_503_for_everybody_and_says_when_to_come_back(
    fragile_site: Site, server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    visitor, ana = fragile_site.visitor(), await fragile_site.signed_in(email=BUYER)
    slug = fragile_site.event.slug
    server.stop(signal.SIGQUIT)
    try:
        with caplog.at_level(logging.INFO):
            page = await visitor.get(f"/{slug}/register")
            order = await visitor.post(
                f"/api/v1/events/{slug}/orders", json=ORDER, headers={"Idempotency-Key": "twice-is-once"}
            )
            form = await ana.post("/me/account/name", data={"name": "G"})
            ready = await visitor.get("/readyz")
    finally:
        server.start(fsync="off")

    assert {page.status_code, order.status_code, form.status_code, ready.status_code} == {503}
    assert page.headers["retry-after"] == order.headers["retry-after"] == "5"
    assert [each["code"] for each in order.json()["errors"]] == ["busy", "perhaps_saved"]
    assert page.headers["content-type"].startswith("text/html")
    assert BUYER not in "".join(JsonLines().format(record) for record in caplog.records)
    assert (await visitor.get(f"/{slug}")).status_code == 200


async def test_public_pages_go_on_as_they_were_and_say_so(fragile_site: Site, server: PostgresServer) -> None:
    visitor, ana = fragile_site.visitor(), await fragile_site.signed_in(email=BUYER)
    slug = fragile_site.event.slug
    paths = ["/", f"/{slug}", f"/{slug}/agenda", f"/{slug}/agenda.ics", f"/api/v1/events/{slug}/sessions?limit=5"]
    before = {path: await visitor.get(path) for path in paths}
    await visitor.get(f"/{slug}/register")
    own_page = await ana.get(f"/{slug}")
    server.stop(signal.SIGQUIT)
    try:
        away = {path: await visitor.get(path) for path in paths}
        signed_in = await ana.get(f"/{slug}/agenda")
        form, never_asked = await visitor.get(f"/{slug}/register"), await visitor.get(f"/{slug}/agenda?utm=x")
    finally:
        server.start(fsync="off")
    after = await visitor.get(f"/{slug}/agenda")

    assert (
        {answer.status_code for answer in before.values()} == {answer.status_code for answer in away.values()} == {200}
    )
    for path, answer in away.items():
        assert answer.headers["plenaria-stale"] == "database"
        assert int(answer.headers["age"]) >= 0
        assert answer.headers["warning"].startswith("110")
        if answer.headers["content-type"].startswith("text/html"):
            assert "notice-warning" in answer.text
        else:
            assert answer.content == before[path].content
    assert signed_in.status_code == 200
    assert "/sign-in" not in own_page.text
    assert all("/sign-in" in each.text for each in (away[f"/{slug}"], signed_in))
    assert (form.status_code, never_asked.status_code) == (503, 503)
    assert "plenaria-stale" not in after.headers


async def test_a_kept_page_ends_with_its_hour_and_with_its_event(
    fragile_site: Site, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, slug = fragile_site.visitor(), fragile_site.event.slug
    for path in ("", "/agenda"):
        await visitor.get(f"/{slug}{path}")
        await visitor.get(f"/{fragile_site.other_event.slug}{path}")
    await fragile_site.change_event(is_public=False)
    hidden = await visitor.get(f"/{slug}")
    server.stop(signal.SIGQUIT)
    try:
        agenda_of_hidden = await visitor.get(f"/{slug}/agenda")
        other = await visitor.get(f"/{fragile_site.other_event.slug}/agenda")
        monkeypatch.setattr(kept_answers, "KEEP_S", -1.0)
        too_old = await visitor.get(f"/{fragile_site.other_event.slug}/agenda")
    finally:
        server.start(fsync="off")

    assert [each.status_code for each in (hidden, agenda_of_hidden, other, too_old)] == [404, 503, 200, 503]


async def test_a_lock_that_is_not_freed_a_slow_statement_and_an_empty_pool_are_told_apart(fragile_site: Site) -> None:
    database = fragile_site.database
    held, kinds = asyncio.Event(), []

    async def hold() -> None:
        async with transaction():
            await database.fetch("UPDATE core_event SET revision = revision WHERE id = $1", fragile_site.event.id)
            held.set()
            await asyncio.sleep(0.9)

    holding = asyncio.create_task(hold())
    await held.wait()
    for sql in ("UPDATE core_event SET revision = revision + 1", "SELECT pg_sleep(5)"):
        with pytest.raises(Unavailable) as caught:
            await database.fetch(sql)
        kinds.append(caught.value.kind)
    await holding
    sleepers = [asyncio.create_task(database.fetch("SELECT pg_sleep(3)")) for _ in range(3)]
    await asyncio.sleep(0.05)
    outcome = await asyncio.gather(database.fetch("SELECT 1"), return_exceptions=True)
    kinds += [each.kind for each in outcome if isinstance(each, Unavailable)]
    await asyncio.gather(*sleepers, return_exceptions=True)

    assert kinds == ["lock_wait", "timeout", "pool"]
    assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]


async def test_a_server_that_stands_still_costs_one_time_limit_and_the_service_recovers_by_itself(
    fragile_site: Site, server: PostgresServer
) -> None:
    visitor = fragile_site.visitor()
    server.freeze()
    try:
        async with asyncio.timeout(15):
            ready = await visitor.get("/readyz")
            page = await visitor.get(f"/{fragile_site.event.slug}/register")
    finally:
        server.thaw()

    assert (ready.status_code, page.status_code) == (503, 503)
    assert (await visitor.get(f"/{fragile_site.event.slug}/register")).status_code == 200


async def test_a_standby_is_read_only_and_says_so(server: PostgresServer, url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    server.ask("postgres", f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database = Database(url)
    await database.open()
    try:
        with pytest.raises(Unavailable, match="read_only"):
            await database.fetch("UPDATE core_event SET revision = revision")
        server.ask("postgres", f"ALTER DATABASE {name} RESET default_transaction_read_only")
        # The connection that could not write was given up: the next one finds the server as it is now.
        await database.fetch("UPDATE core_event SET revision = revision")
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("trouble", "exit_code", "line"),
    [
        (Unavailable("lock_wait"), 75, "the database cannot serve now (lock_wait); try again later"),
        (Unavailable("unreachable"), 2, "the database cannot be reached:"),
    ],
)
def test_a_command_ends_with_one_line_that_quotes_nobody(trouble: Unavailable, exit_code: int, line: str) -> None:
    trouble.__cause__ = None if trouble.kind == "unreachable" else RuntimeError(BUYER)

    answer = answer_to(trouble)

    assert answer is not None
    assert (answer.exit_code, [each.strip() for each in answer.lines]) == (exit_code, [line])


async def test_regular_work_waits_for_the_database_says_so_once_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    stop, turns = asyncio.Event(), []

    async def seal(*, now: datetime) -> None:
        turns.append(now)
        if len(turns) == 5:
            stop.set()
        if len(turns) < 4:
            raise Unavailable("unreachable")

    with caplog.at_level(logging.INFO, "plenaria.jobs"):
        await jobs._run_jobs_of("core", [Job("core.seal", 0.01, seal)], stop)

    assert [record.getMessage() for record in caplog.records] == [
        "waiting for the database",
        "the database serves again",
    ]
    assert len(turns) == 5


async def test_a_plugin_that_the_database_lets_down_is_not_blamed() -> None:
    async def lookup(plugin: str, contribution: Any) -> None:
        raise Unavailable("unreachable")

    failures = Failures()

    with pytest.raises(Unavailable):
        await gather([("awards", None)], "register_panels", lookup, failures)
    assert failures.latest() == []
