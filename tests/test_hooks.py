"""Hooks and their page, both ways: every hook is described, typed and exemplified; what the page shows is there."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plenaria.core.host import hooks_page
from plenaria.core.host.plugins import PluginHost

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
HOOKS = [
    pytest.param(owner, name, function, id=f"{owner}.{name}")
    for owner, module in hooks_page.modules()
    for name, function in hooks_page.hooks_in(module)
]
Hook = Callable[..., Any]


def is_fail_closed(hook: str) -> bool:
    return any(getattr(each.values[2], "plenaria_fails_closed", False) for each in HOOKS if each.values[1] == hook)


def test_the_page_is_what_the_hookspecs_say() -> None:
    assert hooks_page.page() == PAGE, "run: python -m plenaria.core.host.hooks_page > docs/hooks.md"


def test_the_page_and_the_hookspecs_name_the_same_hooks() -> None:
    """The same, read from the page by other means."""
    on_page = re.findall(r"^#### `(\w+)`$", PAGE, re.MULTILINE)

    assert sorted(on_page) == sorted(str(param.values[1]) for param in HOOKS)
    assert len(set(on_page)) == len(on_page), "two rooms offer a hook of the same name"


def test_every_plugin_that_has_hookspecs_is_on_the_page() -> None:
    with_specs = {path.parent.name for path in (ROOT / "plugins").glob("*/hookspecs.py")}

    assert {owner for owner, _ in hooks_page.modules()} == {"core", *with_specs}


@pytest.mark.parametrize(("owner", "name", "function"), HOOKS)
def test_a_hook_is_of_one_of_the_four_verbs_and_behaves_so(owner: str, name: str, function: Hook) -> None:
    verb = hooks_page.verb_of(name)
    signature = inspect.signature(function)

    if verb == "register":
        assert not inspect.iscoroutinefunction(function)
        assert list(signature.parameters) == []
        return
    assert inspect.iscoroutinefunction(function)
    assert next(iter(signature.parameters)) == "event"
    assert "now" in signature.parameters
    if verb == "adjust":
        value = list(signature.parameters.values())[1]
        assert value.annotation == signature.return_annotation, (
            "what is handed on comes after the event, and comes back"
        )
    elif verb == "refuse":
        assert "Sequence[plenaria.core.kernel.values.Refusal]" in str(signature.return_annotation)
    else:
        assert signature.return_annotation is None
        assert re.search(r"(ed|wn|_ready|_in)$", name), "a fact is named in the past tense"


@pytest.mark.parametrize(("owner", "name", "function"), HOOKS)
def test_a_hook_is_typed(owner: str, name: str, function: Hook) -> None:
    signature = inspect.signature(function)

    untyped = [each.name for each in signature.parameters.values() if each.annotation is each.empty]
    assert untyped == []
    assert signature.return_annotation is not signature.empty


@pytest.mark.parametrize(("owner", "name", "function"), HOOKS)
def test_a_hook_says_when_it_is_called_and_what_happens_when_it_fails(owner: str, name: str, function: Hook) -> None:
    words, example = hooks_page.described(function)
    said = {
        "register": ["Called once"],
        "refuse": ["Asked", "fails closed"],
        "adjust": ["Handed", "Called ", "Fails closed" if is_fail_closed(name) else "Failing is survivable"],
        "fact": ["Delivered after the commit|has expired|was ", "may come twice|May come twice"],
    }

    assert words.splitlines()[0].endswith((".", "?")), "the first line is a sentence"
    assert example, "there is no example to paste"
    assert [each for each in said[hooks_page.verb_of(name)] if not re.search(each, words)] == []


@pytest.mark.parametrize(("owner", "name", "function"), HOOKS)
def test_the_example_can_be_pasted(owner: str, name: str, function: Hook) -> None:
    _, example = hooks_page.described(function)

    tree = ast.parse(example)  # as it stands: an example that is no Python is found here

    (implementation,) = [each for each in tree.body if getattr(each, "name", "") == name]
    assert isinstance(
        implementation, ast.AsyncFunctionDef if inspect.iscoroutinefunction(function) else ast.FunctionDef
    )
    markers = [ast.unparse(each) for each in implementation.decorator_list]
    assert markers == (["hookimpl"] if owner == "core" else ["hookimpl(optionalhook=True)"])
    signature = inspect.signature(function)
    taken = implementation.args.posonlyargs + implementation.args.args + implementation.args.kwonlyargs
    assert [each.arg for each in taken if each.arg not in signature.parameters] == []
    assert all(each.annotation is not None for each in taken), "the example is not typed"
    assert implementation.returns is not None


@pytest.mark.parametrize("name", sorted(PluginHost.discover().plugins))
def test_hooks_are_called_as_they_are_declared(name: str) -> None:
    """Every `ask`, `tell` and `adjust` names a hook that the plugin itself or the core offers, with its arguments."""
    specs = {
        param.values[1]: inspect.signature(param.values[2]) for param in HOOKS if param.values[0] in (name, "core")
    }
    wrong = []
    for path in sorted((ROOT / "plugins" / name).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
                continue
            first = call.args[0]
            called = ("ask", "tell", "adjust")
            if call.func.attr in called and isinstance(first, ast.Constant) and isinstance(first.value, str):
                given = {each.arg for each in call.keywords} - {"guard"}
                expected = list(specs[first.value].parameters) if first.value in specs else None
                if call.func.attr == "adjust" and expected:
                    del expected[1]  # the value itself
                expected = set(expected) if expected is not None else None
                if None not in given and given != expected:
                    wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}: {first.value} {given} {expected}")

    assert wrong == []
