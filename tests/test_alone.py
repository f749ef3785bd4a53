"""Each plugin runs without its siblings and their tables, and the host runs without any plugin.

Each case is a process of its own: a sibling that another test has imported would hide an import that is wrong.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from plenaria.core.host.plugins import PluginHost

ROOT = Path(__file__).resolve().parent.parent
BUILT_IN = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/plugin.py"))


def walk(only: str, url: str, folder: Path) -> list[str]:
    """What tests/alone_walk.py says of the host with that plugin (none: "")."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "alone_walk.py", only, url, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


def lines(said: list[str], kind: str) -> list[str]:
    return [line.removeprefix(f"{kind} ") for line in said if line.startswith(f"{kind} ")]


def test_the_plugins_of_the_checkout_are_all_installed_and_none_is_broken() -> None:
    host = PluginHost.discover(only=set(BUILT_IN))

    assert {name: broken.error for name, broken in host.broken.items()} == {}
    assert list(host.plugins) == BUILT_IN


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_plugin_runs_alone(name: str, empty_engine_url: str, tmp_path: Path) -> None:
    siblings = [each for each in BUILT_IN if each != name]

    said = walk(name, empty_engine_url, tmp_path)

    assert lines(said, "plugin") == [name]
    tables = lines(said, "table")
    assert {"core", name} <= {table.split("_")[0] for table in tables}
    assert [table for table in tables if table.startswith(tuple(f"{sibling}_" for sibling in siblings))] == []
    imported = lines(said, "module")
    assert f"plenaria.plugins.{name}" in imported
    assert [module for module in imported if module.split(".")[2] in siblings] == []
    pages = dict(line.rsplit(" ", 1) for line in lines(said, "page"))
    assert len(pages) > 10
    assert {path: status for path, status in pages.items() if int(status) >= 500} == {}
    assert [path for path in lines(said, "own") if pages[path] == "200"], "no page of the plugin could be seen"
    assert lines(said, "undelivered") == []
    assert lines(said, "extra") == []


def test_the_host_runs_without_any_plugin(empty_engine_url: str, tmp_path: Path) -> None:
    said = walk("", empty_engine_url, tmp_path)

    assert lines(said, "plugin") == []
    assert lines(said, "module") == []
    assert {table.split("_")[0] for table in lines(said, "table")} <= {"core", "migration", "sqlite"}
    pages = dict(line.rsplit(" ", 1) for line in lines(said, "page"))
    assert {path: status for path, status in pages.items() if int(status) >= 500} == {}
    assert (pages["/"], pages["/congress"], pages["/congress/organise"]) == ("200", "200", "200")
