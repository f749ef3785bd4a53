"""A new event out of an earlier one: its details, plugins, settings and what its file would declare. Nothing about people."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from plenaria.core import mail
from plenaria.core.events import declared, services
from plenaria.core.events.moving import moved_by
from plenaria.core.forms import changed_value
from plenaria.core.host.visit import PersonView
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused, Slug
from plenaria.core.people import services as people
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction

_YEARS: Final = range(1900, 2200)
"""When a copy may begin: far from the ends of the calendar, so that whatever belongs to it has a date too."""

Address = Annotated[Slug, Meta(title=N_("Address"), description=N_("The new event's name in every address."))]
FirstDay = Annotated[
    date, Meta(title=N_("First day"), description=N_("Every date is moved by the same number of days."))
]


class EventCopy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a copy is to be found, and when it begins; every date of it moves by as many days."""

    slug: Address
    starts_on: FirstDay


class CopyOfEvent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The page's form: also which event."""

    source: Annotated[str, Meta(title=N_("Event to copy"), max_length=50, extra={"known": "events"})]
    slug: Address
    starts_on: FirstDay


async def copy_event(
    source: EventView, copy: EventCopy, *, owner: PersonView | None, by: str, now: datetime
) -> EventView:
    """Make the copy, in one transaction; it is not public.

    Raises `Refused`: the address is taken or reserved, a date is out of the calendar, a plugin cannot say what it has.
    """
    document = _moved_to(copy.starts_on, source, await _whole(source))
    document["event"] |= {"slug": copy.slug, "is_public": False}
    declaration = declared.read(document).or_refuse()
    async with transaction():
        event = await services.create_event(copy.slug, declaration.details, by=by, now=now)
        if owner is not None:
            await people.grant(owner, "owner", event=event, by=by, now=now, granted_by=owner.id)
        event = await declared.apply(declaration, by=by, now=now)
        await mail.copy_wordings(source, event, by=owner.id if owner else None, now=now)
        facts: dict[str, Any] = {"from": source.slug, "days": (copy.starts_on - source.starts_on).days}
        changes = [
            *changed_value(N_("Copied from"), None, source.slug),
            *changed_value(N_("First day"), source.starts_on.isoformat(), copy.starts_on.isoformat(), kind="date"),
        ]
        subject = f"event:{copy.slug}"
        await audit.record(
            "event.copied", by=by, subject=subject, event=event.id, facts=facts, changes=changes, now=now
        )
        return event


async def _whole(source: EventView) -> declared.Document:
    """What is to be copied. Raises `Refused(plugin_failed)` for each plugin whose part would be lacking."""
    document = await declared.document_of(source, for_copy=True)
    if missing := document.get("missing"):
        raise Refused(*(Refusal("plugin_failed", {"plugin": name}) for name in missing))
    return document


def _moved_to(starts_on: date, source: EventView, document: declared.Document) -> declared.Document:
    first, last = _YEARS[0], _YEARS[-1]
    too_far = Refusal("copy_too_far", {"first": str(first), "last": str(last)}, "/starts_on")
    if starts_on.year not in _YEARS:
        raise Refused(too_far)
    try:
        return moved_by(document, starts_on - source.starts_on)
    except OverflowError as error:  # the first day fits, but not a window of the source that is years later
        raise Refused(too_far) from error
