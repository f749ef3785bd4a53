"""What the outbox promises, with plugins that listen, fail, hang and die, on both engines."""

import asyncio
import importlib
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from plenaria.core import mail
from plenaria.core.app.application import CARRIERS
from plenaria.core.events import services
from plenaria.core.events.details import EventDetails
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PluginCard
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.core.kernel import clock
from plenaria.core.kernel.settings import Mail as MailSettings
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.trouble import Unavailable
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import outbox
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.database import Database, current, savepoint, transaction
from plenaria.core.storage.outbox import carriers, claiming, delivering, settling, upgrading, waking
from plenaria.core.storage.outbox.delivering import Delivery
from plenaria.core.storage.outbox.tables import OutboxLine

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
SOON = timedelta(seconds=1)

LISTENER = """
from datetime import datetime
from plenaria.core.host.hookspecs import hookimpl
from plenaria.core.kernel.values import EventView

heard = []
behave = None  # an async function that the test sets

@hookimpl
async def plugin_switched(event: EventView, plugin: str, on: bool, now: datetime) -> None:
    if behave is not None:
        await behave()
    heard.append((event.slug, plugin, on))
"""


@pytest.fixture(autouse=True)
def _no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail.installation, "_settings", Settings())
    monkeypatch.setattr(carriers, "_carriers", dict(CARRIERS))
    monkeypatch.setattr(plugins, "_host", plugins._host)


@pytest_asyncio.fixture
async def listeners(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, Any]]:
    """The modules of two listening plugins, `a` and `b`, of a host in use."""
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = []
    for name in ("a", "b"):
        package = tmp_path / f"listener_{name}"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(LISTENER, encoding="utf-8")
        entries.append(EntryPoint(name=name, value=f"listener_{name}.plugin", group=GROUP))
    importlib.invalidate_caches()
    host = PluginHost(entries)
    plugins.use(host)
    yield {name: plugin.module for name, plugin in host.plugins.items()}
    for name in [name for name in sys.modules if name.startswith("listener_")]:
        del sys.modules[name]


@pytest_asyncio.fixture
async def event(listeners: dict[str, Any]) -> EventView:
    """An event where both are on, with an outbox that is empty."""
    details = EventDetails(name={"es": "Congreso"}, starts_on=date(2025, 10, 1), ends_on=date(2025, 10, 2))
    made = await services.create_event("congress", details, by="test", now=NOW)
    for name in listeners:
        made = await services.switch_plugin(made, name, on=True, by="test", now=NOW)
    await OutboxLine.delete(force=True)
    return made


async def tell(event: EventView, plugin: str = "x") -> None:
    async with transaction():
        await outbox.tell("plugin_switched", event=event, now=NOW, plugin=plugin, on=True)


async def put_mail(to: str = "ana@example.mx", **more: Any) -> None:
    letter = {"to": to, "subject": "S", "text": "secret", "html": "", "language": "es", "message_id": "<1@x>"}
    async with transaction():
        await outbox.put_mails(
            [outbox.QueuedMail(key="core.sign_in", plugin="core", mail=letter, **more)], event_id=None, now=NOW
        )


async def lines() -> list[dict[str, Any]]:
    return await OutboxLine.select().order_by(OutboxLine.id)


async def fail() -> None:
    raise RuntimeError("no ears today")


# ---------------------------------------------------------------------------------------------- one transaction


async def test_a_fact_is_told_to_each_listener_after_the_commit(event: EventView, listeners: dict[str, Any]) -> None:
    async with transaction():
        await outbox.tell("plugin_switched", event=event, now=NOW, plugin="x", on=True)
        heard_inside = [*listeners["a"].heard, *listeners["b"].heard]

    tried = await outbox.deliver_due(now=NOW)

    assert heard_inside == []
    assert tried == 2
    assert [listeners[name].heard for name in "ab"] == [[("congress", "x", True)]] * 2
    assert await outbox.deliver_due(now=NOW + timedelta(days=30)) == 0


async def tell_and_fail(event: EventView, block: Any) -> None:
    async with block():
        await outbox.tell("plugin_switched", event=event, now=NOW, plugin="x", on=True)
        await fail()


async def test_a_fact_of_a_transaction_that_fails_is_never_told(event: EventView) -> None:
    with pytest.raises(RuntimeError):
        await tell_and_fail(event, transaction)
    async with transaction():
        with pytest.raises(RuntimeError):
            await tell_and_fail(event, savepoint)

    assert await lines() == []


async def test_a_misspelt_fact_fails_in_the_transaction_that_tells_it(event: EventView) -> None:
    with pytest.raises(LookupError, match="plugin_swiched"):
        async with transaction():
            await outbox.tell("plugin_swiched", event=event, now=NOW, plugin="x", on=True)
    with pytest.raises(TypeError, match="it was given event, now, plugin"):
        async with transaction():
            await outbox.tell("plugin_switched", event=event, now=NOW, plugin="x")


# --------------------------------------------------------------------------------------------- failing and hanging


async def test_one_deaf_plugin_does_not_silence_the_others(event: EventView, listeners: dict[str, Any]) -> None:
    listeners["a"].behave = fail
    await tell(event)

    await outbox.deliver_due(now=NOW)

    deaf, other = await lines()
    assert (deaf["plugin"], deaf["attempts"], deaf["done_at"]) == ("a", 1, None)
    assert deaf["last_error"] == "RuntimeError: no ears today"
    assert (other["plugin"], other["attempts"], other["done_at"] >= NOW) == ("b", 0, True)
    listeners["a"].behave = None
    await outbox.deliver_due(now=NOW + timedelta(seconds=outbox.PAUSES_S[0] + 1))
    assert listeners["a"].heard == listeners["b"].heard == [("congress", "x", True)]


async def test_a_plugin_that_hangs_holds_up_its_own_lane_only_and_counts_as_failed(
    event: EventView, listeners: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "DELIVER_WITHIN_S", 0.1)
    listeners["a"].behave = asyncio.Event().wait
    for number in range(3):
        await tell(event, str(number))

    async with asyncio.timeout(5):
        await outbox.deliver_due(now=NOW)

    assert [plugin for _, plugin, _ in listeners["b"].heard] == ["0", "1", "2"]
    assert {row["last_error"] for row in await lines() if row["plugin"] == "a"} == {"TimeoutError: "}


async def test_a_lane_that_takes_longer_than_its_lease_gives_the_rest_back(
    event: EventView, listeners: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "LEASE_S", 1.2)
    monkeypatch.setattr(delivering, "DELIVER_WITHIN_S", 0.8)
    listeners["a"].behave = lambda: asyncio.sleep(0.25)
    for number in range(4):
        await tell(event, str(number))

    await outbox.deliver_due(now=NOW)

    waiting = [row for row in await lines() if row["plugin"] == "a" and row["done_at"] is None]
    assert 0 < len(waiting) < 4
    assert {(row["due_at"] - NOW < SOON, row["attempts"]) for row in waiting} == {(True, 0)}


async def test_the_pauses_grow_and_after_the_last_the_line_is_given_up_and_can_be_tried_again(
    event: EventView, listeners: dict[str, Any]
) -> None:
    listeners["a"].behave = fail
    await tell(event)
    now, pauses = NOW, []
    await outbox.deliver_due(now=now)
    while (line := (await lines())[0])["due_at"] is not None:
        assert await outbox.deliver_due(now=line["due_at"] - SOON) == 0
        pauses.append(round((line["due_at"] - now).total_seconds()))
        now = line["due_at"]
        await outbox.deliver_due(now=now)

    assert tuple(pauses) == outbox.PAUSES_S
    assert (line["attempts"], line["given_up_at"] is not None) == (len(outbox.PAUSES_S) + 1, True)
    assert await outbox.undelivered(event.id) == (0, 0, 1, 0)

    listeners["a"].behave = None
    await outbox.try_again(line["id"], event_id=event.id + 1, now=now)
    assert await outbox.deliver_due(now=now) == 0, "another event's organiser reached it"
    await outbox.try_again(line["id"], event_id=event.id, now=now)
    await outbox.deliver_due(now=now)
    assert listeners["a"].heard == [("congress", "x", True)]
    assert await outbox.undelivered(event.id) == (0, 0, 0, 0)


async def test_a_failed_delivery_is_logged_with_the_plugin_and_without_what_was_told(
    event: EventView, listeners: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    listeners["a"].behave = fail
    await tell(event, "ana@example.mx")

    with caplog.at_level(logging.DEBUG, logger="plenaria"):
        await outbox.deliver_due(now=NOW)

    (record,) = [each for each in caplog.records if each.name == "plenaria.outbox"]
    assert (record.getMessage(), record.plugin) == ("delivery failed", "a")  # type: ignore[attr-defined]
    assert "ana@example.mx" not in str([vars(each) for each in caplog.records])


# ------------------------------------------------------------------------------------------------ off, gone, killed


async def test_a_plugin_that_was_switched_off_meanwhile_is_not_told(
    event: EventView, listeners: dict[str, Any]
) -> None:
    await tell(event)
    await services.switch_plugin(event, "a", on=False, by="test", now=NOW)

    await outbox.deliver_due(now=NOW)

    assert [what for what in listeners["a"].heard if what[1] == "x"] == []
    assert [row["due_at"] for row in await lines() if row["plugin"] == "a"] == [None]


async def test_a_plugin_that_is_not_loaded_today_hears_it_when_it_is_back(
    event: EventView, listeners: dict[str, Any]
) -> None:
    await tell(event)
    whole = plugins.host()
    plugins.use(PluginHost([]))
    await outbox.deliver_due(now=NOW)
    plugins.use(whole)

    await outbox.deliver_due(now=NOW + timedelta(seconds=outbox.PAUSES_S[0] + 1))

    assert [listeners[name].heard for name in "ab"] == [[("congress", "x", True)]] * 2


async def test_what_a_killed_worker_held_is_delivered_after_the_lease(
    event: EventView, listeners: dict[str, Any]
) -> None:
    await tell(event)
    listeners["a"].behave = listeners["b"].behave = asyncio.Event().wait
    worker = asyncio.create_task(outbox.deliver_due(now=NOW))
    await asyncio.sleep(0.2)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    listeners["a"].behave = listeners["b"].behave = None

    before = await outbox.deliver_due(now=NOW + timedelta(seconds=outbox.LEASE_S) - SOON)
    after = await outbox.deliver_due(now=NOW + timedelta(seconds=outbox.LEASE_S) + SOON)

    assert (before, after) == (0, 2)
    assert [listeners[name].heard for name in "ab"] == [[("congress", "x", True)]] * 2


async def test_workers_at_the_same_time_never_deliver_the_same_line(
    event: EventView, listeners: dict[str, Any]
) -> None:
    for number in range(30):
        await tell(event, str(number))
    listeners["a"].behave = listeners["b"].behave = lambda: asyncio.sleep(0.001)

    tried = await asyncio.gather(*(outbox.deliver_due(now=NOW, most=20) for _ in range(6)))

    assert sum(tried) == 60
    for name in "ab":
        assert sorted(int(plugin) for _, plugin, _ in listeners[name].heard) == list(range(30))


WORKER = """
import asyncio, json, sys
from datetime import datetime
from plenaria.core.host import plugins
from plenaria.core.host.contributions import PluginCard
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database
from plenaria.core.host.plugins import PluginHost

async def deliver(line, *, now):
    print(json.loads(line["payload"])["to"], flush=True)
    await asyncio.sleep(0.002)

async def main(url, instant):
    plugins.use(PluginHost([]))
    database = Database(url)
    await database.open(plugins.host().tables())
    outbox.use({"mail": outbox.Carrier(deliver), "fact": outbox.Carrier(deliver)})
    while await outbox.deliver_due(now=datetime.fromisoformat(instant), most=5):
        pass
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_never_deliver_the_same_line(engine_url: str, database: Database) -> None:
    for number in range(60):
        await put_mail(f"{number}@example.mx")

    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, engine_url, NOW.isoformat(), stdout=-1, cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    told = [(await worker.communicate())[0].decode().split() for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0]
    assert sorted([*told[0], *told[1]]) == sorted(f"{number}@example.mx" for number in range(60))


# ------------------------------------------------------------------------------------------------- the worker's loop


async def test_the_worker_wakes_for_a_new_line_and_finishes_what_is_under_way(
    event: EventView, listeners: dict[str, Any]
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        started.set()
        await go_on.wait()

    listeners["a"].behave = slowly
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop, pause_s=60))
    await asyncio.sleep(0.1)
    await tell(event, "first")
    await tell(event, "second")

    async with asyncio.timeout(5):
        await started.wait()
        stop.set()
        go_on.set()
        await worker

    assert listeners["a"].heard[:1] == [("congress", "first", True)]
    undone = [row for row in await lines() if row["done_at"] is None]
    assert {row["attempts"] for row in undone} <= {0}, "what was not begun waits, not failed"


# ----------------------------------------------------------------------------------------------------- mail kept back


async def test_mail_kept_back_waits_for_its_owner_when_a_server_is_set(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))
    sent = served(monkeypatch, has_server=False)
    await put_mail()
    await outbox.deliver_due(now=NOW)
    (line,) = await outbox.lines(None)
    assert (line.state, line.attempts, line.to) == ("kept back", 0, "ana@example.mx")
    assert json.loads(line.payload)["text"] == "secret"

    served(monkeypatch, has_server=True, sent=sent)
    assert await outbox.deliver_due(now=NOW + timedelta(days=120)) == 0, "it went out without being asked for"
    waiting = await outbox.kept_back(now=NOW)
    released = await outbox.release(by="test", now=NOW)
    await outbox.deliver_due(now=NOW)

    assert (waiting.mails, waiting.facts, waiting.late, waiting.since) == (1, 0, 0, NOW)
    assert (released, sent) == (1, ["ana@example.mx"])
    (line,) = await outbox.lines(None)
    assert line.state == "delivered"
    assert "secret" not in line.payload
    assert await outbox.kept_back(now=NOW) == outbox.KeptBackLines()


def served(monkeypatch: pytest.MonkeyPatch, *, has_server: bool, sent: list[str] | None = None) -> list[str]:
    """The addresses that mails went to."""
    sent = [] if sent is None else sent

    async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
        if not has_server:
            raise outbox.KeptBack
        sent.append(stored["to"])

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    return sent


async def test_of_released_mail_what_is_out_of_date_is_dropped(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))
    served(monkeypatch, has_server=False)
    await put_mail("late@example.mx", not_after=NOW + timedelta(minutes=15))
    await put_mail("still@example.mx", not_after=NOW + timedelta(days=200))
    await outbox.deliver_due(now=NOW)
    later = NOW + timedelta(days=120)

    sent = served(monkeypatch, has_server=True)
    waiting = await outbox.kept_back(now=later)
    await outbox.release(by="test", now=later)
    await outbox.deliver_due(now=later)

    assert (waiting.mails, waiting.late) == (2, 1)
    assert sent == ["still@example.mx"]
    assert [(each.state, each.why) for each in await outbox.lines(None)] == [("delivered", ""), ("dropped", "late")]


async def test_discarded_mail_is_settled_without_its_content(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))
    served(monkeypatch, has_server=False)
    await put_mail()
    await outbox.deliver_due(now=NOW)

    assert await outbox.discard(by="person:1", now=NOW) == 1
    assert await outbox.discard(by="person:1", now=NOW) == 0
    assert await outbox.release(by="person:1", now=NOW) == 0

    (line,) = await outbox.lines(None)
    assert (line.state, line.why, "secret" in line.payload) == ("dropped", "discarded", False)
    recorded = await AuditLine.select().order_by(AuditLine.id)
    assert [(row["action"], row["actor"], row["facts"]) for row in recorded] == [
        ("mail.discarded", "person:1", '{"count":1}')
    ]


async def test_after_a_restore_nothing_goes_out_until_the_owner_decides(
    event: EventView, listeners: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = served(monkeypatch, has_server=True)
    await put_mail()
    await tell(event)

    for statement in outbox.KEEP_BACK_EVERYTHING.values():
        await current().fetch(statement)
    assert await outbox.deliver_due(now=NOW + timedelta(days=1)) == 0
    waiting = await outbox.kept_back(now=NOW)
    await outbox.discard(by="test", now=NOW)
    await outbox.deliver_due(now=NOW)

    assert (waiting.mails, waiting.facts) == (1, 2)
    assert sent == []
    assert [listeners[name].heard for name in "ab"] == [[("congress", "x", True)]] * 2, "plugins need their facts"


# ----------------------------------------------------------------------------------------------------- out of date


async def test_a_mail_is_dropped_from_its_not_after_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins.use(PluginHost([]))
    sent = served(monkeypatch, has_server=True)
    end = NOW + timedelta(minutes=15)
    await put_mail("ana@example.mx", not_after=end)
    await put_mail("eva@example.mx", not_after=end + timedelta(minutes=1))

    await outbox.deliver_due(now=end)

    assert sent == ["eva@example.mx"]
    eva, ana = await outbox.lines(None)
    assert (ana.state, ana.why, ana.attempts, "secret" in ana.payload) == ("dropped", "late", 0, False)
    assert eva.state == "delivered"
    assert await outbox.deliver_due(now=end + timedelta(days=30)) == 0


async def test_a_mail_whose_next_try_would_be_too_late_is_dropped_at_once_with_its_last_failure(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))

    async def refuse(stored: dict[str, Any], *, sent_at: datetime) -> None:
        raise RuntimeError("451 later")

    monkeypatch.setattr(mail.delivery, "hand_over", refuse)
    await put_mail(not_after=NOW + timedelta(seconds=5))

    await outbox.deliver_due(now=NOW)

    (line,) = await outbox.lines(None)
    assert (line.state, line.why, line.last_error) == ("dropped", "late", "RuntimeError: 451 later")


async def test_urgent_mail_does_not_wait_behind_thousands_of_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is in the middle of them: each takes a while, and the urgent one goes out beside them."""
    plugins.use(PluginHost([]))
    mail.use(Settings(mail=MailSettings(host="127.0.0.1", connections=2)))
    sent: list[str] = []
    urgent_left = asyncio.Event()

    async def slowly(stored: dict[str, Any], *, sent_at: datetime) -> None:
        await asyncio.sleep(0 if stored["to"] == "urgent@a.mx" else 0.2)
        sent.append(stored["to"])
        if stored["to"] == "urgent@a.mx":
            urgent_left.set()

    monkeypatch.setattr(mail.delivery, "hand_over", slowly)
    monkeypatch.setattr(clock, "now", lambda: NOW + SOON)
    for _ in range(3):
        await put_mail_to([f"{number}@a.mx" for number in range(500)])
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop))
    await asyncio.sleep(0.3)
    await put_mail("urgent@a.mx", urgent=True)

    async with asyncio.timeout(20):
        await urgent_left.wait()
        stop.set()
        await worker

    assert len(sent) < 300
    rows = await OutboxLine.select(OutboxLine.due_at).where(OutboxLine.done_at.is_null())
    assert len(rows) == 1501 - len(sent)
    assert all(row["due_at"] <= NOW + 5 * SOON for row in rows), "what was not begun is given back"


async def put_mail_to(addresses: list[str]) -> None:
    mails = [
        outbox.QueuedMail(
            key="x",
            plugin="core",
            mail={"to": to, "subject": "S", "text": "t", "html": "", "language": "es", "message_id": f"<{to}>"},
        )
        for to in addresses
    ]
    async with transaction():
        await outbox.put_mails(mails, event_id=None, now=NOW)


async def test_a_domain_that_hangs_leaves_the_others_their_turn(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))
    mail.use(Settings(mail=MailSettings(host="127.0.0.1", connections=4)))
    monkeypatch.setattr(clock, "now", lambda: NOW + SOON)
    sent: list[str] = []
    all_left = asyncio.Event()

    async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
        if stored["to"].endswith("@hangs.mx"):
            await asyncio.Event().wait()
        sent.append(stored["to"])
        if len(sent) == 200:
            all_left.set()

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    await put_mail_to([f"{number}@hangs.mx" for number in range(300)])
    await put_mail_to([f"{number}@b.mx" for number in range(200)])
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop, pause_s=0.1))

    async with asyncio.timeout(20):
        await all_left.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)

    assert len(sent) == 200


async def test_facts_come_one_at_a_time_unless_the_plugin_says_otherwise(
    event: EventView, listeners: dict[str, Any]
) -> None:
    host = plugins.host()
    host.plugins["b"] = replace(host.plugins["b"], card=PluginCard("b", facts_at_once=3))
    most = dict.fromkeys("ab", 0)
    now = dict.fromkeys("ab", 0)

    def counting(name: str) -> Any:
        async def behave() -> None:
            now[name] += 1
            most[name] = max(most[name], now[name])
            await asyncio.sleep(0.02)
            now[name] -= 1

        return behave

    for name in "ab":
        listeners[name].behave = counting(name)
    for number in range(8):
        await tell(event, str(number))

    await outbox.deliver_due(now=NOW)

    assert most == {"a": 1, "b": 3}
    assert [plugin for _, plugin, _ in listeners["a"].heard] == [str(number) for number in range(8)]


# ---------------------------------------------------------------------------------------------------- a bounded pace


class Pace:
    """Lets one line begin every so many seconds."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next_s = 0.0

    def ready_in_s(self, urgent: bool) -> float:
        now_s = time.monotonic()
        if self._next_s > now_s:
            return self._next_s - now_s
        self._next_s = now_s + self._every_s
        return 0.0


async def test_a_slow_pace_sends_everything_though_most_lines_outwait_their_lease(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is given back takes nothing of the pace: else those that wait too long use it up, and nothing is sent."""
    plugins.use(PluginHost([]))
    monkeypatch.setattr(claiming, "LEASE_S", 0.8)
    monkeypatch.setattr(delivering, "DELIVER_WITHIN_S", 0.3)
    sent: list[int] = []
    all_left = asyncio.Event()

    async def deliver(line: outbox.Line, *, now: datetime) -> None:
        sent.append(line["id"])
        if len(sent) == 40:
            all_left.set()

    outbox.use({kind: outbox.Carrier(deliver, ready_in_s=Pace(0.04).ready_in_s) for kind in ("mail", "fact")})
    await put_mail_to([f"{number}@{number % 5}.mx" for number in range(40)])
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop, pause_s=0.02))

    async with asyncio.timeout(15):
        await all_left.wait()
    stop.set()
    await worker

    assert sorted(sent) == [row["id"] for row in await lines()]


# --------------------------------------------------------------------------------------------------- a lease that ended

LATER = NOW + timedelta(hours=1)


def delivery(behave: Callable[[], Awaitable[None]], now: datetime | Callable[[], datetime], **more: Any) -> Delivery:
    """A worker of mail whose hands behave like this."""

    async def deliver(line: outbox.Line, *, now: datetime) -> None:
        await behave()

    outbox.use({kind: outbox.Carrier(deliver, **more) for kind in ("mail", "fact")})
    return Delivery(claiming.STREAMS[1], now if callable(now) else lambda: now)


async def nothing() -> None:
    """A delivery that works."""


async def deliver_elsewhere() -> None:
    """Another worker takes the line after its lease, and delivers it."""
    worker = delivery(nothing, LATER)
    assert await worker.claim(1) == 1
    await worker.lanes.idle()


async def is_delivered_once() -> bool:
    (line,) = await outbox.lines(None)
    return line.state == "delivered" and await outbox.deliver_due(now=LATER + timedelta(days=30)) == 0


async def test_a_line_that_waited_until_another_worker_sent_it_is_not_given_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins.use(PluginHost([]))
    await put_mail()
    pace = iter([0.01])
    slow = delivery(nothing, NOW, ready_in_s=lambda urgent: next(pace, 0.0))
    await slow.claim(1)
    await deliver_elsewhere()
    monkeypatch.setattr(claiming, "LEASE_S", 0)

    await slow.lanes.idle()

    assert await is_delivered_once()


async def test_a_worker_that_stops_leaves_alone_what_another_worker_sent(database: Database) -> None:
    plugins.use(PluginHost([]))
    await put_mail()
    slow = delivery(nothing, NOW, ready_in_s=lambda urgent: 60.0)
    await slow.claim(1)
    await deliver_elsewhere()

    await slow.end()

    assert await is_delivered_once()


@pytest.mark.parametrize(
    "trouble",
    [RuntimeError("451 later"), outbox.Rejected("550 unknown"), outbox.KeptBack()],
    ids=["for a while", "for good", "kept back"],
)
@pytest.mark.parametrize("not_after", [None, LATER + timedelta(seconds=5)], ids=["no end", "an end"])
async def test_a_failure_that_comes_after_the_lease_changes_nothing_of_a_line_that_another_worker_sent(
    database: Database, trouble: Exception, not_after: datetime | None
) -> None:
    plugins.use(PluginHost([]))
    await put_mail(not_after=not_after)
    instants = [NOW]

    async def fail_late() -> None:
        instants.append(LATER)
        await deliver_elsewhere()
        raise trouble

    slow = delivery(fail_late, lambda: instants[-1])
    await slow.claim(1)
    await slow.lanes.idle()

    (row,) = await lines()
    assert await is_delivered_once()
    assert (row["attempts"], row["last_error"], row["given_up_at"], row["dropped_at"]) == (0, "", None, None)


async def test_a_failure_does_not_make_due_what_was_kept_back_meanwhile(database: Database) -> None:
    plugins.use(PluginHost([]))
    await put_mail()

    async def fail_late() -> None:
        await current().fetch(outbox.KEEP_BACK_EVERYTHING["core_outbox_line"])
        await fail()

    slow = delivery(fail_late, NOW)
    await slow.claim(1)
    await slow.lanes.idle()

    (line,) = await outbox.lines(None)
    assert line.state == "kept back"


async def test_a_delivery_that_ends_after_the_lease_is_noted_whoever_holds_the_line_now(database: Database) -> None:
    """It did arrive: the other worker may still fail."""
    plugins.use(PluginHost([]))
    await put_mail()

    async def fail_elsewhere() -> None:
        worker = delivery(fail, LATER)
        await worker.claim(1)
        await worker.lanes.idle()

    slow = delivery(fail_elsewhere, NOW)
    await slow.claim(1)
    await slow.lanes.idle()

    assert await is_delivered_once()


async def test_a_line_that_is_out_of_date_is_not_dropped_when_it_was_delivered(database: Database) -> None:
    plugins.use(PluginHost([]))
    await put_mail(not_after=NOW + timedelta(days=1))

    async def over(found: Sequence[outbox.Line], *, now: datetime) -> list[int]:
        await deliver_elsewhere()
        return [line["id"] for line in found]

    await delivery(nothing, NOW, over=over).claim(1)

    (row,) = await lines()
    assert (row["done_at"], row["dropped_at"], row["dropped_why"]) == (LATER, None, "")


async def test_mails_accepted_during_a_short_outage_are_all_noted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that were to be written together with the one whose statement failed."""
    plugins.use(PluginHost([]))
    monkeypatch.setattr(settling, "AGAIN_S", 0.01, raising=False)
    written = settling.settle_delivered
    troubles = iter([None, Unavailable("timeout"), Unavailable("unreachable")])

    async def settle_or_fail(payloads: Mapping[int, str], *, now: datetime) -> None:
        await asyncio.sleep(0.05)
        if trouble := next(troubles, None):
            raise trouble
        await written(payloads, now=now)

    monkeypatch.setattr(settling, "settle_delivered", settle_or_fail)
    await put_mail_to([f"{number}@{number}.mx" for number in range(6)])
    worker = delivery(nothing, NOW)

    await worker.claim(10)
    await worker.lanes.idle()

    assert [line.state for line in await outbox.lines(None)] == ["delivered"] * 6


# ------------------------------------------------------------------------------------------- woken by another process

WRITER = """
import asyncio, sys
from datetime import datetime
from plenaria.core.host import plugins
from plenaria.core.host.plugins import PluginHost
from plenaria.core.storage import outbox
from plenaria.core.storage.database import Database, transaction

async def main(url, instant):
    plugins.use(PluginHost([]))
    database = Database(url)
    await database.open(plugins.host().tables())
    mail = {"to": "ana@example.mx", "subject": "S", "text": "", "html": "", "language": "es", "message_id": "<1@x>"}
    async with transaction():
        queued = outbox.QueuedMail(key="core.sign_in", plugin="core", mail=mail, urgent=True)
        await outbox.put_mails([queued], event_id=None, now=datetime.fromisoformat(instant))
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_a_line_of_another_process_is_delivered_at_once_on_postgresql(
    engine_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the connection that listens was lost. The worker itself would look again in an hour."""
    plugins.use(PluginHost([]))
    arrived = asyncio.Event()

    async def hand_over(stored: dict[str, Any], *, sent_at: datetime) -> None:
        arrived.set()

    monkeypatch.setattr(mail.delivery, "hand_over", hand_over)
    monkeypatch.setattr(clock, "now", lambda: NOW + SOON)
    monkeypatch.setattr(waking, "RECONNECT_S", 0.05)
    stop = asyncio.Event()
    worker = asyncio.create_task(outbox.run(stop=stop, pause_s=3600))
    await until_listening(database, but=0)

    await write_elsewhere(engine_url)
    async with asyncio.timeout(20):
        await arrived.wait()
    arrived.clear()
    (lost,) = await database.fetch(LISTENERS, 0)
    await database.fetch("SELECT pg_terminate_backend($1)", lost["pid"])
    await until_listening(database, but=lost["pid"])
    await write_elsewhere(engine_url)
    async with asyncio.timeout(20):
        await arrived.wait()

    stop.set()
    await worker


LISTENERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN%plenaria_outbox%' AND pid <> $1
"""


async def until_listening(database: Database, *, but: int) -> None:
    async with asyncio.timeout(20):
        while not await database.fetch(LISTENERS, but):  # noqa: ASYNC110 - it asks the database
            await asyncio.sleep(0.05)


async def write_elsewhere(url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, NOW.isoformat(), cwd=Path(__file__).parents[2]
    )
    assert await process.wait() == 0


async def test_a_line_that_is_rolled_back_wakes_nobody(event: EventView, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(waking, "ring", lambda: rung.append(True))

    with pytest.raises(RuntimeError):
        await tell_and_fail(event, transaction)
    undone = list(rung)
    await tell(event)

    assert (undone, rung) == ([], [True])


async def test_lines_of_before_the_lanes_get_theirs_and_their_recipient(event: EventView, database: Database) -> None:
    await tell(event)
    await put_mail("Ana@Example.mx")
    before = [(row["kind"], row["lane"], row["recipient"]) for row in await lines()]
    await OutboxLine.update({OutboxLine.lane: "", OutboxLine.recipient: ""}, force=True)

    await upgrading.without_index(database)
    await upgrading.fill_lanes(database)

    assert [(row["kind"], row["lane"], row["recipient"]) for row in await lines()] == before
    assert before[-1] == ("mail", "example.mx", "ana@example.mx")
