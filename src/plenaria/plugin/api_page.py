"""docs/developer/plugin-api.md and .json, made of `plenaria.plugin`: `python -m plenaria.plugin.api_page docs/developer`.

The page lists every name; the JSON beside it is what was promised under the page's version. Names and arguments that were
promised and are gone, or differ, need a higher major `API_VERSION` (core/host/contributions.py) before either file is written.
"""

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from plenaria import plugin as facade
from plenaria.core.host.plugins import PluginHost

Promise = dict[str, dict[str, list[str]]]
"""Name → `arguments` as written, `gives` (the annotation), and of a class `members`."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Hooks": ("hookimpl", "hookspec", "fails_closed", "host", "API_VERSION"),
    "Contributions": (
        *("PluginCard", "Link", "Permission", "MailText", "Panel", "Job", "RunJob", "CalendarSource", "CalendarEntry"),
        *(
            "Declared",
            "ReadDeclared",
            "ApplyDeclared",
            "PersonalData",
            "ExportPersonalData",
            "AddSample",
            "SamplePeople",
        ),
        *("DashboardPanel", "PagePart", "Export", "MakeExport", "Sheet", "Column"),
        *("Placeholder", "FillPlaceholder", "FindOver", "CheckReadiness", "ReadinessItem", "RecordSubject"),
        *("CheckRecords", "RecordedFact", "RecordFinding", "Retention", "ForgetOld"),
        *("MailDraft", "PriceLine", "PreviewErasure", "ErasePersonalData", "ErasureLine", "Role"),
    ),
    "Values": (
        *("EventView", "PersonView", "Visit", "Refusal", "Refused", "refuse", "Money", "Window"),
        *("LocalizedText", "in_language", "Slug", "slugify"),
    ),
    "Texts": (
        *("N_", "gettext", "ngettext", "pgettext", "fill", "current_language", "using_language", "localized"),
        *("format_instant", "format_day", "format_time", "format_number", "format_money"),
    ),
    "Pages": ("AnyRequest", "page", "render", "see_other", "sentence", "panels_of"),
    "Forms": (
        *(
            "form_for",
            "parse",
            "check",
            "Form",
            "Field",
            "Checked",
            "Problem",
            "as_problems",
            "Invalid",
            "edited_lists",
        ),
        *("fingerprint", "check_seen"),
    ),
    "JSON handlers": ("once", "ListPage", "paged", "paged_whole", "id_after", "After", "Limit"),
    "Database": (
        *("transaction", "savepoint", "lock", "lock_row", "locked", "EVENT", "PERSON", "FILE"),
        *("UniqueViolated", "CheckViolated", "ForeignKeyViolated"),
    ),
    "Events and people": (
        *("event_by_slug", "event_by_id", "all_events", "settings_of", "touch_event"),
        *("person_by_id", "person_by_email", "people_by_id", "team_of", "Member", "ensure_person", "normal_email"),
    ),
    "Records and messages": (
        *(
            "record_change",
            "changes_between",
            "changed_value",
            "changed_text",
            "RecordedChange",
            "publish_fact",
            "send_mail",
            "Attachment",
            "Markdown",
            "site_address",
        ),
    ),
    "Files": (
        *("uploads_in", "Upload", "file_refusals", "store_file", "FileBody", "FileView", "file_views", "file_content"),
        *("remove_file", "download"),
    ),
    "Limits and secrets": ("count_attempt", "new_secret", "hashed"),
}

OF_HOST: Final = ("ask", "gather", "adjust")
"""What a plugin that offers hooks calls on `host()`; the rest of the host is not for plugins."""

_VALUES: Final = {
    "API_VERSION": "The version of this API, `(major, minor)`.",
    "After": "The query parameter `after` of a list.",
    "AnyRequest": "Litestar’s `Request`, as every handler gets it.",
    "CalendarSource": "An async function of an `EventView` that gives a list of `CalendarEntry`.",
    "EVENT": "What a foreign key to an event references: `ForeignKey(references=EVENT, null=False)`.",
    "FILE": "What a foreign key to a stored file references.",
    "Limit": "The query parameter `limit` of a list, 1 to 200.",
    "LocalizedText": 'A text by language code, a `dict`: `{"es": "…", "en": "…"}`.',
    "PERSON": "What a foreign key to a person references.",
    "SamplePeople": "The demo’s people by role.",
    "Slug": "A `str` of lower-case letters, digits and single hyphens, as the type of a field.",
    "hookimpl": "Marks an implementation of a hook; `@hookimpl(optionalhook=True)` for one that another plugin offers.",
    "hookspec": "Marks a hook that the plugin offers, in its `hookspecs.py`.",
}
"""What is said of names that carry no docstring."""

_HEAD: Final = """\
# The API for plugins

Version {version}. Everything that `plenaria.plugin` exports, made by `python -m plenaria.plugin.api_page docs/developer`; a test
compares. How it is used: [a plugin in ten minutes](plugins.md). The hooks themselves: [hooks.md](../hooks.md).

These names and their arguments stay as they are within a major version. A new name, or a new argument with a default, raises the
minor version. Other modules of Plenaria may change in any release. A plugin says what it was written for with
`PluginCard(…, api="{version}")`; a Plenaria with another major version, or a lower minor one, leaves it out and says so.
"""


def version() -> str:
    return ".".join(map(str, facade.API_VERSION))


# -- what is promised ----------------------------------------------------------------------------------------------


def promises() -> Promise:
    """Every exported name with its signature, read from the source: the same on every version of Python."""
    return {name: _promise(thing) for name, thing in sorted(_things())}


def _things() -> Iterator[tuple[str, Any]]:
    for name in facade.__all__:
        yield name, getattr(facade, name)
    for name in OF_HOST:
        yield f"host().{name}", getattr(PluginHost, name)


def _promise(thing: Any) -> dict[str, list[str]]:
    if inspect.isclass(thing):
        return _of_class(thing)
    return _of_function(thing) if isinstance(thing, FunctionType) else {}


def _of_function(function: FunctionType) -> dict[str, list[str]]:
    node = _definition(inspect.unwrap(function))
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - a function's source is its definition
    return {"arguments": _arguments(node.args), "gives": [_given(node)]}


def _given(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    if any(ast.unparse(each).endswith("contextmanager") for each in node.decorator_list):
        return f"{kind}with"
    return kind + (ast.unparse(node.returns) if node.returns else "None")


def _definition(thing: Any) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _arguments(parts: ast.arguments) -> list[str]:
    """`name: type = default` each, with `*` and `/` where they stand; without `self`."""
    positional = [*parts.posonlyargs, *parts.args]
    defaults = [None] * (len(positional) - len(parts.defaults)) + list(parts.defaults)
    found = [_argument(one, default) for one, default in zip(positional, defaults, strict=True)]
    if parts.posonlyargs:
        found.insert(len(parts.posonlyargs), "/")
    if parts.vararg:
        found.append("*" + _argument(parts.vararg, None))
    elif parts.kwonlyargs:
        found.append("*")
    found += [_argument(one, default) for one, default in zip(parts.kwonlyargs, parts.kw_defaults, strict=True)]
    if parts.kwarg:
        found.append("**" + _argument(parts.kwarg, None))
    return [one for one in found if one != "self"]


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    typed = f"{argument.arg}: {ast.unparse(argument.annotation)}" if argument.annotation else argument.arg
    return typed if default is None else f"{typed} = {ast.unparse(default)}"


def _of_class(kind: type[Any]) -> dict[str, list[str]]:
    fields: list[str] = []
    members: set[str] = set()
    for base in reversed([each for each in kind.__mro__ if each.__module__.startswith("plenaria.")]):
        body = _body(base)
        fields += [ast.unparse(node) for node in body if isinstance(node, ast.AnnAssign) and _is_public(node.target)]
        methods = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for node in methods:
            if node.name in ("__init__", "__call__"):
                fields = _arguments(node.args)
            elif not node.name.startswith("_"):
                members.add(node.name)
    return {"arguments": fields, "members": sorted(members)}


def _body(kind: type[Any]) -> list[ast.stmt]:
    node = _definition(kind)
    assert isinstance(node, ast.ClassDef)  # noqa: S101 - a class's source is its definition
    return node.body


def _is_public(target: ast.expr) -> bool:
    return not ast.unparse(target).startswith("_")


# -- what was promised before ---------------------------------------------------------------------------------------


def broken(before: Mapping[str, Any], names: Promise, ours: str) -> list[str]:
    """Why these names may not stand under our version, seen from what was promised before: one line each."""
    was, now = _numbers(before["version"]), _numbers(ours)
    if now[0] > was[0]:
        return []
    promised: Promise = before["names"]
    if gone := [name for name in sorted(promised) if not _keeps(promised, names, name)]:
        return [f"{name} is gone or differs: raise the major API_VERSION from {before['version']}" for name in gone]
    if now > was:
        return []
    return [
        f"{name} is new or takes more: raise the minor API_VERSION"
        for name in names
        if names[name] != promised.get(name)
    ]


def _keeps(promised: Promise, names: Promise, name: str) -> bool:
    """Whether who used the name as it was may use it as it is: arguments may be added at will if they have a default."""
    if name not in names:
        return False
    was, now = promised[name], names[name]
    before, after = was.get("arguments", []), now.get("arguments", [])
    return (
        [each for each in after if each in before] == before
        and all(" = " in each or each == "*" for each in after if each not in before)
        and was.get("gives") == now.get("gives")
        and set(was.get("members", [])) <= set(now.get("members", []))
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


# -- the page ------------------------------------------------------------------------------------------------------


def page() -> str:
    names = promises()
    parts = [_HEAD.format(version=version())]
    for heading, members in GROUPS.items():
        parts.append(f"## {heading}\n")
        for name in members:
            parts.append(_entry(name, getattr(facade, name), names[name]))
            if name == "host":
                parts += [
                    _entry(f"host().{each}", getattr(PluginHost, each), names[f"host().{each}"]) for each in OF_HOST
                ]
    return "\n".join(parts)


def _entry(name: str, thing: Any, promise: Mapping[str, list[str]]) -> str:
    shown = [f"#### `{name}`\n"]
    if "arguments" in promise:
        shown.append(f"```python\n{_signature(name, promise)}\n```\n")
    members = ", ".join(f"`{each}`" for each in promise.get("members", []))
    shown.append(sentence(name, thing) + (f" Also {members}." if members else "") + "\n")
    return "\n".join(shown)


def _signature(name: str, promise: Mapping[str, list[str]]) -> str:
    listed = promise["arguments"]
    call = f"{name}({', '.join(listed)})"
    if len(call) > 110:
        call = f"{name}(\n" + "".join(f"    {each},\n" for each in listed) + ")"
    (gives,) = promise.get("gives", ["class"])
    if gives == "class":
        return f"class {call}"
    before = "async " if gives.startswith("async ") else ""
    rest = gives.removeprefix("async ")
    return f"{before}with {call}" if rest == "with" else f"{before}{call} -> {rest}"


def sentence(name: str, thing: Any) -> str:
    """What is said of a name: the first paragraph of its docstring."""
    if name in _VALUES:
        return _VALUES[name]
    source = thing.__call__ if getattr(thing, "_is_protocol", False) else thing
    words = inspect.cleandoc(source.__doc__ or "").partition("\n\n")[0]
    return " ".join(words.split())


def main(folder: Path) -> int:
    """Write both files into the folder; 1 and a line each where the version must be raised first."""
    record = folder / "plugin-api.json"
    names = promises()
    if record.is_file() and (found := broken(json.loads(record.read_text("utf-8")), names, version())):
        print("\n".join(found), file=sys.stderr)
        return 1
    (folder / "plugin-api.md").write_text(page(), encoding="utf-8")
    text = json.dumps({"version": version(), "names": names}, indent=1, ensure_ascii=False) + "\n"
    record.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
