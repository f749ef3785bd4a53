"""The directions of docs/architecture.md hold, and every contract and every ban has been seen to fail."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LINT = PYPROJECT["tool"]["ruff"]["lint"]
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
}
BANS = sorted(LINT["flake8-tidy-imports"]["banned-api"])

# Beside rules.py. Each must also stand in the contracts `pure` and `rooms` (a test below compares).
PURE_ROOMS = {
    "agenda": {"ics", "interchange", "solver"},
    "awards": {"statistics", "matching", "words"},
    "registration": {"forms", "ics", "tickets", "sheets"},
}

NEEDED_ROOMS = {"plugin", "rules", "tables", "services", "web", "api", "piccolo_app"}
OPTIONAL_ROOMS = {"hookspecs", "settings", "queries"}
FOLDERS = {"migrations", "templates", "static", "locale"}

PLUGINS = sorted(door.parent for door in ROOT.glob("plugins/*/plugin.py"))
"""Folders of the plugins of this checkout."""


# ------------------------------------------------------------------------------------------- contracts


def lint_imports(tree: Path) -> tuple[set[str], str]:
    """Names of the broken contracts of the tree, and all that import-linter printed."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
    run = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, env=environment)
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)\b", run.stdout, re.MULTILINE)
    assert len(verdicts) == len(CONTRACTS), run.stdout + run.stderr
    broken = {name for name, verdict in verdicts if verdict == "BROKEN"}
    assert (run.returncode == 0) == (not broken), run.stdout + run.stderr
    return broken, run.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source that a test may spoil, with one complete plugin more: `plugins.specimen`."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    leave_out = shutil.ignore_patterns("__pycache__", "templates", "static", "locale")
    for package in ("core", "plugins", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=leave_out)
    shutil.copytree(ROOT / "src", tmp_path / "src", symlinks=True, ignore=shutil.ignore_patterns("*.egg-info"))
    specimen = tmp_path / "plugins" / "specimen"
    specimen.mkdir()
    for room in {"__init__", *NEEDED_ROOMS, *OPTIONAL_ROOMS, *set[str]().union(*PURE_ROOMS.values())}:
        (specimen / f"{room}.py").touch()
    return tmp_path


def write(tree: Path, module: str, code: str) -> None:
    """Add code to the end of a module, be it a file, a folder or not there yet."""
    path = tree.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"\n{code}\n")


def test_the_tree_keeps_every_contract() -> None:
    broken, output = lint_imports(ROOT)

    assert broken == set(), output


def test_the_copy_with_a_specimen_plugin_keeps_every_contract(tree: Path) -> None:
    """Otherwise the violations below could fail for a reason of the copy."""
    broken, output = lint_imports(tree)

    assert broken == set(), output


VIOLATIONS = [
    ("directions", "core.kernel.trespass", "import plenaria.plugins.specimen.rules"),
    ("floors", "core.kernel.trespass", "import plenaria.core.events"),
    ("floors", "core.people.rules", "import plenaria.core.events"),
    ("directions", "core.app.trespass", "import plenaria.plugin"),
    ("directions", "plugins.specimen.services", "import plenaria.testing"),
    ("directions", "plugins.specimen.services", "import plenaria.config"),
    ("siblings", "plugins.specimen.services", "import plenaria.plugins.other.rules"),
    ("modules", "plugins.specimen.services", "import plenaria.plugins.specimen.web"),
    ("modules", "core.people.tables", "import plenaria.core.people.services"),
    ("modules", "core.events.rules", "import plenaria.core.events.settings"),
    ("handlers", "plugins.specimen.web", "import plenaria.plugins.specimen.tables"),
    ("handlers", "plugins.specimen.api", "import plenaria.plugins.specimen.tables"),
    ("handlers", "core.people.web", "import plenaria.core.people.tables"),
    ("pure", "plugins.specimen.rules", "import plenaria.plugin"),
    ("pure", "core.kernel.values", "import random"),
    ("pure", "core.kernel.ledger", "import secrets"),
    ("pure", "core.events.rules", "import time"),
]


@pytest.mark.parametrize(("contract", "importer", "code"), VIOLATIONS, ids=lambda text: text.split()[-1])
def test_a_contract_that_is_broken_fails_by_its_name(tree: Path, contract: str, importer: str, code: str) -> None:
    for module in ("plugins.other.rules", "core.people.services", "core.events.settings"):
        write(tree, module, "")
    write(tree, "plugins.other.__init__", "")
    write(tree, importer, code)

    broken, output = lint_imports(tree)

    assert broken == {CONTRACTS[contract]["name"]}, output
    assert f"plenaria.{importer} ->" in output


def test_every_contract_has_a_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


def refused_pairs(output: str) -> set[tuple[str, str]]:
    return set(re.findall(r"(\S+) is not allowed to import\s+(\S+?):?\s*$", output, re.MULTILINE))


def test_no_room_of_a_plugin_may_import_a_room_nearer_to_the_door(tree: Path) -> None:
    upwards = {
        ("web", "plugin"),
        ("api", "plugin"),
        ("web", "api"),
        ("piccolo_app", "web"),
        ("services", "api"),
        ("queries", "services"),
        ("tables", "queries"),
        ("settings", "tables"),
        ("hookspecs", "settings"),
        ("rules", "settings"),
        ("ics", "hookspecs"),
        ("statistics", "tables"),
    }
    for importer, imported in upwards:
        write(tree, f"plugins.specimen.{importer}", f"import plenaria.plugins.specimen.{imported}")

    _, output = lint_imports(tree)

    expected = {(f"plenaria.plugins.specimen.{low}", f"plenaria.plugins.specimen.{high}") for low, high in upwards}
    assert expected <= refused_pairs(output), output


def test_no_pure_room_may_import_any_impure_package(tree: Path) -> None:
    rooms = [f"plugins.specimen.{room}" for room in {"rules"}.union(*PURE_ROOMS.values())]
    rooms += ["core.kernel.values", "core.kernel.ledger"]
    impure = CONTRACTS["pure"]["forbidden_modules"]
    for room in rooms:
        write(tree, room, "\n".join(f"import {name}" for name in impure))

    _, output = lint_imports(tree)

    assert refused_pairs(output) >= {(f"plenaria.{room}", name) for room in rooms for name in impure}, output


def test_the_contracts_know_the_same_pure_rooms() -> None:
    patterns = [
        name.removeprefix("plenaria.plugins.*.")
        for name in CONTRACTS["pure"]["source_modules"]
        if name.startswith("plenaria.plugins.")
    ]
    lowest_layer = re.findall(r"\w+", CONTRACTS["modules"]["layers"][-1])

    assert set(patterns) == set(lowest_layer) == {"rules"}.union(*PURE_ROOMS.values())


# ----------------------------------------------------------------------------------------- the picture


def floor(name: str) -> str:
    """A floor as the picture shows it: its name, what its docstring says first, the modules that stand on it."""
    base = ROOT / "core" / name
    source = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    first_line = str(ast.get_docstring(ast.parse(source.read_text("utf-8")))).partition("\n")[0]
    inside = {path.relative_to(base.relative_to(ROOT)) for path in FILES if path.is_relative_to(base.relative_to(ROOT))}
    names = {f"{path.parts[0]}/" if len(path.parts) > 1 else path.stem for path in inside if path.suffix == ".py"}
    modules = "  ".join(sorted(names - {"__init__"}))
    lines = textwrap.wrap(modules, 100, break_on_hyphens=False)
    return "\n".join([f"{name:<13}{first_line}", *(f"{'':<13}{line}" for line in lines)])


def test_the_picture_of_the_floors_is_drawn_from_the_code() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    shown = re.findall(r"^```floors\n(.*?)^```", page, re.DOTALL | re.MULTILINE)

    drawn = "\n".join(floor(name) for name in CONTRACTS["floors"]["layers"]) + "\n"

    assert shown == [drawn], f"docs/architecture.md shows other floors than there are; paste this:\n{drawn}"


# ------------------------------------------------------------------------------------------------ bans


def ban_hits(tree: Path, *options: str) -> set[tuple[str, str]]:
    """(file, banned name) that ruff finds under the tree."""
    command = [Path(sys.executable).with_name("ruff"), "check", "--no-cache", "--select", "TID251", *options]
    command += ["--output-format", "json", "core", "plugins", "config"]
    run = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    return {
        (Path(hit["filename"]).relative_to(tree.resolve()).as_posix(), hit["message"].split("`")[1])
        for hit in json.loads(run.stdout)
    }


@pytest.mark.parametrize("ban", BANS)
def test_a_banned_call_fails_in_either_spelling(tree: Path, ban: str) -> None:
    module = "importlib.metadata" if ban.startswith("importlib.metadata") else ban.partition(".")[0]
    first, *rest = ban.removeprefix(f"{module}.").split(".")
    write(tree, "core.whole_module", f"import {module}\n\nSEEN = {ban}()")
    spelled = ".".join(["borrowed", *rest])
    write(tree, "plugins.specimen.by_name", f"from {module} import {first} as borrowed\n\nSEEN = {spelled}()")

    hits = ban_hits(tree)

    assert hits == {("core/whole_module.py", ban), ("plugins/specimen/by_name.py", ban)}


def test_only_the_clock_reads_the_clock_and_only_the_plugin_host_imports_by_name() -> None:
    """No exemption, neither in the settings nor in a comment, lets another room in."""
    hits = ban_hits(ROOT, "--ignore-noqa", "--config", "lint.per-file-ignores={}")

    elsewhere = {
        (file, name)
        for file, name in hits
        if not (file == "core/kernel/clock.py" and name.startswith(("datetime.", "time.")))
        and not (file == "core/host/plugins.py" and name.startswith("importlib."))
    }
    assert elsewhere == set()
    assert ("core/kernel/clock.py", "datetime.datetime.now") in hits


def test_everything_is_imported_by_its_one_name() -> None:
    """`import core` would load a module a second time, with its own process-wide state."""
    imported: set[tuple[str, str]] = set()
    for path in (path for path in FILES if path.suffix == ".py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported |= {(str(path), name) for name in names if name.split(".")[0] in ("core", "plugins", "config")}

    assert imported == set()


# --------------------------------------------------------------------------------------------- modules


def source_files() -> list[Path]:
    """Files of the checkout, relative: those of git, new ones included, or else all that are no product."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        names: Iterable[str] = listing.stdout.split("\0")
        return [Path(name) for name in names if name and (ROOT / name).is_file()]
    products = {".venv", "var", "build", "dist", "__pycache__"}
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in found if not products & set(path.parts)]


FILES = source_files()


def test_no_room_is_a_drawer_for_anything() -> None:
    drawers = re.compile(r"_*(utils?|helpers?|common|misc)", re.IGNORECASE)

    assert [path for path in FILES if any(drawers.fullmatch(part.split(".")[0]) for part in path.parts)] == []


def rooms_and_folders(plugin: Path) -> tuple[set[str], set[str]]:
    """Rooms (a module, or the folder that it became) and plain folders of a plugin, without empty ones."""
    base = plugin.relative_to(ROOT)
    inside = {path.relative_to(base) for path in FILES if path.is_relative_to(base)}
    modules = {path.stem for path in inside if len(path.parts) == 1 and path.suffix == ".py"} - {"__init__"}
    folders = {path.parts[0] for path in inside if len(path.parts) > 1}
    become_folders = folders - FOLDERS
    return modules | become_folders, folders - become_folders


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_has_the_rooms_that_every_plugin_has_and_no_others(plugin: Path) -> None:
    rooms, folders = rooms_and_folders(plugin)

    allowed = NEEDED_ROOMS | OPTIONAL_ROOMS | PURE_ROOMS.get(plugin.name, set())
    assert rooms - allowed == set(), "a room that the design does not name"
    assert NEEDED_ROOMS - rooms == set(), "a room that is missing"
    assert {"migrations", "templates", "locale"} <= folders
    assert (plugin / "README.md").is_file()


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_keeps_its_templates_under_its_own_name(plugin: Path) -> None:
    """Two plugins with a `list.html` each must not take each other's."""
    entries = sorted(path.name for path in (plugin / "templates").iterdir())

    assert entries == [plugin.name]


def test_the_plugins_of_the_checkout_are_the_entry_points() -> None:
    declared = PYPROJECT["project"]["entry-points"]["plenaria.plugins"]

    assert {plugin.name: f"plenaria.plugins.{plugin.name}.plugin" for plugin in PLUGINS} == declared


# ------------------------------------------------------------------------------- where things come from


def test_no_file_names_a_package_registry() -> None:
    split = "pypi .org, python hosted.org, registry. npmjs, unpkg .com, jsdelivr .net, cdnjs .cloudflare"
    hosts = [name.replace(" ", "") for name in split.split(", ")]  # in two parts: this file is searched too
    texts = [(path, (ROOT / path).read_bytes()) for path in FILES]

    assert [(path, host) for path, text in texts for host in hosts if host.encode() in text] == []


def test_no_lock_names_hosts() -> None:
    naming = re.compile(r"uv\.lock|pylock.*\.toml|poetry\.lock|Pipfile\.lock|package-lock\.json|yarn\.lock")

    assert [path for path in FILES if naming.fullmatch(path.name)] == []


def test_no_script_or_stylesheet_is_a_minified_copy() -> None:
    """What we serve is readable; a line of a thousand characters was not written by hand."""
    served = [path for path in FILES if path.suffix in {".js", ".mjs", ".css"}]

    assert [path for path in served if ".min." in path.name] == []
    longest = {path: max(map(len, (ROOT / path).read_text("utf-8").splitlines()), default=0) for path in served}
    assert [path for path, length in longest.items() if length > 1000] == []
