"""What comes of a file: values that the agenda can hold, each valid by its rules."""

from datetime import date

from msgspec import Struct

from plenaria.core.kernel.values import LocalizedText
from plenaria.plugins.agenda.rules import Draft

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
