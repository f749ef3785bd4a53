"""How the event as it is differs from what a file declares."""

from collections.abc import Mapping, Sequence
from typing import Any

from plenaria.core.events import queries
from plenaria.core.events.declared.declaration import Declaration, Document
from plenaria.core.events.declared.documents import document, document_of
from plenaria.core.events.declared.registered import section_type
from plenaria.core.forms import Change, difference
from plenaria.core.forms.schema import fields_of, unique_key
from plenaria.core.people import queries as people_queries


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
    """The same tables, empty: of a new event every setting and every item is listed by itself."""
    tables: dict[str, dict[str, list[Any]]] = {
        name: {key: [] for key, value in table.items() if isinstance(value, list)}
        for name, table in document["plugins"].items()
    }
    return {**{name: {} for name in document}, "plugins": tables}


def _comparable(document: Document) -> Document:
    """Without the orders that say nothing: the team as roles by address, `unordered` lists of a section by their key."""
    tables = {name: _in_order_of_keys(name, table) for name, table in document.get("plugins", {}).items()}
    comparable = {**document, "plugins": tables} if tables else document
    team = document.get("team")
    return comparable if team is None else {**comparable, "team": _roles_by_address(team)}


def _in_order_of_keys(plugin: str, table: Document) -> Document:
    """A list whose metadata says `"unordered": True` is ordered by the field that it also names as unique."""
    struct_type = section_type(plugin)
    sorted_lists = {}
    for field in fields_of(struct_type) if struct_type else ():
        if field.shape.extra.get("unordered") and (key := unique_key(field.shape)) and field.key in table:
            sorted_lists[field.key] = sorted(table[field.key], key=lambda item, key=key: str(item[key]))  # type: ignore[misc]
    return {**table, **sorted_lists}


def _roles_by_address(team: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    roles: dict[str, set[str]] = {}
    for member in team:
        roles.setdefault(people_queries.normal_email(member["email"]), set()).add(member["role"])
    return {email: sorted(roles[email]) for email in sorted(roles)}
