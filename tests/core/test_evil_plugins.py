"""Plugins that are evil in each way we can think of: none takes anything from the others, and each is named.

What fails while the service runs costs that part alone. What does not fit at start leaves the plugin out with one line.
"""

import asyncio
import importlib
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import httpx
import pytest
import pytest_asyncio
from click.testing import CliRunner
from prometheus_client import REGISTRY

from plenaria.core.app import create_app, fitness, jobs, prepare
from plenaria.core.cli import main
from plenaria.core.events import retention, services
from plenaria.core.events.tables import Event, EventPlugin
from plenaria.core.host import gathering, plugins
from plenaria.core.host.permissions import ROLES, allows, registered, use_permissions, use_roles
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.core.kernel import clock, logs
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.mail import texts
from plenaria.core.mail.tables import MailOverride
from plenaria.core.people import queries as people_queries
from plenaria.core.people import services as people
from plenaria.core.people.tables import Grant, Person
from plenaria.core.storage.audit.tables import AuditLine
from plenaria.core.storage.outbox.tables import OutboxLine
from tests.site import NOW, Site, make_event, running

HEAD = """
    import asyncio
    from collections.abc import Sequence
    from datetime import UTC, datetime, timedelta
    from typing import Annotated, Any

    import click
    from litestar import Request, Response, get, post
    from msgspec import Meta, Struct, structs

    from plenaria.core.host.contributions import Declared, Job, Panel, PersonalData, Placeholder, PluginCard
    from plenaria.core.host.hookspecs import hookimpl
    from plenaria.core.kernel.values import CalendarEntry, EventView, Link, MailText, Permission, Role

    STARTS = datetime(2025, 10, 1, 15, 0, tzinfo=UTC)
    ENTRY = CalendarEntry("evil-1", STARTS, STARTS + timedelta(hours=1), {"es": "Paseo"}, STARTS)

    def register(hook, value):
        globals()[hook] = hookimpl(lambda: value, specname=hook)
"""

Write = Callable[..., EntryPoint]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a plugin with its templates (`name: source`); returns its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def write_plugin(name: str, source: str, **templates: str) -> EntryPoint:
        package = f"{tmp_path.name.replace('-', '_')}_{name}"
        folder = tmp_path / package
        (folder / "templates" / name).mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "plugin.py").write_text(dedent(HEAD) + dedent(source), encoding="utf-8")
        for template, text in templates.items():
            (folder / "templates" / name / f"{template}.html").write_text(text, encoding="utf-8")
        written.append(package)
        importlib.invalidate_caches()
        return EntryPoint(name=name, value=f"{package}.plugin", group=GROUP)

    yield write_plugin
    for module in [module for module in sys.modules if module.split(".")[0] in written]:
        del sys.modules[module]


@pytest.fixture(autouse=True)
def _the_process_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    permissions, roles = registered(), dict(ROLES)
    monkeypatch.setattr(plugins, "_host", plugins._host)
    yield
    use_permissions(permissions.values())
    use_roles(())
    ROLES.update(roles)


def host_with(*evil: EntryPoint) -> PluginHost:
    """The installed plugins and these."""
    return PluginHost([*entry_points(group=GROUP), *evil])


# ------------------------------------------------------------------------------------------ while the service runs


@dataclass(frozen=True)
class Evil:
    """A part that fails: how it is written, its hook, the type of exception that the plugins page shows."""

    source: str
    hook: str
    error: str


def calendar(body: str, error: str) -> Evil:
    source = "async def source(event):\n" + indent(dedent(body), "    ") + "\n\nregister('register_calendar', source)\n"
    return Evil(source, "register_calendar", error)


def panel(hook: str, body: str, error: str, template: str = "good") -> Evil:
    source = "async def context(**facts):\n" + indent(dedent(body), "    ")
    return Evil(f"{source}\n\nregister('{hook}', [Panel('NAME/{template}.html', context)])\n", hook, error)


def personal(body: str, error: str) -> Evil:
    source = "async def export(person):\n" + indent(dedent(body), "    ")
    return Evil(
        f"{source}\n\nregister('register_personal_data', PersonalData(export))\n", "register_personal_data", error
    )


RUNTIME = {
    "raises": calendar("raise RuntimeError('ana@example.mx')", "RuntimeError"),
    "wrong_type": calendar("return 'no list'", "TypeError"),
    "nothing": calendar("return None", "TypeError"),
    "other_values": calendar("return [42]", "TypeError"),
    "wrong_fields": calendar("return [structs.replace(ENTRY, title=42)]", "ValidationError"),
    "naive": calendar("return [structs.replace(ENTRY, starts_at=STARTS.replace(tzinfo=None))]", "ValueError"),
    "backwards": calendar("return [structs.replace(ENTRY, ends_at=STARTS - timedelta(hours=1))]", "ValueError"),
    "endless_text": calendar("return [structs.replace(ENTRY, title={'es': 'x' * 30_000})]", "ValueError"),
    "endless_list": calendar("return [structs.replace(ENTRY, uid=str(n)) for n in range(5001)]", "ValueError"),
    "same_uid": calendar("return [ENTRY, ENTRY]", "ValueError"),
    "no_uid": calendar("return [structs.replace(ENTRY, uid='')]", "ValueError"),
    "far_away": calendar("return [structs.replace(ENTRY, ends_at=datetime.max.replace(tzinfo=UTC))]", "ValueError"),
    "bad_url": calendar("return [structs.replace(ENTRY, url='javascript:alert(1)')]", "ValueError"),
    "no_unicode": calendar(r"return [structs.replace(ENTRY, location='\ud800')]", "UnicodeEncodeError"),
    "sleeps": calendar("await asyncio.sleep(3600)", "TimeoutError"),
    "sleeps_soundly": calendar(
        """
        for _ in range(2):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass
        """,
        "TimeoutError",
    ),
    "cancels": calendar("raise asyncio.CancelledError", "CancelledError"),
    "cancels_its_task": calendar("asyncio.current_task().cancel()\nreturn []", "CancelledError"),
    "ends_the_process": calendar("raise SystemExit(3)", "SystemExit"),
    "its_own_exception": calendar("class Hidden(BaseException): pass\nraise Hidden", "Hidden"),
    "panel_raises": panel("register_event_panels", "raise KeyError('ana@example.mx')", "KeyError"),
    "panel_wrong_type": panel("register_event_panels", "return 'text'", "TypeError"),
    "panel_exits": panel("register_event_panels", "raise SystemExit", "SystemExit"),
    "panel_undefined": panel("register_event_panels", "return {}", "UndefinedError", "undefined"),
    "panel_divides": panel("register_event_panels", "return {}", "ZeroDivisionError", "divides"),
    "panel_endless": panel("register_event_panels", "return {}", "ValueError", "endless"),
    "my_panel_raises": panel("register_my_panels", "raise LookupError", "LookupError"),
    "my_panel_sleeps": panel("register_my_panels", "await asyncio.sleep(3600)", "TimeoutError"),
    "data_raises": personal("raise OSError", "OSError"),
    "data_no_json": personal("return {'a': object()}", "TypeError"),
    "data_exits": personal("raise SystemExit", "SystemExit"),
    "section_raises": Evil(
        """
class Section(Struct):
    stops: tuple[str, ...] = ()

async def read(event):
    raise ArithmeticError

async def apply(event, section, *, by, now):
    raise ArithmeticError

register('register_declared', Declared(Section, read, apply))
""",
        "register_declared",
        "ArithmeticError",
    ),
    "section_wrong_type": Evil(
        """
class Section(Struct):
    stops: tuple[str, ...] = ()

async def read(event):
    return {"stops": []}

async def apply(event, section, *, by, now): ...

register('register_declared', Declared(Section, read, apply))
""",
        "register_declared",
        "TypeError",
    ),
}
TEMPLATES = {
    "good": "<p>{{ panel }}</p>",
    "undefined": "{{ panel.missing.deeper }}",
    "divides": "{{ 1 / 0 }}",
    "endless": "{% for _ in range(70_000) %}long{% endfor %}",
}
PAGES = (
    "/",
    "/congress",
    "/me",
    "/me/account/data.json",
    "/congress/agenda",
    "/congress/agenda.ics",
    "/congress/organise",
    "/congress/organise/plugins",
    "/congress/organise/team",
    "/congress/organise/mail",
    "/api/openapi.json",
    "/api/docs",
    "/api/v1/events/congress/plugins?limit=200",
    "/api/v1/events/congress/declaration",
    "/metrics",
)


@pytest_asyncio.fixture
async def house(
    engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    """A site with every evil plugin of `RUNTIME` installed, the built-in ones on, and its owner's browser."""
    evil = [write(name, each.source.replace("NAME", name), **TEMPLATES) for name, each in RUNTIME.items()]
    settings = Settings(database=engine_url, key_file=str(tmp_path / "key.pem"), development=True)
    host = host_with(*evil)
    app = create_app(settings, host=host)
    assert host.broken == {}
    monkeypatch.setattr(gathering, "PART_WITHIN_S", 0.3)
    monkeypatch.setattr(gathering, "ENDS_WITHIN_S", 0.01)
    async with running(app):
        ours = PluginHost.discover()
        events = [await make_event(slug, ours) for slug in ("congress", "other")]
        site = Site(app, settings, app.state.database, *events)
        monkeypatch.setattr(clock, "now", lambda: site.now)
        owner = await site.signed_in("owner")
        yield site, owner
        for client in site._clients:
            await client.aclose()


async def statuses(client: httpx.AsyncClient) -> dict[str, int]:
    async with asyncio.timeout(30):  # a part that is waited for without end fails here instead of holding the run up
        return {page: (await client.get(page)).status_code for page in PAGES}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_each_evil_plugin_alone_leaves_every_shared_page_and_is_named(
    house: tuple[Site, httpx.AsyncClient], caplog: pytest.LogCaptureFixture
) -> None:
    """On alone; the parts of `/me` and of the download are of every plugin that is installed."""
    site, owner = house
    host, event = plugins.host(), site.event
    for name, evil in RUNTIME.items():
        event = await services.switch_plugin(event, name, on=True, by="test", now=NOW)

        assert await statuses(owner) == dict.fromkeys(PAGES, 200), name

        seen = {(each.plugin, each.hook, each.error) for each in host.failures.latest()}
        assert (name, evil.hook, evil.error) in seen, name
        page = (await owner.get("/congress/organise/plugins?lang=en")).text
        assert f"{name} · {evil.hook}" in page, name
        assert f"<code>{evil.error}</code>" in page, name
        assert "ana@example.mx" not in page, name
        event = await services.switch_plugin(event, name, on=False, by="test", now=NOW)

    logged = [record.plugin for record in caplog.records if record.message == "a plugin failed"]  # type: ignore[attr-defined]
    in_parts = [name for name, evil in RUNTIME.items() if evil.hook != "register_declared"]
    assert sorted(name for name in logged if name in in_parts) == sorted(in_parts), "each is logged once"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_all_evil_plugins_at_once_leave_every_shared_page(house: tuple[Site, httpx.AsyncClient]) -> None:
    site, owner = house
    event = site.event
    for name in RUNTIME:
        event = await services.switch_plugin(event, name, on=True, by="test", now=NOW)

    assert await statuses(owner) == dict.fromkeys(PAGES, 200)
    assert await statuses(owner) == dict.fromkeys(PAGES, 200)

    assert {each.plugin for each in plugins.host().failures.latest()} == set(RUNTIME)
    data = (await owner.get("/me/account/data.json")).json()
    assert data["missing"] == sorted(name for name, evil in RUNTIME.items() if evil.hook == "register_personal_data")
    assert data["core"]["person"]["email"] == "owner@example.mx" if "person" in data["core"] else data["core"]
    calendar_text = (await owner.get("/congress/agenda.ics")).text
    assert calendar_text.startswith("BEGIN:VCALENDAR")
    assert "evil" not in calendar_text


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_failures_are_counted_by_kind_with_the_first_and_the_last_time(
    house: tuple[Site, httpx.AsyncClient],
) -> None:
    site, owner = house
    await services.switch_plugin(site.event, "raises", on=True, by="test", now=NOW)
    label = {"plugin": "raises", "hook": "register_calendar"}
    before = REGISTRY.get_sample_value("plenaria_plugin_failures_total", label) or 0

    await owner.get("/congress/agenda.ics")
    site.now = NOW.replace(hour=19)
    await owner.get("/congress/agenda.ics")

    listed = (await owner.get("/api/v1/events/congress/plugins?limit=200")).json()["items"]
    assert next(each for each in listed if each["plugin"] == "raises")["failures"] == [
        {
            "hook": "register_calendar",
            "error": "RuntimeError",
            "times": 2,
            "first_at": "2025-09-01T18:00:00Z",
            "last_at": "2025-09-01T19:00:00Z",
        }
    ]
    assert REGISTRY.get_sample_value("plenaria_plugin_failures_total", label) == before + 2
    assert (
        'plenaria_plugin_failures_total{hook="register_calendar",plugin="raises"}' in (await owner.get("/metrics")).text
    )


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_export_leaves_out_what_could_not_be_read_and_says_so(house: tuple[Site, httpx.AsyncClient]) -> None:
    site, owner = house
    await services.switch_plugin(site.event, "section_raises", on=True, by="test", now=NOW)
    address = "/api/v1/events/congress/declaration"

    document = (await owner.get(address)).json()
    put_back = await owner.put(address, json=document)
    document["plugins"]["section_raises"] = {"enabled": True}
    insisted = await owner.put(address, json=document)

    assert document["missing"] == ["section_raises"]
    assert sorted(document["plugins"]) == ["agenda", "awards", "registration", "section_raises"]
    assert put_back.status_code == 200, put_back.text
    assert (insisted.status_code, insisted.json()["errors"][0]["code"]) == (409, "plugin_failed")
    assert insisted.json()["errors"][0]["facts"] == {"plugin": "section_raises"}


@pytest.mark.parametrize("raised", ["SystemExit", "asyncio.CancelledError", "RuntimeError"])
async def test_a_veto_and_a_fact_that_end_the_process_are_a_no_and_a_failure(raised: str, write: Write) -> None:
    body = f"    raise {raised}"
    host = PluginHost(
        [
            write(
                "evil",
                f"""
@hookimpl
async def refuse_plugin_switch(event):
{body}

@hookimpl
async def plugin_switched(event):
{body}
""",
            )
        ]
    )
    event = EventView(1, "congress", {}, "UTC", NOW.date(), NOW.date(), plugins=("evil",))

    refusals = await host.ask("refuse_plugin_switch", event=event, plugin="evil", on=False, now=NOW)
    with pytest.raises(RuntimeError):
        await host.tell("evil", "plugin_switched", {"event": event, "plugin": "evil", "on": False, "now": NOW})

    assert [(each.code, each.facts) for each in refusals] == [("plugin_failed", {"plugin": "evil"})]
    assert [each.hook for each in host.failures.latest()] == ["plugin_switched", "refuse_plugin_switch"]


async def test_a_reader_who_leaves_is_no_failure_of_a_plugin(write: Write) -> None:
    host = PluginHost([write("slow", "async def source(event): ...\nregister('register_calendar', source)")])
    waits = asyncio.Event()

    async def use(plugin: str, source: Any) -> None:
        waits.set()
        await asyncio.sleep(3600)

    reading = asyncio.create_task(host.gather("register_calendar", use))
    await waits.wait()
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert host.failures.latest() == []
    await asyncio.sleep(0)
    assert not gathering._running


@pytest.mark.parametrize("raised", ["SystemExit", "asyncio.CancelledError", "RuntimeError"])
async def test_a_job_that_ends_the_process_is_run_again_and_shown(
    raised: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*, now: datetime) -> None: ...

    source = f"""
runs = []

async def run(*, now):
    runs.append(now)
    raise {raised}

register("register_jobs", [Job("evil.run", 0.001, run)])
"""
    host = PluginHost([write("evil", source)])
    plugins.use(host)
    monkeypatch.setattr(jobs.audit, "seal", nothing)
    monkeypatch.setattr(jobs.audit, "keep_head", nothing)
    monkeypatch.setattr(retention, "forget_due", nothing)
    stop = asyncio.Event()
    working = asyncio.create_task(jobs.run_jobs(stop=stop))
    async with asyncio.timeout(10):
        while len(host.plugins["evil"].module.runs) < 3:  # noqa: ASYNC110 - a plugin's list, nothing to wait for
            await asyncio.sleep(0.001)
        stop.set()
        await working

    (failure,) = host.failures.latest()
    assert (failure.plugin, failure.hook, failure.times >= 3) == ("evil", "register_jobs", True)


async def test_a_job_that_never_ends_is_cut_off_and_keeps_only_its_own_plugin_waiting(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = asyncio.Event()

    async def seal(*, now: datetime) -> None:
        sealed.set()

    async def nothing(*, now: datetime) -> None: ...

    sleeps = (
        'async def run(*, now):\n    await asyncio.sleep(3600)\n\nregister("register_jobs", [Job("evil.run", 9, run)])'
    )
    host = PluginHost([write("evil", sleeps)])
    plugins.use(host)
    monkeypatch.setattr(jobs.audit, "seal", seal)
    monkeypatch.setattr(jobs.audit, "keep_head", nothing)
    monkeypatch.setattr(retention, "forget_due", nothing)
    monkeypatch.setattr(jobs, "JOB_WITHIN_S", 0.05)
    stop = asyncio.Event()
    working = asyncio.create_task(jobs.run_jobs(stop=stop))
    async with asyncio.timeout(10):
        await sealed.wait()
        stop.set()
        await working

    assert [(each.hook, each.error) for each in host.failures.latest()] == [("register_jobs", "TimeoutError")]


# -------------------------------------------------------------------------------------------------------- at start

STARTS_WITH = "register_navigation: href {} is no page of an event of this site; write /{{event}}/evil"
NOT_OWN = "{} {!r} is not the plugin's own; begin it with {!r}"
TAKEN = "{} {!r} belongs to {}; begin yours with {!r}"
MAIL = "MailText({!r}, 'Title', {{'es': 'Hola {{name}}'}}, {{'es': 'Cuerpo'}}, {})"
ROUTE = """
@get({path!r}{declared})
async def handler({takes}) -> str:
    return ""

register("register_routes", [handler])
"""


def route(path: str, declared: str = ', permission="public"', takes: str = "") -> str:
    return ROUTE.format(path=path, declared=declared, takes=takes)


def foreign(path: str) -> str:
    begin = "/{event_slug:str}/evil, /api/v1/events/{event_slug:str}/evil or /evil"
    return f"route {path} is not the plugin's own; begin it with {begin}"


def link(href: str) -> tuple[str, str]:
    return f"register('register_navigation', [Link('Evil', {href!r})])", STARTS_WITH.format(repr(href))


def offer(name: str, line: str, sample: str | None = "x") -> tuple[str, str]:
    """A plugin that offers a placeholder, and the line that it is left out with."""
    source = "async def text(event, *, to, language, now): ...\n"
    return f"{source}register('register_placeholders', [Placeholder({name!r}, 'T', {sample!r}, text)])\n", line


OWN_SAMPLE = {"name": "Ana", "evil_link": "x"}
LONG_ROLE = "evil." + "x" * 26
LONG_KEY = "evil." + "x" * 96
UNFIT: dict[str, tuple[str, str]] = {
    "a setting without a default": (
        "class Wishes(Struct):\n    seats: int\n\nregister('register_settings', Wishes)",
        "register_settings: Wishes(): TypeError: Missing required argument 'seats'; give every field a default",
    ),
    "settings that are no Struct": (
        "register('register_settings', int)",
        "register_settings: <class 'int'> is no msgspec.Struct",
    ),
    "a note that msgspec does not take": (
        "class Wishes(Struct):\n    opens: Annotated[datetime | None, Meta(tz=True)] = None\n\n"
        "register('register_settings', Wishes)",
        "register_settings: the JSON schema of Wishes: TypeError: Can only set `tz` on a datetime or time type - type "
        "`typing.Annotated[datetime.datetime | None, msgspec.Meta(tz=True)]` is invalid; "
        "put limits inside: Annotated[datetime, Meta(tz=True)] | None",
    ),
    "a type that cannot be found": (
        "class Wishes(Struct):\n    opens: 'Nothing' = None\n\nregister('register_settings', Wishes)",
        "register_settings: the form of Wishes: NameError: name 'Nothing' is not defined; "
        "docs/developer/forms.md says which types and notes a form has",
    ),
    "a setting and a section of one name": (
        "class Wishes(Struct):\n    stops: int = 1\n\nasync def read(event): ...\n"
        "async def apply(event, section, *, by, now): ...\n"
        "register('register_settings', Wishes)\nregister('register_declared', Declared(Wishes, read, apply))",
        "settings, declared section and `enabled` stand in one table: rename the field 'stops'",
    ),
    "a choice of what is copied that is async": (
        "class Wishes(Struct):\n    stops: int = 1\n\nasync def read(event): ...\n"
        "async def apply(event, section, *, by, now): ...\nasync def copied(section): ...\n"
        "register('register_declared', Declared(Wishes, read, apply, copied))",
        "register_declared: copied: copied must be a plain function",
    ),
    "a setting called enabled": (
        "class Wishes(Struct):\n    enabled: bool = True\n\nregister('register_settings', Wishes)",
        "settings, declared section and `enabled` stand in one table: rename the field 'enabled'",
    ),
    "a panel's template that is not there": (
        "async def context(**facts): ...\nregister('register_my_panels', [Panel('evil/none.html', context)])",
        "register_my_panels: there is no template 'evil/none.html'; templates lie in templates/<plugin>/ beside plugin.py",
    ),
    "a panel that is not async": (
        "def context(**facts): ...\nregister('register_my_panels', [Panel('evil/good.html', context)])",
        "register_my_panels: context must be an async function",
    ),
    "a panel that does not take its facts": (
        "async def context(event): ...\nregister('register_event_panels', [Panel('evil/good.html', context)])",
        "register_event_panels: context does not take what it is called with (got an unexpected keyword argument 'now'); "
        "docs/hooks.md names it",
    ),
    "a panel whose order is no number": (
        "async def context(**facts): ...\nregister('register_my_panels', [Panel('evil/good.html', context, 'first')])",
        "register_my_panels: order 'first' is no whole number",
    ),
    "a calendar that takes nothing": (
        "async def source(): ...\nregister('register_calendar', source)",
        "register_calendar: source does not take what it is called with (too many positional arguments); "
        "docs/hooks.md names it",
    ),
    "personal data that is not async": (
        "register('register_personal_data', PersonalData(lambda person: {}))",
        "register_personal_data: export: <lambda> must be an async function",
    ),
    "a placeholder without a sample": (
        f"register('register_mail', [{MAIL.format('evil.hello', {})}])",
        "mail text 'evil.hello' in 'es' uses {name}, which its sample lacks; add it there",
    ),
    "a mail without a body": (
        "register('register_mail', [MailText('evil.hello', 'Title', {'es': 'a'}, {})])",
        "mail text 'evil.hello' has no subject or no body",
    ),
    "a refusal that cannot be filled": (
        "register('register_refusals', {'evil_full': 'The bus at {time is full'})",
        "the words of refusal code 'evil_full': ValueError: expected '}' before end of string; "
        "write {facts} with simple names, {{ for a brace",
    ),
    "a job without a pause": (
        "async def run(*, now): ...\nregister('register_jobs', [Job('evil.run', 0, run)])",
        "job 'evil.run': every_s is 0; give it seconds above 0",
    ),
    "a job that does not take now": (
        "async def run(): ...\nregister('register_jobs', [Job('evil.run', 5, run)])",
        "job 'evil.run': run does not take what it is called with (got an unexpected keyword argument 'now'); "
        "docs/hooks.md names it",
    ),
    "a label that is no text": (
        "register('register_navigation', [Link(42, '/{event}/evil')])",
        "register_navigation: Link: ValidationError: Expected `str`, got `int` - at `$.label`; "
        "give it the types that its class asks for",
    ),
    "a link without a label": (
        "register('register_console', [Link(' ', '/{event}/evil')])",
        "register_console: a link to /{event}/evil has no label",
    ),
    "a link that runs a script": link("javascript:alert(1)"),
    "a link to another site": link("//evil.example/"),
    "a link by its whole address": link("https://evil.example/{event}"),
    "a link without a slash": link("evil"),
    "a link without its event": link("/congress/evil"),
    "a link with another placeholder": link("/{event}/{person}"),
    "a link that climbs": link("/{event}/../me"),
    "a link to a core page": (
        "register('register_console', [Link('Team', '/{event}/organise/team/')])",
        "register_console: href '/{event}/organise/team/' is a page of the core's; write /{event}/evil",
    ),
    "a link for nobody": (
        "register('register_console', [Link('Evil', '/{event}/evil', permission='evil.none')])",
        "register_console: 'Evil' asks for the permission 'evil.none', which nobody registers; see register_permissions",
    ),
    "a mail whose sample is no mapping": (
        f"register('register_mail', [{MAIL.format('evil.hello', None)}])",
        "register_mail: MailText: ValidationError: Expected `object`, got `null` - at `$.sample`; "
        "give it the types that its class asks for",
    ),
    "a mail that uses another plugin's placeholder": (
        f"register('register_mail', [{MAIL.format('evil.hello', {'name': 'Ana', 'agenda_link': 'x'})}])",
        "mail text 'evil.hello': {agenda_link} is a placeholder of agenda; choose another name",
    ),
    "another plugin's placeholder": offer("agenda_link", TAKEN.format("placeholder", "agenda_link", "agenda", "evil_")),
    "a placeholder of nobody's": offer("bus_link", NOT_OWN.format("placeholder", "bus_link", "evil_")),
    "a placeholder of the core's mail": offer(
        "site_link", "placeholder 'site_link' stands in a mail of core already; choose another name"
    ),
    "a placeholder that no text can hold": offer(
        "evil_Link", "placeholder 'evil_Link': lower-case letters, digits and _ only"
    ),
    "a placeholder whose sample is no text": offer("evil_link", "register_placeholders: None is no text", None),
    "its own mail's placeholder": (
        offer("evil_link", "")[0] + f"register('register_mail', [{MAIL.format('evil.hello', OWN_SAMPLE)}])",
        "placeholder 'evil_link' stands in a mail of evil already; choose another name",
    ),
    "a role that no column holds": (
        f"register('register_roles', [Role({LONG_ROLE!r}, 'Driver')])",
        f"role {LONG_ROLE!r} has 31 characters; at most 30 can be stored",
    ),
    "a mail key that no column holds": (
        f"register('register_mail', [{MAIL.format(LONG_KEY, {'name': 'Ana'})}])",
        f"mail text {LONG_KEY!r} has 101 characters; at most 100 can be stored",
    ),
    "an action that no column holds": (
        f"register('register_actions', {{{LONG_KEY!r}: 'Changed'}})",
        f"audit action {LONG_KEY!r} has 101 characters; at most 100 can be stored",
    ),
    "the sign-in mail": (
        f"register('register_mail', [{MAIL.format('core.sign_in', {'name': 'Ana'})}])",
        TAKEN.format("mail text", "core.sign_in", "core", "evil."),
    ),
    "another plugin's mail": (
        f"register('register_mail', [{MAIL.format('awards.submitted', {'name': 'Ana'})}])",
        TAKEN.format("mail text", "awards.submitted", "awards", "evil."),
    ),
    "a core permission": (
        "register('register_permissions', [Permission('event.configure', 'Configure', roles=('door',))])",
        TAKEN.format("permission", "event.configure", "core", "evil."),
    ),
    "a permission of nobody's": (
        "register('register_permissions', [Permission('good.edit', 'Edit')])",
        NOT_OWN.format("permission", "good.edit", "evil."),
    ),
    "an unknown role": (
        "register('register_permissions', [Permission('evil.edit', 'Edit', roles=('no_such_role',))])",
        "permission 'evil.edit' is given to the role 'no_such_role', which nobody offers: "
        "door, finance, juror, organiser, owner, programme",
    ),
    "a core role": (
        "register('register_roles', [Role('owner', 'Owner')])",
        NOT_OWN.format("role", "owner", "evil."),
    ),
    "a core refusal": (
        "register('register_refusals', {'plugin_failed': 'Nothing happened.'})",
        TAKEN.format("refusal code", "plugin_failed", "core", "evil_"),
    ),
    "another plugin's refusal": (
        "register('register_refusals', {'sold_out': 'Pay here.'})",
        TAKEN.format("refusal code", "sold_out", "registration", "evil_"),
    ),
    "a refusal of nobody's": (
        "register('register_refusals', {'bus_full': 'Full.'})",
        NOT_OWN.format("refusal code", "bus_full", "evil_"),
    ),
    "another plugin's action": (
        "register('register_actions', {'order.paid': 'Nothing'})",
        TAKEN.format("audit action", "order.paid", "registration", "evil."),
    ),
    "another plugin's job": (
        "async def run(*, now): ...\nregister('register_jobs', [Job('registration.expire_unpaid', 5, run)])",
        TAKEN.format("job", "registration.expire_unpaid", "registration", "evil."),
    ),
    "a core command": (
        "register('register_commands', [click.Command('migrate')])",
        "command 'migrate' is not the plugin's own; call it 'evil'",
    ),
    "a route without a permission": (
        route("/{event_slug:str}/evil", declared=""),
        'route /{event_slug:str}/evil declares no permission; add permission="public", "signed_in" or one of your own',
    ),
    "a route of the API for browsers only": (
        route("/api/v1/events/{event_slug:str}/evil", declared=', permission="signed_in"'),
        "route /api/v1/events/{event_slug:str}/evil declares 'signed_in', which no access token has as a scope; "
        "ask for a permission of your own with everybody=True",
    ),
    "a route for nobody": (
        route("/{event_slug:str}/evil", declared=', permission="evil.none"'),
        "route /{event_slug:str}/evil asks for the permission 'evil.none', which nobody registers; see register_permissions",
    ),
    "a route outside": (route("/everywhere"), foreign("/everywhere")),
    "a route of any name": (route("/{event_slug:str}/{page:str}"), foreign("/{event_slug:str}/{page:str}")),
    "a route of another event": (
        route("/api/v1/events/{slug:str}/evil"),
        foreign("/api/v1/events/{slug:str}/evil"),
    ),
    "an event that the path does not name": (
        route("/evil", takes="event: EventView"),
        "route /evil takes `event`, which its path does not name; put /{event_slug:str}/ into it",
    ),
    "a core path": (
        route("/{event_slug:str}/organise/team/export"),
        "route /{event_slug:str}/organise/team/export is a path of the core's; write /{event_slug:str}/evil",
    ),
    "another plugin's path": (
        route("/{event_slug:str}/agenda/{code:str}"),
        "route /{event_slug:str}/agenda/{code:str} belongs to agenda; choose another path",
    ),
}
BROKEN_TEMPLATES = {
    "syntax": ("{% if %}", "template 'evil/page.html', line 1: Expected an expression, got 'end of statement block'"),
    "a filter": ("{{ 1 | no_filter }}", "template 'evil/page.html', line 1: there is no filter 'no_filter'"),
    "a test": ("\n{{ 1 is no_test }}", "template 'evil/page.html', line 2: there is no test 'no_test'"),
    "another template": (
        "{% extends '_none.html' %}",
        "template 'evil/page.html': there is no template '_none.html'; templates lie in templates/<plugin>/ beside plugin.py",
    ),
}
GOOD = "register('register_navigation', [Link('Good', '/{event}/good')])"


def started(tmp_path: Path, *evil: EntryPoint) -> PluginHost:
    host = host_with(*evil)
    create_app(Settings(key_file=str(tmp_path / "key.pem")), host=host)
    return host


@pytest.mark.parametrize("case", UNFIT)
def test_a_plugin_that_does_not_fit_is_left_out_with_one_line_and_the_others_stay(
    case: str, write: Write, tmp_path: Path
) -> None:
    source, line = UNFIT[case]

    host = started(tmp_path, write("evil", source, good="<p></p>"), write("good", GOOD))

    assert {name: each.error for name, each in host.broken.items()} == {"evil": line}
    assert list(host.plugins) == ["agenda", "awards", "good", "registration"]
    assert "\n" not in line


@pytest.mark.parametrize("case", BROKEN_TEMPLATES)
def test_a_plugin_with_a_broken_template_is_left_out(case: str, write: Write, tmp_path: Path) -> None:
    source, line = BROKEN_TEMPLATES[case]

    host = started(tmp_path, write("evil", "", page=source))

    assert {name: each.error for name, each in host.broken.items()} == {"evil": line}


def test_a_template_in_the_place_of_another_plugins_leaves_the_plugin_out(write: Write, tmp_path: Path) -> None:
    entry = write("evil", "")
    folder = tmp_path / entry.module.partition(".")[0] / "templates" / "agenda"
    folder.mkdir()
    (folder / "agenda.html").write_text("taken over", encoding="utf-8")

    host = started(tmp_path, entry)

    line = "template 'agenda/agenda.html' lies outside of templates/evil/; move it there"
    assert {name: each.error for name, each in host.broken.items()} == {"evil": line}


def test_an_operation_id_that_is_taken_leaves_the_later_plugin_out_however_it_is_called(
    write: Write, tmp_path: Path
) -> None:
    path = "/api/v1/events/{event_slug:str}/aaa"
    source = route(path, declared=', permission="public", operation_id="listRooms"')

    host = started(tmp_path, write("aaa", source))

    assert list(host.broken) == ["aaa"]
    assert host.broken["aaa"].error.startswith("the API cannot be described with its routes: ")
    assert "listRooms" in host.broken["aaa"].error


def test_a_plugin_that_comes_first_by_name_takes_nothing_from_a_built_in_one(write: Write, tmp_path: Path) -> None:
    source = "register('register_refusals', {'aaa_full': 'Full.', 'sold_out': 'Pay here.'})"

    host = started(tmp_path, write("aaa", source))

    line = TAKEN.format("refusal code", "sold_out", "registration", "aaa_")
    assert {name: each.error for name, each in host.broken.items()} == {"aaa": line}


def test_of_two_outside_plugins_that_want_one_name_the_first_keeps_it(write: Write, tmp_path: Path) -> None:
    """Both may begin with its own name: `buses` and `buses_night`."""
    source = "register('register_refusals', {'buses_night_full': 'Full.'})"

    host = started(tmp_path, write("buses", source), write("buses_night", source))

    line = TAKEN.format("refusal code", "buses_night_full", "buses", "buses_night_")
    assert {name: each.error for name, each in host.broken.items()} == {"buses_night": line}


def test_of_two_outside_plugins_the_later_one_may_not_name_the_earlier_ones_placeholder(
    write: Write, tmp_path: Path
) -> None:
    offers, _ = offer("buses_2_link", "")
    mail = f"register('register_mail', [{MAIL.format('trains.hello', {'name': 'Ana', 'buses_2_link': 'x'})}])"

    host = started(tmp_path, write("buses_2", offers), write("trains", mail))

    line = "mail text 'trains.hello': {buses_2_link} is a placeholder of buses_2; choose another name"
    assert {name: each.error for name, each in host.broken.items()} == {"trains": line}


def test_a_plugin_whose_name_no_column_holds_is_left_out(write: Write, tmp_path: Path) -> None:
    name = "x" * 51

    host = started(tmp_path, write(name, ""))

    line = f"a plugin cannot be called {name!r}: at most 50 lower-case letters, digits and _"
    assert {name: each.error for name, each in host.broken.items()} == {name: line}


def test_the_longest_names_are_those_that_the_tables_hold() -> None:
    longest = fitness.LONGEST
    assert Grant.role.length == longest[fitness.ROLE]
    assert MailOverride.mail_key.length == OutboxLine.name.length == longest[fitness.MAIL]
    assert AuditLine.action.length == longest[fitness.ACTION]
    assert EventPlugin.plugin.length == OutboxLine.plugin.length == 50
    assert Event.language.length == Person.language.length == MailOverride.language.length == 8


def test_who_names_the_permission_of_a_plugin_that_is_left_out_is_left_out_too(write: Write, tmp_path: Path) -> None:
    bad = "register('register_permissions', [Permission('bad.edit', 'Edit', roles=('nobody',))])"
    needs = "register('register_console', [Link('Edit', '/{event}/needs', permission='bad.edit')])"

    host = started(tmp_path, write("bad", bad), write("aneeds", needs))

    assert sorted(host.broken) == ["aneeds", "bad"]
    assert host.broken["aneeds"].error.endswith(
        "asks for the permission 'bad.edit', which nobody registers; see register_permissions"
    )


def test_what_a_plugin_that_is_left_out_named_is_not_there(write: Write, tmp_path: Path) -> None:
    """Left out by its routes, which are tried last."""
    source = """
register("register_permissions", [Permission("evil.edit", "Edit", roles=("evil.driver",))])
register("register_roles", [Role("evil.driver", "Driver")])
register("register_refusals", {"evil_full": "Full."})
""" + route("/everywhere")

    host = started(tmp_path, write("evil", source))

    assert list(host.broken) == ["evil"]
    assert "evil.edit" not in registered()
    assert "evil.driver" not in ROLES
    assert "evil.hello" not in texts()


def test_a_default_of_structs_that_hold_a_dict_works(write: Write, tmp_path: Path) -> None:
    source = """
class Level(Struct, frozen=True):
    code: str
    name: dict[str, str]

class Wishes(Struct, frozen=True):
    levels: tuple[Level, ...] = (Level(code="gold", name={"es": "Oro"}),)

register("register_settings", Wishes)
"""
    host = host_with(write("sponsors", source))
    app = create_app(Settings(key_file=str(tmp_path / "key.pem")), host=host)

    assert host.broken == {}
    assert "Wishes" in app.state.openapi_document["components"]["schemas"]


def test_our_own_plugins_fit_their_templates_too() -> None:
    from plenaria.core.app.fitness import examine

    host = PluginHost.discover()

    prepare(Settings(), host)
    examine(host, Settings(), thorough=True)

    assert host.broken == {}


@pytest.mark.parametrize("where", ["a part", "a route"])
def test_plenaria_check_and_plenaria_plugins_name_what_does_not_fit(
    where: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, line = UNFIT["the sign-in mail" if where == "a part" else "a route outside"]
    evil = write("evil", source)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [*entry_points(group=group), evil])
    monkeypatch.setattr(logs, "is_configured", lambda: False)
    monkeypatch.setattr(logs, "configure", lambda **_: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLENARIA_DATABASE", "sqlite:///house.sqlite3")
    CliRunner().invoke(main, ["migrate"])
    logging.disable(logging.CRITICAL)
    try:
        checked = CliRunner().invoke(main, ["check"])
        listed = CliRunner().invoke(main, ["plugins"])
    finally:
        logging.disable(logging.NOTSET)

    assert checked.exit_code == 2
    assert f"plenaria: plugin left out: evil ({line})\n" in checked.stderr
    assert f"plenaria: plugin left out: evil ({line})\n" in listed.stderr
    assert "broken" in listed.stdout


# ----------------------------------------------------------------------------------------------------------- roles

DRIVERS = """
register("register_roles", [Role("buses.driver", "Bus driver")])
register("register_permissions", [Permission("buses.drive", "Drive", roles=("buses.driver",))])

@get("/{event_slug:str}/buses", permission="buses.drive")
async def drive(event: EventView) -> str:
    return "wheel"

register("register_routes", [drive])
"""


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_plugins_role_is_given_on_the_team_page_and_gives_nothing_where_the_plugin_is_off(
    engine_url: str, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database=engine_url, key_file=str(tmp_path / "key.pem"))
    host = host_with(write("buses", DRIVERS))
    app = create_app(settings, host=host)
    assert host.broken == {}
    async with running(app):
        event = await make_event("congress", host)
        site = Site(app, settings, app.state.database, event, event)
        monkeypatch.setattr(clock, "now", lambda: site.now)
        owner = await site.signed_in("owner")

        form = (await owner.get("/congress/organise/team?lang=en")).text
        invited = await owner.post("/congress/organise/team", data={"email": "d@example.mx", "role": "buses.driver"})
        driver = await site.signed_in(email="d@example.mx")
        on = await driver.get("/congress/buses")
        mine_on = (await driver.get("/me?lang=en")).text
        elsewhere = await driver.get("/congress/organise")
        await services.switch_plugin(event, "buses", on=False, by="test", now=NOW)
        off = await driver.get("/congress/buses")
        mine_off = (await driver.get("/me?lang=en")).text
        team = (await owner.get("/congress/organise/team?lang=en")).text
        (person,) = [each for each in await people_queries.team(event) if each.email == "d@example.mx"]

        assert '<option value="buses.driver"' in form
        assert "buses.driver" in json.dumps(
            (await owner.get("/api/openapi.json")).json()["components"]["schemas"]["Member"]
        )
        assert invited.status_code == 303
        assert (on.status_code, on.text) == (200, "wheel")
        assert elsewhere.status_code == 403
        assert off.status_code == 404
        assert ("Where I work" in mine_on, "Where I work" in mine_off) == (True, False)
        assert person.role == "buses.driver"
        assert "Bus driver" in team
        assert await roles_of("d@example.mx", site) == ()


async def roles_of(email: str, site: Site) -> tuple[str, ...]:
    """What the roles that somebody holds give in the event as it is now."""
    from plenaria.core.events import queries
    from plenaria.core.host.visit import Visit

    person = await people.ensure_person(email, now=NOW)
    visit = Visit(NOW, person=person, roles=await people_queries.roles(person.id))
    return visit.roles_in(await queries.event_by_slug("congress"))


def test_a_role_of_a_plugin_that_is_not_loaded_gives_nothing() -> None:
    from plenaria.core.host.permissions import counts

    assert counts("organiser", ())
    assert not counts("gone.driver", ("gone",))
    assert not counts("gone.driver", None)
    assert not allows("gone.drive", ["gone.driver"])


def test_a_refused_role_says_so() -> None:
    with pytest.raises(Refused, match="unknown_role"):
        asyncio.run(people.grant(None, "gone.driver", event=None, by="test", now=datetime.now(UTC)))  # type: ignore[arg-type]
