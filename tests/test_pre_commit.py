"""What runs before a commit is what `make lint` runs, from the same environment."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


def hooks() -> list[dict[str, Any]]:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    return [hook for repository in yaml.safe_load(text)["repos"] for hook in repository["hooks"]]


def linters_of_the_makefile() -> set[tuple[str, ...]]:
    """Program and what it is asked for, without the folder and the options that differ."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    return {plain(call) for call in re.findall(r"&& \$\(BIN\)/([^\\|]+?)\s*\\\n", recipe)}


def plain(call: str) -> tuple[str, ...]:
    return tuple(word for word in call.split() if word not in {".", "--force-exclude", "--no-cache"})


def test_the_hooks_are_the_linters_of_make_lint() -> None:
    asked = {plain(hook["entry"].removeprefix(".venv/bin/")) for hook in hooks()}

    assert len(asked) == 4
    assert asked == linters_of_the_makefile()


def test_the_hooks_bring_no_programs_of_their_own() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")

    assert [repository["repo"] for repository in yaml.safe_load(text)["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks()} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks())
