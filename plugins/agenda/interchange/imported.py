"""What comes of a file: values that the agenda can hold, each valid by its rules."""

from datetime import date, datetime

from msgspec import Struct

from plenaria.core.kernel.values import EventView, LocalizedText
from plenaria.plugins.agenda.rules import Draft, Schedule, next_schedule

from .notes import Report


class Imported(Struct, frozen=True, kw_only=True):
    """A schedule from elsewhere.

    `acronym` is a slug or ""; `zone` an IANA id; `starts_on` and `ends_on` are both days of the event, or None where nothing
    in the file says when it is. In `draft` every code is a slug, unique in its list and named where it is used; every uid is a
    UUID; numbers are positive and unique; sessions have a start in UTC and are confirmed or cancelled. Texts are Markdown, in
    the language that the caller named.
    """

    title: LocalizedText
    acronym: str
    version: str
    zone: str
    starts_on: date | None
    ends_on: date | None
    draft: Draft


class Read(Struct, frozen=True, kw_only=True):
    """What a file gave, and what became of the rest of it. `names_no_language`: of none of its sessions."""

    imported: Imported
    report: Report
    names_no_language: bool = False


def release(imported: Imported, *, now: datetime) -> Schedule:
    """The imported schedule as a first release, as the exports take it."""
    return next_schedule(None, imported.draft, place="", now=now)


def event_of(imported: Imported) -> EventView | None:
    """The imported schedule's event, as the exports take it; None where the file does not say when it is."""
    if imported.starts_on is None or imported.ends_on is None:
        return None
    return EventView(
        id=0,
        slug=imported.acronym or "schedule",
        name=imported.title,
        zone=imported.zone,
        starts_on=imported.starts_on,
        ends_on=imported.ends_on,
    )
