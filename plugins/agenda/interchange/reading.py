"""A schedule file from elsewhere, whichever it is, as values and a report."""

from collections.abc import Callable
from typing import Final

from plenaria.core.kernel.values import LANGUAGES
from plenaria.plugins.agenda.ics import zones

from . import calendar_reading, json_reading, xml_reading
from .encoding import decoded
from .imported import Read
from .notes import Findings, Unreadable
from .parsed import ParsedSchedule
from .repairing import repaired

DURATION_MIN: Final = 45


def read(
    data: bytes, *, zone: str = "UTC", language: str = "es", duration_min: int = DURATION_MIN, place: str = ""
) -> Read:
    """The schedule in a file: `schedule.xml` or `schedule.json` of the frab family, pretalx submissions, or a calendar (.ics).

    `zone` (IANA id) is meant where the file names none, `language` is the one that its words are in, `duration_min` how long a
    session is that does not say it; `place` is where the event is, which a calendar names behind the
    room. Lenient: what can be repaired is, what cannot is left out, and the report tells both.
    The same bytes give the same values. Raises `Unreadable` (a ValueError) for a file that cannot be read as a whole,
    `UnknownZone` (a ValueError) for a `zone` that is none, and ValueError for a language that is not one of ours.
    """
    if data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR":
        return read_calendar(data, zone=zone, language=language, duration_min=duration_min, place=place)
    return _read(data, _parsed_by_first_character, zone=zone, language=language, duration_min=duration_min)


def read_xml(data: bytes, *, zone: str = "UTC", language: str = "es", duration_min: int = DURATION_MIN) -> Read:
    """`read` for a file that is XML."""
    return _read(data, xml_reading.parsed, zone=zone, language=language, duration_min=duration_min)


def read_json(data: bytes, *, zone: str = "UTC", language: str = "es", duration_min: int = DURATION_MIN) -> Read:
    """`read` for a file that is JSON."""
    return _read(data, json_reading.parsed, zone=zone, language=language, duration_min=duration_min)


def read_calendar(
    data: bytes, *, zone: str = "UTC", language: str = "es", duration_min: int = DURATION_MIN, place: str = ""
) -> Read:
    """`read` for a file that is iCalendar: a session for each occurrence, its room from LOCATION, its track from CATEGORIES."""
    _check(zone, language)
    findings = Findings()
    parsed = calendar_reading.parsed(data, zone, findings, place=place)
    return _finished(parsed, findings, zone, language, duration_min)


def _read(
    data: bytes,
    reader: Callable[[str, Findings], ParsedSchedule],
    *,
    zone: str,
    language: str,
    duration_min: int,
) -> Read:
    _check(zone, language)
    findings = Findings()
    parsed = reader(decoded(data, findings), findings)
    return _finished(parsed, findings, zone, language, duration_min)


def _finished(parsed: ParsedSchedule, findings: Findings, zone: str, language: str, duration_min: int) -> Read:
    imported = repaired(parsed, findings, zone=zone, language=language, duration_min=duration_min)
    is_silent = not any(session.language.strip() for session in parsed.sessions)
    return Read(imported=imported, report=findings.report(parsed.count), names_no_language=is_silent)


def _check(zone: str, language: str) -> None:
    zones.zone(zone)
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is not one of the languages {', '.join(LANGUAGES)}")


def _parsed_by_first_character(text: str, findings: Findings) -> ParsedSchedule:
    begins = text.lstrip("\0 \t\r\n")[:1]
    if begins == "<":
        return xml_reading.parsed(text, findings)
    if begins in ("{", "["):
        return json_reading.parsed(text, findings)
    raise Unreadable("format_unknown")
