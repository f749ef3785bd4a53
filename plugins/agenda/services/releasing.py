"""The draft becomes public: checked, stored whole, and passed on to people on stage and to other plugins."""

from datetime import datetime
from typing import Any

import msgspec

from plenaria.core.events import services as events
from plenaria.core.events.queries import settings_of
from plenaria.core.forms import changed_value
from plenaria.core.host import plugins
from plenaria.core.kernel.values import N_, EventView, refuse
from plenaria.core.storage import audit, outbox
from plenaria.core.storage.database import repeatable, transaction
from plenaria.plugins.agenda import queries, rules
from plenaria.plugins.agenda.services.draft import as_json, hold
from plenaria.plugins.agenda.services.release_mails import mail_people
from plenaria.plugins.agenda.settings import AgendaSettings
from plenaria.plugins.agenda.tables import Release


@repeatable
async def release(event: EventView, *, note: str = "", reason: str = "", by: str, now: datetime) -> int:
    """Make the draft public and return the release's number.

    In one transaction: conflicts are checked, other plugins may refuse, the schedule is stored whole, mails and facts go into the
    outbox. Raises `Refused`: nothing_to_release, release_needs_reason, conflicts_forbid_release, and what plugins say.
    """
    async with transaction():
        await hold(event)
        settings = await settings_of(event, "agenda", AgendaSettings)
        previous = await queries.schedule(event)
        draft = await queries.draft(event.id)
        new = rules.next_schedule(previous, draft, place=queries.place_of(event), now=now)
        conflicts = conflicts_of(draft, event, settings)
        refuse(
            rules.release_refusals(
                previous, new, conflicts, reason=reason, despite_conflicts=settings.release_despite_conflicts
            )
        )
        sessions = [_session_payload(each) for each in new.sessions]
        refuse(await plugins.host().ask("refuse_release", event=event, sessions=sessions, now=now))
        changes = rules.changes(previous, new)
        await _store_release(event, new, changes, conflicts, note=note, reason=reason, by=by)
        await _tell_plugins(event, new, changes, note=note, now=now)
        if settings.mail_speakers:
            await mail_people(event, new, changes, now=now)
        await events.touch(event, now=now)
        facts = {"number": new.number, "sessions": len(new.sessions), "changes": len(changes)}
        await audit.record(
            "schedule.released",
            by=by,
            subject=f"release:{new.number}",
            event=event.id,
            facts=facts,
            changes=[
                *changed_value(
                    N_("Sessions"), len(previous.sessions) if previous else 0, len(new.sessions), kind="int"
                ),
                *changed_value(N_("Changes"), None, len(changes), kind="int"),
            ],
            now=now,
        )
        return new.number


def conflicts_of(draft: rules.Draft, event: EventView, settings: AgendaSettings) -> tuple[rules.Conflict, ...]:
    """The draft's conflicts by this event's days and settings."""
    return rules.conflicts(
        draft,
        first_day=event.starts_on,
        last_day=event.ends_on,
        zone=event.zone,
        changeover_min=settings.changeover_min,
    )


async def _store_release(
    event: EventView,
    new: rules.Schedule,
    changes: tuple[rules.Change, ...],
    conflicts: tuple[rules.Conflict, ...],
    *,
    note: str,
    reason: str,
    by: str,
) -> None:
    await Release(
        event=event.id,
        number=new.number,
        released_at=new.released_at,
        released_by=by,
        note=note,
        reason=reason,
        conflicts=sum(conflict.is_hard for conflict in conflicts),
        changes=as_json(changes),
        schedule=as_json(new),
    ).save()


def _session_payload(released: rules.ReleasedSession) -> dict[str, Any]:
    """A released session for other plugins: builtins."""
    session = released.session
    return {
        "code": session.code,
        "uid": session.uid,
        "title": session.title,
        "room": session.room,
        "starts_at": released.starts_at.isoformat(),
        "ends_at": released.ends_at.isoformat(),
        "cancelled": released.is_cancelled,
        "revision": released.revision,
        "people": [{"person": part.person, "role": part.role, "employer": part.employer} for part in session.parts],
    }


async def _tell_plugins(
    event: EventView, new: rules.Schedule, changes: tuple[rules.Change, ...], *, note: str, now: datetime
) -> None:
    release_payload = {
        "number": new.number,
        "released_at": new.released_at.isoformat(),
        "note": note,
        "changes": msgspec.to_builtins(changes),
    }
    await outbox.tell("schedule_released", event=event, release=release_payload, now=now)
    sessions = new.by_code()
    changed = [
        {**_session_payload(sessions[change.session]), "kind": change.kind, "fields": list(change.fields)}
        for change in changes
    ]
    await outbox.tell_each("session_changed", [{"session": each} for each in changed], event=event, now=now)
