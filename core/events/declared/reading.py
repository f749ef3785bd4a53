"""A file's builtins into a declaration, or every problem with them."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import Struct

from plenaria.core.events.declared.declaration import Declaration, DeclaredPlugin, Head
from plenaria.core.events.declared.registered import section_type, settings_type
from plenaria.core.events.details import EventDetails
from plenaria.core.forms import Checked, Problem, check
from plenaria.core.forms.problems import step
from plenaria.core.forms.schema import fields_of, unique_key
from plenaria.core.host import plugins
from plenaria.core.kernel.values import N_


def read(document: Mapping[str, Any]) -> Checked[Declaration]:
    """What the document declares, or every problem with it; pointers are into the document."""
    head = check(Head, {key: value for key, value in document.items() if key not in ("plugins", "missing")})
    problems = [_with_plugins_allowed(problem) for problem in head.problems]
    declared: dict[str, DeclaredPlugin] = {}
    for name, table in _plugin_tables(document, problems).items():
        if (plugin := _read_plugin(name, table, step("/plugins", name), problems)) is not None:
            declared[name] = plugin
    if problems or head.value is None:
        return Checked(None, tuple(problems))
    values = msgspec.structs.asdict(head.value.event)
    slug = values.pop("slug")
    return Checked(Declaration(slug, EventDetails(**values), head.value.team, declared))


def _with_plugins_allowed(problem: Problem) -> Problem:
    if problem.code == "unknown_field" and problem.pointer.count("/") == 1:
        facts = {**problem.facts, "allowed": [*problem.facts["allowed"], "plugins"]}
        return msgspec.structs.replace(problem, facts=facts)
    return problem


def _plugin_tables(document: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    tables = document.get("plugins", {})
    if not isinstance(tables, Mapping):
        problems.append(Problem("/plugins", "wrong_type", {"expected": "table", "actual": type(tables).__name__}))
        return {}
    known = list(plugins.host().plugins)
    for name in tables:
        if name not in known:
            facts = {"plugin": name, "allowed": known}
            sentence = N_("There is no plugin “{plugin}” in this installation; there are: {allowed}.")
            problems.append(Problem(step("/plugins", name), "unknown_plugin", facts, sentence))
    return {name: table for name, table in tables.items() if name in known}


def _read_plugin(name: str, table: Any, pointer: str, problems: list[Problem]) -> DeclaredPlugin | None:
    if not isinstance(table, Mapping):
        problems.append(Problem(pointer, "wrong_type", {"expected": "table", "actual": type(table).__name__}))
        return None
    before = len(problems)
    of_settings, of_section = settings_type(name), section_type(name)
    enabled = table.get("enabled", True)
    if not isinstance(enabled, bool):
        facts = {"expected": "yes_or_no", "actual": type(enabled).__name__}
        problems.append(Problem(step(pointer, "enabled"), "wrong_type", facts))
    known = _codes_in(of_section, table)
    parts: list[Any] = []
    for struct_type in (of_settings, of_section):
        asked = {key: table[key] for key in _keys(struct_type) if key in table}
        checked = check(struct_type, asked, known=known) if struct_type is not None else Checked()
        problems += [problem.under(pointer) for problem in checked.problems]
        parts.append(checked.value)
    problems += _unknown_fields(table, ["enabled", *_keys(of_settings), *_keys(of_section)], pointer)
    return DeclaredPlugin(enabled, *parts) if len(problems) == before else None


def _unknown_fields(table: Mapping[str, Any], allowed: list[str], pointer: str) -> list[Problem]:
    found = []
    for key in table:
        if key not in allowed:
            facts: dict[str, Any] = {"name": key, "allowed": allowed}
            if meant := get_close_matches(key, allowed, 1):
                facts["meant"] = meant[0]
            found.append(Problem(step(pointer, key), "unknown_field", facts))
    return found


def _codes_in(struct_type: type[Struct] | None, table: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a section's own lists declare, so that its references (`extra={"known": "rooms"}`) can be checked."""
    known = {}
    for field in fields_of(struct_type) if struct_type else ():
        items = table.get(field.key)
        if (key := unique_key(field.shape)) and isinstance(items, list):
            known[field.key] = [str(item.get(key)) for item in items if isinstance(item, Mapping)]
        elif key:
            known[field.key] = []
    return known


def _keys(struct_type: type[Struct] | None) -> list[str]:
    return [field.key for field in fields_of(struct_type)] if struct_type else []
