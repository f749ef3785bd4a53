"""Making the event what a file declares."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from plenaria.core.events import queries, services
from plenaria.core.events.declared.declaration import Declaration, DeclaredPlugin, Member
from plenaria.core.events.declared.documents import section_now, settings_now
from plenaria.core.events.declared.planning import plan
from plenaria.core.events.declared.registered import declared_of
from plenaria.core.events.details import details_of
from plenaria.core.forms import changed_value
from plenaria.core.forms.problems import step
from plenaria.core.host import plugins
from plenaria.core.kernel.values import N_, EventView, Refused
from plenaria.core.people import queries as people_queries
from plenaria.core.people import services as people
from plenaria.core.storage import audit
from plenaria.core.storage.database import lock, repeatable, transaction


@repeatable
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
        await audit.record(
            "event.declared",
            by=by,
            subject=f"event:{event.slug}",
            event=event.id,
            facts=facts,
            changes=changed_value(N_("Fields that differ"), None, len(changes), kind="int"),
            now=now,
        )
        return await queries.event_by_id(event.id)


async def _apply_details(event: EventView | None, declaration: Declaration, *, by: str, now: datetime) -> EventView:
    if event is None:
        return await services.create_event(declaration.slug, declaration.details, by=by, now=now)
    if details_of(event) != declaration.details:
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


async def adds_owner(event: EventView, declaration: Declaration) -> bool:
    """Whether somebody would own the event who does not yet."""
    owners = {people_queries.normal_email(each.email) for each in declaration.team or () if each.role == "owner"}
    return bool(owners and owners - {each.email for each in await people_queries.team(event) if each.role == "owner"})


async def _apply_plugin(event: EventView, name: str, plugin: DeclaredPlugin, *, by: str, now: datetime) -> EventView:
    try:
        if plugin.enabled:
            event = await services.switch_plugin(event, name, on=True, by=by, now=now)
        if plugin.settings is not None and await settings_now(event, name) != plugin.settings:
            await services.change_settings(event, name, plugin.settings, by=by, now=now)
        declared = declared_of(name)
        if declared is not None and await section_now(event, name) != plugin.section:
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
