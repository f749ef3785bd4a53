"""The record of changes in words: every action that the source records has some, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plenaria.core.host.plugins import PluginHost
from plenaria.core.kernel.i18n import using
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.storage.audit.words import CORE_ACTIONS
from tests.site import Site

ROOT = Path(__file__).resolve().parent.parent
RECORDERS = ("record", "_record", "_type_changed")
ROOMS = {"core": CORE_ACTIONS} | dict(PluginHost.discover().collect("register_actions"))


def _recorded(room: Path) -> Iterator[tuple[str, str]]:
    """`(where, pattern)` of every action that is recorded there: what an f-string fills in may be any word."""
    for path in sorted(room.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((f"{path.relative_to(ROOT)}", each) for each in _in_function(function))


def _in_function(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    parameters = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and call.args and _name(call.func) in RECORDERS:
            first = call.args[0]
            if isinstance(first, ast.Name) and first.id in parameters:
                continue  # it hands on what it was given
            values = _assigned(function, first.id) if isinstance(first, ast.Name) else [first]
            assert values, f"line {call.lineno}: nobody can tell which action this records"
            for value in values:
                yield from _patterns(value)


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _assigned(function: ast.AST, name: str) -> list[ast.expr]:
    return [
        each.value
        for each in ast.walk(function)
        if isinstance(each, ast.Assign) and any(getattr(target, "id", "") == name for target in each.targets)
    ]


def _patterns(value: ast.expr) -> list[str]:
    match value:
        case ast.Constant(value=str(action)):
            return [re.escape(action)]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_patterns(body), *_patterns(orelse)]
        case ast.JoinedStr(values=parts):
            filled = [""]
            for part in parts:
                choices = _patterns(part.value if isinstance(part, ast.FormattedValue) else part)
                filled = [start + end for start in filled for end in choices]
            return filled
        case _:
            return [r"\w+"]


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_action_that_is_recorded_has_words_and_no_other(room: str) -> None:
    words = ROOMS[room]
    recorded = list(_recorded(ROOT / room if room == "core" else ROOT / "plugins" / room))

    without = [each for each in recorded if not any(re.fullmatch(each[1], action) for action in words)]
    never = [action for action in words if not any(re.fullmatch(pattern, action) for _, pattern in recorded)]

    assert (without, never) == ([], [])


def test_every_plugin_that_records_gives_words() -> None:
    recording = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and any(_recorded(path))}

    assert recording == set(ROOMS) - {"core"}


def test_no_plugin_words_an_action_of_somebody_else() -> None:
    every = [action for words in ROOMS.values() for action in words]

    assert len(set(every)) == len(every)


def test_an_action_without_words_is_shown_by_its_code() -> None:
    assert audit_words.label("gone.with_its_plugin") == "gone.with_its_plugin"


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("page", ["organise", "organise/audit"])
async def test_the_record_of_changes_speaks_the_readers_language(site: Site, page: str) -> None:
    owner = await site.signed_in("owner")

    answers = {
        language: (await owner.get(f"/{site.event.slug}/{page}", headers={"Accept-Language": language})).text
        for language in ("es", "en")
    }

    for language, text in answers.items():
        with using(language):
            assert f"<strong>{audit_words.label('team.granted')}</strong>" in text
        assert ("team.granted" in text) is (page == "organise/audit")  # codes are behind a fold of the record alone
    assert "Función asignada" in answers["es"]
    assert "Role assigned" in answers["en"]
