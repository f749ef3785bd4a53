"""The vocabulary that the core and every plugin share. Pure: no clock, no database, no framework."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from plenaria.core.kernel.languages import LANGUAGES as LANGUAGES  # noqa: PLC0414 - part of this vocabulary too


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate yet"
    """Mark a message for extraction; it is translated where it is shown."""
    return message


Slug = Annotated[str, Meta(min_length=2, max_length=50, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
"""A name in an address: lower-case letters, digits and single hyphens."""

LocalizedText = dict[str, str]
"""A text by language code (`{"es": "…", "en": "…"}`); read it with `in_language`."""

EMAIL: Final = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
    r"@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$"
)
"""An address as every browser takes it (HTML, input type=email), with a dot in its domain: one mailbox, one way to write it."""

_SLUG_BREAK = re.compile(r"[^a-z0-9]+")


class Refusal(Struct, frozen=True):
    """One reason why something may not be done.

    `code` is stable API (`sold_out`); `facts` are builtins that the handler fills into its sentence;
    `pointer` names the field (JSON pointer) when one field is to blame.
    """

    code: str
    facts: dict[str, Any] = {}
    pointer: str = ""


class Refused(Exception):
    """Raised by services with every reason at once; answered in one place, `plenaria.core.web.errors`."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals


def refuse(refusals: Iterable[Refusal]) -> None:
    """Raise `Refused` when there is a reason; do nothing when there is none."""
    if reasons := tuple(refusals):
        raise Refused(*reasons)


class Money(Struct, frozen=True, order=True):
    """An amount in integer minor units (centavos), never a float."""

    minor: int
    currency: str = "MXN"

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)


class Window(Struct, frozen=True):
    """When something is open: the half-open span `[opens_at, closes_at)`, plus an explicit grace.

    The one meaning of a deadline in the system. A missing end is open for ever on that side.
    """

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    grace_s: int = 0

    def is_before(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    def is_after(self, now: datetime) -> bool:
        """True from the closing instant plus grace on; that very instant is already after."""
        return self.closes_at is not None and now >= self.closes_at + timedelta(seconds=self.grace_s)

    @property
    def last_second(self) -> datetime | None:
        """The last whole second inside, as people say it: 23:59:59 for a window that closes at midnight; without the grace."""
        return self.closes_at - timedelta(seconds=1) if self.closes_at else None

    def contains(self, now: datetime) -> bool:
        return not self.is_before(now) and not self.is_after(now)

    def refusals(self, now: datetime, *, subject: str) -> tuple[Refusal, ...]:
        """`{subject}_not_yet_open` or `{subject}_closed` with the instant, or nothing."""
        if self.is_before(now) and self.opens_at is not None:
            return (Refusal(f"{subject}_not_yet_open", {"opens_at": self.opens_at}),)
        if self.is_after(now) and self.closes_at is not None:
            return (Refusal(f"{subject}_closed", {"closes_at": self.closes_at}),)
        return ()


class Link(Struct, frozen=True):
    """A place to go: `label` is a msgid, translated where it is shown."""

    label: str
    href: str
    order: int = 50
    permission: str = "public"
    section: str = ""


class Permission(Struct, frozen=True):
    """Something that may be allowed: `agenda.edit`, with the roles that hold it (owners hold all).

    `everybody`: who is signed in holds it without any role, like `signed_in`; an access token needs it as a scope.
    """

    name: str
    title: str
    roles: tuple[str, ...] = ()
    everybody: bool = False


class Role(Struct, frozen=True):
    """A bundle of permissions that organisers may give to people: `shuttle.driver`, with its title (a msgid)."""

    code: str
    title: str


class MailText(Struct, frozen=True):
    """A mail that a plugin sends: subject and Markdown body by language, with `{placeholders}`.

    `sample` gives one value for each placeholder; the preview is made with it. Where the value is a web address, the placeholder
    is a link, which may hold a secret: it stands only as a whole link. `valid_for` says how long the mail makes sense,
    `until_event_ends` that it does until the event is over: not sent by then, it is dropped. An `urgent` one never waits
    behind other mail.
    """

    key: str
    title: str
    subject: LocalizedText
    body: LocalizedText
    sample: dict[str, str] = {}
    valid_for: timedelta = timedelta(days=7)
    until_event_ends: bool = False
    urgent: bool = False


class Attachment(Struct, frozen=True):
    """A file that goes with a mail. `content` is base64 in the stored mail."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    media_type: Annotated[str, Meta(pattern=r"^[a-z]+/[^\s]")]
    content: bytes


class MailDraft(Struct, frozen=True):
    """A mail before its `{placeholders}` are filled: subject, Markdown body, attachments."""

    subject: Annotated[str, Meta(min_length=1, max_length=300)]
    body: Annotated[str, Meta(min_length=1, max_length=50_000)]
    attachments: list[Attachment] = []


class PriceLine(Struct, frozen=True, kw_only=True):
    """A line of a price: `count` times `each_minor`. `code` says what it is for; a negative one is a discount."""

    code: Annotated[str, Meta(min_length=1, max_length=50)]
    name: LocalizedText
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
    each_minor: Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]

    @property
    def minor(self) -> int:
        return self.each_minor * self.count


class Column(Struct, frozen=True):
    """A column of a sheet: a stable `code`, and the heading in the reader's language."""

    code: str
    heading: str


class Sheet(Struct, frozen=True):
    """A table to take away as a file. Every row has a cell for each column; codes are unique."""

    columns: list[Column]
    rows: list[list[str | int | None]]

    def __post_init__(self) -> None:
        if len({column.code for column in self.columns}) != len(self.columns):
            raise ValueError("two columns have the same code")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has more or fewer cells than there are columns")

    def column(self, code: str) -> list[str | int | None]:
        """The cells of a column, from top to bottom. Raises KeyError where there is none of that code."""
        codes = [column.code for column in self.columns]
        if code not in codes:
            raise KeyError(code)
        return [row[codes.index(code)] for row in self.rows]

    def with_column(self, column: Column, cells: Iterable[str | int | None]) -> "Sheet":
        """The sheet with one more column at its right side."""
        rows = [[*row, cell] for row, cell in zip(self.rows, cells, strict=True)]
        return Sheet([*self.columns, column], rows)


class ReadinessItem(Struct, frozen=True, kw_only=True):
    """Something that is missing before an event can go public. `words` are in the reader's language.

    `blocks`: visitors would meet something that does not work, or the law asks for it. `advice`: it would be better.
    """

    code: str
    words: str
    severity: Literal["blocks", "advice"] = "blocks"
    href: str = ""
    """The address of the page where it is mended."""


ERASED_DOMAIN: Final = "erased.invalid"
"""The addresses of people whose data was erased end in it; no mail is sent there (RFC 2606, .invalid)."""


class ErasureLine(Struct, frozen=True, kw_only=True):
    """What becomes of something that is kept about a person, in the reader's language; `until`: how long what is kept stays."""

    what: str
    fate: Literal["erased", "anonymised", "kept"] = "erased"
    why: str = ""
    until: date | None = None


class CalendarEntry(Struct, frozen=True):
    """Something with a time that a plugin puts into an event's calendars (RFC 5545 terms)."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: LocalizedText
    changed_at: datetime
    description: LocalizedText = {}
    location: str = ""
    url: str = ""
    revision: int = 0
    cancelled: bool = False


class RecordedFact(Struct, frozen=True):
    """A line of the record of changes as a plugin checks it; `facts` are what `record_change` was given."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    facts: dict[str, Any]


class RecordFinding(Struct, frozen=True):
    """Where the record of changes and what it is about do not agree. `words` are in the reader's language.

    `subject` names the thing as a line does: `order:7Q2K`; `code` begins with the plugin's name.
    """

    code: str
    subject: str
    words: str


class EventView(Struct, frozen=True):
    """What everybody may know of an event; passed to pages, rules and hooks instead of a table row."""

    id: int
    slug: str
    name: LocalizedText
    zone: str
    starts_on: date
    ends_on: date
    venue: str = ""
    city: str = ""
    address: str = ""
    summary: LocalizedText = {}
    description: LocalizedText = {}
    organiser: str = ""
    organiser_url: str = ""
    contact_email: str = ""
    accent: str = ""
    language: str = "es"
    currency: str = "MXN"
    is_public: bool = True
    revision: int = 0
    plugins: tuple[str, ...] = ()
    """Names of the plugins that are switched on here."""


def in_language(text: Mapping[str, str], language: str) -> str:
    """The text in that language, else in the first language that has one, else ""."""
    return text.get(language) or text.get(language_of(text, language), "")


def language_of(text: Mapping[str, str], language: str) -> str:
    """The language in which `in_language` answers; the one asked for when there is no text at all."""
    written = [code for code in (language, *LANGUAGES, *text) if text.get(code)]
    return written[0] if written else language


def slugify(text: str) -> str:
    """A slug made from free text; "" when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _SLUG_BREAK.sub("-", plain).strip("-")[:50].strip("-")


def builtins(value: object) -> Any:
    """Structs, instants and enums as JSON-ready builtins (instants as RFC 3339 text)."""
    return msgspec.to_builtins(value)
