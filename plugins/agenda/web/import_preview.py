"""The preview of an import: numbers, lists of sessions, what was left out or repaired, conflicts before and after."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from msgspec import Struct

from plenaria.core.kernel.i18n import current_language, fill, gettext, pgettext
from plenaria.core.kernel.languages import name_in
from plenaria.core.kernel.shown import day, localized
from plenaria.core.kernel.values import N_, EventView
from plenaria.plugins.agenda import interchange, rules
from plenaria.plugins.agenda.services import Preview
from plenaria.plugins.agenda.web.editing import conflict_words

MOST_SHOWN: Final = 100
"""So many lines of a list stand on the page; the rest is counted."""
KINDS: Final = {
    "sessions": N_("Sessions"),
    "people": N_("People on stage"),
    "rooms": N_("Rooms"),
    "tracks": N_("Tracks"),
    "types": N_("Session types"),
}


def preview_context(preview: Preview, event: EventView, *, name: str) -> dict[str, Any]:
    """What the preview page shows, its form aside; `name` is the file's."""
    imported, report = preview.read.imported, preview.read.report
    return {
        "file": {
            "name": name,
            "title": localized(imported.title),
            "days": _days(imported.starts_on, imported.ends_on),
            "zone": imported.zone,
            "language": name_in(preview.language, current_language()),
        },
        "changes_nothing": preview.merged.changes_nothing,
        "outside": len({each.sessions[0] for each in preview.conflicts if each.code == "outside_event_days"}),
        "event_days": _days(event.starts_on, event.ends_on),
        "counted": _counted(preview),
        "lists": _lists(preview),
        "left_out": _groups(_sentences(report.left_out)),
        "repaired": _groups(_sentences(report.repaired)),
        "conflicts": {
            "before": _by_weight(preview.conflicts_before),
            "after": _by_weight(preview.conflicts),
            "groups": _groups(_conflicts(preview, event)),
        },
    }


def _by_weight(conflicts: tuple[rules.Conflict, ...]) -> dict[str, int]:
    hard = sum(each.is_hard for each in conflicts)
    return {"hard": hard, "soft": len(conflicts) - hard}


def _days(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return ""
    return day(first) if first == last else f"{day(first)} – {day(last)}"


class Shown(Struct, frozen=True, kw_only=True):
    """Some lines of many: `more` are not shown."""

    label: str
    lines: list[str]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def _counted(preview: Preview) -> dict[str, Any]:
    """The table of numbers, without the columns in which there is nothing but zeros."""
    tallies = preview.merged.tallies
    headings = {
        "added": pgettext("import", "New"),
        "changed": pgettext("import", "Changed"),
        "same": pgettext("import", "The same"),
        "kept": pgettext("import", "Kept, not in the file"),
        "gone": pgettext("import", "Removed"),
    }
    shown = [name for name in headings if name == "added" or any(getattr(each, name) for each in tallies.values())]
    columns = [gettext("What"), gettext("In the file"), *(headings[name] for name in shown)]
    rows = [
        [gettext(label), tallies[kind].in_file, *(len(getattr(tallies[kind], name)) for name in shown)]
        for kind, label in KINDS.items()
    ]
    kinds = ["text", *("number" for _ in columns[1:])]
    return {
        "columns": [{"label": label, "kind": kind} for label, kind in zip(columns, kinds, strict=True)],
        "rows": rows,
    }


def _lists(preview: Preview) -> list[Shown]:
    """Sessions that are new, change, or leave; people and rooms that leave go with the numbers."""
    tally = preview.merged.tallies["sessions"]
    titles = {each.code: localized(each.title) for each in (*preview.before.sessions, *preview.merged.draft.sessions)}
    changed = [f"{titles[code]} ({_fields_words(fields)})" for code, fields in tally.changed.items()]
    found = {
        gettext("New sessions"): [titles[code] for code in tally.added],
        gettext("Sessions that change"): changed,
        gettext("Sessions that are removed"): [titles[code] for code in tally.gone],
    }
    return [Shown(label=label, lines=lines[:MOST_SHOWN], count=len(lines)) for label, lines in found.items() if lines]


def _fields_words(fields: Iterable[str]) -> str:
    return ", ".join(gettext(rules.MERGED_FIELD_WORDS[field]) for field in fields)


def _sentences(notes: Iterable[interchange.Note]) -> list[tuple[str, str]]:
    """`(code, sentence)` of each note."""
    return [(note.code, fill(gettext(interchange.NOTE_WORDS[note.code]), note.fields)) for note in notes]


def _conflicts(preview: Preview, event: EventView) -> list[tuple[str, str]]:
    """The serious ones first."""
    titles = {each.code: localized(each.title) for each in preview.merged.draft.sessions}
    ordered = sorted(preview.conflicts, key=lambda each: not each.is_hard)
    return [(each.code, f"{titles[each.sessions[0]]}: {conflict_words(each, event)}") for each in ordered]


def _groups(sentences: list[tuple[str, str]]) -> list[Shown]:
    """Sentences of one code together, under the first of them."""
    groups: dict[str, list[str]] = {}
    for code, words in sentences:
        groups.setdefault(code, []).append(words)
    return [Shown(label=lines[0], lines=lines[1 : MOST_SHOWN + 1], count=len(lines) - 1) for lines in groups.values()]
