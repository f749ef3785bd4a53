"""The documentation says what is true: links lead somewhere, commands exist, the plugin guide works as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from plenaria.core import cli
from plenaria.core.host import hooks_page
from tests.clean_environment import run

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
    prose = re.sub(r"`[^`\n]+`", "", without_blocks(path.read_text(encoding="utf-8")))
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)

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
    modules = re.findall(r"python -m (plenaria\.[\w.]*)", path.read_text(encoding="utf-8"))

    missing = [name for name in modules if not (ROOT / "src" / (name.rstrip(".").replace(".", "/") + ".py")).is_file()]
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


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    """Its first command, then its files, then the command that tests them; the plugin is installed for that alone."""
    commands = [line for language, content in blocks(GUIDE) if language == "sh" for line in content.splitlines()]
    new, test = [next(line for line in commands if part in line) for part in (" plugin new ", " -m pytest ")]
    project = tmp_path / "plenaria-hello"

    run(*in_the_guide(new, tmp_path), cwd=tmp_path)
    written = write_files_of_the_guide(tmp_path)
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--target", tmp_path / "installed")
    run(sys.executable, "-m", "pip", "install", *offline, project, cwd=tmp_path)
    answer = run(*in_the_guide(test, tmp_path), "-v", cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))

    assert "test_the_latest_comes_first[sqlite] PASSED" in answer
    assert "test_the_latest_comes_first[postgres] " in answer
    assert len(written) == 6


def in_the_guide(command: str, folder: Path) -> list[str]:
    """A command of the guide, with this environment's programs and the folder for `..`."""
    programs = Path(sys.executable).parent
    words = command.replace(".venv/bin", str(programs)).split()
    return [re.sub(r"^\.\.", str(folder), word) for word in words]


def write_files_of_the_guide(folder: Path) -> list[str]:
    """Write what it says to write or to add; the names as they stand there."""
    written = []
    for _, content in blocks(GUIDE):
        first, _, rest = content.partition("\n")
        named = re.match(
            r"(?:#|\{#) \.\./(plenaria-hello/[\w/.-]+)(?:: (add at the end|add to the imports))?(?: #\})?$", first
        )
        if named is None:
            continue
        path = folder / named[1]
        before = path.read_text(encoding="utf-8") if named[2] else ""
        docstring, _, code = before.partition("\n")
        parts = [docstring, rest, code] if named[2] == "add to the imports" else [before, rest]
        path.write_text("\n\n".join(parts), encoding="utf-8")
        written.append(named[1])
    return written
