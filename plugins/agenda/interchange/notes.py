"""What an import says about itself: which parts were repaired, which did not come along, and why a file cannot be read at all."""

from collections import Counter
from typing import Any, Final

from msgspec import Struct

from plenaria.core.kernel.values import N_, Refusal

from .parsed import Source

UNREADABLE_WORDS: Final = {
    "file_empty": N_("The file is empty."),
    "file_too_large": N_("The file has {octets} bytes; at most {most} are read."),
    "format_unknown": N_("The file is neither a schedule in XML or JSON nor a calendar."),
    "file_truncated": N_("The file ends in the middle, at line {line}. Fetch it again."),
    "not_well_formed": N_("The file is not well-formed at line {line}, column {column}: {why}."),
    "dtd_forbidden": N_("The file declares a document type (DTD), which is not read, for safety."),
    "nested_too_deep": N_("The file nests deeper than {most} levels."),
    "too_many_parts": N_("The file has more than {most} elements."),
    "wrong_root": N_("The file is not a schedule: it begins with “{root}”."),
}
"""Why a whole file is refused, by `Unreadable.code`."""

REPAIRED_WORDS: Final = {
    "encoding_wrong": N_("The file says that it is encoded in {declared}, but it is not; it was read as {actual}."),
    "characters_dropped": N_("Invalid characters were removed ({count}), the first on line {line}."),
    "ampersands_repaired": N_("Stray ampersands (&) were read as text ({count})."),
    "key_repeated": N_("“{key}” appears more than once in the same place ({count}); the last one was used."),
    "number_unusable": N_("Values that are not valid numbers were treated as missing ({count})."),
    "event_title_missing": N_("The file does not give the name of the event."),
    "zone_missing": N_("The file gives no time zone; {zone} was assumed."),
    "zone_unknown": N_("“{named}” is not a time zone; {zone} was assumed."),
    "offset_missing": N_("Times without an offset from UTC ({count}) were read as times in {zone}."),
    "wall_time_skipped": N_(
        "“{subject}”: {wall_time} does not exist in {zone} because clocks go forward; it was moved by the same amount."
    ),
    "start_disagrees": N_("“{subject}” has two start times, {date} and {start}; the first was used."),
    "after_midnight": N_("“{subject}” starts at {start}, which was read as after midnight, on {day}."),
    "duration_missing": N_("“{subject}” has no length; {minutes} minutes were assumed."),
    "duration_unreadable": N_(
        "“{subject}” has the length “{said}”, which cannot be understood; {minutes} minutes were assumed."
    ),
    "duration_out_of_bounds": N_("“{subject}” would last {said} minutes; its length was set to {minutes}."),
    "title_missing": N_("A session without a title was given the title “{title}”."),
    "text_cut": N_("“{subject}”: a text was too long and was cut after {most} characters."),
    "markup_converted": N_("Texts in HTML ({count}) were converted to Markdown."),
    "language_not_offered": N_("The spoken language “{language}” is not offered here ({count}); “{taken}” was used."),
    "guid_missing": N_(
        "Sessions without an identifier ({count}) were given one; importing the file again gives the same one."
    ),
    "guid_invalid": N_("Identifiers that are not UUIDs ({count}) were replaced by UUIDs derived from them."),
    "guid_repeated": N_("“{subject}” has the same identifier as another session; it was given its own."),
    "number_given": N_("Sessions without a number of their own ({count}) were given one."),
    "slug_repeated": N_("“{subject}” has the same short name as another session; its code is {code}."),
    "room_disagrees": N_("“{subject}” is listed under “{taken}” but names “{said}”; “{taken}” was used."),
    "room_unknown": N_("“{room}” is not in the file’s list of rooms; it was added."),
    "person_number_repeated": N_(
        "The number {key} is shared by people with different names ({count}); they were kept as separate people."
    ),
    "person_repeated": N_("“{subject}” lists {person} twice; the repetition was dropped."),
    "days_missing": N_("The file does not give the dates of the event; the days of its sessions were used."),
    "no_sessions": N_("The file has no sessions."),
    "language_assumed": N_("The file does not say in which language its texts are; “{taken}” was assumed."),
    "calendar_not_utf8": N_("The calendar is not in UTF-8; it was read as Windows-1252."),
    "calendar_no_uid": N_("Calendar entries without an identifier ({count}) were given one."),
    "calendar_repeated_uid": N_("Calendar entries that share an identifier ({count}) were each given their own."),
    "calendar_zone_unknown": N_(
        "The calendar defines a time zone of its own, “{zone}” ({count}); its definition was used."
    ),
    "calendar_zone_assumed": N_("Calendar times in an unknown time zone ({count}) were read as times in {zone}."),
    "calendar_wall_time_skipped": N_(
        "Calendar times that do not exist in {zone} because clocks go forward ({count}) were moved by the same amount."
    ),
    "calendar_recurrence_not_understood": N_(
        "Repeating calendar entries that were not understood ({count}): only the first occurrence was kept."
    ),
    "calendar_recurrence_cut": N_("Calendar entries that repeat for too long were cut short ({count})."),
    "calendar_range_not_understood": N_(
        "Calendar changes to “this and all following entries” ({count}) were applied to one entry only."
    ),
    "calendar_doubt": N_("Parts of the calendar were not understood, or only partly kept ({count})."),
}

LEFT_OUT_WORDS: Final = {
    "start_missing": N_("“{subject}” was left out: the file does not say when it starts."),
    "start_unreadable": N_("“{subject}” was left out: its start “{said}” is not a valid time."),
    "session_repeated": N_("“{subject}” appears in the file more than once, without differences; it was kept once."),
    "session_unreadable": N_("An entry that is not a session was left out."),
    "too_many_sessions": N_("At most {most} sessions are read; {count} were left out."),
    "too_many_people": N_("“{subject}” names more than {most} people; {count} were left out."),
    "person_without_name": N_("People without a name were left out ({count})."),
    "calendar_no_start": N_("Calendar entries without a start were left out ({count})."),
    "calendar_whole_day": N_("Calendar entries that last whole days were left out ({count})."),
    "calendar_no_end": N_("Calendar entries without an end were left out ({count})."),
    "calendar_ends_before_it_starts": N_("Calendar entries that end before they start were left out ({count})."),
    "calendar_superseded": N_("Earlier versions of calendar entries were left out ({count})."),
    "calendar_repeated": N_("Repeated identical calendar entries were left out ({count})."),
    "calendar_too_many": N_("The calendar has more entries than are read; the rest was left out."),
    "calendar_property": N_("“{name}” of the calendar has no place in the agenda and was left out ({count})."),
    "calendar_component": N_("Parts of the calendar that are not entries, “{name}”, were left out ({count})."),
    "calendar_broken_property": N_("“{name}” of the calendar could not be read and was left out ({count})."),
    "field_dropped": N_("“{field}” has no place in the agenda and was left out ({count})."),
}

LOST_SESSIONS: Final = frozenset(
    {
        "start_missing",
        "start_unreadable",
        "session_repeated",
        "session_unreadable",
        "too_many_sessions",
        "calendar_no_start",
        "calendar_whole_day",
        "calendar_no_end",
        "calendar_ends_before_it_starts",
        "calendar_superseded",
        "calendar_repeated",
        "calendar_too_many",
    }
)
"""Notes that stand for sessions that did not come along: one each, or as many as their `count`."""

NOTE_WORDS: Final = {**REPAIRED_WORDS, **LEFT_OUT_WORDS}
"""Every `Note.code` with its words; the fields in braces are those of `Note.fields`."""

MOST_KINDS: Final = 100
"""Of one code, so many different facts are counted apart; what comes after is counted as "…"."""


class Unreadable(ValueError):
    """A whole file that is refused; nothing of it is imported. `code` is a key of `UNREADABLE_WORDS`."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(UNREADABLE_WORDS[code].format(**facts))
        self.code = code
        self.facts = facts

    @property
    def refusal(self) -> Refusal:
        """The same as data, for a service that answers with `Refused`."""
        return Refusal(self.code, self.facts)


class Note(Struct, frozen=True, kw_only=True):
    """One thing that was repaired or left out.

    `code` is stable, a key of `NOTE_WORDS`. `subject` is the session's title, or what else it goes by; `pointer` its place in the
    file (JSON pointer, or a path of elements counted from 1), `line` its line in an XML file (0: not known). All three are
    empty where the note is about the whole file; then `facts` often hold a `count`. Facts are builtins.
    """

    code: str
    subject: str = ""
    pointer: str = ""
    line: int = 0
    facts: dict[str, Any] = {}

    @property
    def fields(self) -> dict[str, Any]:
        """What the words of the code are filled with."""
        return {"subject": self.subject, "line": self.line, **self.facts}


class Report(Struct, frozen=True, kw_only=True):
    """What became of a file. `sessions` counts those in the file, those left out included."""

    sessions: int
    repaired: tuple[Note, ...]
    left_out: tuple[Note, ...]

    @property
    def sessions_left_out(self) -> int:
        lost = [note for note in self.left_out if note.code in LOST_SESSIONS]
        return sum(note.facts.get("count", 1) for note in lost)


class Findings:
    """Gathers notes while a file is read: one by one, or counted where many are alike."""

    def __init__(self) -> None:
        self._notes: list[Note] = []
        self._counts: dict[str, Counter[tuple[tuple[str, Any], ...]]] = {}

    def __call__(self, code: str, source: Source | None = None, /, **facts: Any) -> None:
        about = source or Source()
        note = Note(code=code, subject=about.subject, pointer=about.pointer, line=about.line, facts=facts)
        self._notes.append(note)

    def count(self, code: str, times: int = 1, /, **facts: Any) -> None:
        """The same thing once more: one note, with how often it was."""
        counter = self._counts.setdefault(code, Counter())
        key = tuple(facts.items())
        if key not in counter and len(counter) >= MOST_KINDS:
            key = tuple((name, "…") for name in facts)
        counter[key] += times

    def report(self, sessions: int) -> Report:
        counted = [
            Note(code=code, facts={**dict(key), "count": times})
            for code, counter in self._counts.items()
            for key, times in counter.items()
            if times
        ]
        notes = (*counted, *self._notes)
        return Report(
            sessions=sessions,
            repaired=tuple(note for note in notes if note.code in REPAIRED_WORDS),
            left_out=tuple(note for note in notes if note.code in LEFT_OUT_WORDS),
        )
