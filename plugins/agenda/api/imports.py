"""A schedule from elsewhere into the draft."""

from datetime import date
from typing import Any

from litestar import post
from litestar.datastructures import UploadFile
from msgspec import Struct

from plenaria.core.forms import Problem
from plenaria.core.host.visit import Visit
from plenaria.core.kernel.i18n import fill, gettext
from plenaria.core.kernel.values import EventView, Refused
from plenaria.core.web.api import Anything, checked
from plenaria.core.web.api.openapi import FileBody
from plenaria.core.web.errors import Invalid
from plenaria.plugins.agenda import interchange, rules, services
from plenaria.plugins.agenda.api.draft import ConflictView, conflict_view


class ImportTally(Struct, frozen=True):
    """How many of one kind the file adds, changes, leaves as they are, does not name (`kept`), and takes out (`gone`)."""

    added: int
    changed: int
    same: int
    kept: int
    gone: int


class ImportNote(Struct, frozen=True):
    """One thing that was repaired or left out; `subject` is what it is about, `pointer` and `line` its place in the file."""

    code: str
    detail: str
    subject: str
    pointer: str
    line: int
    facts: dict[str, Any]


class ImportView(Struct, frozen=True):
    """What a file does to the draft. `conflicts` are those of the draft afterwards; days are those that the file gives."""

    dry_run: bool
    language: str
    zone: str
    starts_on: date | None
    ends_on: date | None
    tallies: dict[str, ImportTally]
    sessions_left_out: int
    left_out: list[ImportNote]
    repaired: list[ImportNote]
    conflicts: list[ConflictView]


@post(
    "/api/v1/events/{event_slug:str}/schedule/imports",
    permission="agenda.edit",
    operation_id="importSchedule",
    file_body=FileBody(raw=True),
    uploads=True,
    status_code=200,
)
async def import_schedule(
    request: Anything,
    event: EventView,
    visit: Visit,
    dry_run: bool = False,
    way: rules.Way = "add",
    confirmed: bool = False,
    language: str = "file",
) -> ImportView:
    """Bring a schedule from elsewhere into the draft; nothing is released.

    The body is the file itself (frab XML or JSON, pretalx submissions, iCalendar), or multipart form data with `file`. With
    `dry_run` nothing is written. `language` is `file` or one of the installation's. The same file again changes nothing.
    """
    choices = checked(services.ImportChoices, {"way": way, "confirmed": confirmed, "language": language})
    content = await _sent_file(request)
    try:
        if dry_run:
            found = await services.preview_import(event, content, choices)
        else:
            found = await services.import_schedule(event, content, choices, certain=True, by=visit.by, now=visit.now)
    except Refused as refused:
        raise Invalid(
            tuple(
                Problem(each.pointer, each.code, each.facts, services.IMPORT_REFUSALS[each.code])
                for each in refused.refusals
            )
        ) from refused
    return _imported(found, dry_run)


async def _sent_file(request: Anything) -> bytes:
    if request.content_type[0] != "multipart/form-data":
        return await request.body()
    upload = (await request.form()).get("file")
    return await upload.read() if isinstance(upload, UploadFile) else b""


def _imported(found: services.Preview, dry_run: bool) -> ImportView:
    imported, report = found.read.imported, found.read.report
    return ImportView(
        dry_run=dry_run,
        language=found.language,
        zone=imported.zone,
        starts_on=imported.starts_on,
        ends_on=imported.ends_on,
        tallies={kind: ImportTally(**services.counts(tally)) for kind, tally in found.merged.tallies.items()},
        sessions_left_out=report.sessions_left_out,
        left_out=[_note(note) for note in report.left_out],
        repaired=[_note(note) for note in report.repaired],
        conflicts=[conflict_view(each) for each in found.conflicts],
    )


def _note(note: interchange.Note) -> ImportNote:
    detail = fill(gettext(interchange.NOTE_WORDS[note.code]), note.fields)
    return ImportNote(note.code, detail, note.subject, note.pointer, note.line, note.facts)


ROUTES = [import_schedule]
