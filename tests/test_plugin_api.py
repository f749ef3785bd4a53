"""The API for plugins: what `plenaria.plugin` exports is what its page says, and what was promised is kept."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from plenaria import plugin
from plenaria.core.host import contributions
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.plugin import api_page
from plenaria.plugin.api_page import Promise, broken

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "developer"
EXAMPLE = ROOT / "examples" / "plenaria-shuttle" / "plenaria_shuttle"
RENEW = "run: python -m plenaria.plugin.api_page docs/developer"


# ------------------------------------------------------------------------------------------------ the page


def test_every_name_stands_in_one_group_of_the_page() -> None:
    grouped = [name for names in api_page.GROUPS.values() for name in names]

    assert sorted(grouped) == sorted(plugin.__all__)


def test_every_name_is_explained() -> None:
    unexplained = [name for name in plugin.__all__ if not api_page.sentence(name, getattr(plugin, name))]

    assert unexplained == []


def test_the_page_is_made_of_the_module() -> None:
    assert (DOCS / "plugin-api.md").read_text(encoding="utf-8") == api_page.page(), RENEW


def test_what_was_promised_is_kept_or_the_version_is_raised() -> None:
    """A name that is gone, or takes other arguments, breaks plugins that nobody here has seen."""
    promised = json.loads((DOCS / "plugin-api.json").read_text(encoding="utf-8"))

    assert broken(promised, api_page.promises(), api_page.version()) == []
    assert promised == {"version": api_page.version(), "names": api_page.promises()}, RENEW


BEFORE: Promise = {
    "page": {"arguments": ["request: Request", "*", "status: int = 200"], "gives": ["Response"]},
    "Window": {"arguments": ["opens_at: datetime | None = None"], "members": ["contains", "is_after"]},
}


def changed(name: str, part: str, value: list[str]) -> Promise:
    return {**BEFORE, name: {**BEFORE[name], part: value}}


@pytest.mark.parametrize(
    "now",
    [
        {"page": BEFORE["page"]},
        changed("page", "arguments", ["request: Request", "*", "code: int = 200"]),
        changed("page", "arguments", ["request: Request", "template: str", "*", "status: int = 200"]),
        changed("page", "gives", ["str"]),
        changed("Window", "members", ["contains"]),
    ],
    ids=["gone", "renamed argument", "new argument without default", "gives another thing", "method gone"],
)
def test_a_broken_promise_needs_another_major_version(now: Promise) -> None:
    before = {"version": "1.4", "names": BEFORE}

    verdicts = {version: bool(broken(before, now, version)) for version in ("1.4", "1.5", "2.0")}

    assert verdicts == {"1.4": True, "1.5": True, "2.0": False}


@pytest.mark.parametrize(
    "now",
    [
        {**BEFORE, "render": {"arguments": [], "gives": ["str"]}},
        changed("page", "arguments", ["request: Request", "*", "status: int = 200", "title: str = ''"]),
        changed("Window", "members", ["contains", "is_after", "is_before"]),
    ],
    ids=["new name", "new argument with a default", "new method"],
)
def test_more_than_was_promised_needs_another_minor_version(now: Promise) -> None:
    before = {"version": "1.4", "names": BEFORE}

    verdicts = {version: bool(broken(before, now, version)) for version in ("1.4", "1.5", "2.0")}

    assert verdicts == {"1.4": True, "1.5": False, "2.0": False}


def test_the_files_are_not_written_over_a_broken_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {**api_page.promises(), "left_long_ago": {}}
    record = tmp_path / "plugin-api.json"
    record.write_text(json.dumps({"version": api_page.version(), "names": names}), encoding="utf-8")

    code = api_page.main(tmp_path)

    assert code == 1
    assert capsys.readouterr().err.startswith("left_long_ago is gone or differs: raise the major API_VERSION")
    assert [path.name for path in tmp_path.iterdir()] == ["plugin-api.json"]


# --------------------------------------------------------------------------------------- who imports what


def imported_from_plenaria(path: Path) -> set[str]:
    found = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {str(node.module) for node in found if str(node.module).partition(".")[0] == "plenaria"}


def test_the_example_imports_nothing_else_of_plenaria() -> None:
    modules = [path for path in EXAMPLE.rglob("*.py") if path.parent.name != "migrations"]

    assert {name for path in modules for name in imported_from_plenaria(path)} == {"plenaria.plugin"}


@pytest.mark.parametrize("module", ["plugin", "hookspecs"])
def test_our_own_plugins_use_it_too(module: str) -> None:
    used = {path.parent.name: imported_from_plenaria(path) for path in ROOT.glob(f"plugins/*/{module}.py")}

    assert [name for name, modules in used.items() if "plenaria.plugin" not in modules] == []
    assert [name for name, modules in used.items() if any(each.startswith("plenaria.core") for each in modules)] == []


def test_it_loads_nothing_that_a_plugin_may_never_need() -> None:
    heavy = {"uvicorn", "typst", "numpy", "scipy", "ortools", "xlsxwriter", "icalendar", "pytest", "rich"}
    heavy |= {"plenaria.core.app", "plenaria.core.cli", "plenaria.plugins", "plenaria.testing"}
    code = "import sys, plenaria.plugin; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert heavy & set(done.stdout.split()) == set()


# ------------------------------------------------------------------------------------ a plugin's own version

MODULE = """
from plenaria.plugin import PluginCard, hookimpl

@hookimpl
def register_plugin():
    return PluginCard("Ferries", api={api!r})
"""


@pytest.fixture
def ferries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(contributions, "API_VERSION", (3, 2))
    yield tmp_path / "ferries_plugin.py"
    sys.modules.pop("ferries_plugin", None)


@pytest.mark.parametrize("api", ["", "3.0", "3.2"])
def test_a_plugin_for_this_api_is_loaded(api: str, ferries: Path) -> None:
    ferries.write_text(MODULE.format(api=api), encoding="utf-8")

    host = PluginHost([EntryPoint("ferries", "ferries_plugin", GROUP)])

    assert (list(host.plugins), host.broken) == (["ferries"], {})


@pytest.mark.parametrize(
    ("api", "why"),
    [
        ("2.9", "was written for version 2.9 of the plugin API; this Plenaria has 3.2"),
        ("3.3", "was written for version 3.3 of the plugin API; this Plenaria has 3.2"),
        ("4.0", "was written for version 4.0 of the plugin API; this Plenaria has 3.2"),
        ("three", "states the API version 'three'; a version looks like '3.2'"),
    ],
)
def test_a_plugin_for_another_api_is_left_out_and_says_why(api: str, why: str, ferries: Path) -> None:
    """Also when it implements a hook that this host does not know yet."""
    newer = "\n@hookimpl\ndef register_ferries():\n    return []\n"
    ferries.write_text(MODULE.format(api=api) + newer, encoding="utf-8")

    host = PluginHost([EntryPoint("ferries", "ferries_plugin", GROUP)])

    assert {name: broken.error for name, broken in host.broken.items()} == {"ferries": why}
    assert host.plugins == {}
