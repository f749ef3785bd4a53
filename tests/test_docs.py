"""The documentation says what is true: links lead somewhere, commands exist, the plugin guide works as it stands."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import httpx
import pytest

from plenaria.core import cli
from plenaria.core.app import create_app
from plenaria.core.events import services
from plenaria.core.host import hooks_page, plugins
from plenaria.core.host.plugins import GROUP, PluginHost
from plenaria.core.kernel.settings import Settings
from tests.alone_walk import DETAILS, NOW, make_tables

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "plenaria-shuttle"
GUIDE = (ROOT / "docs" / "developer" / "plugins.md").read_text(encoding="utf-8")


def pages() -> list[Path]:
    """Every Markdown file of the checkout."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in found.splitlines() if (ROOT / line).is_file()]


KNOWN_HOOKS = {name for _, module in hooks_page.modules() for name, _ in hooks_page.hooks_in(module)}
PAGES = pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))


def blocks(text: str) -> list[tuple[str, str]]:
    """`(language, content)` of each fenced block."""
    return re.findall(r"^```(\w*)[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """As the hosting sites make them of headings."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@PAGES
def test_links_inside_the_checkout_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", without_blocks(path.read_text(encoding="utf-8")))

    dead = []
    for target in targets:
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (path.parent / place).resolve() if place else path
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            dead.append(target)
    assert dead == []


@PAGES
def test_commands_of_plenaria_exist_with_their_options(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [line for _, content in blocks(text) for line in content.splitlines()] + re.findall(r"`([^`\n]+)`", text)
    calls = [
        found[1] for line in lines if (found := re.match(r"(?:\$ )?(?:\.venv/bin/)?plenaria ([a-z][^#|\\]*)", line))
    ]

    assert [call for call in calls if not is_command(call.split())] == []


def is_command(words: list[str]) -> bool:
    """Whether the words name a command (`serve|worker` names several) and only options that it has."""
    if "|" in words[0]:
        return all(is_command([one]) for one in words[0].split("|"))
    command: click.Command | None = cli.main.commands.get(words[0])
    rest = words[1:]
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    if command is None:
        return False
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return {word.strip("[]").split("=")[0] for word in rest if word.strip("[").startswith("--")} <= options | {"--help"}


@PAGES
def test_make_targets_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    lines = [line for _, content in blocks(text) for line in content.splitlines()] + re.findall(r"`([^`\n]+)`", text)
    asked = [found[1] for line in lines if (found := re.match(r"make ([a-z]+)(?=\s|$)", line))]

    assert set(asked) <= targets


@PAGES
def test_modules_that_are_run_exist(path: Path) -> None:
    modules = re.findall(r"python -m ((?:core|plugins)[\w.]*)", path.read_text(encoding="utf-8"))

    missing = [name for name in modules if not (ROOT / (name.replace(".", "/") + ".py")).is_file()]
    assert missing == []


@PAGES
def test_hooks_that_are_named_exist(path: Path) -> None:
    named = re.findall(r"`((?:register|refuse)_[a-z_]*[a-z])`", path.read_text(encoding="utf-8"))
    assert set(named) <= KNOWN_HOOKS


# ------------------------------------------------------------------------------------------- the plugin guide


def test_what_the_guide_quotes_stands_in_the_example() -> None:
    """A block that begins with the name of one of the example's files is a part of that file."""
    quoted = [
        (found[1], content.partition("\n")[2])
        for _, content in blocks(GUIDE)
        if (found := re.match(r"# (plenaria_shuttle/\S+)\n", content))
    ]

    assert len(quoted) >= 5
    assert [name for name, part in quoted if part.rstrip() not in (EXAMPLE / name).read_text(encoding="utf-8")] == []


async def test_the_first_plugin_of_the_guide_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "_host", plugins._host)
    for name, content in files_of_the_guide().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    project = tomllib.loads((tmp_path / "plenaria-hello" / "pyproject.toml").read_text(encoding="utf-8"))
    ((name, value),) = project["project"]["entry-points"][GROUP].items()
    monkeypatch.syspath_prepend(str(tmp_path / "plenaria-hello"))

    host = PluginHost([EntryPoint(name, value, GROUP)])
    assert host.broken == {}
    url = f"sqlite:///{tmp_path / 'hello.sqlite3'}"
    await make_tables(url, host)
    app = create_app(Settings(database=url, key_file=str(tmp_path / "key.pem")), host=host)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as reader,
    ):
        event = await services.create_event("congress", DETAILS, by="test", now=NOW)
        off = await reader.get("/congress/hello")
        await services.switch_plugin(event, "hello", on=True, by="test", now=NOW)
        on = await reader.get("/congress/hello")
    sys.modules.pop(value)

    assert (off.status_code, on.status_code) == (404, 200)
    assert "<h1>Hello</h1>" in on.text
    assert 'href="/congress/hello"' in on.text, "it is not in the navigation"


def files_of_the_guide() -> dict[str, str]:
    """What the guide tells to write, by path."""
    found: dict[str, str] = {}
    for _, content in blocks(GUIDE):
        first, _, rest = content.partition("\n")
        if named := re.match(r"(?:#|\{#) \.\./(plenaria-hello/\S+)", first):
            found[named[1]] = rest
    return found
