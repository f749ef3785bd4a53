"""Entries to bytes: RFC 5545 with RFC 7986, the same bytes for the same values.

Values go through icalendar's encoders, except TEXT: its encoder turns a backslash before an N, as in
"C:\\New", into a line break. Lines are put together here, not by icalendar's components, which need about
five times as long.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from urllib.parse import quote

from icalendar import Parameters, vDuration

from . import zones
from .slot import Conference, Organizer, Slot

_UTC_ZONES = ("UTC", "Etc/UTC")

# Every break that some reader takes for the end of a line (Python's splitlines: NEL, LS, PS, VT, FF) becomes
# one; other control characters and lone surrogates, which RFC 5545 section 3.1 and UTF-8 forbid, disappear.
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_URI_SAFE = "!#$%&'()*+,/:;=?@[]~"


def calendar(
    slots: Iterable[Slot], *, name: str, language: str, url: str | None = None, refresh_s: int = 3600
) -> bytes:
    """A published calendar of these entries, in their order.

    `language` (BCP 47) is that of the texts; a feed in another language has the same UIDs. `url` is the page
    that people may open instead; `refresh_s` how often a subscriber should look again, in seconds.
    Cancelled entries stay in, or subscribers keep them for ever.

    Raises ValueError for an entry that no calendar can hold (naive instants, an end not after its start, an
    unknown zone, a position off the globe) or for two entries with one UID.
    """
    given = tuple(slots)
    _refuse_twins(given)
    lines = [
        *_head(name=name, language=language, url=url, refresh_s=refresh_s),
        *_timezones(given),
        *(line for slot in given for line in _event(slot)),
        b"END:VCALENDAR\r\n",
    ]
    return b"".join(lines)


def entry(slot: Slot, *, language: str) -> bytes:
    """One session's file, for a download or a ticket mail: the same entry as in the feed. Raises alike."""
    return b"".join([*_preamble(language), *_timezones([slot]), *_event(slot), b"END:VCALENDAR\r\n"])


def _refuse_twins(slots: Sequence[Slot]) -> None:
    seen: set[str] = set()
    for slot in slots:
        if slot.uid in seen:
            raise ValueError(f"two entries have the UID {slot.uid!r}")
        seen.add(slot.uid)


# ------------------------------------------------------------------------------------------------ the frame


def _preamble(language: str) -> Iterator[bytes]:
    yield b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
    yield _line(f"PRODID:-//Plenaria//Agenda//{_escaped(language.upper())}")
    yield b"CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"


def _head(*, name: str, language: str, url: str | None, refresh_s: int) -> Iterator[bytes]:
    yield from _preamble(language)
    yield _line(f"NAME{_parameters(LANGUAGE=language)}:{_escaped(name)}")
    yield _line(f"X-WR-CALNAME:{_escaped(name)}")
    if url:
        yield _line(f"URL:{_uri(url)}")
    every = vDuration(timedelta(seconds=refresh_s)).to_ical().decode("ascii")
    yield _line(f"REFRESH-INTERVAL;VALUE=DURATION:{every}")
    yield _line(f"X-PUBLISHED-TTL:{every}")


def _timezones(slots: Sequence[Slot]) -> Iterator[bytes]:
    """One VTIMEZONE for each zone that an entry's times name, by id."""
    days: dict[str, list[datetime]] = {}
    for slot in slots:
        if _in_wall_time(slot):
            days.setdefault(slot.zone, []).extend((slot.starts_at, slot.ends_at))
    for key, instants in sorted(days.items()):
        first, last = (extreme(instants).astimezone(UTC).date() for extreme in (min, max))
        yield zones.vtimezone(key, first, last)


# -------------------------------------------------------------------------------------------------- an entry


def _event(slot: Slot) -> Iterator[bytes]:
    starts, ends = _times(slot)
    changed = _utc(slot.changed_at)
    yield b"BEGIN:VEVENT\r\n"
    yield _line(f"UID:{_escaped(slot.uid)}")
    yield _line(f"DTSTAMP:{changed}")
    yield _line(f"LAST-MODIFIED:{changed}")
    yield _line(f"SEQUENCE:{slot.revision}")
    yield _line(f"STATUS:{slot.status.upper()}")
    yield _line(f"DTSTART{starts}")
    yield _line(f"DTEND{ends}")
    yield _line(f"SUMMARY:{_escaped(slot.title)}")
    yield from _details(slot)
    if slot.alarm_min is not None:
        yield from _alarm(slot.alarm_min, slot.title)
    yield b"END:VEVENT\r\n"


def _details(slot: Slot) -> Iterator[bytes]:
    if slot.description:
        yield _line(f"DESCRIPTION:{_escaped(slot.description)}")
    if slot.location:
        yield _line(f"LOCATION:{_escaped(slot.location)}")
    if slot.geo is not None:
        yield _line(f"GEO:{_geo(slot.geo)}")
    if slot.categories:
        yield _line(f"CATEGORIES:{','.join(_escaped(category) for category in slot.categories)}")
    if slot.url:
        yield _line(f"URL:{_uri(slot.url)}")
    if slot.conference:
        yield _conference(slot.conference)
    if slot.organizer:
        yield _organizer(slot.organizer)


def _conference(conference: Conference) -> bytes:
    features = [feature.upper() for feature in conference.features]
    parameters = _parameters(VALUE="URI", FEATURE=features, LABEL=conference.label)
    return _line(f"CONFERENCE{parameters}:{_uri(conference.uri)}")


def _organizer(organizer: Organizer) -> bytes:
    return _line(f"ORGANIZER{_parameters(CN=organizer.name)}:mailto:{_uri(organizer.address)}")


def _alarm(minutes: int, title: str) -> Iterator[bytes]:
    before = vDuration(timedelta(minutes=-minutes)).to_ical().decode("ascii")
    yield b"BEGIN:VALARM\r\nACTION:DISPLAY\r\n"
    yield _line(f"DESCRIPTION:{_escaped(title)}")
    yield _line(f"TRIGGER:{before}")
    yield b"END:VALARM\r\n"


# ----------------------------------------------------------------------------------------------------- times


def _in_wall_time(slot: Slot) -> bool:
    return not _times(slot)[0].startswith(":")


def _times(slot: Slot) -> tuple[str, str]:
    """DTSTART and DTEND after their names: in the zone's wall time, or both in UTC around a change of clocks,
    where wall time may not say which instant is meant, and where readers know no zones."""
    starts, ends = _whole(slot.starts_at), _whole(slot.ends_at)
    if ends <= starts:
        raise ValueError(f"entry {slot.uid!r} ends at {ends}, not after its start {starts}")
    if slot.zone not in _UTC_ZONES:
        place = zones.zone(slot.zone)
        if zones.steady(starts, slot.zone) and zones.steady(ends, slot.zone):
            local = starts.astimezone(place), ends.astimezone(place)
            return f";TZID={slot.zone}:{_basic(local[0])}", f";TZID={slot.zone}:{_basic(local[1])}"
    return f":{_utc(starts)}", f":{_utc(ends)}"


def _whole(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"{at} names no instant: it has no offset")
    return at.replace(microsecond=0)


def _utc(at: datetime) -> str:
    return f"{_basic(_whole(at).astimezone(UTC))}Z"


def _basic(at: datetime) -> str:
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}"


# ------------------------------------------------------------------------------------- values and lines


def plain(text: str) -> str:
    """The text as an entry can hold it: line breaks as "\\n", no other control character but the tab."""
    if _ODD.search(text):
        return _FORBIDDEN.sub("", _BREAK.sub("\n", text))
    return text


def _escaped(text: str) -> str:
    return plain(text).translate(_ESCAPES)


def _parameters(**given: str | list[str]) -> str:
    """ ";NAME=value" for each that is not empty; quoted and encoded by RFC 6868 where needed."""
    cleaned = {
        name: [plain(part).replace("\n", " ") for part in value] if isinstance(value, list)
        else " ".join(plain(value).split())
        for name, value in given.items()
        if value
    }  # fmt: skip
    if not cleaned:
        return ""
    return f";{Parameters(cleaned).to_ical(sorted=False).decode('utf-8')}"


def _uri(uri: str) -> str:
    """The address in ASCII (RFC 3986): other characters percent-encoded, control characters gone."""
    return quote(plain(uri).replace("\n", "").replace("\t", ""), safe=_URI_SAFE)


def _geo(geo: tuple[float, float]) -> str:
    latitude, longitude = geo
    if not (isfinite(latitude) and abs(latitude) <= 90 and isfinite(longitude) and abs(longitude) <= 180):
        raise ValueError(f"no place on earth: {geo}")
    return f"{latitude:.6f};{longitude:.6f}"


def _line(line: str) -> bytes:
    """The line's octets with its end, folded at 75 octets: between characters, never after a backslash (some
    readers unescape before they unfold), never before a blank (some strip the continuation)."""
    octets = line.encode("utf-8")
    if len(octets) <= 75:
        return octets + b"\r\n"
    parts: list[bytes] = []
    at = 0
    while len(octets) - at > 75 - bool(parts):
        cut = _cut(octets, at, at + 75 - bool(parts))
        parts.append(octets[at:cut])
        at = cut
    return b"\r\n ".join([*parts, octets[at:]]) + b"\r\n"


def _cut(octets: bytes, at: int, furthest: int) -> int:
    """The best place to cut at or before `furthest`; after `at` in any case."""
    cut = furthest
    while cut > at + 1 and (octets[cut] & 0xC0 == 0x80 or octets[cut] in b" \t" or octets[cut - 1] == 0x5C):
        cut -= 1
    if cut > at + 1:
        return cut
    cut = furthest  # blanks or backslashes all the way: keep at least characters whole
    while octets[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
