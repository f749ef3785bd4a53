"""The record of changes: who changed what from what to what, and when; chosen by person, kind, thing and time."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from msgspec import Struct

from plenaria.core.events.organise.parts import PER_PAGE, before_of
from plenaria.core.events.record import actor_words, names_of, shown_lines, subjects_of
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import gettext
from plenaria.core.kernel.values import EventView
from plenaria.core.storage import audit
from plenaria.core.storage.audit import words as audit_words
from plenaria.core.web.templating import page

Anything = Request[Any, Any, Any]
MOST_TYPED: Final = 200


class Asked(Struct, frozen=True, kw_only=True):
    """What stands in the fields of the page's filter."""

    person: str = ""
    action: str = ""
    kind: str = ""
    code: str = ""
    since: date | None = None
    until: date | None = None
    """The last day that is shown."""


@get("/{event_slug:str}/organise/audit", permission="event.audit", include_in_schema=False)
async def audit_page(request: Anything, event: EventView, visit: Visit) -> Response[str]:
    """Who changed what and when, the latest first."""
    asked = _asked(request)
    lines = await audit.lines(
        event=event.id, before=before_of(request), most=PER_PAGE, chosen=_chosen(asked, event.zone)
    )
    return page(
        request,
        "events/audit.html",
        lines=await shown_lines(lines, event, visit),
        asked=asked,
        people=await _actors(event),
        actions=_sorted(audit_words.everything()),
        kinds=_sorted({kind: subject.title for kind, subject in subjects_of().items()}),
        is_asked=asked != Asked(),
        next_page=f"?{_query(asked, lines[-1].id)}" if len(lines) == PER_PAGE else "",
    )


def _asked(request: Anything) -> Asked:
    typed = {name: str(request.query_params.get(name, "")).strip()[:MOST_TYPED] for name in Asked.__struct_fields__}
    texts = {name: typed[name] for name in ("person", "action", "kind", "code")}
    return Asked(**texts, since=_day(typed["since"]), until=_day(typed["until"]))


def _day(typed: str) -> date | None:
    """None, too, for what is no day: a page of ours sends none such."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _chosen(asked: Asked, zone: str) -> audit.Chosen:
    subject = f"{asked.kind}:{asked.code}" if asked.kind and asked.code else asked.kind
    return audit.Chosen(
        actor=asked.person,
        action=asked.action,
        subject=subject,
        since=_midnight(asked.since, zone),
        until=_midnight(asked.until, zone, days=1),
    )


def _midnight(day: date | None, zone: str, days: int = 0) -> datetime | None:
    if day is None or not date.min < day < date.max:
        return None
    return datetime.combine(day + timedelta(days=days), time(), ZoneInfo(zone))


async def _actors(event: EventView) -> list[tuple[str, str]]:
    actors = await audit.actors(event.id)
    names = await names_of(actors)
    return sorted(((actor, actor_words(actor, names)) for actor in actors), key=lambda each: each[1].lower())


def _sorted(messages: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(((code, gettext(message)) for code, message in messages.items()), key=lambda each: each[1].lower())


def _query(asked: Asked, before: int) -> str:
    kept = {name: str(value) for name in Asked.__struct_fields__ if (value := getattr(asked, name))}
    return urlencode({**kept, "before": before})


ROUTES = [audit_page]
