"""A schedule from elsewhere into the draft: looked at first, then applied in one transaction. Nothing of it is released."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from plenaria.core.events.queries import settings_of
from plenaria.core.forms import recorded
from plenaria.core.kernel.languages import LANGUAGES, Names, own_name
from plenaria.core.kernel.values import N_, EventView, Refusal, Refused
from plenaria.core.storage import audit
from plenaria.core.storage.database import transaction
from plenaria.plugins.agenda import ics, interchange, queries, rules
from plenaria.plugins.agenda.queries import Catalogue, I
from plenaria.plugins.agenda.services.declaring import set_draft
from plenaria.plugins.agenda.services.draft import hold
from plenaria.plugins.agenda.services.releasing import conflicts_of
from plenaria.plugins.agenda.settings import AgendaSection, AgendaSettings

IMPORT_REFUSALS: Final = {
    **{f"import_{code}": words for code, words in interchange.UNREADABLE_WORDS.items()},
    "import_too_crowded": N_("{count} pairs of sessions would overlap; at most {most} are allowed."),
    "import_no_text": N_("The file contains damaged characters, which cannot be stored. Save it again as UTF-8."),
    "import_file_missing": N_("Choose a file."),
    "import_draft_changed": N_("The draft has changed in the meantime. Check the new preview and import again."),
    "import_not_certain": N_(
        "{count} sessions, people, rooms or other items of the draft are not in the file. Tick this box to remove them."
    ),
}

MOST_AT_ONCE: Final = 300_000
"""Pairs of simultaneous sessions: ten times FOSDEM 2023. Each may be a conflict, and every page of the draft looks at all."""


class ImportChoices(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an import is to do with the draft."""

    way: Annotated[
        rules.Way,
        Meta(
            title=N_("What is in the draft already"),
            description=N_("Sessions are recognised by their identifier, then by their code."),
            extra={"choices": rules.WAYS, "kind": "radio"},
        ),
    ] = "add"
    confirmed: Annotated[
        bool,
        Meta(
            title=N_("The sessions of the file are confirmed"),
            description=N_("Otherwise new ones are drafts. A cancelled session stays cancelled."),
        ),
    ] = False
    language: Annotated[
        str,
        Meta(
            title=N_("Language of the texts"),
            min_length=1,
            description=N_("For texts that the file gives in one language only."),
            extra={"choices": Names(own_name, file=N_("The language of most of its sessions")), "kind": "radio"},
        ),
    ] = "file"


Drafted = rules.Room | rules.Track | rules.SessionType | rules.Person


class Preview(Struct, frozen=True, kw_only=True):
    """What an import would do, or did.

    `draft_mark` names the draft that it was worked out from; `conflicts` are those of the draft as it would be,
    `conflicts_before` those of the draft as it was.
    """

    choices: ImportChoices
    read: interchange.Read
    language: str
    merged: rules.Merged
    before: rules.Draft
    draft_mark: str
    conflicts: tuple[rules.Conflict, ...]
    conflicts_before: tuple[rules.Conflict, ...]


async def preview_import(event: EventView, content: bytes, choices: ImportChoices) -> Preview:
    """What the file would do to the draft; nothing is written. Raises `Refused` (`import_…`) for a file that is no schedule."""
    read, language = await asyncio.to_thread(_read, event, content, choices)
    return await _preview(event, read, language, choices)


async def import_schedule(
    event: EventView,
    content: bytes,
    choices: ImportChoices,
    *,
    draft_mark: str | None = None,
    certain: bool = False,
    by: str,
    now: datetime,
) -> Preview:
    """Bring the file into the draft, whole or not at all, and answer what it did.

    `draft_mark` is that of the preview that was looked at (None: the draft as it is). What changes nothing is not refused and
    leaves no trace: sending it twice is harmless. Raises `Refused`: import_draft_changed, import_not_certain where something
    would be removed from the draft and `certain` is false, and `import_…` for a file that is no schedule.
    """
    read, language = await asyncio.to_thread(_read, event, content, choices)
    async with transaction():
        await hold(event)
        preview = await _preview(event, read, language, choices)
        if preview.merged.changes_nothing:
            return preview
        if draft_mark not in (None, preview.draft_mark):
            raise Refused(Refusal("import_draft_changed"))
        if preview.merged.goes and not certain:
            count = sum(len(tally.gone) for tally in preview.merged.tallies.values())
            raise Refused(Refusal("import_not_certain", {"count": count}, "/certain"))
        uids = {session.code: session.uid for session in preview.merged.draft.sessions}
        before, section = await queries.section_of(event), await _section(event, preview.merged.draft)
        await set_draft(event, section, uids=uids, now=now)
        digest = hashlib.sha256(content).hexdigest()
        facts = {"way": choices.way, "sha256": digest, **counts(preview.merged.tallies["sessions"])}
        subject = f"agenda:{event.slug}"
        changes = recorded(before, section)
        await audit.record(
            "agenda.imported", by=by, subject=subject, event=event.id, facts=facts, changes=changes, now=now
        )
        return preview


def counts(tally: rules.Tally) -> dict[str, int]:
    """How many are new, changed, the same, not named by the file, and leaving."""
    return {name: len(getattr(tally, name)) for name in ("added", "changed", "same", "kept", "gone")}


def _read(event: EventView, content: bytes, choices: ImportChoices) -> tuple[interchange.Read, str]:
    """The file and the language that its words were taken to be in; in a thread, since a large file takes a while."""
    is_chosen = choices.language != "file"
    language = choices.language if is_chosen else event.language
    place = queries.place_of(event)
    try:
        read = interchange.read(content, zone=event.zone, language=language, place=place)
        spoken = [session.language for session in read.imported.draft.sessions]
        if not is_chosen and spoken.count(language) * 2 < len(spoken):
            language = next((code for code in spoken if code != language and code in LANGUAGES), language)
            read = interchange.read(content, zone=event.zone, language=language, place=place)
    except interchange.Unreadable as unreadable:
        refusal = unreadable.refusal
        raise Refused(Refusal(f"import_{refusal.code}", refusal.facts, "/file")) from unreadable
    except UnicodeError as no_text:  # halves of characters, which JSON can escape and no database holds
        raise Refused(Refusal("import_no_text", {}, "/file")) from no_text
    return read if is_chosen else _with_assumed_language(read, language), language


def _with_assumed_language(read: interchange.Read, language: str) -> interchange.Read:
    """The report says which language was taken where the file names none."""
    if not read.names_no_language:
        return read
    note = interchange.Note(code="language_assumed", facts={"taken": language})
    return replace(read, report=replace(read.report, repaired=(note, *read.report.repaired)))


async def _preview(event: EventView, read: interchange.Read, language: str, choices: ImportChoices) -> Preview:
    before = await queries.draft(event.id)
    settings = await settings_of(event, "agenda", AgendaSettings)
    imported = read.imported.draft
    uids = rules.Uids(
        released=await queries.released_uids(event),
        elsewhere=await queries.uids_elsewhere(event, [session.uid for session in imported.sessions]),
        own=lambda code: ics.uid(event.slug, code),
    )
    merged = rules.merged(before, imported, uids, way=choices.way, confirms=choices.confirmed)
    if (pairs := rules.simultaneous(merged.draft.sessions)) > MOST_AT_ONCE:
        raise Refused(Refusal("import_too_crowded", {"count": pairs, "most": MOST_AT_ONCE}, "/file"))
    return Preview(
        choices=choices,
        read=read,
        language=language,
        merged=merged,
        before=before,
        draft_mark=_mark(before),
        conflicts=conflicts_of(merged.draft, event, settings),
        conflicts_before=conflicts_of(before, event, settings),
    )


def _mark(draft: rules.Draft) -> str:
    return hashlib.sha256(msgspec.json.encode(draft, order="deterministic")).hexdigest()


async def _section(event: EventView, draft: rules.Draft) -> AgendaSection:
    """The draft as an event's file would declare it, with what a draft does not hold (addresses, absences) as it is stored."""
    return AgendaSection(
        rooms=await _items(event, queries.ROOMS, draft.rooms),
        tracks=await _items(event, queries.TRACKS, draft.tracks),
        types=await _items(event, queries.TYPES, draft.types),
        people=await _items(event, queries.PEOPLE, draft.people),
        sessions=tuple(queries.session_item(session, draft, zone=event.zone) for session in draft.sessions),
    )


async def _items(event: EventView, catalogue: Catalogue[I], drafted: Sequence[Drafted]) -> tuple[I, ...]:
    stored = {each.item.code: each.item for each in await queries.items(event.id, catalogue)}
    return tuple(
        replace(stored[each.code], **asdict(each)) if each.code in stored else catalogue.struct(**asdict(each))
        for each in drafted
    )
