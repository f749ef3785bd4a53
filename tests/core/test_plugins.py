"""The plugin host, with small plugins written for each test."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from plenaria.core.app import create_app, prepare
from plenaria.core.host import plugins
from plenaria.core.host.contributions import has_shape
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.core.kernel.settings import Settings
from plenaria.core.kernel.values import EventView, Refusal
from tests.site import Site

NOW = datetime(2025, 9, 1, 18, 0, tzinfo=UTC)
HEAD = """
    from collections.abc import Sequence
    from plenaria.core.host.contributions import PluginCard
    from plenaria.core.host.hookspecs import hookimpl, hookspec
    from plenaria.core.kernel.values import EventView, Link, MailText, Permission, Refusal
"""

Write = Callable[..., EntryPoint]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a plugin of one module (and, if given, its hookspecs); returns its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def write_plugin(name: str, source: str, *, specs: str = "", package: str = "") -> EntryPoint:
        package = package or f"{tmp_path.name.replace('-', '_')}_{name}"
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "plugin.py").write_text(dedent(HEAD) + dedent(source), encoding="utf-8")
        if specs:
            (folder / "hookspecs.py").write_text(dedent(HEAD) + dedent(specs), encoding="utf-8")
        written.append(package)
        importlib.invalidate_caches()
        return EntryPoint(name=name, value=f"{package}.plugin", group=GROUP)

    yield write_plugin
    for module in [module for module in sys.modules if module.split(".")[0] in written]:
        del sys.modules[module]


@pytest.fixture(autouse=True)
def _the_host_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever host a test puts into use is gone after it."""
    monkeypatch.setattr(plugins, "_host", plugins._host)


def event(*on: str) -> EventView:
    return EventView(1, "congress", {"es": "Congreso"}, "UTC", date(2025, 10, 1), date(2025, 10, 2), plugins=on)


GOOD = """
    @hookimpl
    def register_navigation() -> Sequence[Link]:
        return [Link("Good", "/{event}/good")]
"""

# ------------------------------------------------------------------------------------------------ discovery


def test_an_installed_distribution_is_found_by_its_entry_point(write: Write, tmp_path: Path) -> None:
    entry = write("buses", 'register_plugin = hookimpl(lambda: PluginCard("Buses"))', package="found_by_entry_point")
    metadata = tmp_path / "some_buses-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-buses\nVersion: 1.2\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\nbuses = {entry.value}\n", encoding="utf-8")

    host = PluginHost.discover(only={"buses"})

    plugin = host.plugins["buses"]
    assert (plugin.distribution, plugin.version, plugin.package) == ("some-buses", "1.2", "found_by_entry_point")
    assert plugin.folder == tmp_path / "found_by_entry_point"
    assert plugin.card.title == "Buses"
    assert "buses" not in PluginHost.discover(disabled={"buses"}).plugins


def test_plugins_stand_in_the_order_of_their_names_however_they_are_found(write: Write) -> None:
    entries = [write(name, GOOD) for name in ("c", "a", "b")]

    host = PluginHost(entries)

    assert list(host.plugins) == ["a", "b", "c"]
    assert [name for name, _ in host.collect("register_navigation")] == ["a", "b", "c"]


def test_a_contribution_is_made_once_at_start(write: Write) -> None:
    entry = write(
        "counting",
        """
        calls = []

        @hookimpl
        def register_navigation() -> Sequence[Link]:
            calls.append(1)
            return []
        """,
    )

    host = PluginHost([entry])
    host.collect("register_navigation")
    host.contributed("counting", "register_navigation")

    assert host.plugins["counting"].module.calls == [1]


# -------------------------------------------------------------------------------------------- broken plugins

BROKEN = {
    "a crash at import": ("raise RuntimeError('no bus')", "RuntimeError: no bus"),
    "an import that is missing": ("import a_module_that_nobody_has", "No module named 'a_module_that_nobody_has'"),
    "an exit at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "a syntax error": ("def (:", "SyntaxError"),
    "a misspelt hook": ("@hookimpl\ndef register_navigaton():\n    return []", "unknown hook: register_navigaton"),
    "an argument too many": ("@hookimpl\nasync def event_changed(event, mood):\n    pass", "{'mood'}"),
    "a crash in register_plugin": ("@hookimpl\ndef register_plugin():\n    return 1 / 0", "ZeroDivisionError"),
    "a crash in register_routes": ("@hookimpl\ndef register_routes():\n    return 1 / 0", "ZeroDivisionError"),
    "a crash in register_hookspecs": ("@hookimpl\ndef register_hookspecs():\n    return 1 / 0", "ZeroDivisionError"),
    "a single link instead of a list": (
        "@hookimpl\ndef register_navigation():\n    return Link('Bus', '/bus')",
        "register_navigation gave Link",
    ),
    "a list of something else": ("@hookimpl\ndef register_mail():\n    return ['seat']", "register_mail gave ['seat']"),
    "settings that are no type": ("@hookimpl\ndef register_settings():\n    return {}", "register_settings gave {}"),
    "a refusal that is not async": ("@hookimpl\ndef refuse_plugin_switch(event):\n    return []", "must be async"),
    "a contribution that is async": ("@hookimpl\nasync def register_mail():\n    return []", "must not be async"),
    "a wrapper": ("@hookimpl(wrapper=True)\ndef register_mail():\n    return (yield)", "wrappers are not called"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_left_out_shown_and_logged_once(
    case: str, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    source, told = BROKEN[case]
    entries = [write("broken", "pass"), write("good", GOOD)]
    module = importlib.util.find_spec(entries[0].module)
    assert module is not None
    assert module.origin is not None
    Path(module.origin).write_text(dedent(HEAD) + source, encoding="utf-8")

    with caplog.at_level(logging.ERROR):
        host = PluginHost(entries)

    assert list(host.plugins) == ["good"]
    assert list(host.broken) == ["broken"]
    assert told in host.broken["broken"].error
    assert [name for name, _ in host.collect("register_navigation")] == ["good"]
    assert [(record.message, record.plugin) for record in caplog.records] == [("plugin left out", "broken")]  # type: ignore[attr-defined]


def test_tables_that_cannot_be_imported_leave_the_plugin_out(write: Write, tmp_path: Path) -> None:
    entry = write("tables", GOOD)
    (tmp_path / entry.module.rpartition(".")[0] / "piccolo_app.py").write_text("import nothing_like_it", "utf-8")

    host = PluginHost([entry])

    assert "nothing_like_it" in host.broken["tables"].error
    assert [app.app_name for app in host.apps()] == ["core"]


def test_two_plugins_of_one_name_are_the_first_one_and_a_broken_one(write: Write) -> None:
    first, second = write("buses", GOOD), write("buses", GOOD, package="other_buses")

    host = PluginHost([first, second])

    assert host.plugins["buses"].package == first.module.rpartition(".")[0]
    assert [name.split(" ")[0] for name in host.broken] == ["buses"]
    assert "another plugin is called buses" in next(iter(host.broken.values())).error


@pytest.mark.parametrize("name", ["core", "Buses", "my-buses", "../buses", "1st"])
def test_a_name_that_cannot_stand_in_addresses_is_not_loaded(name: str, write: Write) -> None:
    entry = write("fine", GOOD)

    host = PluginHost([EntryPoint(name=name, value=entry.value, group=GROUP)])

    assert list(host.plugins) == []
    assert "cannot be called" in host.broken[name].error


DOORS = {
    "no permission": '@get("/open-by-mistake")\n    async def door() -> str:\n        return ""',
    "a path that is taken": '@get("/{event_slug:str}", permission="public")\n    async def door() -> str:\n        return ""',
    "a type that nobody knows": '@get("/x", permission="public")\n    async def door(a: "Nothing") -> str:\n        return ""',
    "no door at all": "door = 42",
}


@pytest.mark.parametrize("case", DOORS)
def test_a_plugin_whose_doors_do_not_fit_is_left_out_and_the_others_are_served(
    case: str, write: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = f"""
    from litestar import get

    {DOORS[case]}

    @hookimpl
    def register_routes():
        return [door]
    """
    good = """
    from litestar import get

    @get("/{event_slug:str}/good", permission="public")
    async def page() -> str:
        return ""

    @hookimpl
    def register_routes():
        return [page]
    """
    host = PluginHost([write("broken", source), write("good", good)])

    app = create_app(Settings(key_file=str(tmp_path / "key.pem")), host=host)

    paths = {route.path for route in app.routes}
    assert "/{event_slug:str}/good" in paths
    assert list(host.plugins) == ["good"]
    assert list(host.broken) == ["broken"]
    assert [record.message for record in caplog.records if record.name == "plenaria.plugins"] == ["plugin left out"]


def test_message_files_that_cannot_be_read_leave_the_plugin_out(write: Write, tmp_path: Path) -> None:
    entry = write("words", GOOD)
    folder = tmp_path / entry.module.rpartition(".")[0] / "locale" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_bytes(b'msgid "a"\nmsgstr "\xff\xfe"\n')
    host = PluginHost([entry])

    prepare(Settings(), host)

    assert list(host.broken) == ["words"]


# ------------------------------------------------------------------------------------- hooks of plugins' own

OFFERS = """
    from . import hookspecs

    @hookimpl
    def register_hookspecs():
        return hookspecs
"""
SPECS = """
    @hookspec
    async def refuse_seat(event: EventView, seat: int) -> Sequence[Refusal]:
        "Asked before a seat is given."

    @hookspec
    def register_stops() -> Sequence[str]:
        "Stops."
"""
TAKES = """
    @hookimpl(optionalhook=True)
    async def refuse_seat(seat: int) -> Sequence[Refusal]:
        return [Refusal("unlucky")] if seat == 13 else []

    @hookimpl(optionalhook=True)
    def register_stops() -> Sequence[str]:
        return ["Zócalo"]
"""


@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_hook_of_one_plugin_is_implemented_by_another(order: str, write: Write) -> None:
    names = ("a", "b") if order == "before" else ("b", "a")
    host = PluginHost([write(names[0], OFFERS, specs=SPECS), write(names[1], TAKES)])

    refusals = await host.ask("refuse_seat", event=event("a", "b"), seat=13)

    assert host.broken == {}
    assert refusals == [Refusal("unlucky")]
    assert host.collect("register_stops") == [(names[1], ["Zócalo"])]


def test_an_optional_hook_that_nobody_offers_is_no_fault(write: Write) -> None:
    host = PluginHost([write("takes", TAKES)])

    assert list(host.plugins) == ["takes"]
    assert host.collect("register_stops") == []


def test_a_wrong_argument_blames_the_plugin_that_has_it_not_the_one_that_offers_the_hook(write: Write) -> None:
    wrong = "@hookimpl(optionalhook=True)\nasync def refuse_seat(chair: int):\n    return []"

    host = PluginHost([write("offers", OFFERS, specs=SPECS), write("a_wrong", wrong)])

    assert list(host.plugins) == ["offers"]
    assert "{'chair'}" in host.broken["a_wrong"].error


# -------------------------------------------------------------------------------------------------- refuse_*

REFUSING = """
    asked = []

    @hookimpl
    async def refuse_plugin_switch(event: EventView, plugin: str):
        asked.append(plugin)
        return [Refusal("{code}")]
"""


async def ask(host: PluginHost, *on: str) -> list[Refusal]:
    assert host.broken == {}
    return await host.ask("refuse_plugin_switch", event=event(*on), plugin="agenda", on=False, now=NOW)


async def test_every_plugin_that_is_on_is_asked_and_all_reasons_come_at_once(write: Write) -> None:
    host = PluginHost([write(name, REFUSING.replace("{code}", name)) for name in ("a", "b", "off")])

    assert await ask(host, "a", "b") == [Refusal("a"), Refusal("b")]
    assert host.plugins["off"].module.asked == []


async def test_none_is_no_objection(write: Write) -> None:
    host = PluginHost([write("silent", "@hookimpl\nasync def refuse_plugin_switch(event):\n    pass")])

    assert await ask(host, "silent") == []


@pytest.mark.parametrize("does", ["1 / 0", "return 'no'", "return ['no']", "return 1", "import nothing_of_that_name"])
async def test_a_plugin_that_fails_when_asked_has_said_no(
    does: str, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    crash = f"@hookimpl\nasync def refuse_plugin_switch(event):\n    {does}"
    host = PluginHost([write("a", crash), write("b", REFUSING.replace("{code}", "b"))])

    with caplog.at_level(logging.ERROR):
        refusals = await ask(host, "a", "b")

    assert refusals == [Refusal("plugin_failed", {"plugin": "a"}), Refusal("b")]
    assert [(record.plugin, bool(record.exc_info)) for record in caplog.records] == [("a", True)]  # type: ignore[attr-defined]


async def test_an_asker_that_errs_is_told_instead_of_taken_for_consent(write: Write) -> None:
    host = PluginHost([write("a", REFUSING.replace("{code}", "a"))])

    with pytest.raises(LookupError, match="refuse_plugin_swich"):
        await host.ask("refuse_plugin_swich", event=event("a"), plugin="agenda", on=False, now=NOW)
    with pytest.raises(TypeError, match="it was given event, plugin"):
        await host.ask("refuse_plugin_switch", event=event("a"), plugin="agenda")


# ----------------------------------------------------------------------------------------------------- facts

SWITCHED = {"event", "plugin", "on", "now"}


async def test_a_fact_arrives_as_the_hook_says_however_it_was_stored(write: Write) -> None:
    specs = """
    from datetime import datetime
    from plenaria.core.kernel.values import Money

    @hookspec
    async def seat_sold(event: EventView, price: Money, at: datetime) -> None:
        "Told."
    """
    hears = """
    heard = []

    @hookimpl
    async def seat_sold(price, at):
        heard.append((price, at))
    """
    host = PluginHost([write("offers", OFFERS, specs=specs), write("hears", hears)])

    stored = msgspec.json.decode(msgspec.json.encode({"price": {"minor": 100, "currency": "MXN"}, "at": NOW}))
    await host.tell("hears", "seat_sold", {**stored, "event": event("hears")})

    ((price, at),) = host.plugins["hears"].module.heard
    assert (price.minor, at) == (100, NOW)


async def test_only_plugins_that_are_on_and_listen_are_told(write: Write) -> None:
    hears = "@hookimpl\nasync def plugin_switched(plugin):\n    pass"
    host = PluginHost([write("a", hears), write("b", hears), write("deaf", GOOD)])

    assert host.listeners("plugin_switched", event("a", "deaf"), SWITCHED) == ["a"]
    with pytest.raises(LookupError):
        host.listeners("plugin_swiched", event("a"), SWITCHED)


async def test_a_crash_is_raised_to_the_outbox(write: Write) -> None:
    host = PluginHost([write("a", "@hookimpl\nasync def plugin_switched(plugin):\n    1 / 0")])

    with pytest.raises(ZeroDivisionError):
        await host.tell("a", "plugin_switched", {"event": event("a"), "plugin": "x", "on": True, "now": NOW})
    with pytest.raises(plugins.Unfit, match="gone is not loaded"):
        await host.tell("gone", "plugin_switched", {})


# ---------------------------------------------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("value", "expected", "fits"),
    [
        ([1, 2], Sequence[int], True),
        ([1, "2"], Sequence[int], False),
        ("12", Sequence[str], False),
        ({"a": "b"}, dict[str, str], True),
        ([], dict[str, str], False),
        (int, type[int], True),
        (1, type[int], False),
        (print, Callable[[], None], True),
        (1, Callable[[], None], False),
        (1, int | str, True),
        (1.5, int | str, False),
    ],
)
def test_shapes(value: object, expected: object, fits: bool) -> None:
    assert has_shape(value, expected) is fits


# ----------------------------------------------------------------------------------------- with a running site


async def test_the_plugins_page_names_the_broken_plugin_and_what_is_wrong_with_it(site: Site, write: Write) -> None:
    host = PluginHost([write("wrecked", "raise RuntimeError('no bus today')")])
    plugins.use(host)
    owner = await site.signed_in("owner")

    page = await owner.get("/congress/organise/plugins?lang=en")

    assert page.status_code == 200
    assert "“wrecked” could not be loaded" in page.text
    assert "RuntimeError: no bus today" in page.text
