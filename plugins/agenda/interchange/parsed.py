"""What a file says of a schedule, in its own words: nothing judged or repaired yet. Every reader gives these values."""

from msgspec import Struct

Words = str | dict[str, str]
"""A text, or the same text by language code."""


class Source(Struct, frozen=True, kw_only=True):
    """Where in a file something stands; see `Note`."""

    subject: str = ""
    pointer: str = ""
    line: int = 0


class ParsedPerson(Struct, frozen=True, kw_only=True):
    """`key` is the file's own name for the person (identifier, code or number), `name` what they are called."""

    name: str
    key: str = ""
    bio: Words = ""


class ParsedRoom(Struct, frozen=True, kw_only=True):
    name: Words
    slug: str = ""
    capacity: int = 0


class ParsedTrack(Struct, frozen=True, kw_only=True):
    name: Words
    slug: str = ""


class ParsedDay(Struct, frozen=True, kw_only=True):
    """A day of the conference, which may end after midnight: `date`, and from when to when it is, as written."""

    date: str = ""
    starts: str = ""
    ends: str = ""


class ParsedSession(Struct, frozen=True, kw_only=True):
    """`date` may be an instant, a wall time, a day or ""; `start` is a clock time.

    `under` is the room that it stands under, `room` the one that it names itself.
    """

    source: Source
    guid: str = ""
    number: str = ""
    code: str = ""
    slug: str = ""
    title: Words = ""
    texts: tuple[Words, ...] = ()
    language: str = ""
    type: Words = ""
    track: Words = ""
    under: Words = ""
    room: Words = ""
    day: ParsedDay = ParsedDay()
    date: str = ""
    start: str = ""
    end: str = ""
    duration: str = ""
    is_cancelled: bool = False
    people: tuple[ParsedPerson, ...] = ()


class ParsedSchedule(Struct, frozen=True, kw_only=True):
    """`count` is how many sessions stand in the file, those that are not in `sessions` included.

    `day_change` is the clock time up to which it is still the day before.
    """

    title: Words = ""
    acronym: str = ""
    version: str = ""
    zone: str = ""
    starts: str = ""
    ends: str = ""
    day_change: str = ""
    rooms: tuple[ParsedRoom, ...] = ()
    tracks: tuple[ParsedTrack, ...] = ()
    sessions: tuple[ParsedSession, ...] = ()
    count: int = 0
