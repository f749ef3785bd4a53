"""An event as a file: what it declares, how that differs from what is, making it so, and writing it back.

`[event]` holds the event's own data and its slug, `[[team]]` (optional) who holds which role, `[plugins.<name>]` whether a
plugin is on, its settings and what it lets a file declare. What is not named is left alone; a named table is the truth.
Documents are builtins (of TOML or JSON) with instants and dates as such, so that every door can use them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import tomli_w
from msgspec import Meta, Struct

from plenaria.core.events import queries, services
from plenaria.core.events.details import EventDetails, NewEvent
from plenaria.core.events.tables import EventPlugin
from plenaria.core.forms import Change, Checked, Problem, as_toml, check, difference
from plenaria.core.forms.problems import step
from plenaria.core.forms.schema import fields_of, unique_key
from plenaria.core.host import plugins
from plenaria.core.host.contributions import Declared
from plenaria.core.host.permissions import ROLES
from plenaria.core.kernel.values import N_, EventView, Refused
from plenaria.core.people import queries as people_queries
from plenaria.core.people import services as people
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, transaction

Document = dict[str, Any]

SECTION_WITHIN_S: Final = 20.0
"""How long a plugin may take to say what it has."""


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[team]]`: an address and the role that it holds."""

    email: Annotated[str, Meta(title=N_("E-mail address"), max_length=254, extra={"kind": "email"})]
    role: Annotated[str, Meta(title=N_("Role"), extra={"choices": ROLES})]


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    """A file without its plugins, which are checked by Structs of their own."""

    event: NewEvent
    team: tuple[Member, ...] | None = None

    def problems(self) -> Any:
        seen: dict[Member, int] = {}
        for index, member in enumerate(self.team or ()):
            if member in seen:
                facts = {"value": f"{member.email} ({member.role})", "first": seen[member]}
                yield Problem(f"/team/{index}", "not_unique", facts)
            seen.setdefault(member, index)


class DeclaredPlugin(Struct, frozen=True):
    """One `[plugins.<name>]`: values of the Structs that the plugin registered, None where it registered none."""

    enabled: bool
    settings: Any
    section: Any


class Declaration(Struct, frozen=True):
    """A whole file, checked."""

    slug: str
    details: EventDetails
    team: tuple[Member, ...] | None
    plugins: dict[str, DeclaredPlugin]


# -- reading a file ------------------------------------------------------------------------------------------------


def read(document: Mapping[str, Any]) -> Checked[Declaration]:
    """What the document declares, or every problem with it; pointers are into the document."""
    head = check(_Head, {key: value for key, value in document.items() if key not in ("plugins", "missing")})
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
    settings_type, section_type = _settings_type(name), _section_type(name)
    enabled = table.get("enabled", True)
    if not isinstance(enabled, bool):
        facts = {"expected": "yes_or_no", "actual": type(enabled).__name__}
        problems.append(Problem(step(pointer, "enabled"), "wrong_type", facts))
    known = _codes_in(section_type, table)
    parts: list[Any] = []
    for struct_type in (settings_type, section_type):
        asked = {key: table[key] for key in _keys(struct_type) if key in table}
        checked = check(struct_type, asked, known=known) if struct_type is not None else Checked()
        problems += [problem.under(pointer) for problem in checked.problems]
        parts.append(checked.value)
    problems += _unknown_fields(table, ["enabled", *_keys(settings_type), *_keys(section_type)], pointer)
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


def _codes_in(section_type: type[Struct] | None, table: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a section's own lists declare, so that its references (`extra={"known": "rooms"}`) can be checked."""
    known = {}
    for field in fields_of(section_type) if section_type else ():
        items = table.get(field.key)
        if (key := unique_key(field.shape)) and isinstance(items, list):
            known[field.key] = [str(item.get(key)) for item in items if isinstance(item, Mapping)]
        elif key:
            known[field.key] = []
    return known


def _settings_type(plugin: str) -> type[Struct] | None:
    found: type[Struct] | None = plugins.host().contributed(plugin, "register_settings")
    return found


def _declared(plugin: str) -> Declared | None:
    found: Declared | None = plugins.host().contributed(plugin, "register_declared")
    return found


def _section_type(plugin: str) -> type[Struct] | None:
    declared = _declared(plugin)
    return declared.struct if declared else None


def _keys(struct_type: type[Struct] | None) -> list[str]:
    return [field.key for field in fields_of(struct_type)] if struct_type else []


# -- comparing -----------------------------------------------------------------------------------------------------


async def plan(declaration: Declaration) -> list[Change]:
    """What `apply` would change; [] when everything is as declared."""
    event = await queries.event_by_slug(declaration.slug)
    has_team = declaration.team is not None
    after = _comparable(document(declaration))
    if event is None:
        return difference(_nothing_like(after), after)
    before = await document_of(event, tuple(declaration.plugins), team=has_team)
    return difference(_comparable(before), after)


def _nothing_like(document: Document) -> Document:
    """The same tables, empty: of a new event every setting and every item is told by itself."""
    tables: dict[str, dict[str, list[Any]]] = {
        name: {key: [] for key, value in table.items() if isinstance(value, list)}
        for name, table in document["plugins"].items()
    }
    return {**{name: {} for name in document}, "plugins": tables}


def document(declaration: Declaration) -> Document:
    """The declaration as builtins, every default written out."""
    whole: Document = {"event": {"slug": declaration.slug, **as_toml(declaration.details)}}
    if declaration.team is not None:
        whole["team"] = as_toml(declaration.team)
    whole["plugins"] = {
        name: {"enabled": plugin.enabled, **as_toml(plugin.settings or {}), **as_toml(plugin.section or {})}
        for name, plugin in declaration.plugins.items()
    }
    return whole


def _comparable(document: Document) -> Document:
    """Without the orders that say nothing: the team as roles by address, `unordered` lists of a section by their key."""
    tables = {name: _in_order_of_keys(name, table) for name, table in document.get("plugins", {}).items()}
    comparable = {**document, "plugins": tables} if tables else document
    team = document.get("team")
    return comparable if team is None else {**comparable, "team": _roles_by_address(team)}


def _in_order_of_keys(plugin: str, table: Document) -> Document:
    """A list whose metadata says `"unordered": True` is ordered by the field that it also names as unique."""
    section_type = _section_type(plugin)
    sorted_lists = {}
    for field in fields_of(section_type) if section_type else ():
        if field.shape.extra.get("unordered") and (key := unique_key(field.shape)) and field.key in table:
            sorted_lists[field.key] = sorted(table[field.key], key=lambda item, key=key: str(item[key]))  # type: ignore[misc]
    return {**table, **sorted_lists}


def _roles_by_address(team: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    roles: dict[str, set[str]] = {}
    for member in team:
        roles.setdefault(people_queries.normal_email(member["email"]), set()).add(member["role"])
    return {email: sorted(roles[email]) for email in sorted(roles)}


async def document_of(event: EventView, only: Sequence[str] | None = None, *, team: bool = False) -> Document:
    """The event as it is: of the plugins `only` these, else all that were ever switched on or configured here.

    Raises `Refused(plugin_failed)` when one of `only` cannot say what it has. Of all, such a plugin is left out as a whole
    (half a table would be a truth of its own) and named under `missing`.
    """
    names = await _plugins_used(event) if only is None else only
    document: Document = {"event": {"slug": event.slug, **as_toml(_details(event))}}
    if team:
        members = await people_queries.team(event)
        document["team"] = [{"email": member.email, "role": member.role} for member in members]
    document["plugins"] = {}
    missing = []
    for name in names:
        try:
            document["plugins"][name] = await _plugin_document(event, name)
        except Refused:
            if only is not None:
                raise
            missing.append(name)
    return {**document, "missing": missing} if missing else document


async def _plugin_document(event: EventView, name: str) -> Document:
    return {
        "enabled": name in event.plugins,
        **as_toml(await _settings_now(event, name) or {}),
        **as_toml(await _section_now(event, name) or {}),
    }


async def _settings_now(event: EventView, name: str) -> Any:
    settings_type = _settings_type(name)
    return await queries.settings_of(event, name, settings_type) if settings_type else None


async def _section_now(event: EventView, name: str) -> Any:
    """Raises `Refused(plugin_failed)` when the plugin cannot say."""
    declared = _declared(name)
    if declared is None:
        return None
    return await plugins.host().insist(name, "register_declared", lambda: _section_of(declared, event))


async def _section_of(declared: Declared, event: EventView) -> Any:
    async with asyncio.timeout(SECTION_WITHIN_S):
        section = await declared.read(event)
    if not isinstance(section, declared.struct):
        raise TypeError(f"read gave {type(section).__name__} instead of {declared.struct.__name__}")
    as_toml(section)  # what cannot be written down fails here, where it is known whose it is
    return section


async def _plugins_used(event: EventView) -> list[str]:
    rows = await EventPlugin.select(EventPlugin.plugin).where(EventPlugin.event == event.id)
    used = {row["plugin"] for row in rows}
    return [name for name in plugins.host().plugins if name in used]


def _details(event: EventView) -> EventDetails:
    return EventDetails(**{field: getattr(event, field) for field in EventDetails.__struct_fields__})


# -- applying ------------------------------------------------------------------------------------------------------


async def apply(declaration: Declaration, *, by: str, now: datetime) -> EventView:
    """Make the event what the declaration says, in one transaction; nothing happens when it is so already.

    Raises `Refused` when a service or a plugin refuses; pointers are into the document, and nothing is stored then.
    """
    async with transaction():
        await lock(f"event.declared:{declaration.slug}")
        changes = await plan(declaration)
        event = await queries.event_by_slug(declaration.slug)
        if event is not None and not changes:
            return event
        event = await _apply_details(event, declaration, by=by, now=now)
        if declaration.team is not None:
            await _apply_team(event, declaration.team, by=by, now=now)
        for name, plugin in declaration.plugins.items():
            event = await _apply_plugin(event, name, plugin, by=by, now=now)
        await services.touch(event, now=now)
        facts = {"changes": len(changes)}
        await audit.record("event.declared", by=by, subject=f"event:{event.slug}", event=event.id, facts=facts, now=now)
        return await queries.event_by_id(event.id)


async def _apply_details(event: EventView | None, declaration: Declaration, *, by: str, now: datetime) -> EventView:
    if event is None:
        return await services.create_event(declaration.slug, declaration.details, by=by, now=now)
    if _details(event) != declaration.details:
        return await services.change_event(event, declaration.details, by=by, now=now)
    return event


async def _apply_team(event: EventView, team: Sequence[Member], *, by: str, now: datetime) -> None:
    wanted = {(people_queries.normal_email(member.email), member.role) for member in team}
    held = {(member.email, member.role): member.person for member in await people_queries.team(event)}
    for email, role in sorted(wanted - held.keys()):
        person = await people.ensure_person(email, now=now, language=event.language)
        await people.grant(person, role, event=event, by=by, now=now)
    for email, role in sorted(held.keys() - wanted):
        await people.revoke(held[email, role], role, event=event, by=by, may_grant_owner=True, now=now)


async def _apply_plugin(event: EventView, name: str, plugin: DeclaredPlugin, *, by: str, now: datetime) -> EventView:
    try:
        if plugin.enabled:
            event = await services.switch_plugin(event, name, on=True, by=by, now=now)
        if plugin.settings is not None and await _settings_now(event, name) != plugin.settings:
            await services.change_settings(event, name, plugin.settings, by=by, now=now)
        declared = _declared(name)
        if declared is not None and await _section_now(event, name) != plugin.section:
            await plugins.host().insist(
                name, "register_declared", lambda: declared.apply(event, plugin.section, by=by, now=now)
            )
        if not plugin.enabled:
            event = await services.switch_plugin(event, name, on=False, by=by, now=now)
    except Refused as refused:
        here = step("/plugins", name)
        raise Refused(
            *(msgspec.structs.replace(each, pointer=here + each.pointer) for each in refused.refusals)
        ) from refused
    return event


# -- writing back --------------------------------------------------------------------------------------------------


def as_text(document: Document) -> str:
    """The document as TOML in a stable order, instants in the event's zone; `plan` of it is empty."""
    zone = ZoneInfo(document["event"]["zone"])
    return tomli_w.dumps(_in_zone(document, zone), multiline_strings=True, indent=2)


def _in_zone(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone)
    if isinstance(value, Mapping):
        return {key: _in_zone(one, zone) for key, one in value.items()}
    return [_in_zone(one, zone) for one in value] if isinstance(value, (list, tuple)) else value
